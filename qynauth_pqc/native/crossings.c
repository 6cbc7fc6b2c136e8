/* The operations that programs call most, and how keys are loaded and encoded for them, each in one crossing from Python to C.
 *
 * Each returns its result, or the number of the status if it failed: Python code makes the error. The caller holds the
 * arguments during the call, so that a key which another thread closes meanwhile is freed after it. */

/* Every crossing: its name; its arguments, a letter for each, as in `call_take`; its results, as in `call_result`; and
 * the function. An operation of a few microseconds keeps the GIL: with two threads, getting it back takes longer. */
#define CROSSINGS(EACH) \
    EACH(generate, "##g", "k", pqc_private_key_generate(NUMBERS, MADE(private_key)), "Make a private key") \
    EACH(public_key_of, "kg", "K", pqc_private_key_public_key(call->key, MADE(public_key)), "Take the public key of a private key") \
    EACH(load_public_key, "##pg", "K", pqc_public_key_from_bytes(NUMBERS, INPUT(0), MADE(public_key)), "Load a public key") \
    EACH(load_private_key, "##eg", "k", pqc_private_key_from_bytes(NUMBERS, INPUT(0), MADE(private_key)), "Load a private key") \
    EACH(load_seed, "##sg", "k", pqc_private_key_from_seed(NUMBERS, INPUT(0), MADE(private_key)), "Make the key of a seed") \
    EACH(public_bytes_of, "Kg", "b", pqc_public_key_bytes(call->key, &call->bytes), "Encode a public key") \
    EACH(private_bytes_of, "ktg", "t", pqc_private_key_bytes(call->key, SECRET), "Encode a private key") \
    EACH(seed_of, "ktg", "t", pqc_private_key_seed(call->key, SECRET), "Return the seed of a private key") \
    EACH(encapsulate, "Ktg", "bt", pqc_encapsulate(call->key, &call->bytes, SECRET), "Make a ciphertext and its secret") \
    EACH(decapsulate, "kitg", "t", pqc_decapsulate(call->key, INPUT(0), SECRET), "Return the secret of a ciphertext") \
    EACH(sign, "kmc#", "b", pqc_sign(call->key, INPUT(0), INPUT(1), call->numbers[0], &call->bytes), "Sign a message") \
    EACH(verify, "Kmcv", "", pqc_verify(call->key, INPUT(0), INPUT(1), INPUT(2)), "Return the status of a signature")

#define NUMBERS call->numbers[0], call->numbers[1]
#define INPUT(number) call->inputs[number].data, call->inputs[number].len
#define MADE(name) &call->made.name
#define SECRET &call->secret->buffer

typedef struct {
    void *key;
    uint32_t numbers[2];
    int numbers_taken, inputs_taken, keeps_gil;
    Input inputs[3];
    union {
        void *any;
        PqcPrivateKey *private_key;
        PqcPublicKey *public_key;
    } made;
    Handle *handle; /* for the key that is made */
    FFIBuffer bytes;
    Memory *secret;
} Call;

typedef struct {
    const char *takes, *makes;
    Py_ssize_t count; /* of the arguments */
    PqcStatus (*run)(Call *call);
} Crossing;

/* Returns 1, or 0 and raises. */
static int read_number(PyObject *object, uint32_t *number)
{
    size_t value = PyLong_AsSize_t(object);
    *number = (uint32_t)value;
    if (*number == value)
        return 1;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_OverflowError, "expected a number of 32 bits");
    return 0;
}

static const char *const input_names[] = {
    ['c'] = "context", ['e'] = "private key", ['i'] = "ciphertext", ['m'] = "message", ['p'] = "public key", ['s'] = "seed", ['v'] = "signature",
};

/* Takes an argument. Returns 1, or 0 and raises. */
static int call_take(Call *call, char letter, PyObject *argument)
{
    switch (letter) {
    case 'k': /* the Handle of a private key */
    case 'K': /* the Handle of a public key */
        return (call->key = key_in(argument, letter)) != NULL;
    case '#': /* a number */
        return read_number(argument, &call->numbers[call->numbers_taken++]);
    case 'g': /* whether the call keeps the GIL */
        call->keeps_gil = argument == Py_True;
        return 1;
    case 't': /* the type of the secret that it makes */
        return (call->secret = memory_alloc(argument)) != NULL;
    default: /* an input */
        return input_take(&call->inputs[call->inputs_taken++], argument, input_names[(int)letter]);
    }
}

/* Takes all arguments, and makes the objects for the call to fill. Returns 1, or 0 and raises. */
static int call_begin(Call *call, const Crossing *crossing, PyObject *const *arguments, Py_ssize_t count)
{
    call->numbers_taken = call->inputs_taken = call->keeps_gil = 0;
    call->handle = call->made.any = NULL;
    call->bytes = (FFIBuffer){NULL, 0, 0};
    call->secret = NULL;
    if (count != crossing->count) {
        PyErr_Format(PyExc_TypeError, "expected %zd arguments", crossing->count);
        return 0;
    }
    for (Py_ssize_t number = 0; number < count; number++)
        if (!call_take(call, crossing->takes[number], arguments[number]))
            return 0;
    const Kind *kind = *crossing->makes == 'k' ? &kinds[private_key_kind] : *crossing->makes == 'K' ? &kinds[public_key_kind] : NULL;
    return kind == NULL || (call->handle = handle_alloc(kind, 1)) != NULL;
}

static PyObject *call_result(Call *call, const Crossing *crossing, PqcStatus status)
{
    if (status != PQC_STATUS_OK || *crossing->makes == '\0')
        return PyLong_FromLong(status);
    if (*crossing->makes == 't') /* the secret */
        return Py_NewRef((PyObject *)call->secret);
    if (call->handle != NULL) {
        call->handle->pointers[0] = call->made.any;
        return Py_NewRef((PyObject *)call->handle);
    }
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)call->bytes.data, (Py_ssize_t)call->bytes.len);
    ffi_buffer_free(&call->bytes);
    if (crossing->makes[1] != 't' || bytes == NULL)
        return bytes;
    PyObject *both = PyTuple_Pack(2, bytes, (PyObject *)call->secret);
    Py_DECREF(bytes);
    return both;
}

static inline PyObject *cross(const Crossing *crossing, PyObject *const *arguments, Py_ssize_t count)
{
    Call call;
    PyObject *result = NULL;
    if (call_begin(&call, crossing, arguments, count)) {
        PyThreadState *state = call.keeps_gil ? NULL : PyEval_SaveThread();
        PqcStatus status = crossing->run(&call);
        if (state != NULL)
            PyEval_RestoreThread(state);
        result = call_result(&call, crossing, status);
    }
    while (call.inputs_taken > 0)
        if (call.inputs[--call.inputs_taken].view.obj != NULL)
            PyBuffer_Release(&call.inputs[call.inputs_taken].view);
    Py_XDECREF((PyObject *)call.handle);
    Py_XDECREF((PyObject *)call.secret);
    return result;
}

#define DEFINE_CROSSING(name, takes, makes, function, doc) \
    static PqcStatus run_##name(Call *call) { return function; } \
    static PyObject *cross_##name(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count) \
    { \
        static const Crossing crossing = {takes, makes, sizeof(takes) - 1, run_##name}; \
        return cross(&crossing, arguments, count); \
    }
CROSSINGS(DEFINE_CROSSING)

#define DEFINE_METHOD(name, takes, makes, function, doc) \
    {#name, FUNCTION(cross_##name), doc ", or return a status."},
