/* A batch of few items, which are lists of bytes, with one key in one crossing from Python to C: what Python does for any other
 * batch takes as long as some operations. */

#define FEW 128 /* the items of the first time slice of any other batch */

typedef struct {
    const void *key;
    size_t count; /* 0 as long as no argument has shown it */
    uint32_t threads;
    size_t used; /* how many of the inputs are */
    struct {
        PyObject *kept;
        PqcColumn column;
        PqcSlice slices[FEW];
    } inputs[3];
    PqcMutSlice slots[FEW];
    int32_t statuses[FEW];
} Few;

/* Takes the key and the number of threads. Returns 1, or 0 if the batch is not for the functions below, as do the next two. */
static int few_begin(Few *few, PyObject *key, const Kind *kind, PyObject *threads)
{
    few->count = few->used = few->threads = 0;
    memset(few->statuses, 0xff, sizeof(few->statuses)); /* C leaves them so if it has no memory to begin with */
    if (!Py_IS_TYPE(key, handle_type) || ((Handle *)key)->kind != kind || ((Handle *)key)->pointers[0] == NULL)
        return 0;
    few->key = ((Handle *)key)->pointers[0];
    if (threads == Py_None)
        return 1;
    long number = PyLong_CheckExact(threads) ? PyLong_AsLong(threads) : 0;
    few->threads = number >= 1 && number <= PQC_MAX_THREADS ? (uint32_t)number : 0;
    return few->threads != 0;
}

static int few_count(Few *few, Py_ssize_t count)
{
    if (count < 1 || count > FEW || (few->count != 0 && few->count != (size_t)count))
        return 0;
    few->count = (size_t)count;
    return 1;
}

/* Takes an input: an object of the type bytes for all items, or a list or a tuple of one for each. */
static int few_input(Few *few, PyObject *data)
{
    int is_one = PyBytes_CheckExact(data), is_sequence = PyList_CheckExact(data) || PyTuple_CheckExact(data);
    if (!is_one && !(is_sequence && few_count(few, PySequence_Size(data))))
        return 0;
    PyObject *kept = is_one ? Py_NewRef(data) : PySequence_Tuple(data); /* others may change the list meanwhile */
    if (kept == NULL)
        return 0;
    size_t number = few->used++;
    PqcSlice *slices = few->inputs[number].slices;
    few->inputs[number].kept = kept;
    few->inputs[number].column = (PqcColumn){slices, NULL, 0, 0};
    if (!is_one)
        return slices_of_bytes(kept, slices, few->count);
    few->inputs[number].column = (PqcColumn){NULL, (const uint8_t *)PyBytes_AsString(data), (size_t)PyBytes_Size(data), 0};
    return 1;
}

/* Returns a list of new bytes objects for the outputs, to which the slots point. */
static PyObject *few_rows(Few *few, PyObject *size)
{
    size_t len = PyLong_AsSize_t(size);
    PyObject *rows = PyErr_Occurred() ? NULL : PyList_New((Py_ssize_t)few->count);
    for (size_t number = 0; number < few->count; number++)
        few->slots[number].len = len;
    if (rows != NULL && !bytes_for_slots(rows, 0, few->slots, few->count))
        Py_CLEAR(rows);
    return rows;
}

/* Returns memory for a shared secret of each item, locked if the options of the key say so, and points a column to it. `status`
 * is of the call that wrote the options. */
static PyObject *few_secrets(Few *few, PqcStatus status, const uint32_t *options, PqcMutColumn *column)
{
    const size_t size = MLKEM_SHAREDSECRETBYTES;
    Memory *secrets = status == PQC_STATUS_OK ? memory_alloc((PyObject *)memory_type) : NULL;
    if (secrets == NULL)
        return NULL;
    status = ffi_buffer_zeroed(*options & PQC_KEY_LOCKED_MEMORY, few->count * size, &secrets->buffer);
    if (status != PQC_STATUS_OK || !memory_divide_into(secrets, size)) {
        Py_DECREF((PyObject *)secrets);
        return NULL;
    }
    *column = (PqcMutColumn){NULL, secrets->buffer.data, size, size, NULL};
    return (PyObject *)secrets;
}

static void few_release(Few *few)
{
    while (few->used > 0)
        Py_DECREF(few->inputs[--few->used].kept);
}

/* Returns None for a batch that is not for these functions, before anything has been done. */
static PyObject *few_refuse(Few *few, PyObject *results)
{
    few_release(few);
    Py_XDECREF(results);
    PyErr_Clear();
    Py_RETURN_NONE;
}

/* Returns the results, and None; or if the batch failed, its status, the statuses of the items, and the inputs. */
static PyObject *few_end(Few *few, PqcStatus status, PyObject *results)
{
    if (status == PQC_STATUS_OK) {
        few_release(few);
        return Py_BuildValue("(NO)", results, Py_None);
    }
    PyObject *inputs = PyTuple_New((Py_ssize_t)few->used); /* filled before the next object is made, as is the list */
    for (; inputs != NULL && few->used > 0; few->used--)
        PyTuple_SetItem(inputs, (Py_ssize_t)few->used - 1, few->inputs[few->used - 1].kept);
    PyObject *statuses = PyList_New((Py_ssize_t)few->count);
    for (size_t number = 0; statuses != NULL && number < few->count; number++)
        PyList_SetItem(statuses, (Py_ssize_t)number, PyLong_FromLong(few->statuses[number]));
    few_release(few);
    return Py_BuildValue("(N(iNN))", results, (int)status, statuses, inputs);
}

