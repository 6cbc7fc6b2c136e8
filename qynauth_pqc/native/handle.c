/* Handle: output slots for handles of one kind, and the handles that C has written there.
 *
 * The collector of Python calls finalisers while Python code, such as `__del__` of a younger object or the rest of a generator,
 * still reaches the objects that they finalise. The types in this folder have none, and it does not track them. They free in
 * their deallocator, which runs when the last reference is gone. */

/* A function of a PyMethodDef that takes its arguments as an array. */
#define FUNCTION(function) (PyCFunction)(void (*)(void))function, METH_FASTCALL

/* One thread at a time runs the code between these two: without a GIL (PEP 703) by a lock, otherwise by the GIL. */
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
    EACH(PqcMuHasher, mu_hasher)      \
    EACH(PqcExchangeKey, exchange_key) \
    EACH(PqcExchangeShare, exchange_share)

typedef struct {
    const char *new_name, *pointer_name, *slot_name;
    void (*free)(void *);
    CType *pointer_type, *slot_type;
} Kind;

#define DEFINE_FREE(type, name) \
    static void free_##name(void *handle) { pqc_##name##_free(handle); }
HANDLES(DEFINE_FREE)

#define DEFINE_KIND(type, name) {"new_" #name, #type " *", #type " **", free_##name, NULL, NULL},
static Kind kinds[] = {HANDLES(DEFINE_KIND)};

#define DEFINE_NUMBER(type, name) name##_kind,
enum { HANDLES(DEFINE_NUMBER) KINDS };

typedef struct {
    PyObject_VAR_HEAD
    const Kind *kind;
    void *pointers[1];
} Handle;

/* Made by the first import, and kept: a subinterpreter shares it, as it does the types of cffi. So are the other types. */
static PyTypeObject *handle_type;

#define MOST_SLOTS (PY_SSIZE_T_MAX / 2 / (Py_ssize_t)sizeof(void *)) /* PyType_GenericAlloc does not look for an overflow */

static void free_object(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

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

/* Returns the key in a Handle, of a private key for the letter k and of a public key for K, or NULL and raises. */
static void *key_in(PyObject *handle, char letter)
{
    const Kind *kind = &kinds[letter == 'k' ? private_key_kind : public_key_kind];
    void *key = Py_IS_TYPE(handle, handle_type) && ((Handle *)handle)->kind == kind ? ((Handle *)handle)->pointers[0] : NULL;
    if (key == NULL)
        PyErr_Format(PyExc_TypeError, "expected a Handle of a %s", kind->pointer_name);
    return key;
}

static PyObject *handle_pointer(PyObject *object, void *Py_UNUSED(closure))
{
    return pointer_object(((Handle *)object)->pointers[0], ((Handle *)object)->kind->pointer_type);
}

static PyObject *handle_slot(PyObject *object, void *Py_UNUSED(closure))
{
    return pointer_object(((Handle *)object)->pointers, ((Handle *)object)->kind->slot_type);
}

/* Calls a function of cffi with the first handle before the other arguments. This object lives as long as the call, whatever
 * becomes of the caller's reference, and no frame of an error keeps it. */
static PyObject *handle_call(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    if (count == 0) {
        PyErr_SetString(PyExc_TypeError, "expected a function");
        return NULL;
    }
    PyObject *pointer = handle_pointer(object, NULL), *result = NULL;
    PyObject *passed = pointer == NULL ? NULL : PyTuple_New(count);
    if (passed == NULL) {
        Py_XDECREF(pointer);
        return NULL;
    }
    PyTuple_SetItem(passed, 0, pointer);
    for (Py_ssize_t number = 1; number < count; number++)
        PyTuple_SetItem(passed, number, Py_NewRef(arguments[number]));
    result = PyObject_Call(arguments[0], passed, NULL);
    Py_DECREF(passed);
    return result;
}

static PyObject *handle_split(PyObject *object, PyObject *Py_UNUSED(none))
{
    Handle *self = (Handle *)object;
    PyObject *owners = PyList_New(Py_SIZE(object));
    LOCK(object)
    for (Py_ssize_t number = 0; owners != NULL && number < Py_SIZE(object); number++) {
        Handle *owner = self->pointers[number] == NULL ? NULL : handle_alloc(self->kind, 1);
        if (owner != NULL) {
            owner->pointers[0] = self->pointers[number];
            self->pointers[number] = NULL;
        } else if (self->pointers[number] != NULL) {
            Py_CLEAR(owners);
            break;
        }
        PyList_SetItem(owners, number, owner == NULL ? Py_NewRef(Py_None) : (PyObject *)owner);
    }
    UNLOCK()
    return owners;
}

static PyGetSetDef handle_getters[] = {
    {"pointer", handle_pointer, NULL, "The first handle, valid as long as this object; NULL before C has written it.", NULL},
    {"slot", handle_slot, NULL, "The array into which C writes the handles, valid as long as this object.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMethodDef handle_methods[] = {
    {"call", FUNCTION(handle_call), "Call a function with the first handle, which is not freed during the call."},
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
    "qynauth_pqc.native.Handle",
    offsetof(Handle, pointers),
    sizeof(void *),
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    handle_slots,
};

/* Returns empty slots for handles of the kind in the capsule: one, or as many as the argument says. */
static PyObject *new_handle(PyObject *capsule, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t slots = count == 0 ? 1 : PyLong_AsSsize_t(arguments[0]);
    if (slots >= 1 && slots <= MOST_SLOTS)
        return (PyObject *)handle_alloc(PyCapsule_GetPointer(capsule, NULL), slots);
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_ValueError, "expected 1 to %zd slots", MOST_SLOTS);
    return NULL;
}
