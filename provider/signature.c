/* Signatures: of a whole message, or of one that arrives in chunks. */
#include "provider.h"

#include <stdlib.h>
#include <string.h>

enum operation { NONE, SIGNING, VERIFYING };

typedef struct {
    const Algorithm *algorithm;
    Key *key;
    enum operation operation;
    uint8_t context[MLDSA_MAXCONTEXTBYTES];
    size_t context_len;
    int deterministic;
    int is_formatted;    /* message-encoding 0: the message is M' of FIPS 204, which holds separator and context */
    PqcMuHasher *hasher; /* of the chunks so far */
    uint8_t *signature;  /* to be verified behind the last chunk */
    size_t signature_len;
} Context;

static OSSL_FUNC_signature_sign_init_fn sign_init;
static OSSL_FUNC_signature_sign_fn sign;
static OSSL_FUNC_signature_verify_init_fn verify_init;
static OSSL_FUNC_signature_verify_fn verify;
static OSSL_FUNC_signature_digest_sign_init_fn digest_sign_init;
static OSSL_FUNC_signature_digest_verify_init_fn digest_verify_init;
static OSSL_FUNC_signature_sign_message_update_fn update;
static OSSL_FUNC_signature_sign_message_final_fn sign_final;
static OSSL_FUNC_signature_digest_verify_final_fn digest_verify_final;
static OSSL_FUNC_signature_verify_message_final_fn verify_message_final;
static OSSL_FUNC_signature_freectx_fn context_free;
static OSSL_FUNC_signature_dupctx_fn context_copy;
static OSSL_FUNC_signature_get_ctx_params_fn get_params;
static OSSL_FUNC_signature_gettable_ctx_params_fn gettable_params;
static OSSL_FUNC_signature_set_ctx_params_fn set_params;
static OSSL_FUNC_signature_settable_ctx_params_fn settable_params;

static Context *context_new(const Algorithm *algorithm)
{
    Context *context = calloc(1, sizeof *context);
    if (context == NULL)
        fail(algorithm->provider, PQC_STATUS_OUT_OF_MEMORY);
    else
        context->algorithm = algorithm;
    return context;
}

static void forget_message(Context *context)
{
    pqc_mu_hasher_free(context->hasher);
    free(context->signature);
    context->hasher = NULL;
    context->signature = NULL;
    context->signature_len = 0;
}

/* Forgets everything but the key. */
static void reset(Context *context)
{
    forget_message(context);
    *context = (Context){.algorithm = context->algorithm, .key = context->key};
}

static void context_free(void *ctx)
{
    Context *context = ctx;
    if (context == NULL)
        return;
    reset(context);
    key_free(context->key);
    free(context);
}

static int keep_signature(Context *context, const uint8_t *signature, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    if (copy == NULL)
        return fail(context->algorithm->provider, PQC_STATUS_OUT_OF_MEMORY);
    if (len > 0)
        memcpy(copy, signature, len);
    free(context->signature);
    context->signature = copy;
    context->signature_len = len;
    return 1;
}

static void *context_copy(void *ctx)
{
    const Context *context = ctx;
    const Provider *provider = context->algorithm->provider;
    Context *copy = context_new(context->algorithm);
    if (copy == NULL)
        return NULL;
    *copy = *context;
    copy->key = context->key == NULL ? NULL : key_share(context->key);
    copy->hasher = NULL;
    copy->signature = NULL;
    if ((context->hasher == NULL || succeeds(provider, pqc_mu_hasher_copy(context->hasher, &copy->hasher)))
        && (context->signature == NULL || keep_signature(copy, context->signature, context->signature_len)))
        return copy;
    context_free(copy);
    return NULL;
}

/* ---- Parameters ---- */

static int set_context(Context *context, const OSSL_PARAM *parameter)
{
    const uint8_t *bytes;
    size_t len;
    if (parameter == NULL)
        return 1;
    /* The hash of the chunks begins with it. */
    if (context->hasher != NULL)
        return fail(context->algorithm->provider, REASON_OPERATION);
    if (!parameter_bytes(parameter, &bytes, &len))
        return fail(context->algorithm->provider, REASON_PARAMETER);
    if (len > sizeof context->context)
        return fail(context->algorithm->provider, PQC_STATUS_CONTEXT_LENGTH);
    if (len > 0)
        memcpy(context->context, bytes, len);
    context->context_len = len;
    return 1;
}

