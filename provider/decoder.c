/* Decoders: from PKCS#8 and SubjectPublicKeyInfo in DER to keys. OpenSSL's own decoders make DER of PEM and decrypt. */
#include "provider.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const Algorithm *algorithm;
    int is_private;
} Context;

static OSSL_FUNC_decoder_freectx_fn context_free;
static OSSL_FUNC_decoder_does_selection_fn selects_private, selects_public;
static OSSL_FUNC_decoder_decode_fn decode;
static OSSL_FUNC_decoder_export_object_fn export_object;

static Context *context_new(const Algorithm *algorithm, int is_private)
{
    Context *context = calloc(1, sizeof *context);
    if (context == NULL)
        fail(algorithm->provider, PQC_STATUS_OUT_OF_MEMORY);
    else
        *context = (Context){algorithm, is_private};
    return context;
}

static void context_free(void *ctx)
{
    free(ctx);
}

/* A selection of nothing is a guess at everything; a private key includes the rest. */
static int selects_private(void *provctx, int selection)
{
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static int selects_public(void *provctx, int selection)
{
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == OSSL_KEYMGMT_SELECT_PUBLIC_KEY;
}

static int read_all(const Provider *provider, OSSL_CORE_BIO *in, uint8_t *out, size_t len)
{
    size_t done;
    for (; len > 0; out += done, len -= done)
        if (!provider->bio_read(in, out, len, &done) || done == 0 || done > len)
            return 0;
    return 1;
}

/* Reads one SEQUENCE in DER and no byte behind it, since another value may follow. Returns its length, or 0 if it is none that
 * we decode. */
static size_t read_sequence(const Provider *provider, OSSL_CORE_BIO *in, uint8_t der[PQC_MAXENCODEDKEYBYTES])
{
    size_t head = 2, len;
    if (!read_all(provider, in, der, head) || der[0] != 0x30)
        return 0;
    len = der[1];
    if (len >= 0x80) {
        size_t bytes = len - 0x80;
        if (bytes < 1 || bytes > 2 || !read_all(provider, in, der + head, bytes))
            return 0;
        len = bytes == 1 ? der[2] : (size_t)der[2] << 8 | der[3];
        head += bytes;
    }
    return len <= PQC_MAXENCODEDKEYBYTES - head && read_all(provider, in, der + head, len) ? head + len : 0;
}

static Key *load(const Context *context, const uint8_t *der, size_t len)
{
    const Provider *provider = context->algorithm->provider;
    PqcPrivateKey *private_key = NULL;
    Key *key = key_new(context->algorithm);
    int is_loaded;
    if (key == NULL)
        return NULL;
    if (context->is_private)
        is_loaded = succeeds(provider, pqc_private_key_from_pkcs8(provider->key_flags, der, len, NULL, 0, 0, &private_key))
            && key_set_private(key, private_key);
    else
        is_loaded = succeeds(provider, pqc_public_key_from_spki(0, der, len, &key->public_key));
    if (is_loaded)
        return key;
    key_free(key);
    return NULL;
}

/* Hands a key to OpenSSL, which takes it by key management or leaves it here. */
static int hand_over(const Context *context, Key *key, OSSL_CALLBACK *callback, void *argument)
{
    static const int is_key = OSSL_OBJECT_PKEY;
    const OSSL_PARAM params[] = {
        PARAMETER_INT(OSSL_OBJECT_PARAM_TYPE, &is_key),
        PARAMETER_TEXT(OSSL_OBJECT_PARAM_DATA_TYPE, context->algorithm->name),
        PARAMETER(OSSL_OBJECT_PARAM_REFERENCE, OSSL_PARAM_OCTET_STRING, &key, sizeof key),
        PARAMETER_END,
    };
    int is_taken = callback(params, argument);
    key_free(key);
    return is_taken;
}

/* Data that is no key of this algorithm is left to other decoders, without an error. */
static int decode(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *data_cb, void *data_cbarg,
                  OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
    const Context *context = ctx;
    const Provider *provider = context->algorithm->provider;
    uint8_t der[PQC_MAXENCODEDKEYBYTES];
    size_t len = read_sequence(provider, in, der);
    uint32_t kind, algorithm, expected = context->is_private ? PQC_KEY_KIND_PRIVATE : PQC_KEY_KIND_PUBLIC;
    Key *key = NULL;
    int is_ours = len > 0 && ffi_key_algorithm(der, len, &kind, &algorithm) == PQC_STATUS_OK && kind == expected
        && algorithm == context->algorithm->id;
    if (is_ours)
        key = load(context, der, len);
    provider->cleanse(der, sizeof der);
    if (key != NULL)
        return hand_over(context, key, data_cb, data_cbarg);
    return !is_ours;
}

static int export_object(void *ctx, const void *objref, size_t objref_sz, OSSL_CALLBACK *export_cb, void *export_cbarg)
{
    const Context *context = ctx;
    Key *const *key = objref;
    if (objref_sz != sizeof *key || *key == NULL)
        return 0;
    return key_export(*key, context->is_private ? OSSL_KEYMGMT_SELECT_KEYPAIR : OSSL_KEYMGMT_SELECT_PUBLIC_KEY, export_cb, export_cbarg);
}

#define DECODER(set, kind, is_private) \
    static void *new_##kind##_##set(void *provctx) \
    { \
        return context_new(&((const Provider *)provctx)->algorithms[set], is_private); \
    } \
    static const OSSL_DISPATCH kind##_##set[] = { \
        {OSSL_FUNC_DECODER_NEWCTX, (Function)new_##kind##_##set}, \
        {OSSL_FUNC_DECODER_FREECTX, (Function)context_free}, \
        {OSSL_FUNC_DECODER_DOES_SELECTION, (Function)selects_##kind}, \
        {OSSL_FUNC_DECODER_DECODE, (Function)decode}, \
        {OSSL_FUNC_DECODER_EXPORT_OBJECT, (Function)export_object}, \
        {0, NULL}, \
    };
#define BOTH_DECODERS(set, id, code_point) DECODER(set, private, 1) DECODER(set, public, 0)
ALGORITHMS(BOTH_DECODERS)

#define TABLE(set, id, code_point) \
    [set] = { \
        {"provider=qynauth,input=der,structure=PrivateKeyInfo", private_##set}, \
        {"provider=qynauth,input=der,structure=SubjectPublicKeyInfo", public_##set}, \
    },
const Coder decoders[ALGORITHM_COUNT][DECODERS] = {ALGORITHMS(TABLE)};
