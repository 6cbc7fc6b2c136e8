/* The key management of OpenSSL: generation, parameters, comparison, import and export. */
#include "provider.h"

#include <stdlib.h>
#include <string.h>

/* ---- Generation ---- */

typedef struct {
    const Algorithm *algorithm;
    int selection;
    FFIBuffer seed;
} Generation;

static OSSL_FUNC_keymgmt_gen_set_params_fn generation_set_params;
static OSSL_FUNC_keymgmt_gen_settable_params_fn generation_settable_params;
static OSSL_FUNC_keymgmt_gen_fn generation_run;
static OSSL_FUNC_keymgmt_gen_cleanup_fn generation_free;

static void *generation_new(const Algorithm *algorithm, int selection, const OSSL_PARAM params[])
{
    Generation *generation = calloc(1, sizeof *generation);
    if (generation == NULL) {
        fail(algorithm->provider, PQC_STATUS_OUT_OF_MEMORY);
        return NULL;
    }
    generation->algorithm = algorithm;
    generation->selection = selection;
    if (!generation_set_params(generation, params)) {
        generation_free(generation);
        return NULL;
    }
    return generation;
}

static void generation_free(void *genctx)
{
    Generation *generation = genctx;
    if (generation != NULL)
        ffi_buffer_free(&generation->seed);
    free(generation);
}

static int generation_set_params(void *genctx, const OSSL_PARAM params[])
{
    Generation *generation = genctx;
    const Provider *provider = generation->algorithm->provider;
    const OSSL_PARAM *group = parameter(params, OSSL_PKEY_PARAM_GROUP_NAME), *seed = parameter(params, OSSL_PKEY_PARAM_ML_KEM_SEED);
    const uint8_t *bytes;
    size_t len;
    /* OpenSSL's own groups have no other name. */
    if (group != NULL && !parameter_is_empty(group) && !parameter_is_text(group, generation->algorithm->compact))
        return fail(provider, REASON_PARAMETER);
    if (seed == NULL)
        return 1;
    if (generation->algorithm->is_exchange)
        return fail(provider, REASON_UNSUPPORTED);
    /* An empty seed is no seed, for which a random key would be generated. */
    if (!parameter_bytes(seed, &bytes, &len) || len == 0)
        return fail(provider, REASON_PARAMETER);
    ffi_buffer_free(&generation->seed);
    if (!succeeds(provider, ffi_buffer_zeroed(provider->key_flags, len, &generation->seed)))
        return 0;
    memcpy(generation->seed.data, bytes, len);
    return 1;
}

static const OSSL_PARAM *generation_settable_params(void *genctx, void *provctx)
{
    static const OSSL_PARAM known[] = {
        PARAMETER_NAME(OSSL_PKEY_PARAM_GROUP_NAME, OSSL_PARAM_UTF8_STRING),
        PARAMETER_NAME(OSSL_PKEY_PARAM_ML_KEM_SEED, OSSL_PARAM_OCTET_STRING),
        PARAMETER_END,
    };
    return known;
}

/* Makes the key in an empty object. */
static int generate(Key *key, const FFIBuffer *seed)
{
    const Algorithm *algorithm = key->algorithm;
    const Provider *provider = algorithm->provider;
    PqcPrivateKey *private_key = NULL;
    if (algorithm->is_exchange)
        return succeeds(provider, pqc_exchange_key_generate(algorithm->id, provider->key_flags, &key->exchange_key))
            && succeeds(provider, pqc_exchange_key_share(key->exchange_key, &key->share));
    if (!succeeds(provider, seed->data == NULL
                                ? pqc_private_key_generate(algorithm->id, provider->key_flags, &private_key)
                                : pqc_private_key_from_seed(algorithm->id, provider->key_flags, seed->data, seed->len, &private_key)))
        return 0;
    return key_set_private(key, private_key);
}

