/* The five operations that programs call most, and how keys are loaded and encoded for them, each in one crossing from Python to C.
 *
 * Each returns what it made, or the number of the status if it failed: Python knows what the error says. The caller holds the
 * arguments during the call, so that a key which another thread closes meanwhile is freed after it. */

/* An operation of a few microseconds keeps the GIL: with two threads, to get it back takes longer. */
static PyThreadState *release_gil(PyObject *keeps_gil)
{
    return keeps_gil == Py_True ? NULL : PyEval_SaveThread();
}

static void take_gil(PyThreadState *state)
{
    if (state != NULL)
        PyEval_RestoreThread(state);
}

/* Returns 1, or 0 and raises. */
static int has_count(Py_ssize_t count, Py_ssize_t expected)
{
    if (count != expected)
        PyErr_Format(PyExc_TypeError, "expected %zd arguments", expected);
    return count == expected;
}

/* Returns the key in a Handle, or NULL and raises. */
static void *key_in(PyObject *handle, const Kind *kind)
{
    void *key = Py_IS_TYPE(handle, handle_type) && ((Handle *)handle)->kind == kind ? ((Handle *)handle)->pointers[0] : NULL;
    if (key == NULL)
        PyErr_Format(PyExc_TypeError, "expected a Handle of a %s", kind->pointer_name);
    return key;
}

/* Returns 1, or 0 and raises. */
static int read_number(PyObject *object, uint32_t *number)
{
    size_t value = PyLong_AsSize_t(object);
    if (value == (size_t)-1 && PyErr_Occurred())
        return 0;
    *number = (uint32_t)value;
    if (*number == value)
        return 1;
    PyErr_SetString(PyExc_OverflowError, "expected a number of 32 bits");
    return 0;
}

/* An input, borrowed for one call. */
typedef struct {
    const uint8_t *data;
    size_t len;
    Lent *lent; /* NULL if it is of the type bytes itself, which never move nor change */
} Input;

/* Borrows what `readable` takes. Returns 1, or 0 and raises. */
static int borrow(Input *input, PyObject *data, const char *name)
{
    input->lent = NULL;
    if (PyBytes_CheckExact(data)) {
        input->data = (const uint8_t *)PyBytes_AsString(data);
        input->len = (size_t)PyBytes_Size(data);
        return 1;
    }
    PyObject *arguments[] = {data, PyUnicode_FromString(name)};
    Lent *lent = arguments[1] == NULL ? NULL : (Lent *)lend(NULL, arguments, 2);
    Py_XDECREF(arguments[1]);
    if (lent == NULL || lent_hold(lent) < 0) {
        Py_XDECREF((PyObject *)lent);
        return 0;
    }
    *input = (Input){lent->view.buf, (size_t)lent->view.len, lent};
    return 1;
}

static void give_back(Input *input)
{
    if (input->lent != NULL) {
        lent_let_go(input->lent);
        Py_DECREF((PyObject *)input->lent);
    }
}

/* Frees a buffer, and returns a copy of it. */
static PyObject *take_bytes(FFIBuffer *buffer)
{
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)buffer->data, (Py_ssize_t)buffer->len);
    ffi_buffer_free(buffer);
    return bytes;
}

/* Drops what the operation was to fill, if it failed. */
static PyObject *made_or_status(PyObject *made, PqcStatus status)
{
    if (status == PQC_STATUS_OK)
        return made;
    Py_DECREF(made);
    return PyLong_FromLong(status);
}

static PyObject *handle_or_status(Handle *handle, void *key, PqcStatus status)
{
    handle->pointers[0] = key;
    return made_or_status((PyObject *)handle, status);
}

/* generate(algorithm, flags, keeps_gil) */
static PyObject *generate(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    uint32_t algorithm, flags;
    if (!has_count(count, 3) || !read_number(arguments[0], &algorithm) || !read_number(arguments[1], &flags))
        return NULL;
    Handle *handle = handle_alloc(&kinds[private_key_kind], 1);
    if (handle == NULL)
        return NULL;
    PqcPrivateKey *key = NULL;
    PyThreadState *state = release_gil(arguments[2]);
    PqcStatus status = pqc_private_key_generate(algorithm, flags, &key);
    take_gil(state);
    return handle_or_status(handle, key, status);
}

