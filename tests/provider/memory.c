/* Runs out of memory at each allocation of each operation in turn, under a core without OpenSSL: `memory MODULE`. An operation either
 * succeeds or leaves a reason, and nothing of it remains allocated; nor does it succeed without randomness. Prints each check that
 * fails, and exits with their number. */
#include "abi.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16384 };

extern void *__libc_malloc(size_t size), *__libc_calloc(size_t count, size_t size), *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static long until_refusal = -1, refused, living;
static long until_change = -1;
static unsigned char *changing; /* bytes of the caller, which another thread changes */

static void *counted(void *memory)
{
    if (until_change >= 0 && until_change-- == 0)
        memset(changing, 255, 2);
    living += memory != NULL;
    return memory;
}

static int is_refused(void)
{
    if (until_refusal != 0) {
        until_refusal -= until_refusal > 0;
        return 0;
    }
    refused++;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    if (old == NULL)
        return malloc(size);
    return is_refused() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return is_refused() ? NULL : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = aligned_alloc(alignment, size);
    if (memory != NULL)
        *out = memory;
    return memory == NULL ? ENOMEM : 0;
}

void free(void *memory)
{
    living -= memory != NULL;
    __libc_free(memory);
}

/* ---- The core ---- */

static uint32_t last_reason;
static int no_entropy;

static int core_get_params(const OSSL_CORE_HANDLE *core, OSSL_PARAM params[])
{
    return core == NULL && params != NULL;
}

static void core_new_error(const OSSL_CORE_HANDLE *core)
{
    (void)core;
}

static void core_set_error_debug(const OSSL_CORE_HANDLE *core, const char *file, int line, const char *function)
{
    (void)core, (void)file, (void)line, (void)function;
}

static void core_vset_error(const OSSL_CORE_HANDLE *core, uint32_t reason, const char *format, va_list arguments)
{
    (void)core, (void)format, (void)arguments;
    last_reason = reason;
}

static int core_obj(const OSSL_CORE_HANDLE *core, const char *first, const char *second, const char *third)
{
    return core == NULL && first != NULL && second != NULL && third != NULL;
}

static void core_cleanse(void *memory, size_t len)
{
    memset(memory, 0, len);
}

typedef struct {
    unsigned char bytes[MOST];
    size_t len, at;
} Bio;

static int core_read(OSSL_CORE_BIO *in, void *data, size_t len, size_t *done)
{
    Bio *bio = (Bio *)in;
    *done = len < bio->len - bio->at ? len : bio->len - bio->at;
    memcpy(data, bio->bytes + bio->at, *done);
    bio->at += *done;
    return *done > 0;
}

static int core_write(OSSL_CORE_BIO *out, const void *data, size_t len, size_t *done)
{
    Bio *bio = (Bio *)out;
    *done = len < MOST - bio->len ? len : MOST - bio->len;
    memcpy(bio->bytes + bio->len, data, *done);
    bio->len += *done;
    return *done > 0;
}

/* Reports a length without bytes if it is told to fail. */
static size_t core_get_entropy(const OSSL_CORE_HANDLE *core, unsigned char **out, int entropy, size_t least, size_t most)
{
    if (core != NULL || entropy > (int)most * 8 || no_entropy)
        return most;
    *out = malloc(least);
    if (*out == NULL)
        return 0;
    memset(*out, 5, least);
    return least;
}

static void core_cleanup_entropy(const OSSL_CORE_HANDLE *core, unsigned char *out, size_t len)
{
    (void)core, (void)len;
    free(out);
}

typedef void (*Function)(void);

static const OSSL_DISPATCH core[] = {
    {OSSL_FUNC_CORE_GET_PARAMS, (Function)core_get_params},
    {OSSL_FUNC_CORE_NEW_ERROR, (Function)core_new_error},
    {OSSL_FUNC_CORE_SET_ERROR_DEBUG, (Function)core_set_error_debug},
    {OSSL_FUNC_CORE_VSET_ERROR, (Function)core_vset_error},
    {OSSL_FUNC_CORE_OBJ_CREATE, (Function)core_obj},
    {OSSL_FUNC_CORE_OBJ_ADD_SIGID, (Function)core_obj},
    {OSSL_FUNC_OPENSSL_CLEANSE, (Function)core_cleanse},
    {OSSL_FUNC_BIO_READ_EX, (Function)core_read},
    {OSSL_FUNC_BIO_WRITE_EX, (Function)core_write},
    {OSSL_FUNC_GET_ENTROPY, (Function)core_get_entropy},
    {OSSL_FUNC_CLEANUP_ENTROPY, (Function)core_cleanup_entropy},
    {0, NULL},
};

