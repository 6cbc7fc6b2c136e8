/* Two sides of TLS in one process, with certificates of ML-DSA where OpenSSL knows them, from 3.2 on. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16384, CLIENT = 0, SERVER = 1 };

static OSSL_LIB_CTX *library;

/* What a side does with the messages that it receives, and the fatal alert that it sends, with the reasons in the queue then. */
typedef struct {
    int type; /* of the message that is changed */
    void (*change)(unsigned char *message, size_t len);
    int changed;
    int alert;
    char reasons[512];
} Tap;

static OSSL_PROVIDER *providers[2];

/* Loads the providers into a context of the library; NULL is the process's own. */
static void load_provider(OSSL_LIB_CTX *into)
{
    library = into;
    providers[0] = OSSL_PROVIDER_load(library, "default");
    providers[1] = OSSL_PROVIDER_load(library, "qynauth");
    if (providers[0] == NULL || providers[1] == NULL || EVP_set_default_properties(library, "?provider=qynauth") != 1) {
        ERR_print_errors_fp(stderr);
        exit(2);
    }
}

static void unload_provider(void)
{
    OSSL_PROVIDER_unload(providers[1]);
    OSSL_PROVIDER_unload(providers[0]);
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

/* A certificate that signs itself. */
static X509 *certificate(EVP_PKEY *key, const EVP_MD *digest)
{
    X509 *made = X509_new_ex(library, NULL);
    X509_NAME *name = X509_NAME_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 86400);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_subject_name(made, name);
    X509_set_issuer_name(made, name);
    X509_NAME_free(name);
    X509_set_pubkey(made, key);
    if (X509_sign(made, key, digest) <= 0) {
        X509_free(made);
        return NULL;
    }
    return made;
}

/* A client or a server that shows this certificate, and demands it. */
static SSL_CTX *tls_context(int is_server, EVP_PKEY *key, X509 *made)
{
    SSL_CTX *context = SSL_CTX_new_ex(library, NULL, is_server ? TLS_server_method() : TLS_client_method());
    if (context == NULL || !SSL_CTX_use_certificate(context, made) || !SSL_CTX_use_PrivateKey(context, key)
        || !X509_STORE_add_cert(SSL_CTX_get_cert_store(context), made)) {
        ERR_print_errors_fp(stderr);
        exit(2);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return context;
}

static void tls_contexts(SSL_CTX *contexts[2])
{
#if OPENSSL_VERSION_PREREQ(3, 2)
    EVP_PKEY *key = generate("ML-DSA-44");
    X509 *made = certificate(key, NULL);
#else
    EVP_PKEY *key = EVP_PKEY_Q_keygen(library, NULL, "EC", "P-256");
    X509 *made = certificate(key, EVP_sha256());
#endif
    contexts[CLIENT] = tls_context(CLIENT, key, made);
    contexts[SERVER] = tls_context(SERVER, key, made);
    X509_free(made);
    EVP_PKEY_free(key);
}

static inline void tls_contexts_free(SSL_CTX *contexts[2])
{
    SSL_CTX_free(contexts[CLIENT]);
    SSL_CTX_free(contexts[SERVER]);
}

/* A message is shown before it is read, and where it will be read. */
static void see(int is_sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *argument)
{
    Tap *tap = argument;
    unsigned long error;
    const char *reason;
    (void)version, (void)ssl;
    if (is_sent && type == SSL3_RT_ALERT && len == 2 && ((const unsigned char *)bytes)[0] == SSL3_AL_FATAL) {
        tap->alert = ((const unsigned char *)bytes)[1];
        while ((error = ERR_get_error()) != 0)
            if ((reason = ERR_reason_error_string(error)) != NULL && strlen(tap->reasons) + strlen(reason) + 3 < sizeof tap->reasons)
                strcat(strcat(tap->reasons, reason), "; ");
    }
    if (!is_sent && type == SSL3_RT_HANDSHAKE && tap->change != NULL && ((const unsigned char *)bytes)[0] == tap->type) {
        tap->change((unsigned char *)bytes, len);
        tap->changed++;
    }
}

static void tls_pair(SSL *sides[2], SSL_CTX *contexts[2], const char *group, Tap taps[2])
{
    for (int side = 0; side < 2; side++) {
        sides[side] = SSL_new(contexts[side]);
        SSL_set_bio(sides[side], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        if (!SSL_set1_groups_list(sides[side], group))
            abort();
        SSL_set_msg_callback(sides[side], see);
        SSL_set_msg_callback_arg(sides[side], &taps[side]);
    }
    SSL_set_connect_state(sides[CLIENT]);
    SSL_set_accept_state(sides[SERVER]);
}

static void tls_free(SSL *sides[2])
{
    SSL_free(sides[CLIENT]);
    SSL_free(sides[SERVER]);
}

/* Passes on records, by the halves, until so many halves have passed in both directions. */
static void pass(SSL *from, SSL *to, long *halves)
{
    unsigned char record[5 + 0x10000];
    while (*halves > 0 && BIO_read(SSL_get_wbio(from), record, 5) == 5) {
        int len = record[3] << 8 | record[4];
        if (BIO_read(SSL_get_wbio(from), record + 5, len) != len)
            abort();
        BIO_write(SSL_get_rbio(to), record, *halves == 1 ? 5 + len / 2 : 5 + len);
        *halves -= 2;
    }
}

/* Shakes hands until both sides have finished, or no more may pass. Returns whether they have. */
static int shake(SSL *sides[2], long halves)
{
    for (int turn = 0; turn < 8; turn++) {
        SSL_do_handshake(sides[CLIENT]);
        pass(sides[CLIENT], sides[SERVER], &halves);
        SSL_do_handshake(sides[SERVER]);
        pass(sides[SERVER], sides[CLIENT], &halves);
    }
    return SSL_is_init_finished(sides[CLIENT]) && SSL_is_init_finished(sides[SERVER]);
}
