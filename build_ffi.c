/* What build_ffi.py adds to the header, in the limited API of Python. */

#include <stddef.h>
#include <string.h>
#include <structmember.h>

/* Writes where the bytes objects of a tuple lie, which is valid as long as the tuple lives.
 *
 * Returns 1, or 0 if the object is no tuple of `count` objects of the type bytes itself. */
static int slices_of_bytes(PyObject *items, PqcSlice *slices, size_t count)
{
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
    return all;
}

/* `tuple` is the address of a Python object, which the caller keeps alive. cffi calls without the GIL, so it is taken here. */
static int python_slices_of_bytes(void *tuple, PqcSlice *slices, size_t count)
{
    PyGILState_STATE state = PyGILState_Ensure();
    int all = slices_of_bytes(tuple, slices, count);
    PyGILState_Release(state);
    return all;
}

/* Puts new bytes objects into a list, from `begin` on, each as long as its output slot, and points the slots to them.
 *
 * The objects are uninitialised until C has written the outputs, so no other code may get the list before. Returns 1, or 0 if
 * the object is no list of so many items, or if there is no memory. */
static int bytes_for_slots(PyObject *items, size_t begin, PqcMutSlice *slots, size_t count)
{
    size_t size = items != NULL && PyList_CheckExact(items) ? (size_t)PyList_Size(items) : 0;
    int all = begin <= size && count <= size - begin;
    for (size_t number = 0; all && number < count; number++) {
        PyObject *item = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)slots[number].len);
        all = item != NULL;
        if (all) {
            slots[number].data = (uint8_t *)PyBytes_AsString(item);
            all = PyList_SetItem(items, (Py_ssize_t)(begin + number), item) == 0; /* the old item's finaliser can run code */
        }
    }
    PyErr_Clear();
    return all;
}

/* `list` is the address of a Python object, as above. */
static int python_bytes_for_slots(void *list, size_t begin, PqcMutSlice *slots, size_t count)
{
    PyGILState_STATE state = PyGILState_Ensure();
    int all = bytes_for_slots(list, begin, slots, count);
    PyGILState_Release(state);
    return all;
}

/* Owners and lenders of memory: types of Python that its cyclic collector does not see.
 *
 * The collector calls finalisers while Python code, such as `__del__` of a younger object or the rest of a generator, still
 * reaches the objects that they finalise. These types have none. They free in their deallocator, which runs when the last
 * reference is gone. */

/* Where threads run at once (PEP 703), what stands between these two is for one of them, as the GIL sees to elsewhere. */
#ifdef Py_GIL_DISABLED
#define LOCK(object) Py_BEGIN_CRITICAL_SECTION(object);
#define UNLOCK() Py_END_CRITICAL_SECTION();
#else
#define LOCK(object) {
#define UNLOCK() }
#endif

/* Every type of handle, and the middle of its functions' names. */
#define HANDLES(EACH)                 \
    EACH(PqcPrivateKey, private_key)  \
    EACH(PqcPublicKey, public_key)    \
    EACH(PqcMuHasher, mu_hasher)

typedef struct {
    const char *new_name, *pointer_name, *slot_name;
    void (*free)(void *);
    struct _cffi_ctypedescr *pointer_type, *slot_type;
} Kind;

#define DEFINE_FREE(type, name) \
    static void free_##name(void *handle) { pqc_##name##_free(handle); }
HANDLES(DEFINE_FREE)

#define DEFINE_KIND(type, name) {"new_" #name, #type " *", #type " **", free_##name, NULL, NULL},
static Kind kinds[] = {HANDLES(DEFINE_KIND)};

#define DEFINE_NUMBER(type, name) name##_kind,
enum { HANDLES(DEFINE_NUMBER) KINDS };

/* Made by the first import, and kept: a subinterpreter shares them, as it does the types of cffi. */
static PyTypeObject *handle_type, *memory_type, *view_type, *lent_type;
static struct _cffi_ctypedescr *bytes_pointer, *buffer_pointer;

