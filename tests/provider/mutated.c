/* Mutations that must end in an error or in another result, and never in a crash: `mutated WHAT COUNT SEED`, with OPENSSL_MODULES.
 * WHAT is keys, certificates or handshakes. Prints how many were accepted. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16384 };

static OSSL_LIB_CTX *library;
static uint64_t state;
static int is_mutating;

/* xorshift64*: the same choices in every run with a seed. */
static uint32_t choose(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

/* Changes bytes in a range, or cuts or extends the end. Returns the new length, at most MOST. */
static size_t mutate(unsigned char *bytes, size_t len, size_t from, size_t to)
{
    if (!is_mutating)
        return len;
    static const unsigned char strange[] = {0, 1, 2, 4, 0x30, 0x7f, 0x80, 0x81, 0x82, 0xff};
    for (uint32_t turn = choose(4); turn < 4 && from < to; turn++)
        bytes[from + choose((uint32_t)(to - from))] = choose(2) ? strange[choose(sizeof strange)] : (unsigned char)choose(256);
    switch (choose(8)) {
    case 0:
        return choose((uint32_t)len + 1);
    case 1:
        return len + 16 <= MOST ? len + choose(16) : len;
    default:
        return len;
    }
}

static EVP_PKEY *generate(const char *algorithm)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(library, algorithm, NULL);
    if (EVP_PKEY_keygen_init(context) > 0)
        EVP_PKEY_generate(context, &key);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* Uses whatever was decoded. */
static void use(EVP_PKEY *key)
{
    unsigned char *out = NULL, signature[8192] = {0}, secret[128];
    size_t len = sizeof signature, secret_len = sizeof secret;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(library, key, NULL);
    i2d_PUBKEY(key, &out);
    OPENSSL_free(out);
    if (context != NULL && EVP_PKEY_encapsulate_init(context, NULL) > 0)
        EVP_PKEY_encapsulate(context, signature, &len, secret, &secret_len);
    else if (context != NULL && EVP_PKEY_verify_init(context) > 0)
        EVP_PKEY_verify(context, signature, sizeof signature, secret, sizeof secret);
    EVP_PKEY_CTX_free(context);
}

static int mutated_key(void)
{
    static const char *const algorithms[] = {"ML-KEM-512", "ML-KEM-768", "ML-DSA-44", "ML-DSA-65"};
    static unsigned char der[8][MOST];
    static int lens[8];
    unsigned char bytes[MOST] = {0};
    const unsigned char *at = bytes;
    int which = (int)choose(8);
    EVP_PKEY *key;
    if (lens[which] == 0) {
        unsigned char *out = der[which];
        key = generate(algorithms[which / 2]);
        lens[which] = which % 2 ? i2d_PUBKEY(key, &out) : i2d_PrivateKey(key, &out);
        EVP_PKEY_free(key);
    }
    memcpy(bytes, der[which], (size_t)lens[which]);
    /* Mostly in the head, where the structure is. */
    size_t head = choose(2) && lens[which] > 40 ? 40 : (size_t)lens[which];
    long len = (long)mutate(bytes, (size_t)lens[which], 0, head);
    key = which % 2 ? d2i_PUBKEY_ex(NULL, &at, len, library, NULL) : d2i_AutoPrivateKey_ex(NULL, &at, len, library, NULL);
    if (key == NULL)
        return 0;
    use(key);
    EVP_PKEY_free(key);
    return 1;
}

static X509 *certificate(EVP_PKEY *key, const EVP_MD *digest)
{
    X509 *made = X509_new_ex(library, NULL);
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_set_pubkey(made, key);
    if (X509_sign(made, key, digest) <= 0) {
        X509_free(made);
        return NULL;
    }
    return made;
}

static int mutated_certificate(void)
{
    static unsigned char der[MOST];
    static int der_len;
    unsigned char bytes[MOST] = {0};
    const unsigned char *at = bytes;
    X509 *read = X509_new_ex(library, NULL);
    int is_valid;
    if (der_len == 0) {
        unsigned char *out = der;
        EVP_PKEY *key = generate("ML-DSA-44");
        X509 *made = certificate(key, NULL);
        der_len = i2d_X509(made, &out);
        X509_free(made);
        EVP_PKEY_free(key);
    }
    memcpy(bytes, der, (size_t)der_len);
    long len = (long)mutate(bytes, (size_t)der_len, 0, choose(2) ? 220 : (size_t)der_len);
    is_valid = d2i_X509(&read, &at, len) != NULL && X509_get0_pubkey(read) != NULL && X509_verify(read, X509_get0_pubkey(read)) > 0;
    X509_free(read);
    return is_valid;
}

/* Passes on what a side has written, with a mutation in its first message, which has the share. */
static void pass(SSL *from, SSL *to, int is_mutated)
{
    unsigned char bytes[MOST] = {0};
    int len = BIO_read(SSL_get_wbio(from), bytes, sizeof bytes / 2);
    if (len <= 0)
        return;
    if (is_mutated && len > 120)
        len = (int)mutate(bytes, (size_t)len, 100, len > 1300 ? 1300 : (size_t)len);
    BIO_write(SSL_get_rbio(to), bytes, len);
}

static SSL *side(SSL_CTX *context, int is_server)
{
    SSL *made = SSL_new(context);
    SSL_set_bio(made, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (is_server)
        SSL_set_accept_state(made);
    else
        SSL_set_connect_state(made);
    return made;
}

static int mutated_handshake(void)
{
    static const char *const groups[] = {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM768"};
    static SSL_CTX *contexts[2];
    const char *group = groups[choose(4)];
    int of_client = (int)choose(2), turn;
    if (contexts[0] == NULL) {
        EVP_PKEY *key = EVP_PKEY_Q_keygen(library, NULL, "EC", "P-256");
        X509 *made = certificate(key, EVP_sha256());
        contexts[0] = SSL_CTX_new_ex(library, NULL, TLS_client_method());
        contexts[1] = SSL_CTX_new_ex(library, NULL, TLS_server_method());
        SSL_CTX_use_certificate(contexts[1], made);
        SSL_CTX_use_PrivateKey(contexts[1], key);
        X509_free(made);
        EVP_PKEY_free(key);
    }
    SSL *client = side(contexts[0], 0), *server = side(contexts[1], 1);
    if (!SSL_set1_groups_list(client, group) || !SSL_set1_groups_list(server, group))
        abort();
    /* It ends at any of its messages, with an alert of either side. */
    for (turn = 0; turn < 6; turn++) {
        SSL_do_handshake(client);
        pass(client, server, of_client && turn == 0);
        SSL_do_handshake(server);
        pass(server, client, !of_client && turn == 0);
    }
    int is_done = SSL_is_init_finished(client) && SSL_is_init_finished(server);
    SSL_free(client);
    SSL_free(server);
    return is_done;
}

int main(int count, char **arguments)
{
    int (*run)(void) = NULL;
    long accepted = 0;
    if (count != 4)
        return 2;
    if (strcmp(arguments[1], "keys") == 0)
        run = mutated_key;
    else if (strcmp(arguments[1], "certificates") == 0)
        run = mutated_certificate;
    else if (strcmp(arguments[1], "handshakes") == 0)
        run = mutated_handshake;
    state = strtoull(arguments[3], NULL, 10) | 1;
    library = OSSL_LIB_CTX_new();
    if (run == NULL || OSSL_PROVIDER_load(library, "default") == NULL || OSSL_PROVIDER_load(library, "qynauth") == NULL)
        return 2;
    EVP_set_default_properties(library, "?provider=qynauth");
    /* As it is, it is accepted. */
    if (!run())
        return 3;
    is_mutating = 1;
    for (long turn = strtol(arguments[2], NULL, 10); turn > 0; turn--) {
        accepted += run();
        ERR_clear_error();
    }
    printf("%ld\n", accepted);
    return 0;
}
