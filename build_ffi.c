/* What build_ffi.py puts beside the header, in the limited API of Python. */

/* Writes where the bytes objects of a tuple lie, which is valid as long as the tuple lives.
 *
 * `tuple` is the address of a Python object, which the caller keeps alive. cffi calls without the GIL, so it is taken here.
 * Returns 1, or 0 if the object is no tuple of `count` objects of the type bytes itself. */
static int python_slices_of_bytes(void *tuple, PqcSlice *slices, size_t count)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *items = tuple;
    int all = items != NULL && PyTuple_Check(items) && (size_t)PyTuple_Size(items) == count;
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
