/* A batch of at most 128 items, in lists of bytes, with one key, in one crossing from Python to C: the Python code for
 * other batches takes as long as some operations. A batch that is not for these functions is refused before anything is
 * done. */

#define SMALL_BATCH 128 /* the items of the first time slice of any other batch */

typedef struct {
    void *key;
    size_t count; /* 0 until an argument shows it */
    uint32_t threads, flags;
    size_t inputs_taken, size; /* of an output */
    struct {
        PyObject *kept;
        PqcColumn column;
        PqcSlice slices[SMALL_BATCH];
    } inputs[3];
    PqcMutSlice slots[SMALL_BATCH];
    PyObject *rows; /* a list of the bytes objects to which the slots point */
    Memory *secrets;
    int32_t statuses[SMALL_BATCH];
} SmallBatch;

typedef struct {
    const char *name, *takes, *makes;
    PqcStatus (*run)(SmallBatch *batch);
} SmallCrossing;

static int small_take_count(SmallBatch *batch, Py_ssize_t count)
{
    if (count < 1 || count > SMALL_BATCH || (batch->count != 0 && batch->count != (size_t)count))
        return 0;
    batch->count = (size_t)count;
    return 1;
}

/* Takes an object of the type bytes for all items, or a list or a tuple of one for each. */
static int small_take_input(SmallBatch *batch, PyObject *data)
{
    int is_one = PyBytes_CheckExact(data), is_sequence = PyList_CheckExact(data) || PyTuple_CheckExact(data);
    if (!is_one && !(is_sequence && small_take_count(batch, PySequence_Size(data))))
        return 0;
    PyObject *kept = is_one ? Py_NewRef(data) : PySequence_Tuple(data); /* others may change the list meanwhile */
    if (kept == NULL)
        return 0;
    size_t number = batch->inputs_taken++;
    PqcSlice *slices = batch->inputs[number].slices;
    batch->inputs[number].kept = kept;
    batch->inputs[number].column = (PqcColumn){slices, NULL, 0, 0};
    if (!is_one)
        return (size_t)PyTuple_Size(kept) == batch->count && fill_slices(kept, slices);
    batch->inputs[number].column = (PqcColumn){NULL, (const uint8_t *)PyBytes_AsString(data), (size_t)PyBytes_Size(data), 0};
    return 1;
}

static int small_take_threads(SmallBatch *batch, PyObject *threads)
{
    long number = PyLong_CheckExact(threads) ? PyLong_AsLong(threads) : 0;
    batch->threads = number >= 1 && number <= PQC_MAX_THREADS ? (uint32_t)number : 0;
    return threads == Py_None || batch->threads != 0;
}

/* Takes an argument. Returns 1, or 0 if the batch is not for these functions; so do the next ones. */
static int small_take(SmallBatch *batch, char letter, PyObject *argument)
{
    switch (letter) {
    case 'k': /* the Handle of a private key */
    case 'K': /* the Handle of a public key */
        return (batch->key = key_in(argument, letter)) != NULL;
    case 'b': /* the size of each output */
        batch->size = PyLong_AsSize_t(argument);
        return !PyErr_Occurred();
    case '#': /* the number of items */
        return PyLong_CheckExact(argument) && small_take_count(batch, PyLong_AsSsize_t(argument));
    case 'd': /* whether the signatures are deterministic */
        batch->flags = argument == Py_True ? PQC_SIGN_DETERMINISTIC : 0;
        return PyBool_Check(argument);
    case 't': /* the number of threads */
        return small_take_threads(batch, argument);
    case '*': /* an input for each item */
        return !PyBytes_CheckExact(argument) && small_take_input(batch, argument);
    default: /* an input for each item, or one for all */
        return small_take_input(batch, argument);
    }
}

/* Makes bytes objects for the outputs. */
static int small_make_rows(SmallBatch *batch)
{
    for (size_t number = 0; number < batch->count; number++)
        batch->slots[number].len = batch->size;
    return (batch->rows = PyList_New((Py_ssize_t)batch->count)) != NULL && fill_slots(batch->rows, 0, batch->slots, batch->count);
}

/* Makes memory for a shared secret of each item, locked if the options of the key say so. */
static int small_make_secrets(SmallBatch *batch, int is_private)
{
    uint32_t options = 0;
    PqcStatus status = is_private ? pqc_private_key_options(batch->key, &options) : pqc_public_key_options(batch->key, &options);
    batch->secrets = status == PQC_STATUS_OK ? memory_alloc((PyObject *)memory_type) : NULL;
    return batch->secrets != NULL && PQC_STATUS_OK == ffi_buffer_zeroed(options & PQC_KEY_LOCKED_MEMORY,
        batch->count * PQC_SHAREDSECRETBYTES, &batch->secrets->buffer);
}