static void free_object(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

/* Makes an object that frees or wipes memory when its last reference goes. Without a GIL, an object that another thread drops
 * waits for the thread that made it; one that belongs to no thread does not. */
static void *alloc_owner(PyTypeObject *type, Py_ssize_t count)
{
    PyObject *made = PyType_GenericAlloc(type, count);
#ifdef Py_GIL_DISABLED
    if (made != NULL) {
        made->ob_tid = _Py_UNOWNED_TID;
        Py_SET_REFCNT(made, 1);
    }
#endif
    return made;
}

/* Raises ClosedError, with a message of "%S" and what that stands for. */
static void raise_closed(const char *message, PyObject *what)
{
    PyObject *errors = PyImport_ImportModule("qynauth_pqc.errors");
    PyObject *closed = errors == NULL ? NULL : PyObject_GetAttrString(errors, "ClosedError");
    if (closed != NULL)
        PyErr_Format(closed, message, what);
    Py_XDECREF(closed);
    Py_XDECREF(errors);
}

/* ---- Handle: output slots for handles of one kind, and the handles that C has written there ---- */

typedef struct {
    PyObject_VAR_HEAD
    const Kind *kind;
    void *pointers[1];
} Handle;

#define MOST_SLOTS (PY_SSIZE_T_MAX / 2 / (Py_ssize_t)sizeof(void *)) /* PyType_GenericAlloc does not look for an overflow */

static Handle *handle_alloc(const Kind *kind, Py_ssize_t count)
{
    Handle *self = alloc_owner(handle_type, count);
    if (self != NULL)
        self->kind = kind;
    return self;
}

static void handle_dealloc(PyObject *object)
{
    Handle *self = (Handle *)object;
    for (Py_ssize_t number = 0; number < Py_SIZE(object); number++)
        self->kind->free(self->pointers[number]);
    free_object(object);
}

static PyObject *handle_pointer(PyObject *object, void *Py_UNUSED(closure))
{
    Handle *self = (Handle *)object;
    return _cffi_from_c_pointer(self->pointers[0], self->kind->pointer_type);
}

static PyObject *handle_slot(PyObject *object, void *Py_UNUSED(closure))
{
    Handle *self = (Handle *)object;
    return _cffi_from_c_pointer((char *)self->pointers, self->kind->slot_type);
}

/* Calls a function of cffi with the first handle before the other arguments. This object lives as long as the call, whatever
 * becomes of the caller's reference, and no frame of an error keeps it. */
static PyObject *handle_call(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    PyObject *pointer = count == 0 ? NULL : handle_pointer(object, NULL);
    if (pointer == NULL) {
        if (count == 0)
            PyErr_SetString(PyExc_TypeError, "expected a function");
        return NULL;
    }
    PyObject *passed = PyTuple_New(count), *result = NULL;
    if (passed != NULL) {
        PyTuple_SetItem(passed, 0, pointer);
        for (Py_ssize_t number = 1; number < count; number++) {
            Py_INCREF(arguments[number]);
            PyTuple_SetItem(passed, number, arguments[number]);
        }
        result = PyObject_Call(arguments[0], passed, NULL);
        Py_DECREF(passed);
    } else
        Py_DECREF(pointer);
    return result;
}

static PyObject *handle_split(PyObject *object, PyObject *Py_UNUSED(none))
{
    Handle *self = (Handle *)object;
    PyObject *owners = PyList_New(Py_SIZE(object));
    LOCK(object)
    for (Py_ssize_t number = 0; owners != NULL && number < Py_SIZE(object); number++) {
        PyObject *owner = Py_None;
        if (self->pointers[number] == NULL)
            Py_INCREF(owner);
        else if ((owner = (PyObject *)handle_alloc(self->kind, 1)) == NULL)
            Py_CLEAR(owners);
        else {
            ((Handle *)owner)->pointers[0] = self->pointers[number];
            self->pointers[number] = NULL;
        }
        if (owners != NULL)
            PyList_SetItem(owners, number, owner);
    }
    UNLOCK()
    return owners;
}

static PyGetSetDef handle_getters[] = {
    {"pointer", handle_pointer, NULL, "The first handle, valid as long as this object; NULL before C has written it.", NULL},
    {"slot", handle_slot, NULL, "Where C writes the handles, valid as long as this object.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMethodDef handle_methods[] = {
    {"call", (PyCFunction)(void (*)(void))handle_call, METH_FASTCALL, "Call a function with the first handle, which lives meanwhile."},
    {"split", handle_split, METH_NOARGS, "Return an owner of each handle, and None for each empty slot."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot handle_slots[] = {
    {Py_tp_doc, "Owns handles of the C interface, and frees them when its last reference goes."},
    {Py_tp_dealloc, handle_dealloc},
    {Py_tp_getset, handle_getters},
    {Py_tp_methods, handle_methods},
    {0, NULL},
};
static PyType_Spec handle_spec = {
    "qynauth_pqc._native.Handle",
    offsetof(Handle, pointers),
    sizeof(void *),
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    handle_slots,
};

/* Returns empty slots for handles of the kind in the capsule: one, or as many as the argument says. */
static PyObject *new_handle(PyObject *capsule, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t slots = count == 0 ? 1 : PyLong_AsSsize_t(arguments[0]);
    if (slots < 1 || slots > MOST_SLOTS) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_ValueError, "expected 1 to %zd slots", MOST_SLOTS);
        return NULL;
    }
    return (PyObject *)handle_alloc(PyCapsule_GetPointer(capsule, NULL), slots);
}

/* ---- Memory: an FFIBuffer, or a row of one, that Python reads as a buffer ---- */

typedef struct Memory {
    PyObject_HEAD
    FFIBuffer buffer;     /* empty in a row */
    struct Memory *whole; /* of a row: the memory it lies in */
    size_t row;
    Py_ssize_t borrowers; /* of all rows together */
    int closed;
    size_t row_bytes;
    uint32_t *rows; /* of each row: ROW_CLOSED, and the number of its borrowers */
    PyObject *weakrefs;
} Memory;

#define ROW_CLOSED 0x80000000u

static Memory *memory_alloc(PyObject *type)
{
    if (PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, memory_type))
        return alloc_owner((PyTypeObject *)type, 0);
    PyErr_SetString(PyExc_TypeError, "expected a type of Memory");
    return NULL;
}

static Memory *memory_whole(Memory *self)
{
    return self->whole != NULL ? self->whole : self;
}

static size_t memory_size(Memory *self)
{
    return self->whole != NULL ? self->whole->row_bytes : self->buffer.len;
}

static uint8_t *memory_data(Memory *self)
{
    static uint8_t none[1];
    uint8_t *data = memory_whole(self)->buffer.data;
    return data == NULL ? none : self->whole != NULL ? data + self->row * self->whole->row_bytes : data;
}

static int memory_is_closed(Memory *self)
{
    return memory_whole(self)->closed || (self->whole != NULL && (self->whole->rows[self->row] & ROW_CLOSED));
}

/* Returns 1, or 0 and raises ClosedError. */
static int memory_check_open(Memory *self)
{
    if (!memory_is_closed(self))
        return 1;
    PyObject *name = PyType_GetName(Py_TYPE((PyObject *)self));
    if (name != NULL)
        raise_closed("%S is closed", name);
    Py_XDECREF(name);
    return 0;
}

/* Wipes memory that is closed and has no borrower. The memory may still be looked at, so that this is no dead store. */
static void memory_wipe(Memory *self)
{
    Memory *whole = memory_whole(self);
    if (whole->closed && whole->borrowers == 0)
        memset(memory_data(whole), 0, whole->buffer.len);
    else if (self->whole != NULL && whole->rows[self->row] == ROW_CLOSED)
        memset(memory_data(self), 0, whole->row_bytes);
}

static int memory_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Memory *self = (Memory *)object;
    view->obj = NULL;
    int status;
    LOCK(memory_whole(self))
    status = memory_check_open(self) ? 0 : -1;
    if (status == 0)
        status = PyBuffer_FillInfo(view, object, memory_data(self), (Py_ssize_t)memory_size(self), 1, flags);
    if (status == 0) {
        memory_whole(self)->borrowers++;
        if (self->whole != NULL)
            self->whole->rows[self->row]++;
    }
    UNLOCK()
    return status;
}

