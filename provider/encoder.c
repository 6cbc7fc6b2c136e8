/* Encoders: from keys to PKCS#8, encrypted or not, and SubjectPublicKeyInfo, in DER and PEM. */
#include "provider.h"

#include <stdlib.h>

enum structure { PLAIN_OR_ENCRYPTED, ENCRYPTED, PUBLIC };
enum encryption { OFF, ON, REFUSED };

typedef struct {
    const Provider *provider;
    enum structure structure;
    uint32_t encoding;
    enum encryption encryption;
} Context;

static OSSL_FUNC_encoder_freectx_fn context_free;
static OSSL_FUNC_encoder_set_ctx_params_fn set_params;
static OSSL_FUNC_encoder_settable_ctx_params_fn settable_params;
static OSSL_FUNC_encoder_does_selection_fn selects_private, selects_public;
static OSSL_FUNC_encoder_encode_fn encode;

static Context *context_new(const Provider *provider, enum structure structure, uint32_t encoding)
{
    Context *context = calloc(1, sizeof *context);
    if (context == NULL)
        fail(provider, PQC_STATUS_OUT_OF_MEMORY);
    else
        *context = (Context){provider, structure, encoding, OFF};
    return context;
}

static void context_free(void *ctx)
{
    free(ctx);
}

static int selects_private(void *provctx, int selection)
{
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static int selects_public(void *provctx, int selection)
{
    return (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == OSSL_KEYMGMT_SELECT_PUBLIC_KEY;
}

/* A cipher that we lack is refused here and again in encoding, since a caller may ignore the error. */
static int set_params(void *ctx, const OSSL_PARAM params[])
{
    Context *context = ctx;
    const OSSL_PARAM *cipher = parameter(params, OSSL_ENCODER_PARAM_CIPHER);
    if (cipher == NULL)
        return 1;
    if (cipher->data == NULL)
        context->encryption = OFF;
    else
        context->encryption = parameter_is_text(cipher, "AES-256-CBC") ? ON : REFUSED;
    return context->encryption != REFUSED || fail(context->provider, REASON_CIPHER);
}

static const OSSL_PARAM *settable_params(void *provctx)
{
    static const OSSL_PARAM known[] = {
        PARAMETER_NAME(OSSL_ENCODER_PARAM_CIPHER, OSSL_PARAM_UTF8_STRING),
        PARAMETER_END,
    };
    return known;
}

/* Writes a whole encoding. */
static int write_all(const Provider *provider, OSSL_CORE_BIO *out, const FFIBuffer *encoded)
{
    size_t done;
    for (size_t at = 0; at < encoded->len; at += done)
        if (!provider->bio_write(out, encoded->data + at, encoded->len - at, &done) || done == 0)
            return fail(provider, REASON_OUTPUT);
    return 1;
}

/* As a seed, or as the expanded key if it was loaded without its seed. */
static PqcStatus encode_private(const PqcPrivateKey *key, const char *password, size_t len, uint32_t encoding, FFIBuffer *encoded)
{
    PqcStatus status = pqc_private_key_to_pkcs8(key, (const uint8_t *)password, len, PQC_PRIVATE_KEY_SEED, encoding, encoded);
    if (status != PQC_STATUS_SEED_UNAVAILABLE)
        return status;
    return pqc_private_key_to_pkcs8(key, (const uint8_t *)password, len, PQC_PRIVATE_KEY_EXPANDED, encoding, encoded);
}

static int encode_encrypted(const Context *context, const Key *key, FFIBuffer *encoded, OSSL_PASSPHRASE_CALLBACK *cb, void *cbarg)
{
    char password[1024];
    size_t len = 0;
    /* The library takes an empty password for none, which would write the key as it is. */
    int is_done = cb != NULL && cb(password, sizeof password, &len, NULL, cbarg) && len > 0 && len <= sizeof password
        ? succeeds(context->provider, encode_private(key->private_key, password, len, context->encoding, encoded))
        : fail(context->provider, REASON_PASSPHRASE);
    context->provider->cleanse(password, sizeof password);
    return is_done;
}

static int encode_key(const Context *context, const Key *key, FFIBuffer *encoded, OSSL_PASSPHRASE_CALLBACK *cb, void *cbarg)
{
    const Provider *provider = context->provider;
    if (!key_has(key, context->structure == PUBLIC ? OSSL_KEYMGMT_SELECT_PUBLIC_KEY : OSSL_KEYMGMT_SELECT_PRIVATE_KEY))
        return fail(provider, REASON_NO_KEY);
    if (context->structure == PUBLIC)
        return succeeds(provider, pqc_public_key_to_spki(key->public_key, context->encoding, encoded));
    if (context->encryption == REFUSED || (context->structure == ENCRYPTED && context->encryption == OFF))
        return fail(provider, REASON_CIPHER);
    if (context->encryption == ON)
        return encode_encrypted(context, key, encoded, cb, cbarg);
    return succeeds(provider, encode_private(key->private_key, NULL, 0, context->encoding, encoded));
}

static int encode(void *ctx, OSSL_CORE_BIO *out, const void *obj_raw, const OSSL_PARAM obj_abstract[], int selection,
                  OSSL_PASSPHRASE_CALLBACK *cb, void *cbarg)
{
    const Context *context = ctx;
    FFIBuffer encoded = {NULL, 0, 0};
    int is_done;
    if (obj_abstract != NULL)
        return fail(context->provider, REASON_UNSUPPORTED);
    is_done = encode_key(context, obj_raw, &encoded, cb, cbarg) && write_all(context->provider, out, &encoded);
    ffi_buffer_free(&encoded);
    return is_done;
}

#define ENCODER(name, kind, structure, encoding) \
    static void *new_##name(void *provctx) \
    { \
        return context_new(provctx, structure, encoding); \
    } \
    static const OSSL_DISPATCH name[] = { \
        {OSSL_FUNC_ENCODER_NEWCTX, (Function)new_##name}, \
        {OSSL_FUNC_ENCODER_FREECTX, (Function)context_free}, \
        {OSSL_FUNC_ENCODER_SET_CTX_PARAMS, (Function)set_params}, \
        {OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS, (Function)settable_params}, \
        {OSSL_FUNC_ENCODER_DOES_SELECTION, (Function)selects_##kind}, \
        {OSSL_FUNC_ENCODER_ENCODE, (Function)encode}, \
        {0, NULL}, \
    };
ENCODER(private_der, private, PLAIN_OR_ENCRYPTED, PQC_ENCODING_DER)
ENCODER(private_pem, private, PLAIN_OR_ENCRYPTED, PQC_ENCODING_PEM)
ENCODER(encrypted_der, private, ENCRYPTED, PQC_ENCODING_DER)
ENCODER(encrypted_pem, private, ENCRYPTED, PQC_ENCODING_PEM)
ENCODER(public_der, public, PUBLIC, PQC_ENCODING_DER)
ENCODER(public_pem, public, PUBLIC, PQC_ENCODING_PEM)

const Coder encoders[ENCODERS] = {
    {"provider=qynauth,output=der,structure=PrivateKeyInfo", private_der},
    {"provider=qynauth,output=pem,structure=PrivateKeyInfo", private_pem},
    {"provider=qynauth,output=der,structure=EncryptedPrivateKeyInfo", encrypted_der},
    {"provider=qynauth,output=pem,structure=EncryptedPrivateKeyInfo", encrypted_pem},
    {"provider=qynauth,output=der,structure=SubjectPublicKeyInfo", public_der},
    {"provider=qynauth,output=pem,structure=SubjectPublicKeyInfo", public_pem},
};