/* Reads a number that is 0 or 1. */
static int set_choice(const Context *context, const OSSL_PARAM *parameter, int *choice)
{
    int value;
    if (parameter == NULL)
        return 1;
    if (!parameter_number(parameter, &value) || (value != 0 && value != 1))
        return fail(context->algorithm->provider, REASON_PARAMETER);
    *choice = value;
    return 1;
}

static int set_signature(Context *context, const OSSL_PARAM *parameter)
{
    const uint8_t *bytes;
    size_t len;
    if (parameter == NULL)
        return 1;
    return parameter_bytes(parameter, &bytes, &len) ? keep_signature(context, bytes, len)
                                                    : fail(context->algorithm->provider, REASON_PARAMETER);
}

/* Refuses what would change the signature if it were ignored. */
static int refuse_unsupported(const Context *context, const OSSL_PARAM params[])
{
    const Provider *provider = context->algorithm->provider;
    const OSSL_PARAM *digest = parameter(params, OSSL_SIGNATURE_PARAM_DIGEST);
    int is_mu = 0;
    if (digest != NULL && !parameter_is_empty(digest))
        return fail(provider, REASON_DIGEST);
    if (!set_choice(context, parameter(params, OSSL_SIGNATURE_PARAM_MU), &is_mu))
        return 0;
    if (is_mu || parameter(params, OSSL_SIGNATURE_PARAM_TEST_ENTROPY) != NULL)
        return fail(provider, REASON_UNSUPPORTED);
    return 1;
}

static int set_params(void *ctx, const OSSL_PARAM params[])
{
    Context *context = ctx;
    int is_encoded = !context->is_formatted;
    if (!refuse_unsupported(context, params) || !set_context(context, parameter(params, OSSL_SIGNATURE_PARAM_CONTEXT_STRING))
        || !set_choice(context, parameter(params, OSSL_SIGNATURE_PARAM_DETERMINISTIC), &context->deterministic)
        || !set_choice(context, parameter(params, OSSL_SIGNATURE_PARAM_MESSAGE_ENCODING), &is_encoded)
        || !set_signature(context, parameter(params, OSSL_SIGNATURE_PARAM_SIGNATURE)))
        return 0;
    context->is_formatted = !is_encoded;
    return 1;
}

static const OSSL_PARAM *settable_params(void *ctx, void *provctx)
{
    static const OSSL_PARAM known[] = {
        PARAMETER_NAME(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, OSSL_PARAM_OCTET_STRING),
        PARAMETER_NAME(OSSL_SIGNATURE_PARAM_DETERMINISTIC, OSSL_PARAM_INTEGER),
        PARAMETER_NAME(OSSL_SIGNATURE_PARAM_MESSAGE_ENCODING, OSSL_PARAM_INTEGER),
        PARAMETER_NAME(OSSL_SIGNATURE_PARAM_SIGNATURE, OSSL_PARAM_OCTET_STRING),
        PARAMETER_END,
    };
    return known;
}

/* The AlgorithmIdentifier: in SubjectPublicKeyInfo of more than 255 bytes it follows the first tag and its length. */
static int get_params(void *ctx, OSSL_PARAM params[])
{
    enum { OUTER = 4, INNER = 2 };
    const Context *context = ctx;
    const Provider *provider = context->algorithm->provider;
    FFIBuffer encoded = {NULL, 0, 0};
    int is_set;
    if (parameter(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID) == NULL)
        return 1;
    if (!key_has(context->key, OSSL_KEYMGMT_SELECT_PUBLIC_KEY))
        return fail(provider, REASON_NO_KEY);
    if (!succeeds(provider, pqc_public_key_to_spki(context->key->public_key, PQC_ENCODING_DER, &encoded)))
        return 0;
    is_set = parameter_set_bytes(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID, encoded.data + OUTER, INNER + (size_t)encoded.data[OUTER + 1])
        || fail(provider, REASON_OUTPUT);
    ffi_buffer_free(&encoded);
    return is_set;
}

static const OSSL_PARAM *gettable_params(void *ctx, void *provctx)
{
    static const OSSL_PARAM known[] = {
        PARAMETER_NAME(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, OSSL_PARAM_OCTET_STRING),
        PARAMETER_END,
    };
    return known;
}

/* ---- Operations ---- */

