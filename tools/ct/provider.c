/* The path from a private key in a file to a signature or a shared secret, through OpenSSL and the provider, with the key marked for
 * valgrind: `provider`, with OPENSSL_MODULES. What the key decides becomes public before it is compared. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

enum { MOST = 8192 };

static OSSL_LIB_CTX *library;

static void require(int is_done, const char *what)
{
    if (is_done)
        return;
    fprintf(stderr, "provider: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static size_t sign(EVP_PKEY *key, unsigned char out[MOST])
{
    int one = 1;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_int("deterministic", &one), OSSL_PARAM_construct_end()};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = MOST;
    require(EVP_DigestSignInit_ex(context, NULL, NULL, library, NULL, key, params) > 0, "the start of a signature");
    require(EVP_DigestSign(context, out, &len, (const unsigned char *)"a message", 9) > 0, "a signature");
    EVP_MD_CTX_free(context);
    return len;
}

static size_t decapsulate(EVP_PKEY *key, unsigned char out[MOST])
{
    static unsigned char ciphertext[MOST];
    static size_t ciphertext_len;
    unsigned char secret[64];
    size_t len = MOST, secret_len = sizeof secret;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(library, key, NULL);
    if (ciphertext_len == 0) {
        ciphertext_len = MOST;
        require(EVP_PKEY_encapsulate_init(context, NULL) > 0, "the start of an encapsulation");
        require(EVP_PKEY_encapsulate(context, ciphertext, &ciphertext_len, secret, &secret_len) > 0, "an encapsulation");
    }
    require(EVP_PKEY_decapsulate_init(context, NULL) > 0, "the start of a decapsulation");
    require(EVP_PKEY_decapsulate(context, out, &len, ciphertext, ciphertext_len) > 0, "a decapsulation");
    EVP_PKEY_CTX_free(context);
    return len;
}

/* Runs an operation with a key from a file that ends with its seed, before and after the seed is marked. */
static void check(const char *algorithm, size_t seed_len, size_t (*run)(EVP_PKEY *key, unsigned char out[MOST]))
{
    unsigned char expected[MOST], made[MOST], *der = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(library, algorithm, NULL);
    EVP_PKEY *key = NULL, *loaded;
    require(EVP_PKEY_keygen_init(context) > 0 && EVP_PKEY_generate(context, &key) > 0, "a key");
    int der_len = i2d_PrivateKey(key, &der);
    const unsigned char *at = der;
    size_t len = run(key, expected);
    require(der_len > (int)seed_len && der_len < 200, "a file that ends with the seed");
    (void)VALGRIND_MAKE_MEM_UNDEFINED(der + der_len - seed_len, seed_len);
    loaded = d2i_AutoPrivateKey_ex(NULL, &at, der_len, library, NULL);
    require(loaded != NULL, "a private key");
    require(run(loaded, made) == len, "the length");
    (void)VALGRIND_MAKE_MEM_DEFINED(made, len);
    require(memcmp(expected, made, len) == 0, "the same result with the marked key");
    EVP_PKEY_free(loaded);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    OPENSSL_free(der);
}

int main(void)
{
    library = OSSL_LIB_CTX_new();
    require(RUNNING_ON_VALGRIND, "valgrind");
    require(OSSL_PROVIDER_load(library, "default") != NULL && OSSL_PROVIDER_load(library, "qynauth") != NULL, "the provider");
    EVP_set_default_properties(library, "?provider=qynauth");
    check("ML-DSA-65", 32, sign);
    check("ML-KEM-768", 64, decapsulate);
    return 0;
}