static void *generation_run(void *genctx, OSSL_CALLBACK *cb, void *cbarg)
{
    const Generation *generation = genctx;
    Key *key = key_new(generation->algorithm);
    /* TLS makes an empty object for the share of the other side. */
    if (key != NULL && (generation->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) && !generate(key, &generation->seed)) {
        key_free(key);
        return NULL;
    }
    return key;
}

/* ---- Parameters ---- */

static OSSL_FUNC_keymgmt_get_params_fn get_params;
static OSSL_FUNC_keymgmt_gettable_params_fn gettable_params, settable_params;
static OSSL_FUNC_keymgmt_set_params_fn set_params;

#define KEY_PARAMETERS \
    PARAMETER_NAME(OSSL_PKEY_PARAM_ML_KEM_SEED, OSSL_PARAM_OCTET_STRING), \
        PARAMETER_NAME(OSSL_PKEY_PARAM_PRIV_KEY, OSSL_PARAM_OCTET_STRING), \
        PARAMETER_NAME(OSSL_PKEY_PARAM_PUB_KEY, OSSL_PARAM_OCTET_STRING)

/* Sets a parameter to the bytes of a buffer, and frees the buffer. */
static int set_buffer(const Provider *provider, OSSL_PARAM params[], const char *name, FFIBuffer *bytes)
{
    int is_set = parameter_set_bytes(params, name, bytes->data, bytes->len) || fail(provider, REASON_OUTPUT);
    ffi_buffer_free(bytes);
    return is_set;
}

/* Refuses to show the private half of a key in locked memory, or of an exchange. */
static int may_leave(const Key *key)
{
    if (key->algorithm->is_exchange)
        return fail(key->algorithm->provider, REASON_UNSUPPORTED);
    if (key->algorithm->provider->key_flags & PQC_KEY_LOCKED_MEMORY)
        return fail(key->algorithm->provider, REASON_LOCKED);
    return 1;
}

static int get_public(const Key *key, OSSL_PARAM params[], const char *name)
{
    FFIBuffer bytes = {NULL, 0, 0};
    const Provider *provider = key->algorithm->provider;
    if (parameter(params, name) == NULL)
        return 1;
    if (!key_has_public(key))
        return fail(provider, REASON_NO_KEY);
    return succeeds(provider, key_public_bytes(key, &bytes)) && set_buffer(provider, params, name, &bytes);
}

static int get_private(const Key *key, OSSL_PARAM params[], const char *name,
                       PqcStatus (*read)(const PqcPrivateKey *private_key, FFIBuffer *bytes))
{
    FFIBuffer bytes = {NULL, 0, 0};
    const Provider *provider = key->algorithm->provider;
    if (parameter(params, name) == NULL)
        return 1;
    if (!key_has_private(key))
        return fail(provider, REASON_NO_KEY);
    return may_leave(key) && succeeds(provider, read(key->private_key, &bytes)) && set_buffer(provider, params, name, &bytes);
}

static int get_params(void *keydata, OSSL_PARAM params[])
{
    const Key *key = keydata;
    const Algorithm *algorithm = key->algorithm;
    return (parameter_set_number(params, OSSL_PKEY_PARAM_BITS, 8 * algorithm->public_key_bytes)
            && parameter_set_number(params, OSSL_PKEY_PARAM_SECURITY_BITS, algorithm->security_bits)
            && parameter_set_number(params, OSSL_PKEY_PARAM_SECURITY_CATEGORY, algorithm->category)
            && parameter_set_number(params, OSSL_PKEY_PARAM_MAX_SIZE, algorithm->output_bytes)
            && (algorithm->kind != PQC_KIND_SIGNATURE || parameter_set_text(params, OSSL_PKEY_PARAM_MANDATORY_DIGEST, "")))
        ? get_public(key, params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY) && get_public(key, params, OSSL_PKEY_PARAM_PUB_KEY)
            && get_private(key, params, OSSL_PKEY_PARAM_PRIV_KEY, pqc_private_key_bytes)
            && get_private(key, params, OSSL_PKEY_PARAM_ML_KEM_SEED, pqc_private_key_seed)
        : fail(algorithm->provider, REASON_OUTPUT);
}