/* public_key_of(private_key, keeps_gil) */
static PyObject *public_key_of(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    void *private_key = has_count(count, 2) ? key_in(arguments[0], &kinds[private_key_kind]) : NULL;
    Handle *handle = private_key == NULL ? NULL : handle_alloc(&kinds[public_key_kind], 1);
    if (handle == NULL)
        return NULL;
    PqcPublicKey *key = NULL;
    PyThreadState *state = release_gil(arguments[1]);
    PqcStatus status = pqc_private_key_public_key(private_key, &key);
    take_gil(state);
    return handle_or_status(handle, key, status);
}

/* A key that is being loaded. */
typedef struct {
    uint32_t algorithm, flags;
    Input data;
    Handle *handle;
    PyThreadState *state;
} Load;

/* Takes the arguments (algorithm, flags, data, keeps_gil). Returns 1, or 0 and raises. */
static int load_begin(Load *load, PyObject *const *arguments, Py_ssize_t count, const Kind *kind, const char *name)
{
    if (!has_count(count, 4) || !read_number(arguments[0], &load->algorithm) || !read_number(arguments[1], &load->flags) ||
        !borrow(&load->data, arguments[2], name))
        return 0;
    load->handle = handle_alloc(kind, 1);
    if (load->handle == NULL) {
        give_back(&load->data);
        return 0;
    }
    load->state = release_gil(arguments[3]);
    return 1;
}

static PyObject *load_end(Load *load, void *key, PqcStatus status)
{
    take_gil(load->state);
    give_back(&load->data);
    return handle_or_status(load->handle, key, status);
}

static PyObject *load_public_key(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    Load load;
    PqcPublicKey *key = NULL;
    if (!load_begin(&load, arguments, count, &kinds[public_key_kind], "public key"))
        return NULL;
    PqcStatus status = pqc_public_key_from_bytes(load.algorithm, load.flags, load.data.data, load.data.len, &key);
    return load_end(&load, key, status);
}

/* Loads a private key by `from`, which takes what `name` says. */
static PyObject *load_private(PyObject *const *arguments, Py_ssize_t count, const char *name,
                              PqcStatus (*from)(uint32_t, uint32_t, const uint8_t *, size_t, PqcPrivateKey **))
{
    Load load;
    PqcPrivateKey *key = NULL;
    if (!load_begin(&load, arguments, count, &kinds[private_key_kind], name))
        return NULL;
    PqcStatus status = from(load.algorithm, load.flags, load.data.data, load.data.len, &key);
    return load_end(&load, key, status);
}

static PyObject *load_private_key(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    return load_private(arguments, count, "private key", pqc_private_key_from_bytes);
}

static PyObject *load_seed(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    return load_private(arguments, count, "seed", pqc_private_key_from_seed);
}

/* public_bytes_of(public_key, keeps_gil) */
static PyObject *public_bytes_of(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    void *key = has_count(count, 2) ? key_in(arguments[0], &kinds[public_key_kind]) : NULL;
    if (key == NULL)
        return NULL;
    FFIBuffer encoded = {NULL, 0, 0};
    PyThreadState *state = release_gil(arguments[1]);
    PqcStatus status = pqc_public_key_bytes(key, &encoded);
    take_gil(state);
    return status == PQC_STATUS_OK ? take_bytes(&encoded) : PyLong_FromLong(status);
}

/* Takes the arguments (private_key, type_of_secret, keeps_gil), and returns what `encode` writes in memory of that type. */
static PyObject *encoded_secret(PyObject *const *arguments, Py_ssize_t count, PqcStatus (*encode)(const PqcPrivateKey *, FFIBuffer *))
{
    void *key = has_count(count, 3) ? key_in(arguments[0], &kinds[private_key_kind]) : NULL;
    Memory *secret = key == NULL ? NULL : memory_alloc(arguments[1]);
    if (secret == NULL)
        return NULL;
    PyThreadState *state = release_gil(arguments[2]);
    PqcStatus status = encode(key, &secret->buffer);
    take_gil(state);
    return made_or_status((PyObject *)secret, status);
}

static PyObject *private_bytes_of(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    return encoded_secret(arguments, count, pqc_private_key_bytes);
}

static PyObject *seed_of(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    return encoded_secret(arguments, count, pqc_private_key_seed);
}

