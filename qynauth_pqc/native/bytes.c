/* Objects of the type bytes as inputs and outputs of batches: they never move, so that C reads and writes them where they lie. */

/* Writes where the bytes objects of a tuple lie, which is valid as long as the tuple lives.
 *
 * Returns 1, or 0 if one of the objects is not of the type bytes itself. */
static int fill_slices(PyObject *tuple, PqcSlice *slices)
{
    Py_ssize_t count = PyTuple_Size(tuple);
    for (Py_ssize_t number = 0; number < count; number++) {
        PyObject *item = PyTuple_GetItem(tuple, number);
        if (!PyBytes_CheckExact(item))
            return 0;
        slices[number] = (PqcSlice){(const uint8_t *)PyBytes_AsString(item), (size_t)PyBytes_Size(item)};
    }
    return 1;
}

/* Puts new bytes objects into a list, from `begin` on, each as long as its output slot, and points the slots to them.
 *
 * The objects are uninitialised until C has written the outputs, so no other code may get the list before. Returns 1, or 0 if
 * the list has not so many items, or if there is no memory. */
static int fill_slots(PyObject *list, size_t begin, PqcMutSlice *slots, size_t count)
{
    size_t size = (size_t)PyList_Size(list);
    int all = begin <= size && count <= size - begin;
    for (size_t number = 0; all && number < count; number++) {
        PyObject *item = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)slots[number].len);
        slots[number].data = item == NULL ? NULL : (uint8_t *)PyBytes_AsString(item);
        all = item != NULL && PyList_SetItem(list, (Py_ssize_t)(begin + number), item) == 0; /* the old item's finaliser can run code */
    }
    PyErr_Clear();
    return all;
}

static PyObject *fill_slices_at(PyObject *Py_UNUSED(none), PyObject *arguments)
{
    PyObject *tuple;
    Py_ssize_t address;
    if (!PyArg_ParseTuple(arguments, "O!n", &PyTuple_Type, &tuple, &address))
        return NULL;
    return PyBool_FromLong(fill_slices(tuple, (PqcSlice *)address));
}

static PyObject *fill_slots_at(PyObject *Py_UNUSED(none), PyObject *arguments)
{
    PyObject *list;
    Py_ssize_t begin, address, count;
    if (!PyArg_ParseTuple(arguments, "O!nnn", &PyList_Type, &list, &begin, &address, &count))
        return NULL;
    return PyBool_FromLong(fill_slots(list, (size_t)begin, (PqcMutSlice *)address, (size_t)count));
}