static const OSSL_PARAM *gettable_params(void *provctx)
{
    static const OSSL_PARAM known[] = {
        PARAMETER_NAME(OSSL_PKEY_PARAM_BITS, OSSL_PARAM_INTEGER),
        PARAMETER_NAME(OSSL_PKEY_PARAM_SECURITY_BITS, OSSL_PARAM_INTEGER),
        PARAMETER_NAME(OSSL_PKEY_PARAM_SECURITY_CATEGORY, OSSL_PARAM_INTEGER),
        PARAMETER_NAME(OSSL_PKEY_PARAM_MAX_SIZE, OSSL_PARAM_INTEGER),
        PARAMETER_NAME(OSSL_PKEY_PARAM_MANDATORY_DIGEST, OSSL_PARAM_UTF8_STRING),
        PARAMETER_NAME(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, OSSL_PARAM_OCTET_STRING),
        KEY_PARAMETERS,
        PARAMETER_END,
    };
    return known;
}

static int set_params(void *keydata, const OSSL_PARAM params[])
{
    const OSSL_PARAM *share = parameter(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);
    return share == NULL || key_load_public(keydata, share);
}

static const OSSL_PARAM *settable_params(void *provctx)
{
    static const OSSL_PARAM known[] = {
        PARAMETER_NAME(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, OSSL_PARAM_OCTET_STRING),
        PARAMETER_END,
    };
    return known;
}

/* ---- Comparison, import and export ---- */

static OSSL_FUNC_keymgmt_load_fn load;
static OSSL_FUNC_keymgmt_validate_fn validate;
static OSSL_FUNC_keymgmt_match_fn match;
static OSSL_FUNC_keymgmt_import_fn import;
static OSSL_FUNC_keymgmt_import_types_fn key_types;
static OSSL_FUNC_keymgmt_dup_fn duplicate;

/* Takes the key that a decoder has made. */
static void *load(const void *reference, size_t reference_sz)
{
    Key **decoded = (Key **)reference;
    Key *key;
    if (reference_sz != sizeof key)
        return NULL;
    key = *decoded;
    *decoded = NULL;
    return key;
}

/* A key is checked when it is loaded, and its public half is derived from the private one. */
static int validate(const void *keydata, int selection, int checktype)
{
    return key_has(keydata, selection);
}

