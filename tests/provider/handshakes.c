/* Handshakes that end early or badly, and processes and contexts that share the provider: `handshakes WHAT`, with OPENSSL_MODULES.
 * WHAT is aborts, alerts, reload, child, fork or exit. Prints each check that fails, and exits with 1 if there is one. */
#include "tls.h"
#include <openssl/core_dispatch.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const groups[] = {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024"};
enum { GROUPS = sizeof groups / sizeof *groups };

static int failures;

static void check(int is_right, const char *what, const char *group, long value)
{
    if (!is_right && ++failures) {
        fprintf(stderr, "%s: %s, %ld\n", group, what, value);
        ERR_print_errors_fp(stderr);
    }
    ERR_clear_error();
}

/* One handshake, which may end after so many halves of records. */
static int once(SSL_CTX *contexts[2], const char *group, long halves)
{
    Tap taps[2] = {{0}};
    SSL *sides[2];
    tls_pair(sides, contexts, group, taps);
    int is_done = shake(sides, halves);
    tls_free(sides);
    ERR_clear_error();
    return is_done;
}

/* After each record, and in the middle of each. */
static void aborts(void)
{
    SSL_CTX *contexts[2];
    load_provider(OSSL_LIB_CTX_new());
    tls_contexts(contexts);
    for (int group = 0; group < GROUPS; group++) {
        long halves = 0;
        while (halves < 100 && !once(contexts, groups[group], halves))
            halves++;
        check(halves > 6 && halves < 100, "records of a handshake", groups[group], halves);
    }
    tls_contexts_free(contexts);
    unload_provider();
    OSSL_LIB_CTX_free(library);
}

/* ---- Alerts ---- */

/* Finds the share in a ClientHello or a ServerHello: it follows the number of its group, and its length. */
static unsigned char *share_in(unsigned char *message, size_t len, unsigned group)
{
    for (size_t at = 4; at + 300 < len; at++) {
        size_t rest = len - at - 4, share = (size_t)message[at + 2] << 8 | message[at + 3];
        if ((message[at] << 8 | message[at + 1]) == (int)group && share > 300 && share <= rest)
            return message + at + 4;
    }
    abort();
}

static void change_coefficient(unsigned char *message, size_t len)
{
    memset(share_in(message, len, 0x11ec), 0xff, 3);
}

static void change_kem(unsigned char *message, size_t len)
{
    share_in(message, len, 0x11ec)[100] ^= 1;
}

/* A point of low order, behind ML-KEM of the client or of the server. */
static void zero_x25519(unsigned char *message, size_t len)
{
    memset(share_in(message, len, 0x11ec) + (message[0] == SSL3_MT_CLIENT_HELLO ? 1184 : 1088), 0, 32);
}

static void change_p256(unsigned char *message, size_t len)
{
    share_in(message, len, 0x11eb)[64] ^= 1;
}

static void compress_p256(unsigned char *message, size_t len)
{
    share_in(message, len, 0x11eb)[0] = 2;
}

static void change_p384(unsigned char *message, size_t len)
{
    share_in(message, len, 0x11ed)[96] ^= 1;
}

/* A share of 1249 bytes becomes one of a group with 1216. */
static void rename_group(unsigned char *message, size_t len)
{
    share_in(message, len, 0x11eb)[-3] = 0xec;
}

static void change_end(unsigned char *message, size_t len)
{
    message[len - 1] ^= 1;
}

/* A server that cannot encapsulate sends illegal_parameter; OpenSSL 3.4.1 sent internal_error, and its successors do not. */
enum { NOT_ENCAPSULATED = OPENSSL_VERSION_NUMBER == 0x30400010L ? 80 : 47 };