static int small_begin(SmallBatch *batch, const SmallCrossing *crossing, PyObject *const *arguments, Py_ssize_t count)
{
    batch->count = batch->inputs_taken = 0;
    batch->rows = NULL;
    batch->secrets = NULL;
    memset(batch->statuses, 0xff, sizeof(batch->statuses)); /* C leaves them so if it has no memory to begin with */
    if (count != (Py_ssize_t)strlen(crossing->takes))
        return 0;
    for (Py_ssize_t number = 0; number < count; number++)
        if (!small_take(batch, crossing->takes[number], arguments[number]))
            return 0;
    return batch->count != 0 && (strchr(crossing->makes, 'b') == NULL || small_make_rows(batch)) &&
           (strchr(crossing->makes, 's') == NULL || small_make_secrets(batch, *crossing->takes == 'k'));
}

static void small_release(SmallBatch *batch)
{
    while (batch->inputs_taken > 0)
        Py_DECREF(batch->inputs[--batch->inputs_taken].kept);
}

/* Returns the rows and the secrets, None where there are none; and None or, if there are neither or the batch failed, its status,
 * the statuses of the items and the inputs. */
static PyObject *small_end(SmallBatch *batch, PqcStatus status)
{
    PyObject *rows = batch->rows == NULL ? Py_NewRef(Py_None) : batch->rows;
    PyObject *secrets = batch->secrets == NULL ? Py_NewRef(Py_None) : (PyObject *)batch->secrets;
    if (status == PQC_STATUS_OK && rows != secrets) {
        small_release(batch);
        return Py_BuildValue("(NNO)", rows, secrets, Py_None);
    }
    PyObject *inputs = PyTuple_New((Py_ssize_t)batch->inputs_taken); /* filled before the next object is made, as is the list */
    for (; inputs != NULL && batch->inputs_taken > 0; batch->inputs_taken--)
        PyTuple_SetItem(inputs, (Py_ssize_t)batch->inputs_taken - 1, batch->inputs[batch->inputs_taken - 1].kept);
    PyObject *statuses = PyList_New((Py_ssize_t)batch->count);
    for (size_t number = 0; statuses != NULL && number < batch->count; number++)
        PyList_SetItem(statuses, (Py_ssize_t)number, PyLong_FromLong(batch->statuses[number]));
    small_release(batch);
    return Py_BuildValue("(NN(iNN))", rows, secrets, (int)status, statuses, inputs);
}

static PyObject *cross_small(PyObject *capsule, PyObject *const *arguments, Py_ssize_t count)
{
    const SmallCrossing *crossing = PyCapsule_GetPointer(capsule, NULL);
    SmallBatch batch;
    if (!small_begin(&batch, crossing, arguments, count)) {
        small_release(&batch);
        Py_XDECREF(batch.rows);
        Py_XDECREF((PyObject *)batch.secrets);
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    PqcStatus status;
    Py_BEGIN_ALLOW_THREADS
    status = crossing->run(&batch);
    Py_END_ALLOW_THREADS
    return small_end(&batch, status);
}

#define COLUMN(number) &batch->inputs[number].column
#define SECRETS(batch) (PqcMutColumn){NULL, (batch)->secrets->buffer.data, PQC_SHAREDSECRETBYTES, PQC_SHAREDSECRETBYTES, NULL}

static PqcStatus run_encapsulate_small(SmallBatch *batch)
{
    const PqcPublicKey *const key = batch->key;
    const PqcPublicKeys keys = {&key, 1, {NULL, NULL, 0, 0}, 0};
    const PqcMutColumn ciphertexts = {batch->slots, NULL, 0, 0, NULL}, secrets = SECRETS(batch);
    return pqc_encapsulate_batch(&keys, batch->count, batch->threads, &ciphertexts, &secrets, batch->statuses);
}

static PqcStatus run_decapsulate_small(SmallBatch *batch)
{
    const PqcPrivateKey *const key = batch->key;
    const PqcMutColumn secrets = SECRETS(batch);
    return pqc_decapsulate_batch(&key, 1, COLUMN(0), batch->count, batch->threads, &secrets, batch->statuses);
}

static PqcStatus run_sign_small(SmallBatch *batch)
{
    const PqcPrivateKey *const key = batch->key;
    const PqcMutColumn signatures = {batch->slots, NULL, 0, 0, NULL};
    return pqc_sign_batch(&key, 1, COLUMN(0), COLUMN(1), batch->count, batch->flags, batch->threads, &signatures, batch->statuses);
}

static PqcStatus run_verify_small(SmallBatch *batch)
{
    const PqcPublicKey *const key = batch->key;
    const PqcPublicKeys keys = {&key, 1, {NULL, NULL, 0, 0}, 0};
    return pqc_verify_batch(&keys, COLUMN(0), COLUMN(2), COLUMN(1), batch->count, batch->threads, batch->statuses);
}

static const SmallCrossing small_crossings[] = {
    {"encapsulate_small", "Kb#t", "bs", run_encapsulate_small}, /* public key, size, number of items, threads */
    {"decapsulate_small", "k*t", "s", run_decapsulate_small},   /* private key, ciphertexts, threads */
    {"sign_small", "kbiidt", "b", run_sign_small},              /* private key, size, messages, contexts, deterministic, threads */
    {"verify_small", "Ki*it", "", run_verify_small},           /* public key, messages, signatures, contexts, threads */
};
