/* Memory: an FFIBuffer that Python reads as a buffer, wiped when it is closed and nobody has its buffer any more. */

typedef struct {
    PyObject_HEAD
    FFIBuffer buffer;
    Py_ssize_t exports;
    int closed;
    PyObject *viewed; /* the owner of the buffer, if this is a view of it */
} Memory;

static PyTypeObject *memory_type;
static CType *buffer_pointer;

static Memory *memory_alloc(PyObject *type)
{
    if (PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, memory_type))
        return alloc_owner((PyTypeObject *)type, 0);
    PyErr_SetString(PyExc_TypeError, "expected a type of Memory");
    return NULL;
}

static void *memory_data(Memory *self)
{
    static uint8_t none[1];
    return self->buffer.data == NULL ? none : self->buffer.data;
}

/* Raises ClosedError, with a message of "%S" or "%s" and what that stands for. */
static void raise_closed(const char *message, const void *what)
{
    PyObject *errors = PyImport_ImportModule("qynauth_pqc.errors");
    PyObject *closed = errors == NULL ? NULL : PyObject_GetAttrString(errors, "ClosedError");
    if (closed != NULL)
        PyErr_Format(closed, message, what);
    Py_XDECREF(closed);
    Py_XDECREF(errors);
}

/* Returns 1, or 0 and raises ClosedError. */
static int memory_check_open(Memory *self)
{
    if (!self->closed)
        return 1;
    PyObject *name = PyType_GetName(Py_TYPE((PyObject *)self));
    if (name != NULL)
        raise_closed("%S is closed", name);
    Py_XDECREF(name);
    return 0;
}

/* Wipes memory that is closed and has no user. The memory may still be looked at, so that this is no dead store. */
static void memory_wipe(Memory *self)
{
    if (self->closed && self->exports == 0)
        memset(memory_data(self), 0, self->buffer.len);
}

static int memory_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Memory *self = (Memory *)object;
    view->obj = NULL;
    int status = -1;
    LOCK(object)
    if (memory_check_open(self))
        status = PyBuffer_FillInfo(view, object, memory_data(self), (Py_ssize_t)self->buffer.len, 1, flags);
    self->exports += status == 0;
    UNLOCK()
    return status;
}

static void memory_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view))
{
    LOCK(object)
    ((Memory *)object)->exports--;
    memory_wipe((Memory *)object);
    UNLOCK()
}

static void memory_dealloc(PyObject *object)
{
    Memory *self = (Memory *)object;
    if (self->viewed == NULL)
        ffi_buffer_free(&self->buffer);
    Py_XDECREF(self->viewed);
    free_object(object);
}

static Py_ssize_t memory_length(PyObject *object)
{
    return memory_check_open((Memory *)object) ? (Py_ssize_t)((Memory *)object)->buffer.len : -1;
}

static PyObject *memory_close(PyObject *object, PyObject *Py_UNUSED(none))
{
    LOCK(object)
    ((Memory *)object)->closed = 1;
    memory_wipe((Memory *)object);
    UNLOCK()
    Py_RETURN_NONE;
}

/* The exporter of a view is a Memory with the bytes of another, which it keeps alive without counting as its user. */
static PyObject *memory_view(PyObject *object, PyObject *Py_UNUSED(none))
{
    Memory *view = memory_length(object) < 0 ? NULL : memory_alloc((PyObject *)memory_type);
    if (view == NULL)
        return NULL;
    view->buffer = ((Memory *)object)->buffer;
    view->viewed = Py_NewRef(object);
    PyObject *made = PyMemoryView_FromObject((PyObject *)view);
    Py_DECREF((PyObject *)view);
    return made;
}

static PyObject *memory_get_slot(PyObject *object, void *Py_UNUSED(closure))
{
    return pointer_object(&((Memory *)object)->buffer, buffer_pointer);
}

static PyObject *memory_get_closed(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((Memory *)object)->closed);
}

static PyGetSetDef memory_getters[] = {
    {"_slot", memory_get_slot, NULL, "The FFIBuffer that C fills, valid as long as this object.", NULL},
    {"_closed", memory_get_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMethodDef memory_methods[] = {
    {"_close", memory_close, METH_NOARGS, "Refuse new uses, and wipe when nobody has its buffer."},
    {"_view", memory_view, METH_NOARGS, "Return a memoryview that is no use: it reads zeros after the wipe."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot memory_slots[] = {
    {Py_tp_doc, "Memory of the C interface, wiped and freed when its last reference goes; read-only as a buffer."},
    {Py_tp_dealloc, memory_dealloc},
    {Py_tp_getset, memory_getters},
    {Py_tp_methods, memory_methods},
    {Py_sq_length, memory_length},
    {Py_bf_getbuffer, memory_getbuffer},
    {Py_bf_releasebuffer, memory_releasebuffer},
    {0, NULL},
};
static PyType_Spec memory_spec = {
    "qynauth_pqc.native.Memory",
    sizeof(Memory),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    memory_slots,
};

static PyObject *new_memory(PyObject *Py_UNUSED(none), PyObject *type)
{
    return (PyObject *)memory_alloc(type);
}