/* Begins an operation, with the key of the last one if none is passed. */
static int init(Context *context, const char *digest, const Key *key, const OSSL_PARAM params[], enum operation operation)
{
    if (digest != NULL && *digest != '\0')
        return fail(context->algorithm->provider, REASON_DIGEST);
    if (!key_hold(&context->key, key, context->algorithm,
                  operation == SIGNING ? OSSL_KEYMGMT_SELECT_PRIVATE_KEY : OSSL_KEYMGMT_SELECT_PUBLIC_KEY))
        return 0;
    if (key != NULL)
        reset(context);
    else
        forget_message(context); /* the options stay, as in OpenSSL's own code */
    context->operation = operation;
    return set_params(context, params);
}

static int sign_init(void *ctx, void *provkey, const OSSL_PARAM params[])
{
    return init(ctx, NULL, provkey, params, SIGNING);
}

static int verify_init(void *ctx, void *provkey, const OSSL_PARAM params[])
{
    return init(ctx, NULL, provkey, params, VERIFYING);
}

static int digest_sign_init(void *ctx, const char *mdname, void *provkey, const OSSL_PARAM params[])
{
    return init(ctx, mdname, provkey, params, SIGNING);
}

static int digest_verify_init(void *ctx, const char *mdname, void *provkey, const OSSL_PARAM params[])
{
    return init(ctx, mdname, provkey, params, VERIFYING);
}

static uint32_t flags(const Context *context)
{
    return context->deterministic ? PQC_SIGN_DETERMINISTIC : 0;
}

/* Reports the length of a signature where there is no memory for it: 1; or checks the memory: 0 if it is too small, and else -1. */
static int report_len(const Context *context, const unsigned char *sig, size_t *siglen, size_t sigsize)
{
    if (sig != NULL && sigsize < context->algorithm->output_bytes)
        return fail(context->algorithm->provider, REASON_OUTPUT);
    *siglen = context->algorithm->output_bytes;
    return sig == NULL ? 1 : -1;
}

/* Copies a signature out of a buffer, and frees the buffer. */
static int hand_out(FFIBuffer *made, unsigned char *sig, size_t *siglen)
{
    memcpy(sig, made->data, made->len);
    *siglen = made->len;
    ffi_buffer_free(made);
    return 1;
}

/* Signs M', with fresh randomness of the system unless it is to be deterministic. */
static int sign_formatted(const Context *context, unsigned char *sig, size_t *siglen, const unsigned char *tbs, size_t tbslen)
{
    static const uint8_t zeros[MLDSA_RANDOMNESSBYTES];
    const Provider *provider = context->algorithm->provider;
    unsigned char *drawn = NULL;
    size_t len = 0;
    FFIBuffer made = {NULL, 0, 0};
    PqcStatus status = PQC_STATUS_RANDOMNESS;
    if (context->deterministic)
        status = pqc_sign_internal(context->key->private_key, tbs, tbslen, zeros, sizeof zeros, &made);
    else
        len = provider->get_entropy(provider->core, &drawn, 8 * MLDSA_RANDOMNESSBYTES, MLDSA_RANDOMNESSBYTES, MLDSA_RANDOMNESSBYTES);
    if (drawn != NULL) {
        if (len == MLDSA_RANDOMNESSBYTES)
            status = pqc_sign_internal(context->key->private_key, tbs, tbslen, drawn, len, &made);
        provider->cleanup_entropy(provider->core, drawn, len);
    }
    return succeeds(provider, status) && hand_out(&made, sig, siglen);
}

static int sign(void *ctx, unsigned char *sig, size_t *siglen, size_t sigsize, const unsigned char *tbs, size_t tbslen)
{
    const Context *context = ctx;
    const Provider *provider = context->algorithm->provider;
    int done;
    if (context->operation != SIGNING || context->hasher != NULL)
        return fail(provider, REASON_OPERATION);
    done = report_len(context, sig, siglen, sigsize);
    if (done >= 0)
        return done;
    if (context->is_formatted)
        return sign_formatted(context, sig, siglen, tbs, tbslen);
    return succeeds(provider, pqc_sign_into(context->key->private_key, tbs, tbslen, context->context, context->context_len,
                                            flags(context), sig, sigsize, siglen));
}

static int verify(void *ctx, const unsigned char *sig, size_t siglen, const unsigned char *tbs, size_t tbslen)
{
    const Context *context = ctx;
    const Provider *provider = context->algorithm->provider;
    if (context->operation != VERIFYING || context->hasher != NULL)
        return fail(provider, REASON_OPERATION);
    if (context->is_formatted)
        return succeeds(provider, pqc_verify_internal(context->key->public_key, tbs, tbslen, sig, siglen));
    return succeeds(provider, pqc_verify(context->key->public_key, tbs, tbslen, context->context, context->context_len, sig, siglen));
}