static void memory_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view))
{
    Memory *self = (Memory *)object;
    LOCK(memory_whole(self))
    memory_whole(self)->borrowers--;
    if (self->whole != NULL)
        self->whole->rows[self->row]--;
    memory_wipe(self);
    UNLOCK()
}

static void memory_dealloc(PyObject *object)
{
    Memory *self = (Memory *)object;
    PyObject_ClearWeakRefs(object);
    ffi_buffer_free(&self->buffer);
    PyMem_Free(self->rows);
    Py_XDECREF((PyObject *)self->whole);
    free_object(object);
}

static Py_ssize_t memory_length(PyObject *object)
{
    Memory *self = (Memory *)object;
    Py_ssize_t length;
    LOCK(memory_whole(self))
    length = memory_check_open(self) ? (Py_ssize_t)memory_size(self) : -1;
    UNLOCK()
    return length;
}

static PyObject *memory_bytes(PyObject *object, PyObject *Py_UNUSED(none))
{
    Memory *self = (Memory *)object;
    PyObject *bytes = NULL;
    LOCK(memory_whole(self))
    if (memory_check_open(self))
        bytes = PyBytes_FromStringAndSize((const char *)memory_data(self), (Py_ssize_t)memory_size(self));
    UNLOCK()
    return bytes;
}

