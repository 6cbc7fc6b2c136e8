/* Encapsulation and decapsulation. */
#include "provider.h"

#include <stdlib.h>

typedef struct {
    const Algorithm *algorithm;
    Key *key;
} Context;

static OSSL_FUNC_kem_encapsulate_init_fn encapsulate_init;
static OSSL_FUNC_kem_encapsulate_fn encapsulate;
static OSSL_FUNC_kem_decapsulate_init_fn decapsulate_init;
static OSSL_FUNC_kem_decapsulate_fn decapsulate;
static OSSL_FUNC_kem_freectx_fn context_free;
static OSSL_FUNC_kem_dupctx_fn context_copy;

static Context *context_new(const Algorithm *algorithm)
{
    Context *context = calloc(1, sizeof *context);
    if (context == NULL)
        fail(algorithm->provider, PQC_STATUS_OUT_OF_MEMORY);
    else
        context->algorithm = algorithm;
    return context;
}

static void context_free(void *ctx)
{
    Context *context = ctx;
    if (context != NULL)
        key_free(context->key);
    free(context);
}

static void *context_copy(void *ctx)
{
    const Context *context = ctx;
    Context *copy = context_new(context->algorithm);
    if (copy != NULL && context->key != NULL)
        copy->key = key_share(context->key);
    return copy;
}

static int init(Context *context, const Key *key, const OSSL_PARAM params[], int selection)
{
    if (parameter(params, OSSL_KEM_PARAM_IKME) != NULL)
        return fail(context->algorithm->provider, REASON_UNSUPPORTED);
    return key_hold(&context->key, key, context->algorithm, selection);
}

static int encapsulate_init(void *ctx, void *provkey, const OSSL_PARAM params[])
{
    return init(ctx, provkey, params, OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
}

static int decapsulate_init(void *ctx, void *provkey, const OSSL_PARAM params[])
{
    return init(ctx, provkey, params, OSSL_KEYMGMT_SELECT_PRIVATE_KEY);
}

/* Takes the length of an output before it is written, and reports how many bytes it receives. */
static int fits(const Provider *provider, size_t *len, size_t bytes, int is_written)
{
    if (is_written && (len == NULL || *len < bytes))
        return fail(provider, REASON_OUTPUT);
    if (len != NULL)
        *len = bytes;
    return 1;
}

static int encapsulate(void *ctx, unsigned char *out, size_t *outlen, unsigned char *secret, size_t *secretlen)
{
    const Context *context = ctx;
    const Algorithm *algorithm = context->algorithm;
    if (out != NULL && secret == NULL)
        return fail(algorithm->provider, REASON_OUTPUT);
    return fits(algorithm->provider, outlen, algorithm->output_bytes, out != NULL)
        && fits(algorithm->provider, secretlen, algorithm->shared_secret_bytes, out != NULL)
        && (out == NULL || succeeds(algorithm->provider, key_encapsulate(context->key, out, secret)));
}

static int decapsulate(void *ctx, unsigned char *out, size_t *outlen, const unsigned char *in, size_t inlen)
{
    const Context *context = ctx;
    const Algorithm *algorithm = context->algorithm;
    return fits(algorithm->provider, outlen, algorithm->shared_secret_bytes, out != NULL)
        && (out == NULL || succeeds(algorithm->provider, key_decapsulate(context->key, in, inlen, out)));
}

#define KEM(set, id, code_point) \
    static void *new_##set(void *provctx) \
    { \
        return context_new(&((const Provider *)provctx)->algorithms[set]); \
    } \
    static const OSSL_DISPATCH functions_##set[] = { \
        {OSSL_FUNC_KEM_NEWCTX, (Function)new_##set}, \
        {OSSL_FUNC_KEM_ENCAPSULATE_INIT, (Function)encapsulate_init}, \
        {OSSL_FUNC_KEM_ENCAPSULATE, (Function)encapsulate}, \
        {OSSL_FUNC_KEM_DECAPSULATE_INIT, (Function)decapsulate_init}, \
        {OSSL_FUNC_KEM_DECAPSULATE, (Function)decapsulate}, \
        {OSSL_FUNC_KEM_FREECTX, (Function)context_free}, \
        {OSSL_FUNC_KEM_DUPCTX, (Function)context_copy}, \
        {0, NULL}, \
    };
KEMS(KEM)

#define TABLE(set, id, code_point) [set] = functions_##set,
const OSSL_DISPATCH *const kem_tables[ALGORITHM_COUNT] = {KEMS(TABLE)};