/* Begins the hash of a message in chunks, unless it has begun. M' is signed in one call alone. */
static int begin(Context *context)
{
    const Provider *provider = context->algorithm->provider;
    if (context->operation == NONE)
        return fail(provider, REASON_OPERATION);
    if (context->is_formatted)
        return fail(provider, REASON_UNSUPPORTED);
    return context->hasher != NULL
        || succeeds(provider, pqc_mu_hasher_from_public_key(context->key->public_key, context->context, context->context_len, &context->hasher));
}

static int update(void *ctx, const unsigned char *data, size_t datalen)
{
    Context *context = ctx;
    return begin(context) && succeeds(context->algorithm->provider, pqc_mu_hasher_update(context->hasher, data, datalen));
}

static int sign_final(void *ctx, unsigned char *sig, size_t *siglen, size_t sigsize)
{
    Context *context = ctx;
    const Provider *provider = context->algorithm->provider;
    FFIBuffer mu = {NULL, 0, 0}, made = {NULL, 0, 0};
    int done;
    if (context->operation != SIGNING)
        return fail(provider, REASON_OPERATION);
    done = report_len(context, sig, siglen, sigsize);
    if (done >= 0)
        return done;
    if (!begin(context) || !succeeds(provider, pqc_mu_hasher_finalize(context->hasher, &mu)))
        return 0;
    done = succeeds(provider, pqc_sign_mu(context->key->private_key, mu.data, mu.len, flags(context), &made)) && hand_out(&made, sig, siglen);
    ffi_buffer_free(&mu);
    return done;
}

static int digest_verify_final(void *ctx, const unsigned char *sig, size_t siglen)
{
    Context *context = ctx;
    const Provider *provider = context->algorithm->provider;
    FFIBuffer mu = {NULL, 0, 0};
    int is_valid;
    if (context->operation != VERIFYING)
        return fail(provider, REASON_OPERATION);
    if (!begin(context) || !succeeds(provider, pqc_mu_hasher_finalize(context->hasher, &mu)))
        return 0;
    is_valid = succeeds(provider, pqc_verify_mu(context->key->public_key, mu.data, mu.len, sig, siglen));
    ffi_buffer_free(&mu);
    return is_valid;
}

static int verify_message_final(void *ctx)
{
    const Context *context = ctx;
    if (context->signature == NULL)
        return fail(context->algorithm->provider, REASON_PARAMETER);
    return digest_verify_final(ctx, context->signature, context->signature_len);
}

#define SIGNATURE(set, id, code_point) \
    static void *new_##set(void *provctx, const char *propq) \
    { \
        (void)propq; \
        return context_new(&((const Provider *)provctx)->algorithms[set]); \
    } \
    static const OSSL_DISPATCH functions_##set[] = { \
        {OSSL_FUNC_SIGNATURE_NEWCTX, (Function)new_##set}, \
        {OSSL_FUNC_SIGNATURE_SIGN_INIT, (Function)sign_init}, \
        {OSSL_FUNC_SIGNATURE_SIGN, (Function)sign}, \
        {OSSL_FUNC_SIGNATURE_VERIFY_INIT, (Function)verify_init}, \
        {OSSL_FUNC_SIGNATURE_VERIFY, (Function)verify}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (Function)digest_sign_init}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (Function)update}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (Function)sign_final}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (Function)sign}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (Function)digest_verify_init}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, (Function)update}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, (Function)digest_verify_final}, \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (Function)verify}, \
        {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT, (Function)sign_init}, \
        {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_UPDATE, (Function)update}, \
        {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_FINAL, (Function)sign_final}, \
        {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_INIT, (Function)verify_init}, \
        {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_UPDATE, (Function)update}, \
        {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_FINAL, (Function)verify_message_final}, \
        {OSSL_FUNC_SIGNATURE_FREECTX, (Function)context_free}, \
        {OSSL_FUNC_SIGNATURE_DUPCTX, (Function)context_copy}, \
        {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (Function)get_params}, \
        {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (Function)gettable_params}, \
        {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (Function)set_params}, \
        {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (Function)settable_params}, \
        {0, NULL}, \
    };
SIGNATURES(SIGNATURE)

#define TABLE(set, id, code_point) [set] = functions_##set,
const OSSL_DISPATCH *const signature_tables[ALGORITHM_COUNT] = {SIGNATURES(TABLE)};