static PyObject *memory_close(PyObject *object, PyObject *Py_UNUSED(none))
{
    Memory *self = (Memory *)object;
    LOCK(memory_whole(self))
    if (!memory_is_closed(self)) {
        if (self->whole != NULL)
            self->whole->rows[self->row] |= ROW_CLOSED;
        else
            self->closed = 1;
        memory_wipe(self);
    }
    UNLOCK()
    Py_RETURN_NONE;
}

typedef struct {
    PyObject_HEAD
    Memory *memory;
} View;

static PyObject *memory_view(PyObject *object, PyObject *Py_UNUSED(none))
{
    if (memory_length(object) < 0)
        return NULL;
    View *view = (View *)PyType_GenericAlloc(view_type, 0);
    if (view == NULL)
        return NULL;
    Py_INCREF(object);
    view->memory = (Memory *)object;
    PyObject *made = PyMemoryView_FromObject((PyObject *)view);
    Py_DECREF((PyObject *)view);
    return made;
}

/* Returns 1, or 0 and raises. */
static int memory_divide_into(Memory *self, size_t row_bytes)
{
    self->row_bytes = row_bytes;
    self->rows = PyMem_Calloc(self->buffer.len / row_bytes + 1, sizeof(*self->rows));
    if (self->rows == NULL)
        PyErr_NoMemory();
    return self->rows != NULL;
}