static int match(const void *keydata1, const void *keydata2, int selection)
{
    const Key *first = keydata1, *second = keydata2;
    uint32_t equal = 0;
    if (first->algorithm->id != second->algorithm->id)
        return 0;
    if (!(selection & OSSL_KEYMGMT_SELECT_KEYPAIR))
        return 1;
    if (!key_has(first, selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || !key_has(second, selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
        || !key_has_public(first) || !key_has_public(second))
        return 0;
    if (first->algorithm->is_exchange)
        return memcmp(first->share.data, second->share.data, first->share.len) == 0;
    return pqc_public_key_equal(first->public_key, second->public_key, &equal) == PQC_STATUS_OK && equal;
}

/* Compares bytes in a time that does not depend on them. */
static int is_equal(const uint8_t *first, const uint8_t *second, size_t len)
{
    volatile uint8_t difference = 0;
    for (size_t at = 0; at < len; at++)
        difference |= (uint8_t)(first[at] ^ second[at]);
    return difference == 0;
}

/* Compares the encoding of a key with a parameter, if there is one. */
static int agrees(const Provider *provider, FFIBuffer *bytes, const OSSL_PARAM *stated, PqcStatus otherwise)
{
    const uint8_t *expected;
    size_t len;
    int agree = parameter_bytes(stated, &expected, &len) && len == bytes->len && is_equal(bytes->data, expected, len);
    ffi_buffer_free(bytes);
    return agree || fail(provider, (uint32_t)otherwise);
}

/* A parameter that is there and not empty. */
static const OSSL_PARAM *stated(const OSSL_PARAM params[], const char *name)
{
    const OSSL_PARAM *found = parameter(params, name);
    return found != NULL && found->data_size > 0 ? found : NULL;
}

/* Loads the private key from its seed or its encoding. If both are there, they must be of one key. */
static int import_private(Key *key, const OSSL_PARAM params[])
{
    const Algorithm *algorithm = key->algorithm;
    const Provider *provider = algorithm->provider;
    const OSSL_PARAM *seed = parameter(params, OSSL_PKEY_PARAM_ML_KEM_SEED), *encoded = parameter(params, OSSL_PKEY_PARAM_PRIV_KEY);
    PqcPrivateKey *private_key = NULL;
    FFIBuffer bytes = {NULL, 0, 0};
    const uint8_t *data;
    size_t len;
    if (seed == NULL && encoded == NULL)
        return 1;
    if (algorithm->is_exchange)
        return fail(provider, REASON_UNSUPPORTED);
    if (!parameter_bytes(seed != NULL ? seed : encoded, &data, &len))
        return fail(provider, REASON_PARAMETER);
    if (!succeeds(provider, (seed != NULL ? pqc_private_key_from_seed : pqc_private_key_from_bytes)(algorithm->id, provider->key_flags, data,
                                                                                                   len, &private_key))
        || !key_set_private(key, private_key))
        return 0;
    return seed == NULL || encoded == NULL
        || (succeeds(provider, pqc_private_key_bytes(private_key, &bytes)) && agrees(provider, &bytes, encoded, PQC_STATUS_SEED_MISMATCH));
}

static int import_halves(Key *key, int selection, const OSSL_PARAM params[])
{
    const Provider *provider = key->algorithm->provider;
    const OSSL_PARAM *public_key = stated(params, OSSL_PKEY_PARAM_PUB_KEY);
    FFIBuffer bytes = {NULL, 0, 0};
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) && !import_private(key, params))
        return 0;
    if (public_key != NULL && key->private_key != NULL)
        return succeeds(provider, key_public_bytes(key, &bytes)) && agrees(provider, &bytes, public_key, PQC_STATUS_KEY_PAIR_MISMATCH);
    if (public_key != NULL)
        return key_load_public(key, public_key);
    return key->private_key != NULL || fail(provider, REASON_NO_KEY);
}

static int import(void *keydata, int selection, const OSSL_PARAM params[])
{
    Key *key = keydata;
    if (key_has_public(key) || key_has_private(key))
        return fail(key->algorithm->provider, REASON_KEY_IS_SET);
    if (import_halves(key, selection, params))
        return 1;
    /* A key that is refused does not stay. */
    pqc_private_key_free(key->private_key);
    pqc_public_key_free(key->public_key);
    key->private_key = NULL;
    key->public_key = NULL;
    return 0;
}

static const OSSL_PARAM *key_types(int selection)
{
    static const OSSL_PARAM known[] = {KEY_PARAMETERS, PARAMETER_END};
    return selection & OSSL_KEYMGMT_SELECT_KEYPAIR ? known : NULL;
}

int key_export(void *keydata, int selection, OSSL_CALLBACK *callback, void *argument)
{
    const Key *key = keydata;
    const Provider *provider = key->algorithm->provider;
    FFIBuffer public_key = {NULL, 0, 0}, seed = {NULL, 0, 0}, private_key = {NULL, 0, 0};
    OSSL_PARAM params[4], *next = params;
    int done = 0;
    if (!key_has_public(key))
        return fail(provider, REASON_NO_KEY);
    if (!succeeds(provider, key_public_bytes(key, &public_key)))
        return 0;
    *next++ = (OSSL_PARAM)PARAMETER(OSSL_PKEY_PARAM_PUB_KEY, OSSL_PARAM_OCTET_STRING, public_key.data, public_key.len);
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) && key_has_private(key)) {
        PqcStatus status;
        if (!may_leave(key))
            goto end;
        status = pqc_private_key_seed(key->private_key, &seed);
        if ((status != PQC_STATUS_SEED_UNAVAILABLE && !succeeds(provider, status))
            || !succeeds(provider, pqc_private_key_bytes(key->private_key, &private_key)))
            goto end;
        if (seed.data != NULL)
            *next++ = (OSSL_PARAM)PARAMETER(OSSL_PKEY_PARAM_ML_KEM_SEED, OSSL_PARAM_OCTET_STRING, seed.data, seed.len);
        *next++ = (OSSL_PARAM)PARAMETER(OSSL_PKEY_PARAM_PRIV_KEY, OSSL_PARAM_OCTET_STRING, private_key.data, private_key.len);
    }
    *next = (OSSL_PARAM)PARAMETER_END;
    done = callback(params, argument);