/* ---- The provider ---- */

typedef int(Init)(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx);
static Init *init;
static const OSSL_DISPATCH *provider;
static void *context;

static Function find(const OSSL_DISPATCH *functions, int id)
{
    for (; functions->function_id != id; functions++)
        if (functions->function_id == 0)
            abort();
    return functions->function;
}

static const OSSL_DISPATCH *implementation(int operation, const char *name, const char *property)
{
    int no_store;
    const OSSL_ALGORITHM *row =
        ((OSSL_FUNC_provider_query_operation_fn *)find(provider, OSSL_FUNC_PROVIDER_QUERY_OPERATION))(context, operation, &no_store);
    while (strncmp(row->algorithm_names, name, strlen(name)) != 0 || strstr(row->property_definition, property) == NULL)
        row++;
    return row->implementation;
}

#define CALL(functions, type, id) ((OSSL_FUNC_##type##_fn *)find(functions, OSSL_FUNC_##id))
#define KEYS(type, id) CALL(keys, keymgmt_##type, KEYMGMT_##id)
#define OCTETS(name, bytes, len) {name, OSSL_PARAM_OCTET_STRING, bytes, len, OSSL_PARAM_UNMODIFIED}
#define END {NULL, 0, NULL, 0, 0}

static const char *algorithm;
static const OSSL_DISPATCH *keys;

static void *generate(int selection)
{
    void *generation = KEYS(gen_init, GEN_INIT)(context, selection, NULL);
    void *key = generation == NULL ? NULL : KEYS(gen, GEN)(generation, NULL, NULL);
    KEYS(gen_cleanup, GEN_CLEANUP)(generation);
    return key;
}

static void free_key(void *key)
{
    KEYS(free, FREE)(key);
}

static int exchange(void *key, void *peer)
{
    static unsigned char share[MOST], ciphertext[MOST], secrets[2][128];
    const OSSL_DISPATCH *kem = implementation(OSSL_OP_KEM, algorithm, "");
    OSSL_PARAM params[] = {OCTETS(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, share, sizeof share), END};
    size_t len = sizeof ciphertext, lens[2] = {sizeof *secrets, sizeof *secrets};
    void *sender = CALL(kem, kem_newctx, KEM_NEWCTX)(context), *receiver = CALL(kem, kem_newctx, KEM_NEWCTX)(context), *copy = NULL;
    int done = KEYS(get_params, GET_PARAMS)(key, params);
    params->data_size = params->return_size;
    /* Once more in the same object, if it fails. */
    done = done && (KEYS(set_params, SET_PARAMS)(peer, params) || KEYS(set_params, SET_PARAMS)(peer, params)) && sender != NULL
        && receiver != NULL && CALL(kem, kem_encapsulate_init, KEM_ENCAPSULATE_INIT)(sender, peer, NULL)
        && CALL(kem, kem_encapsulate, KEM_ENCAPSULATE)(sender, ciphertext, &len, secrets[0], &lens[0])
        && CALL(kem, kem_decapsulate_init, KEM_DECAPSULATE_INIT)(receiver, key, NULL)
        && (copy = CALL(kem, kem_dupctx, KEM_DUPCTX)(receiver)) != NULL
        && CALL(kem, kem_decapsulate, KEM_DECAPSULATE)(copy, secrets[1], &lens[1], ciphertext, len)
        && lens[0] == lens[1] && memcmp(secrets[0], secrets[1], lens[0]) == 0;
    CALL(kem, kem_freectx, KEM_FREECTX)(sender);
    CALL(kem, kem_freectx, KEM_FREECTX)(receiver);
    CALL(kem, kem_freectx, KEM_FREECTX)(copy);
    return done;
}

static int run_exchange(void)
{
    void *key = generate(OSSL_KEYMGMT_SELECT_KEYPAIR), *peer = key == NULL ? NULL : generate(0);
    int done = peer != NULL && exchange(key, peer);
    free_key(key);
    free_key(peer);
    return done;
}