static PyObject *memory_divide(PyObject *object, PyObject *row_bytes)
{
    Memory *self = (Memory *)object;
    size_t size = PyLong_AsSize_t(row_bytes);
    if (PyErr_Occurred())
        return NULL;
    if (self->rows != NULL || size == 0 || self->whole != NULL) {
        PyErr_SetString(PyExc_ValueError, "cannot be divided into such rows");
        return NULL;
    }
    if (!memory_divide_into(self, size))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *memory_row(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    Memory *self = (Memory *)object;
    size_t number = count == 2 ? PyLong_AsSize_t(arguments[1]) : 0;
    if (PyErr_Occurred())
        return NULL;
    if (count != 2 || self->rows == NULL || number >= self->buffer.len / self->row_bytes) {
        PyErr_SetString(PyExc_IndexError, "there is no such row");
        return NULL;
    }
    Memory *row = memory_alloc(arguments[0]);
    if (row == NULL)
        return NULL;
    Py_INCREF(object);
    row->whole = self;
    row->row = number;
    return (PyObject *)row;
}

static PyObject *memory_get_slot(PyObject *object, void *Py_UNUSED(closure))
{
    return _cffi_from_c_pointer((char *)&((Memory *)object)->buffer, buffer_pointer);
}

static PyObject *memory_get_closed(PyObject *object, void *Py_UNUSED(closure))
{
    int closed;
    LOCK(memory_whole((Memory *)object))
    closed = memory_is_closed((Memory *)object);
    UNLOCK()
    return PyBool_FromLong(closed);
}

static PyObject *memory_get_locked(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(memory_whole((Memory *)object)->buffer.reserved != 0);
}

static PyGetSetDef memory_getters[] = {
    {"_slot", memory_get_slot, NULL, "The FFIBuffer that C fills, valid as long as this object.", NULL},
    {"_closed", memory_get_closed, NULL, "Whether it was closed.", NULL},
    {"_locked", memory_get_locked, NULL, "Whether it is in locked memory.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMemberDef memory_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Memory, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyMethodDef memory_methods[] = {
    {"__bytes__", memory_bytes, METH_NOARGS, "Return a copy."},
    {"_close", memory_close, METH_NOARGS, "Refuse new uses, and wipe when the last borrower is gone."},
    {"_view", memory_view, METH_NOARGS, "Return a memoryview that is no borrower: it reads zeros after the wipe."},
    {"_divide", memory_divide, METH_O, "Divide what C has filled into rows of so many bytes."},
    {"_row", (PyCFunction)(void (*)(void))memory_row, METH_FASTCALL, "Return an object of a type, for the row of a number."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot memory_slots[] = {
    {Py_tp_doc, "Memory of the C interface, wiped and freed when its last reference goes; read-only as a buffer."},
    {Py_tp_dealloc, memory_dealloc},
    {Py_tp_getset, memory_getters},
    {Py_tp_members, memory_members},
    {Py_tp_methods, memory_methods},
    {Py_sq_length, memory_length},
    {Py_bf_getbuffer, memory_getbuffer},
    {Py_bf_releasebuffer, memory_releasebuffer},
    {0, NULL},
};
static PyType_Spec memory_spec = {
    "qynauth_pqc._native.Memory",
    sizeof(Memory),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    memory_slots,
};

static PyObject *new_memory(PyObject *Py_UNUSED(none), PyObject *type)
{
    return (PyObject *)memory_alloc(type);
}

/* The exporter of a view: it keeps the memory, and does not count as its borrower. */
static int view_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Memory *memory = ((View *)object)->memory;
    view->obj = NULL;
    return PyBuffer_FillInfo(view, object, memory_data(memory), (Py_ssize_t)memory_size(memory), 1, flags);
}

static void view_dealloc(PyObject *object)
{
    Py_XDECREF((PyObject *)((View *)object)->memory);
    free_object(object);
}

static PyType_Slot view_slots[] = {
    {Py_tp_doc, "The exporter of a view of a secret."},
    {Py_tp_dealloc, view_dealloc},
    {Py_bf_getbuffer, view_getbuffer},
    {0, NULL},
};
static PyType_Spec view_spec = {
    "qynauth_pqc._native.View",
    sizeof(View),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    view_slots,
};

/* ---- Lent: an input, borrowed from its owner ---- */

typedef struct {
    PyObject_HEAD
    PyObject *data; /* NULL when it was returned */
    PyObject *name;
    Py_ssize_t holds; /* while there are any, `view` is the buffer of `data` */
    Py_ssize_t entered; /* how many of the holds are of `__enter__` */
    int is_busy;        /* `view` is being filled or released, which can run code of a subclass */
    Py_buffer view;
} Lent;

/* Returns whether the items of a format are single bytes: B, b or c, in any byte order. */
static int is_format_of_bytes(const char *format)
{
    if (format == NULL)
        return 1;
    format += *format != '\0' && strchr("@=<>!", *format) != NULL;
    return *format != '\0' && strchr("Bbc", *format) != NULL && format[1] == '\0';
}

/* Fills `view`, whose length is the length of the input: a subclass can say anything. Returns 0, or -1 and raises. */
static int lent_fill(Lent *self)
{
    PyObject *data = self->data;
    if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data) && !PyObject_TypeCheck(data, memory_type)) {
        PyObject *type = PyType_GetName(Py_TYPE(data));
        if (type != NULL)
            PyErr_Format(PyExc_TypeError, "%S must be bytes, bytearray or memoryview, not %S", self->name, type);
        Py_XDECREF(type);
        return -1;
    }
    if (PyObject_GetBuffer(data, &self->view, PyBUF_FULL_RO) < 0) {
        if (PyMemoryView_Check(data) && PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            raise_closed("%S is a memoryview that was released", self->name);
        }
        return -1;
    }
    if (PyBuffer_IsContiguous(&self->view, 'C') && is_format_of_bytes(self->view.format))
        return 0;
    PyBuffer_Release(&self->view);
    PyErr_Format(PyExc_TypeError, "%S must be contiguous memory of single bytes (format B, b or c)", self->name);
    return -1;
}

static int lent_hold_locked(Lent *self)
{
    if (self->holds == 0) {
        if (self->is_busy || self->data == NULL) {
            PyErr_SetString(PyExc_ValueError, self->is_busy ? "the input is being borrowed" : "the input was returned");
            return -1;
        }
        self->is_busy = 1;
        int status = lent_fill(self);
        self->is_busy = 0;
        if (status < 0)
            return -1;
    }
    self->holds++;
    return 0;
}

/* Borrows the buffer. Returns 0, or -1 and raises. */
static int lent_hold(Lent *self)
{
    int status;
    LOCK(self)
    status = lent_hold_locked(self);
    UNLOCK()
    return status;
}

static void lent_let_go_locked(Lent *self)
{
    if (--self->holds == 0) {
        self->is_busy = 1;
        PyBuffer_Release(&self->view);
        self->is_busy = 0;
    }
}

static void lent_let_go(Lent *self)
{
    LOCK(self)
    lent_let_go_locked(self);
    UNLOCK()
}

static void lent_dealloc(PyObject *object)
{
    Lent *self = (Lent *)object;
    if (self->holds > 0)
        PyBuffer_Release(&self->view);
    Py_XDECREF(self->data);
    Py_XDECREF(self->name);
    free_object(object);
}

static int lent_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Lent *self = (Lent *)object;
    view->obj = NULL;
    if (lent_hold(self) < 0)
        return -1;
    if (PyBuffer_FillInfo(view, object, self->view.buf, self->view.len, 1, flags) == 0)
        return 0;
    lent_let_go(self);
    return -1;
}