/* Changes of a message that the client or the server receives: its alert, and a reason, of the provider if it is its part. */
static const struct {
    const char *what, *group;
    int side, type;
    void (*change)(unsigned char *message, size_t len);
    int alert;
    const char *reason;
} changes[] = {
    {"a coefficient above the modulus", "X25519MLKEM768", SERVER, SSL3_MT_CLIENT_HELLO, change_coefficient, 47, "modulus"},
    {"a share of low order", "X25519MLKEM768", SERVER, SSL3_MT_CLIENT_HELLO, zero_x25519, NOT_ENCAPSULATED, "low order"},
    {"a share off its curve", "SecP256r1MLKEM768", SERVER, SSL3_MT_CLIENT_HELLO, change_p256, 47, "point"},
    {"a compressed share", "SecP256r1MLKEM768", SERVER, SSL3_MT_CLIENT_HELLO, compress_p256, 47, "point"},
    {"a share off its curve", "SecP384r1MLKEM1024", SERVER, SSL3_MT_CLIENT_HELLO, change_p384, 47, "point"},
    {"a share of another length", "SecP256r1MLKEM768:X25519MLKEM768", SERVER, SSL3_MT_CLIENT_HELLO, rename_group, 47, "length"},
    {"another ciphertext", "X25519MLKEM768", CLIENT, SSL3_MT_SERVER_HELLO, change_kem, 20, "bad record mac"},
    {"an answer of low order", "X25519MLKEM768", CLIENT, SSL3_MT_SERVER_HELLO, zero_x25519, 80, "low order"},
    {"an answer off its curve", "SecP256r1MLKEM768", CLIENT, SSL3_MT_SERVER_HELLO, change_p256, 80, "point"},
    {"an answer off its curve", "SecP384r1MLKEM1024", CLIENT, SSL3_MT_SERVER_HELLO, change_p384, 80, "point"},
    {"another signature of the server", "MLKEM768", CLIENT, SSL3_MT_CERTIFICATE_VERIFY, change_end, 51, "bad signature"},
    {"another signature of the client", "MLKEM768", SERVER, SSL3_MT_CERTIFICATE_VERIFY, change_end, 51, "bad signature"},
};

static void alerts(void)
{
    SSL_CTX *contexts[2];
    load_provider(OSSL_LIB_CTX_new());
    tls_contexts(contexts);
    for (size_t each = 0; each < sizeof changes / sizeof *changes; each++) {
        Tap taps[2] = {{0}};
        SSL *sides[2];
        taps[changes[each].side] = (Tap){.type = changes[each].type, .change = changes[each].change};
        tls_pair(sides, contexts, changes[each].group, taps);
        const Tap *tap = &taps[changes[each].side];
        int is_done = shake(sides, MOST);
        check(!is_done && tap->changed == 1, "changes", changes[each].what, tap->changed);
        check(tap->alert == changes[each].alert, "alert", changes[each].what, tap->alert);
        check(strstr(tap->reasons, changes[each].reason) != NULL, tap->reasons, changes[each].what, 0);
        tls_free(sides);
        check(once(contexts, changes[each].group, MOST), "the next handshake", changes[each].what, 0);
    }
    tls_contexts_free(contexts);
    unload_provider();
    OSSL_LIB_CTX_free(library);
}

/* ---- Contexts and processes ---- */

static int handshakes(void)
{
    SSL_CTX *contexts[2];
    int done = 0;
    tls_contexts(contexts);
    for (int group = 0; group < GROUPS; group++)
        done += once(contexts, groups[group], MOST);
    tls_contexts_free(contexts);
    return done == GROUPS;
}

/* The provider is loaded and unloaded, and a key and its operation outlive it. */
static void reload(void)
{
    unsigned char signature[MOST];
    for (int turn = 0; turn < 10; turn++) {
        OSSL_LIB_CTX *own = OSSL_LIB_CTX_new();
        size_t len = sizeof signature;
        load_provider(own);
        check(handshakes(), "handshakes", "reload", turn);
        EVP_PKEY *key = generate("ML-DSA-44");
        EVP_MD_CTX *signer = EVP_MD_CTX_new();
        check(EVP_DigestSignInit_ex(signer, NULL, NULL, own, NULL, key, NULL) > 0, "initialisation", "reload", turn);
        unload_provider();
        check(EVP_DigestSign(signer, signature, &len, (const unsigned char *)"a message", 9) > 0, "signature", "reload", turn);
        EVP_MD_CTX_free(signer);
        EVP_PKEY_free(key);
        OSSL_LIB_CTX_free(own);
    }
}

