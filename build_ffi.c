/* What build_ffi.py puts beside the header, in the limited API of Python. */

/* Writes where the bytes objects of a tuple lie, which is valid as long as the tuple lives.
 *
 * `tuple` is the address of a Python object, which the caller keeps alive. cffi calls without the GIL, so it is taken here.
 * Returns 1, or 0 if the object is no tuple of `count` objects of the type bytes itself. */
static int python_slices_of_bytes(void *tuple, PqcSlice *slices, size_t count)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *items = tuple;
    int all = items != NULL && (size_t)PyTuple_Size(items) == count;
    for (size_t number = 0; all && number < count; number++) {
        PyObject *item = PyTuple_GetItem(items, (Py_ssize_t)number);
        char *data = NULL;
        Py_ssize_t len = 0;
        all = item != NULL && PyBytes_CheckExact(item) && PyBytes_AsStringAndSize(item, &data, &len) == 0;
        slices[number].data = (const uint8_t *)data;
        slices[number].len = (size_t)len;
    }
    PyErr_Clear();
    PyGILState_Release(state);
    return all;
}

/* Puts new bytes objects into a list, from `begin` on, each as long as its room says, and writes where the rooms are.
 *
 * `list` is the address of a Python object, as above. The objects hold rubbish until the rooms are written, so nobody may get
 * the list before. Returns 1, or 0 if the object is no list of so many items, or if there is no memory. */
static int python_rooms_of_bytes(void *list, size_t begin, PqcRoom *rooms, size_t count)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *items = list;
    size_t size = items != NULL && PyList_CheckExact(items) ? (size_t)PyList_Size(items) : 0;
    int all = begin <= size && count <= size - begin;
    for (size_t number = 0; all && number < count; number++) {
        PyObject *item = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)rooms[number].len);
        all = item != NULL;
        if (all) {
            rooms[number].data = (uint8_t *)PyBytes_AsString(item);
            PyList_SetItem(items, (Py_ssize_t)(begin + number), item);
        }
    }
    PyErr_Clear();
    PyGILState_Release(state);
    return all;
}
