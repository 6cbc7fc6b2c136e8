/* Input: bytes that a call reads, held for the call. */

typedef struct {
    const uint8_t *data;
    size_t len;
    Py_buffer view; /* with no `obj` if the input is of the type bytes itself, which never move nor change */
} Input;

/* Returns whether the items of a format are single bytes: B, b or c, in any byte order. */
static int is_format_of_bytes(const char *format)
{
    if (format == NULL)
        return 1;
    format += *format != '\0' && strchr("@=<>!", *format) != NULL;
    return *format != '\0' && strchr("Bbc", *format) != NULL && format[1] == '\0';
}

/* Fills a view. Its length is the length of the input: a subclass may report any other. Returns 1, or 0 and raises. */
static int fill_view(Py_buffer *view, PyObject *data, const char *name)
{
    if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data) && !PyObject_TypeCheck(data, memory_type)) {
        PyObject *type = PyType_GetName(Py_TYPE(data));
        if (type != NULL)
            PyErr_Format(PyExc_TypeError, "%s must be bytes, bytearray or memoryview, not %S", name, type);
        Py_XDECREF(type);
        return 0;
    }
    if (PyObject_GetBuffer(data, view, PyBUF_FULL_RO) < 0) {
        view->obj = NULL;
        if (PyMemoryView_Check(data) && PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            raise_closed("%s is a memoryview that was released", name);
        }
        return 0;
    }
    if (PyBuffer_IsContiguous(view, 'C') && is_format_of_bytes(view->format))
        return 1;
    PyBuffer_Release(view); /* which has no `obj` then */
    PyErr_Format(PyExc_TypeError, "%s must be contiguous memory of single bytes (format B, b or c)", name);
    return 0;
}

/* Holds an input, whatever object it is in, until its view is released. Returns 1, or 0 and raises. */
static int input_take(Input *input, PyObject *given, const char *name)
{
    input->view.obj = NULL;
    if (PyBytes_CheckExact(given)) {
        input->data = (const uint8_t *)PyBytes_AsString(given);
        input->len = (size_t)PyBytes_Size(given);
        return 1;
    }
    if (!fill_view(&input->view, given, name))
        return 0;
    input->data = input->view.buf;
    input->len = (size_t)input->view.len;
    return 1;
}