static PyObject *encapsulate_few(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    Few few;
    few.used = 0;
    PyObject *rows = NULL, *secrets = NULL;
    uint32_t options = 0;
    PqcMutColumn slots;
    if (count != 4 || !few_begin(&few, arguments[0], &kinds[public_key_kind], arguments[3]) || !PyLong_CheckExact(arguments[2]) ||
        !few_count(&few, PyLong_AsSsize_t(arguments[2])) || (rows = few_rows(&few, arguments[1])) == NULL ||
        (secrets = few_secrets(&few, pqc_public_key_options(few.key, &options), &options, &slots)) == NULL)
        return few_refuse(&few, rows);
    const PqcPublicKey *const key = few.key;
    const PqcPublicKeys keys = {&key, 1, {NULL, NULL, 0, 0}, 0};
    const PqcMutColumn ciphertexts = {few.slots, NULL, 0, 0, NULL};
    PqcStatus status;
    Py_BEGIN_ALLOW_THREADS
    status = pqc_encapsulate_batch(&keys, few.count, few.threads, &ciphertexts, &slots, few.statuses);
    Py_END_ALLOW_THREADS
    return few_end(&few, status, Py_BuildValue("(NN)", rows, secrets));
}

static PyObject *decapsulate_few(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    Few few;
    few.used = 0;
    PyObject *secrets = NULL;
    uint32_t options = 0;
    PqcMutColumn slots;
    if (count != 3 || !few_begin(&few, arguments[0], &kinds[private_key_kind], arguments[2]) || !few_input(&few, arguments[1]) ||
        few.count == 0 || (secrets = few_secrets(&few, pqc_private_key_options(few.key, &options), &options, &slots)) == NULL)
        return few_refuse(&few, NULL);
    const PqcPrivateKey *const key = few.key;
    PqcStatus status;
    Py_BEGIN_ALLOW_THREADS
    status = pqc_decapsulate_batch(&key, 1, &few.inputs[0].column, few.count, few.threads, &slots, few.statuses);
    Py_END_ALLOW_THREADS
    return few_end(&few, status, secrets);
}

static PyObject *sign_few(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    Few few;
    few.used = 0;
    PyObject *rows = NULL;
    if (count != 6 || !few_begin(&few, arguments[0], &kinds[private_key_kind], arguments[5]) || !few_input(&few, arguments[2]) ||
        !few_input(&few, arguments[3]) || few.count == 0 || !PyBool_Check(arguments[4]) ||
        (rows = few_rows(&few, arguments[1])) == NULL)
        return few_refuse(&few, NULL);
    const PqcPrivateKey *const key = few.key;
    const PqcMutColumn signatures = {few.slots, NULL, 0, 0, NULL};
    const PqcColumn *messages = &few.inputs[0].column, *contexts = &few.inputs[1].column;
    uint32_t flags = arguments[4] == Py_True ? PQC_SIGN_DETERMINISTIC : 0;
    PqcStatus status;
    Py_BEGIN_ALLOW_THREADS
    status = pqc_sign_batch(&key, 1, messages, contexts, few.count, flags, few.threads, &signatures, few.statuses);
    Py_END_ALLOW_THREADS
    return few_end(&few, status, rows);
}

static PyObject *verify_few(PyObject *Py_UNUSED(none), PyObject *const *arguments, Py_ssize_t count)
{
    Few few;
    few.used = 0;
    if (count != 5 || !few_begin(&few, arguments[0], &kinds[public_key_kind], arguments[4]) || !few_input(&few, arguments[1]) ||
        PyBytes_CheckExact(arguments[2]) || !few_input(&few, arguments[2]) || !few_input(&few, arguments[3]) || few.count == 0)
        return few_refuse(&few, NULL);
    const PqcPublicKey *const key = few.key;
    const PqcPublicKeys keys = {&key, 1, {NULL, NULL, 0, 0}, 0};
    const PqcColumn *messages = &few.inputs[0].column, *signatures = &few.inputs[1].column, *contexts = &few.inputs[2].column;
    PqcStatus status;
    Py_BEGIN_ALLOW_THREADS
    status = pqc_verify_batch(&keys, messages, contexts, signatures, few.count, few.threads, few.statuses);
    Py_END_ALLOW_THREADS
    if (status == PQC_STATUS_BATCH_ITEMS)
        status = PQC_STATUS_OK;
    PyObject *valid = PyList_New((Py_ssize_t)few.count); /* not before: others who look at all objects would see an empty list */
    for (size_t number = 0; number < few.count; number++) {
        if (valid != NULL)
            PyList_SetItem(valid, (Py_ssize_t)number, PyBool_FromLong(few.statuses[number] == PQC_STATUS_OK));
        if (few.statuses[number] == PQC_STATUS_INVALID_SIGNATURE)
            few.statuses[number] = PQC_STATUS_OK; /* no failure, but False */
        else if (few.statuses[number] != PQC_STATUS_OK && status == PQC_STATUS_OK)
            status = PQC_STATUS_BATCH_ITEMS;
    }
    return few_end(&few, status, valid);
}

#define FUNCTION(name, doc) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, doc}
static PyMethodDef batches[] = {
    FUNCTION(encapsulate_few, "Encapsulate to a public key, for ciphertexts of a size: count, threads."),
    FUNCTION(decapsulate_few, "Decapsulate with a private key: ciphertexts, threads."),
    FUNCTION(sign_few, "Sign with a private key, signatures of a size: messages, contexts, whether deterministic, threads."),
    FUNCTION(verify_few, "Verify with a public key: messages, signatures, contexts, threads."),
};

static int install_batches(PyObject *namespace)
{
    int all = install(namespace, "FEW", PyLong_FromLong(FEW));
    for (size_t number = 0; all && number < sizeof(batches) / sizeof(batches[0]); number++)
        all = install(namespace, batches[number].ml_name, PyCFunction_NewEx(&batches[number], NULL, NULL));
    return all;
}
