/* All that the C code for Python uses of cffi and of CPython without their promise; tests/native/test_native_calls.py fails when it changes. */

#include <stddef.h>
#include <string.h>

/* Of cffi: what its generated code calls to return a pointer, and that `ffi.typeof` returns the type which that takes. */
typedef struct _cffi_ctypedescr CType;

static PyObject *pointer_object(void *pointer, CType *type)
{
    return _cffi_from_c_pointer((char *)pointer, type);
}

/* Of CPython without a GIL: makes an object that frees or wipes memory when its last reference goes. There, an object that
 * another thread drops waits for the thread that made it; one that belongs to no thread does not. */
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