end:
    ffi_buffer_free(&public_key);
    ffi_buffer_free(&seed);
    ffi_buffer_free(&private_key);
    return done;
}

/* A key does not change, so that a copy is another reference, unless the copy has only the public half. */
static void *duplicate(const void *keydata_from, int selection)
{
    const Key *from = keydata_from;
    const Provider *provider = from->algorithm->provider;
    Key *copy;
    if (key_has_public(from) && ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || (!key_has_private(from) && (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY))))
        return key_share(from);
    copy = key_new(from->algorithm);
    if (copy == NULL || !key_has_public(from) || !(selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY))
        return copy;
    if (from->algorithm->is_exchange) {
        OSSL_PARAM share = PARAMETER(OSSL_PKEY_PARAM_PUB_KEY, OSSL_PARAM_OCTET_STRING, from->share.data, from->share.len);
        if (key_load_public(copy, &share))
            return copy;
    } else if (succeeds(provider, pqc_private_key_public_key(from->private_key, &copy->public_key))) {
        return copy;
    }
    key_free(copy);
    return NULL;
}

#define KEY_MANAGEMENT(set, id, code_point) \
    static void *new_##set(void *provctx) \
    { \
        return key_new(&((const Provider *)provctx)->algorithms[set]); \
    } \
    static void *generation_new_##set(void *provctx, int selection, const OSSL_PARAM params[]) \
    { \
        return generation_new(&((const Provider *)provctx)->algorithms[set], selection, params); \
    } \
    static const OSSL_DISPATCH functions_##set[] = { \
        {OSSL_FUNC_KEYMGMT_NEW, (Function)new_##set}, \
        {OSSL_FUNC_KEYMGMT_GEN_INIT, (Function)generation_new_##set}, \
        {OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, (Function)generation_set_params}, \
        {OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, (Function)generation_settable_params}, \
        {OSSL_FUNC_KEYMGMT_GEN, (Function)generation_run}, \
        {OSSL_FUNC_KEYMGMT_GEN_CLEANUP, (Function)generation_free}, \
        {OSSL_FUNC_KEYMGMT_LOAD, (Function)load}, \
        {OSSL_FUNC_KEYMGMT_FREE, (Function)key_free}, \
        {OSSL_FUNC_KEYMGMT_GET_PARAMS, (Function)get_params}, \
        {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (Function)gettable_params}, \
        {OSSL_FUNC_KEYMGMT_SET_PARAMS, (Function)set_params}, \
        {OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, (Function)settable_params}, \
        {OSSL_FUNC_KEYMGMT_HAS, (Function)key_has}, \
        {OSSL_FUNC_KEYMGMT_VALIDATE, (Function)validate}, \
        {OSSL_FUNC_KEYMGMT_MATCH, (Function)match}, \
        {OSSL_FUNC_KEYMGMT_IMPORT, (Function)import}, \
        {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (Function)key_types}, \
        {OSSL_FUNC_KEYMGMT_EXPORT, (Function)key_export}, \
        {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (Function)key_types}, \
        {OSSL_FUNC_KEYMGMT_DUP, (Function)duplicate}, \
        {0, NULL}, \
    };
ALGORITHMS(KEY_MANAGEMENT)

#define TABLE(set, id, code_point) [set] = functions_##set,
const OSSL_DISPATCH *const key_management_tables[ALGORITHM_COUNT] = {ALGORITHMS(TABLE)};