static void lent_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view))
{
    lent_let_go((Lent *)object);
}

static Py_ssize_t lent_length(PyObject *object)
{
    Lent *self = (Lent *)object;
    if (lent_hold(self) < 0)
        return -1;
    Py_ssize_t length = self->view.len;
    lent_let_go(self);
    return length;
}

static PyObject *lent_enter(PyObject *object, PyObject *Py_UNUSED(none))
{
    Lent *self = (Lent *)object;
    int status;
    LOCK(self)
    status = lent_hold_locked(self);
    self->entered += status == 0;
    UNLOCK()
    if (status < 0)
        return NULL;
    PyObject *pointer = _cffi_from_c_pointer(self->view.buf, bytes_pointer);
    return pointer == NULL ? NULL : Py_BuildValue("(Nn)", pointer, self->view.len);
}

static PyObject *lent_exit(PyObject *object, PyObject *const *Py_UNUSED(arguments), Py_ssize_t Py_UNUSED(count))
{
    Lent *self = (Lent *)object;
    LOCK(self)
    if (self->entered > 0) {
        self->entered--;
        lent_let_go_locked(self);
    }
    if (self->holds == 0 && !self->is_busy)
        Py_CLEAR(self->data);
    UNLOCK()
    Py_RETURN_NONE;
}

static PyObject *lent_get_data(PyObject *object, void *Py_UNUSED(closure))
{
    PyObject *data;
    LOCK(object)
    data = ((Lent *)object)->data;
    if (data == NULL)
        data = Py_None;
    Py_INCREF(data);
    UNLOCK()
    return data;
}