/* Whether an object holds what was checked where the share changes at an allocation. */
static int holds_what_it_checked(void *key, long allocation)
{
    static unsigned char share[MOST], expected[MOST], held[MOST];
    OSSL_PARAM in[] = {OCTETS(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, share, sizeof share), END};
    OSSL_PARAM out[] = {OCTETS(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, held, sizeof held), END};
    void *peer = generate(0);
    int is_set, done = peer != NULL && KEYS(get_params, GET_PARAMS)(key, in);
    in->data_size = in->return_size;
    memcpy(expected, share, sizeof share);
    changing = share;
    until_change = allocation;
    is_set = KEYS(set_params, SET_PARAMS)(peer, in);
    done = done
        && (is_set ? KEYS(get_params, GET_PARAMS)(peer, out) && memcmp(held, expected, in->data_size) == 0
                   : !KEYS(has, HAS)(peer, OSSL_KEYMGMT_SELECT_PUBLIC_KEY));
    free_key(peer);
    return done;
}

static int run_changes(void)
{
    void *key = generate(OSSL_KEYMGMT_SELECT_KEYPAIR);
    int done = key != NULL;
    for (long allocation = 0; done && until_change < 0; allocation++)
        done = holds_what_it_checked(key, allocation);
    until_change = -1;
    free_key(key);
    return done;
}

#define SCHEME(type, id) CALL(scheme, signature_##type, SIGNATURE_##id)
static const unsigned char message[] = "message";

static int sign_and_verify(const OSSL_DISPATCH *scheme, void *key, void *signer)
{
    static unsigned char signature[MOST];
    size_t len = 0, whole = 0;
    OSSL_PARAM stated[] = {OCTETS(OSSL_SIGNATURE_PARAM_SIGNATURE, signature, 0), END};
    void *copy = NULL;
    int done = SCHEME(sign_message_init, SIGN_MESSAGE_INIT)(signer, key, NULL) && SCHEME(sign, SIGN)(signer, signature, &whole, MOST, message, 7)
        && SCHEME(sign_message_update, SIGN_MESSAGE_UPDATE)(signer, message, 4) && (copy = SCHEME(dupctx, DUPCTX)(signer)) != NULL
        && SCHEME(sign_message_update, SIGN_MESSAGE_UPDATE)(copy, message + 4, 3)
        && SCHEME(sign_message_final, SIGN_MESSAGE_FINAL)(copy, signature, &len, MOST) && len == whole;
    SCHEME(freectx, FREECTX)(copy);
    stated->data_size = len;
    copy = NULL;
    done = done && SCHEME(verify_message_init, VERIFY_MESSAGE_INIT)(signer, key, stated)
        && SCHEME(verify_message_update, VERIFY_MESSAGE_UPDATE)(signer, message, 7) && (copy = SCHEME(dupctx, DUPCTX)(signer)) != NULL
        && SCHEME(verify_message_final, VERIFY_MESSAGE_FINAL)(copy);
    SCHEME(freectx, FREECTX)(copy);
    return done;
}

/* Signs M' with randomness of the core. */
static int sign_formatted(const OSSL_DISPATCH *scheme, void *key, void *signer)
{
    static unsigned char signature[MOST];
    static int zero;
    const OSSL_PARAM encoded[] = {{OSSL_SIGNATURE_PARAM_MESSAGE_ENCODING, OSSL_PARAM_INTEGER, &zero, sizeof zero, 0}, END};
    size_t len = 0;
    return SCHEME(sign_init, SIGN_INIT)(signer, key, encoded) && SCHEME(sign, SIGN)(signer, signature, &len, MOST, message, 7);
}

static int run_signer(int (*run)(const OSSL_DISPATCH *scheme, void *key, void *signer))
{
    const OSSL_DISPATCH *scheme = implementation(OSSL_OP_SIGNATURE, algorithm, "");
    void *key = generate(OSSL_KEYMGMT_SELECT_KEYPAIR), *signer = SCHEME(newctx, NEWCTX)(context, NULL);
    int done = key != NULL && signer != NULL && run(scheme, key, signer);
    SCHEME(freectx, FREECTX)(signer);
    free_key(key);
    return done;
}

