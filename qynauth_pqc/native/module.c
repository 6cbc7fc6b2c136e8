/* Puts the types and functions of this folder into a dict for accelerator.py. */

static PyMethodDef functions[] = {
    CROSSINGS(DEFINE_METHOD)
    {"new_memory", new_memory, METH_O, "Return an object of a type of Memory that C has not filled."},
    {"fill_slices", fill_slices_at, METH_VARARGS, "Write where the bytes of a tuple lie into slices at an address."},
    {"fill_slots", fill_slots_at, METH_VARARGS, "Put new bytes into a list, and point so many slots at an address to them."},
};

static int install(PyObject *namespace, const char *name, PyObject *made)
{
    int failed = made == NULL || PyDict_SetItemString(namespace, name, made) < 0;
    Py_XDECREF(made);
    return !failed;
}

static int install_type(PyObject *namespace, const char *name, PyTypeObject **type, PyType_Spec *spec)
{
    if (*type == NULL)
        *type = (PyTypeObject *)PyType_FromSpec(spec);
    return install(namespace, name, Py_XNewRef((PyObject *)*type));
}

/* Installs a function that is called with a row of a table. */
static int install_row(PyObject *namespace, PyMethodDef *method, const char *name, const void *row)
{
    PyObject *capsule = PyCapsule_New((void *)row, NULL, NULL);
    int all = capsule != NULL && install(namespace, name, PyCFunction_NewEx(method, capsule, NULL));
    Py_XDECREF(capsule);
    return all;
}

static int find_ctype(PyObject *ffi, const char *name, CType **ctype)
{
    if (*ctype == NULL)
        *ctype = (CType *)PyObject_CallMethod(ffi, "typeof", "s", name);
    return *ctype != NULL;
}

#define LENGTH(array) (sizeof(array) / sizeof(array[0]))

static int install_all(PyObject *namespace)
{
    static PyMethodDef small = {"small batch", FUNCTION(cross_small), "Return results and None or a failure, or None for another batch."};
    static PyMethodDef handle = {"new handle", FUNCTION(new_handle), "Return empty slots for handles, by default one."};
    PyObject *ffi = PyDict_GetItemString(namespace, "ffi");
    input_type = Py_XNewRef(PyDict_GetItemString(namespace, "Input"));
    int all = ffi != NULL && input_type != NULL && install_type(namespace, "Handle", &handle_type, &handle_spec) &&
              install_type(namespace, "Memory", &memory_type, &memory_spec) &&
              find_ctype(ffi, "FFIBuffer *", &buffer_pointer) &&
              install(namespace, "SMALL_BATCH", PyLong_FromLong(SMALL_BATCH));
    for (size_t number = 0; all && number < LENGTH(functions); number++)
        all = install(namespace, functions[number].ml_name, PyCFunction_NewEx(&functions[number], NULL, NULL));
    for (size_t number = 0; all && number < LENGTH(small_crossings); number++)
        all = install_row(namespace, &small, small_crossings[number].name, &small_crossings[number]);
    for (int number = 0; all && number < KINDS; number++)
        all = find_ctype(ffi, kinds[number].pointer_name, &kinds[number].pointer_type) &&
              find_ctype(ffi, kinds[number].slot_name, &kinds[number].slot_type) &&
              install_row(namespace, &handle, kinds[number].new_name, &kinds[number]);
    return all;
}

/* `namespace` is the address of a Python object, which the caller keeps alive. cffi calls without the GIL, so it is taken here.
 *
 * Returns 1, or 0 if there is no memory. */
static int python_install(void *namespace)
{
    PyGILState_STATE state = PyGILState_Ensure();
    int all = install_all(namespace);
    PyErr_Clear();
    PyGILState_Release(state);
    return all;
}
