/* The parts of cffi and CPython that this folder uses although they may change: tests/native/test_native_calls.py fails
 * if they do. */

#include <stddef.h>
#include <string.h>

/* cffi: the function that its generated code calls to return a pointer, with the type that `ffi.typeof` returns. */
typedef struct _cffi_ctypedescr CType;

static PyObject *pointer_object(void *pointer, CType *type)
{
    return _cffi_from_c_pointer((char *)pointer, type);
}

/* CPython without a GIL: makes an object that frees or wipes memory when its last reference is dropped. There, an object
 * that another thread drops waits for the thread that made it; an object that belongs to no thread does not. */
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