static int run_signature(void)
{
    return run_signer(sign_and_verify);
}

static int run_formatted(void)
{
    return run_signer(sign_formatted);
}

static int import(const OSSL_PARAM params[], void *argument)
{
    void *key = KEYS(new, NEW)(context);
    /* Once more in the same object, if it fails. */
    int done = key != NULL
        && (KEYS(import, IMPORT)(key, OSSL_KEYMGMT_SELECT_KEYPAIR, params) || KEYS(import, IMPORT)(key, OSSL_KEYMGMT_SELECT_KEYPAIR, params));
    free_key(key);
    return done && argument == NULL;
}

static int run_import(void)
{
    void *key = generate(OSSL_KEYMGMT_SELECT_KEYPAIR);
    void *copy = key == NULL ? NULL : KEYS(dup, DUP)(key, OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
    int done = copy != NULL && KEYS(match, MATCH)(key, copy, OSSL_KEYMGMT_SELECT_PUBLIC_KEY)
        && KEYS(export, EXPORT)(key, OSSL_KEYMGMT_SELECT_KEYPAIR, import, NULL)
        && KEYS(export, EXPORT)(copy, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, import, NULL);
    free_key(copy);
    free_key(key);
    return done;
}

/* A key whose halves do not match leaves the object empty, for one whose halves do. */
static int import_twice(const OSSL_PARAM params[], void *argument)
{
    void *key = KEYS(new, NEW)(context);
    const OSSL_PARAM *public_key = params;
    int done;
    while (strcmp(public_key->key, OSSL_PKEY_PARAM_PUB_KEY) != 0)
        public_key++;
    *(unsigned char *)public_key->data ^= 1;
    done = !KEYS(import, IMPORT)(key, OSSL_KEYMGMT_SELECT_KEYPAIR, params) && !KEYS(has, HAS)(key, OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
        && !KEYS(has, HAS)(key, OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
    *(unsigned char *)public_key->data ^= 1;
    done = done && KEYS(import, IMPORT)(key, OSSL_KEYMGMT_SELECT_KEYPAIR, params);
    free_key(key);
    return done && argument == NULL;
}

static int run_mismatch(void)
{
    void *key = generate(OSSL_KEYMGMT_SELECT_KEYPAIR);
    int done = key != NULL && KEYS(export, EXPORT)(key, OSSL_KEYMGMT_SELECT_KEYPAIR, import_twice, NULL);
    free_key(key);
    return done;
}

static int passphrase(char *pass, size_t size, size_t *len, const OSSL_PARAM params[], void *argument)
{
    *len = 6;
    memcpy(pass, "secret", 6);
    return params == NULL && argument == NULL && size > 6;
}

static int take(const OSSL_PARAM params[], void *argument)
{
    for (; params->key != NULL; params++)
        if (strcmp(params->key, OSSL_OBJECT_PARAM_REFERENCE) == 0)
            *(void **)argument = KEYS(load, LOAD)(params->data, params->data_size);
    return *(void **)argument != NULL;
}

static int encode(void *key, const char *property, int is_encrypted, Bio *bio)
{
    static char cipher[] = "AES-256-CBC";
    const OSSL_DISPATCH *encoder = implementation(OSSL_OP_ENCODER, algorithm, property);
    const OSSL_PARAM params[] = {{OSSL_ENCODER_PARAM_CIPHER, OSSL_PARAM_UTF8_STRING, cipher, sizeof cipher - 1, 0}, END};
    void *made = CALL(encoder, encoder_newctx, ENCODER_NEWCTX)(context);
    int done;
    *bio = (Bio){.len = 0};
    done = made != NULL && (!is_encrypted || CALL(encoder, encoder_set_ctx_params, ENCODER_SET_CTX_PARAMS)(made, params))
        && CALL(encoder, encoder_encode, ENCODER_ENCODE)(made, (OSSL_CORE_BIO *)bio, key, NULL, OSSL_KEYMGMT_SELECT_KEYPAIR, passphrase, NULL);
    CALL(encoder, encoder_freectx, ENCODER_FREECTX)(made);
    return done;
}

static int decode(const char *property, Bio *bio)
{
    const OSSL_DISPATCH *decoder = implementation(OSSL_OP_DECODER, algorithm, property);
    void *key = NULL, *made = CALL(decoder, decoder_newctx, DECODER_NEWCTX)(context);
    int done = made != NULL
        && CALL(decoder, decoder_decode, DECODER_DECODE)(made, (OSSL_CORE_BIO *)bio, OSSL_KEYMGMT_SELECT_KEYPAIR, take, &key, NULL, NULL);
    CALL(decoder, decoder_freectx, DECODER_FREECTX)(made);
    free_key(key);
    return done && key != NULL;
}

static int run_files(void)
{
    static Bio bio;
    void *key = generate(OSSL_KEYMGMT_SELECT_KEYPAIR);
    int done = key != NULL && encode(key, "output=der,structure=PrivateKeyInfo", 0, &bio) && decode("structure=PrivateKeyInfo", &bio)
        && encode(key, "output=der,structure=SubjectPublicKeyInfo", 0, &bio) && decode("structure=SubjectPublicKeyInfo", &bio)
        && encode(key, "output=pem,structure=PrivateKeyInfo", 1, &bio) && strstr((char *)bio.bytes, "BEGIN ENCRYPTED") != NULL;
    free_key(key);
    return done;
}

static int run_provider(void)
{
    const OSSL_DISPATCH *functions;
    void *made;
    if (!init(NULL, core, &functions, &made)) {
        last_reason = 1; /* there is no provider yet to report it */
        return 0;
    }
    CALL(functions, provider_teardown, PROVIDER_TEARDOWN)(made);
    return 1;
}

/* Runs an operation without memory for its first allocation, then for its second one, until it needs no more. */
static int failures_of(const char *name, int (*run)(void))
{
    int failures = 0;
    /* What the library keeps for ever is made now. */
    if (!run() || !run()) {
        fprintf(stderr, "%s of %s fails\n", name, algorithm);
        return 1;
    }
    for (long turn = 0;; turn++) {
        long before = living;
        int done;
        last_reason = 0;
        refused = 0;
        until_refusal = turn;
        done = run();
        until_refusal = -1;
        if (living != before && ++failures)
            fprintf(stderr, "%s of %s: %ld blocks remain after allocation %ld fails\n", name, algorithm, living - before, turn);
        if (!done && last_reason == 0 && ++failures)
            fprintf(stderr, "%s of %s: no reason after allocation %ld fails\n", name, algorithm, turn);
        if (refused == 0) {
            printf("%s of %s: %ld allocations\n", name, algorithm, turn);
            return failures;
        }
    }
}

int main(int count, char **arguments)
{
    static const char *const kems[] = {"ML-KEM-768", "X25519MLKEM768", "SecP384r1MLKEM1024"}, *const with_files[] = {"ML-KEM-512", "ML-DSA-44"};
    void *module = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    int failures;
    if (module == NULL)
        return 2;
    init = (Init *)dlsym(module, "OSSL_provider_init");
    algorithm = "the module";
    failures = failures_of("initialisation", run_provider);
    if (!init(NULL, core, &provider, &context))
        return 2;
    for (size_t each = 0; each < sizeof kems / sizeof *kems; each++) {
        algorithm = kems[each];
        keys = implementation(OSSL_OP_KEYMGMT, algorithm, "");
        failures += failures_of("exchange", run_exchange);
        if (!run_changes() && ++failures)
            fprintf(stderr, "a share of %s that is not the one that was checked\n", algorithm);
    }
    for (size_t each = 0; each < sizeof with_files / sizeof *with_files; each++) {
        algorithm = with_files[each];
        keys = implementation(OSSL_OP_KEYMGMT, algorithm, "");
        failures += failures_of("import", run_import);
        failures += failures_of("files", run_files);
        if (!run_mismatch() && ++failures)
            fprintf(stderr, "a key of %s whose halves do not match stays\n", algorithm);
    }
    failures += failures_of("signature", run_signature);
    failures += failures_of("signature of a formatted message", run_formatted);
    no_entropy = 1;
    last_reason = 0;
    if ((run_formatted() || last_reason == 0) && ++failures)
        fprintf(stderr, "a signature without randomness\n");
    CALL(provider, provider_teardown, PROVIDER_TEARDOWN)(context);
    return failures;
}