/* encapsulate(public_key, type_of_secret, keeps_gil) */
static PyObject *encapsulate(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    void *key = has_count(count, 3) ? key_in(arguments[0], &kinds[public_key_kind]) : NULL;
    Memory *secret = key == NULL ? NULL : memory_alloc(arguments[1]);
    if (secret == NULL)
        return NULL;
    FFIBuffer ciphertext = {NULL, 0, 0};
    PyThreadState *state = release_gil(arguments[2]);
    PqcStatus status = pqc_encapsulate(key, &ciphertext, &secret->buffer);
    take_gil(state);
    if (status != PQC_STATUS_OK)
        return made_or_status((PyObject *)secret, status);
    PyObject *bytes = take_bytes(&ciphertext);
    PyObject *both = bytes == NULL ? NULL : PyTuple_Pack(2, bytes, (PyObject *)secret);
    Py_XDECREF(bytes);
    Py_DECREF((PyObject *)secret);
    return both;
}

/* decapsulate(private_key, ciphertext, type_of_secret, keeps_gil) */
static PyObject *decapsulate(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    void *key = has_count(count, 4) ? key_in(arguments[0], &kinds[private_key_kind]) : NULL;
    Input ciphertext;
    if (key == NULL || !borrow(&ciphertext, arguments[1], "ciphertext"))
        return NULL;
    Memory *secret = memory_alloc(arguments[2]);
    PqcStatus status = PQC_STATUS_OK;
    if (secret != NULL) {
        PyThreadState *state = release_gil(arguments[3]);
        status = pqc_decapsulate(key, ciphertext.data, ciphertext.len, &secret->buffer);
        take_gil(state);
    }
    give_back(&ciphertext);
    return made_or_status((PyObject *)secret, status);
}

/* sign(private_key, message, context, flags) */
static PyObject *sign(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    void *key = has_count(count, 4) ? key_in(arguments[0], &kinds[private_key_kind]) : NULL;
    uint32_t flags;
    Input message, context;
    if (key == NULL || !read_number(arguments[3], &flags) || !borrow(&message, arguments[1], "message"))
        return NULL;
    if (!borrow(&context, arguments[2], "context")) {
        give_back(&message);
        return NULL;
    }
    FFIBuffer signature = {NULL, 0, 0};
    PqcStatus status;
    Py_BEGIN_ALLOW_THREADS
    status = pqc_sign(key, message.data, message.len, context.data, context.len, flags, &signature);
    Py_END_ALLOW_THREADS
    give_back(&context);
    give_back(&message);
    return status == PQC_STATUS_OK ? take_bytes(&signature) : PyLong_FromLong(status);
}

/* verify(public_key, message, context, signature) */
static PyObject *verify(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    static const char *const names[] = {"message", "context", "signature"};
    void *key = has_count(count, 4) ? key_in(arguments[0], &kinds[public_key_kind]) : NULL;
    Input inputs[3];
    int borrowed = 0;
    while (key != NULL && borrowed < 3 && borrow(&inputs[borrowed], arguments[1 + borrowed], names[borrowed]))
        borrowed++;
    PyObject *made = NULL;
    if (borrowed == 3) {
        const Input *message = &inputs[0], *context = &inputs[1], *signature = &inputs[2];
        PqcStatus status;
        Py_BEGIN_ALLOW_THREADS
        status = pqc_verify(key, message->data, message->len, context->data, context->len, signature->data, signature->len);
        Py_END_ALLOW_THREADS
        made = PyLong_FromLong(status);
    }
    while (borrowed > 0)
        give_back(&inputs[--borrowed]);
    return made;
}

#define CALL(name, doc) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, doc}
static PyMethodDef calls[] = {
    CALL(generate, "Make a private key, and return its Handle or a status."),
    CALL(public_key_of, "Return the Handle of the public key of a private key, or a status."),
    CALL(load_public_key, "Load a public key, and return its Handle or a status."),
    CALL(load_private_key, "Load an expanded private key, and return its Handle or a status."),
    CALL(load_seed, "Make the private key of a seed, and return its Handle or a status."),
    CALL(public_bytes_of, "Return the encoding of a public key, or a status."),
    CALL(private_bytes_of, "Return the expanded encoding of a private key, or a status."),
    CALL(seed_of, "Return the seed of a private key, or a status."),
    CALL(encapsulate, "Encapsulate to a public key, and return the ciphertext and the secret, or a status."),
    CALL(decapsulate, "Decapsulate a ciphertext, and return the secret or a status."),
    CALL(sign, "Sign a message, and return the signature or a status."),
    CALL(verify, "Verify a signature, and return a status."),
};

static int install_calls(PyObject *namespace)
{
    int all = 1;
    for (size_t number = 0; all && number < sizeof(calls) / sizeof(calls[0]); number++)
        all = install(namespace, calls[number].ml_name, PyCFunction_NewEx(&calls[number], NULL, NULL));
    return all;
}