static OSSL_LIB_CTX *child;

static void other_teardown(void *context)
{
    OSSL_LIB_CTX_free(context);
}

/* A provider with a child of the context that loads it, in which it uses ours. */
static int other_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context)
{
    static const OSSL_DISPATCH functions[] = {{OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))other_teardown}, {0, NULL}};
    *context = child = OSSL_LIB_CTX_new_child(handle, in);
    *out = functions;
    return child != NULL;
}

static void use_child(void)
{
    OSSL_LIB_CTX *own = OSSL_LIB_CTX_new();
    load_provider(own);
    check(OSSL_PROVIDER_add_builtin(own, "other", other_init), "registration", "child", 0);
    OSSL_PROVIDER *other = OSSL_PROVIDER_load(own, "other");
    check(other != NULL, "loading", "child", 0);
    library = child;
    EVP_set_default_properties(child, "?provider=qynauth");
    check(handshakes(), "handshakes", "child", 0);
    library = own;
    OSSL_PROVIDER_unload(other);
    check(handshakes(), "handshakes", "its parent", 0);
    unload_provider();
    OSSL_LIB_CTX_free(own);
}

/* Processes with the parent's contexts and keys, as nginx has them, make different keys. */
static void use_fork(void)
{
    enum { CHILDREN = 4 };
    unsigned char keys[CHILDREN + 1][MOST / 8];
    size_t len;
    int status, ends[2];
    SSL_CTX *contexts[2];
    load_provider(OSSL_LIB_CTX_new());
    tls_contexts(contexts);
    check(once(contexts, groups[0], MOST) && pipe(ends) == 0, "before", "fork", 0);
    for (int process = 0; process <= CHILDREN; process++) {
        if (process < CHILDREN && fork() != 0)
            continue;
        EVP_PKEY *key = generate("ML-KEM-512");
        for (int group = 0; group < GROUPS; group++)
            check(once(contexts, groups[group], MOST), "a handshake", "fork", process);
        check(EVP_PKEY_get_octet_string_param(key, "pub", keys[process], sizeof *keys, &len) > 0 && len == 800
                  && write(ends[1], keys[process], len) == (ssize_t)len,
              "its key", "fork", process);
        EVP_PKEY_free(key);
        tls_contexts_free(contexts);
        unload_provider();
        OSSL_LIB_CTX_free(library);
        if (process < CHILDREN)
            exit(failures);
    }
    while (wait(&status) > 0)
        check(status == 0, "its end", "fork", status);
    for (int process = 0; process <= CHILDREN; process++) {
        check(read(ends[0], keys[process], 800) == 800, "its key", "fork", process);
        for (int other = 0; other < process; other++)
            check(memcmp(keys[process], keys[other], 800) != 0, "the same key", "fork", process);
    }
}

/* The process ends while handshakes and keys are in use, without freeing any of them. */
static void leave(void)
{
    static SSL_CTX *contexts[2];
    static SSL *sides[2];
    static Tap taps[2];
    load_provider(NULL);
    tls_contexts(contexts);
    check(once(contexts, groups[0], MOST), "a handshake", "exit", 0);
    tls_pair(sides, contexts, groups[0], taps);
    shake(sides, 3);
    check(SSL_in_init(sides[CLIENT]), "a handshake", "exit", 1);
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"aborts", aborts}, {"alerts", alerts}, {"reload", reload}, {"child", use_child}, {"fork", use_fork}, {"exit", leave}};
    for (size_t part = 0; count == 2 && part < sizeof parts / sizeof *parts; part++)
        if (strcmp(parts[part].name, arguments[1]) == 0) {
            parts[part].run();
            return failures > 0;
        }
    return 2;
}
