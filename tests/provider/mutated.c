/* Mutations that must end in an error or in another result, and never in a crash: `mutated WHAT COUNT SEED`, with OPENSSL_MODULES.
 * WHAT is keys, certificates or handshakes. Prints how many were accepted. */
#include "tls.h"

static uint64_t state;
static int is_mutating;
static SSL_CTX *contexts[2];

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

/* Mostly in the share or the certificate, which are the long messages. Their lengths stay. */
static void mutate_message(unsigned char *message, size_t len)
{
    for (uint32_t turn = choose(4); turn < 4; turn++)
        message[choose((uint32_t)len)] ^= (unsigned char)(1 + choose(255));
}

/* A side receives a message with other bytes than were sent. */
static int mutated_handshake(void)
{
    static const char *const groups[] = {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM768"};
    static const int messages[][2] = {
        {SERVER, SSL3_MT_CLIENT_HELLO}, {CLIENT, SSL3_MT_SERVER_HELLO}, {CLIENT, SSL3_MT_CERTIFICATE},
        {CLIENT, SSL3_MT_CERTIFICATE_VERIFY}, {SERVER, SSL3_MT_CERTIFICATE}, {SERVER, SSL3_MT_CERTIFICATE_VERIFY},
    };
    const char *group = groups[choose(4)];
    const int *message = messages[choose(6)];
    Tap taps[2] = {{0}};
    SSL *sides[2];
    if (contexts[0] == NULL)
        tls_contexts(contexts);
    if (is_mutating)
        taps[message[0]] = (Tap){.type = message[1], .change = mutate_message};
    tls_pair(sides, contexts, group, taps);
    int is_done = shake(sides, MOST);
    /* A handshake that fails has an alert. */
    if (!is_done && taps[CLIENT].alert == 0 && taps[SERVER].alert == 0)
        abort();
    tls_free(sides);
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
    if (run == NULL)
        return 2;
    load_provider(OSSL_LIB_CTX_new());
    /* As it is, it is accepted. */
    if (!run())
        return 3;
    is_mutating = 1;
    for (long turn = strtol(arguments[2], NULL, 10); turn > 0; turn--) {
        accepted += run();
        ERR_clear_error();
    }
    printf("%ld\n", accepted);
    tls_contexts_free(contexts);
    unload_provider();
    OSSL_LIB_CTX_free(library);
    return 0;
}