static PyGetSetDef lent_getters[] = {
    {"data", lent_get_data, NULL, "The input itself.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMethodDef lent_methods[] = {
    {"__enter__", lent_enter, METH_NOARGS, "Borrow the input: return where it is, valid until `__exit__`, and its size."},
    {"__exit__", (PyCFunction)(void (*)(void))lent_exit, METH_FASTCALL, "Return the input, and forget it."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot lent_slots[] = {
    {Py_tp_doc, "An input. Shows nothing of it, so that a traceback with local variables does not either."},
    {Py_tp_dealloc, lent_dealloc},
    {Py_tp_getset, lent_getters},
    {Py_tp_methods, lent_methods},
    {Py_sq_length, lent_length},
    {Py_bf_getbuffer, lent_getbuffer},
    {Py_bf_releasebuffer, lent_releasebuffer},
    {0, NULL},
};
static PyType_Spec lent_spec = {
    "qynauth_pqc._native.Lent",
    sizeof(Lent),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    lent_slots,
};

static PyObject *lend(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "expected an input and its name");
        return NULL;
    }
    Py_INCREF(arguments[0]);
    if (Py_IS_TYPE(arguments[0], lent_type))
        return arguments[0];
    Lent *self = (Lent *)PyType_GenericAlloc(lent_type, 0);
    if (self == NULL) {
        Py_DECREF(arguments[0]);
        return NULL;
    }
    Py_INCREF(arguments[1]);
    self->data = arguments[0];
    self->name = arguments[1];
    return (PyObject *)self;
}

static PyObject *readable(PyObject *none, PyObject *const *arguments, Py_ssize_t count)
{
    if (count == 2 && PyBytes_CheckExact(arguments[0])) {
        Py_INCREF(arguments[0]);
        return arguments[0];
    }
    PyObject *lent = lend(none, arguments, count);
    if (lent != NULL && lent_hold((Lent *)lent) < 0)
        Py_CLEAR(lent);
    else if (lent != NULL && lent == arguments[0])
        lent_let_go((Lent *)lent); /* its owner borrows it when it is used */
    return lent;
}

/* ---- The module ---- */

/* Lets C count in memory, which is then borrowed until the process ends, whatever becomes of the interpreter. */
static PyObject *share_metrics(PyObject *Py_UNUSED(none), PyObject *memory)
{
    Py_buffer view;
    PqcStatus status;
    if (PyObject_GetBuffer(memory, &view, PyBUF_WRITABLE) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = ffi_share_metrics(view.buf, (size_t)view.len);
    Py_END_ALLOW_THREADS
    if (status != PQC_STATUS_OK)
        PyBuffer_Release(&view);
    return PyLong_FromLong(status);
}

static int install_calls(PyObject *namespace);   /* build_ffi_calls.c */
static int install_batches(PyObject *namespace); /* build_ffi_batches.c */

static PyMethodDef new_handle_method = {
    "new_handle", (PyCFunction)(void (*)(void))new_handle, METH_FASTCALL, "Return empty slots for handles, by default one."};
static PyMethodDef functions[] = {
    {"new_memory", new_memory, METH_O, "Return an object of a type of Memory that C has not filled."},
    {"lend", (PyCFunction)(void (*)(void))lend, METH_FASTCALL, "Return an input of any type as an object that shows nothing of it."},
    {"readable", (PyCFunction)(void (*)(void))readable, METH_FASTCALL, "Return an input as contiguous memory: bytes as themselves, else Lent."},
    {"share_metrics", share_metrics, METH_O, "Let C count in memory until the process ends, and return the status."},
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
    Py_XINCREF((PyObject *)*type);
    return install(namespace, name, (PyObject *)*type);
}

static int find_ctype(PyObject *ffi, const char *name, struct _cffi_ctypedescr **ctype)
{
    if (*ctype == NULL)
        *ctype = (struct _cffi_ctypedescr *)PyObject_CallMethod(ffi, "typeof", "s", name);
    return *ctype != NULL;
}

/* Puts the types above, and the functions that make their objects, into the dict of this module.
 *
 * `module_dict` is the address of a Python object, which the caller keeps alive. Returns 1, or 0 if there is no memory. */
static int python_install(void *module_dict)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *namespace = module_dict, *ffi = PyDict_GetItemString(namespace, "ffi");
    int all = ffi != NULL && install_type(namespace, "Handle", &handle_type, &handle_spec) &&
              install_type(namespace, "Memory", &memory_type, &memory_spec) &&
              install_type(namespace, "View", &view_type, &view_spec) &&
              install_type(namespace, "Lent", &lent_type, &lent_spec) &&
              find_ctype(ffi, "uint8_t *", &bytes_pointer) && find_ctype(ffi, "FFIBuffer *", &buffer_pointer) &&
              install_calls(namespace) && install_batches(namespace);
    for (size_t number = 0; all && number < sizeof(functions) / sizeof(functions[0]); number++)
        all = install(namespace, functions[number].ml_name, PyCFunction_NewEx(&functions[number], NULL, NULL));
    for (int number = 0; all && number < KINDS; number++) {
        Kind *kind = &kinds[number];
        PyObject *capsule = PyCapsule_New(kind, NULL, NULL);
        all = capsule != NULL && find_ctype(ffi, kind->pointer_name, &kind->pointer_type) &&
              find_ctype(ffi, kind->slot_name, &kind->slot_type) &&
              install(namespace, kind->new_name, PyCFunction_NewEx(&new_handle_method, capsule, NULL));
        Py_XDECREF(capsule);
    }
    PyErr_Clear();
    PyGILState_Release(state);
    return all;
}
