/* Calls the provider through EVP, as programs do: `evp [CONFIGURATION]`, with OPENSSL_MODULES. Prints each check that fails, and exits with their number. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int failures;
static OSSL_LIB_CTX *library;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            failures++; \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
            ERR_print_errors_fp(stderr); \
        } \
        ERR_clear_error(); \
    } while (0)

/* Whether an error in the queue has this text. OpenSSL may put one of its own behind ours. */
static int is_reason(const char *text)
{
    unsigned long error;
    while ((error = ERR_get_error()) != 0)
        if (ERR_reason_error_string(error) != NULL && strstr(ERR_reason_error_string(error), text) != NULL)
            return 1;
    return 0;
}

/* The operation fails with this reason. */
#define REFUSED(call, text) \
    do { \
        ERR_clear_error(); \
        if ((call) > 0 || !is_reason(text)) { \
            failures++; \
            fprintf(stderr, "line %d: %s\n", __LINE__, #call); \
        } \
        ERR_clear_error(); \
    } while (0)

#define OCTETS(key, data, len) OSSL_PARAM_construct_octet_string(key, (void *)(data), len)
#define END OSSL_PARAM_construct_end()

enum { MOST = 8192 };

static EVP_PKEY *generate(const char *algorithm, const unsigned char *seed, size_t len)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(library, algorithm, NULL);
    OSSL_PARAM params[] = {OCTETS("seed", seed, len), END};
    if (EVP_PKEY_keygen_init(context) > 0 && (seed == NULL || EVP_PKEY_CTX_set_params(context, params) > 0))
        EVP_PKEY_generate(context, &key);
    EVP_PKEY_CTX_free(context);
    return key;
}

static int import(const char *algorithm, int selection, OSSL_PARAM *params, EVP_PKEY **key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(library, algorithm, NULL);
    int done;
    *key = NULL;
    EVP_PKEY_fromdata_init(context);
    done = EVP_PKEY_fromdata(context, key, selection, params);
    EVP_PKEY_CTX_free(context);
    return done;
}

static size_t octets(EVP_PKEY *key, const char *name, unsigned char *out)
{
    size_t len = 0;
    return EVP_PKEY_get_octet_string_param(key, name, out, MOST, &len) > 0 ? len : 0;
}

static void check_imports(const char *algorithm, size_t seed_len)
{
    unsigned char seed[64], public_key[MOST], private_key[MOST], other[MOST];
    size_t public_len, private_len;
    EVP_PKEY *key, *again, *second;
    memset(seed, 7, sizeof seed);
    key = generate(algorithm, seed, seed_len);
    CHECK(key != NULL);
    CHECK(generate(algorithm, seed, seed_len - 1) == NULL);
    CHECK(generate(algorithm, seed, 0) == NULL);
    CHECK(octets(key, "seed", other) == seed_len && memcmp(other, seed, seed_len) == 0);
    public_len = octets(key, "pub", public_key);
    private_len = octets(key, "priv", private_key);
    CHECK(public_len > 0 && private_len > 0);
    CHECK(EVP_PKEY_get_security_bits(key) >= 128 && EVP_PKEY_get_bits(key) == (int)public_len * 8);
    second = generate(algorithm, NULL, 0);
    CHECK(EVP_PKEY_eq(key, second) == 0);

    OSSL_PARAM all[] = {OCTETS("seed", seed, seed_len), OCTETS("priv", private_key, private_len), OCTETS("pub", public_key, public_len), END};
    CHECK(import(algorithm, EVP_PKEY_KEYPAIR, all, &again) > 0 && EVP_PKEY_eq(key, again) == 1);
    EVP_PKEY_free(again);
    OSSL_PARAM expanded[] = {all[1], END};
    CHECK(import(algorithm, EVP_PKEY_KEYPAIR, expanded, &again) > 0 && EVP_PKEY_eq(key, again) == 1 && octets(again, "seed", other) == 0);
    EVP_PKEY_free(again);
    OSSL_PARAM public_half[] = {all[2], END};
    CHECK(import(algorithm, EVP_PKEY_PUBLIC_KEY, public_half, &again) > 0 && EVP_PKEY_eq(key, again) == 1);
    CHECK(octets(again, "priv", other) == 0);
    EVP_PKEY *copy = EVP_PKEY_dup(again);
    CHECK(copy != NULL && EVP_PKEY_eq(copy, key) == 1);
    EVP_PKEY_free(copy);
    EVP_PKEY_free(again);
    copy = EVP_PKEY_dup(key);
    CHECK(copy != NULL && octets(copy, "priv", other) == private_len);
    EVP_PKEY_free(copy);

    CHECK(octets(second, "pub", other) == public_len);
    OSSL_PARAM not_its_public[] = {all[0], OCTETS("pub", other, public_len), END};
    REFUSED(import(algorithm, EVP_PKEY_KEYPAIR, not_its_public, &again), "private key does not match its public key");
    CHECK(octets(second, "priv", other) == private_len);
    OSSL_PARAM not_its_seed[] = {all[0], OCTETS("priv", other, private_len), END};
    REFUSED(import(algorithm, EVP_PKEY_KEYPAIR, not_its_seed, &again), "do not match");
    OSSL_PARAM empty[] = {END};
    REFUSED(import(algorithm, EVP_PKEY_KEYPAIR, empty, &again), "no key");
    OSSL_PARAM empty_seed[] = {OCTETS("seed", seed, 0), all[2], END}, empty_private[] = {OCTETS("priv", seed, 0), all[2], END};
    REFUSED(import(algorithm, EVP_PKEY_KEYPAIR, empty_seed, &again), "wrong length");
    REFUSED(import(algorithm, EVP_PKEY_KEYPAIR, empty_private, &again), "wrong length");
    OSSL_PARAM cut[] = {OCTETS("pub", public_key, public_len - 1), END};
    REFUSED(import(algorithm, EVP_PKEY_PUBLIC_KEY, cut, &again), "public key has the wrong length");

    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(library, key, NULL);
    CHECK(EVP_PKEY_check(context) > 0 && EVP_PKEY_public_check(context) > 0 && EVP_PKEY_pairwise_check(context) > 0);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(second);
    EVP_PKEY_free(key);
}

/* An object with the share of the other side, as TLS makes it. */
static EVP_PKEY *peer(const char *algorithm, const char *group, const unsigned char *share, size_t len)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(library, algorithm, NULL);
    CHECK(EVP_PKEY_paramgen_init(context) > 0 && EVP_PKEY_CTX_set_group_name(context, group) > 0 && EVP_PKEY_paramgen(context, &key) > 0);
    EVP_PKEY_CTX_free(context);
    if (EVP_PKEY_set1_encoded_public_key(key, share, len) <= 0) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static int is_filled(const unsigned char *bytes, unsigned char value, size_t len)
{
    for (size_t at = 0; at < len; at++)
        if (bytes[at] != value)
            return 0;
    return 1;
}

static void check_exchange(const char *algorithm, const char *group, size_t share_len, size_t expected_len, size_t expected_secret)
{
    unsigned char ciphertext[MOST], sent[128], received[128], *share = NULL;
    size_t len = 0, secret_len = 0, got;
    EVP_PKEY *key = generate(algorithm, NULL, 0), *other;
    CHECK(key != NULL && EVP_PKEY_get1_encoded_public_key(key, &share) == share_len);
    other = peer(algorithm, group, share, share_len);
    CHECK(other != NULL);
    REFUSED(EVP_PKEY_set1_encoded_public_key(other, share, share_len), "has a key already");
    EVP_PKEY *none = peer(algorithm, group, share, share_len - 1);
    CHECK(none == NULL);
    OSSL_PARAM pair[] = {OCTETS("pub", share, share_len), OCTETS("priv", share, 32), END};
    REFUSED(import(algorithm, EVP_PKEY_KEYPAIR, pair, &none), strcmp(algorithm, group) == 0 ? "not supported" : "wrong length");

    EVP_PKEY_CTX *sender = EVP_PKEY_CTX_new_from_pkey(library, other, NULL), *receiver = EVP_PKEY_CTX_new_from_pkey(library, key, NULL);
    REFUSED(EVP_PKEY_decapsulate_init(sender, NULL), "no key");
    CHECK(EVP_PKEY_encapsulate_init(sender, NULL) > 0 && EVP_PKEY_encapsulate(sender, NULL, &len, NULL, &secret_len) > 0);
    CHECK(len == expected_len && secret_len == expected_secret);
    memset(ciphertext, 9, sizeof ciphertext);
    memset(sent, 9, sizeof sent);
    len--;
    REFUSED(EVP_PKEY_encapsulate(sender, ciphertext, &len, sent, &secret_len), "output is too small");
    len = expected_len;
    secret_len--;
    REFUSED(EVP_PKEY_encapsulate(sender, ciphertext, &len, sent, &secret_len), "output is too small");
    CHECK(is_filled(ciphertext, 9, sizeof ciphertext) && is_filled(sent, 9, sizeof sent));
    len = sizeof ciphertext;
    secret_len = sizeof sent;
    CHECK(EVP_PKEY_encapsulate(sender, ciphertext, &len, sent, &secret_len) > 0 && len == expected_len && secret_len == expected_secret);
    CHECK(is_filled(ciphertext + len, 9, sizeof ciphertext - len) && is_filled(sent + secret_len, 9, sizeof sent - secret_len));

    CHECK(EVP_PKEY_decapsulate_init(receiver, NULL) > 0);
    got = secret_len - 1;
    REFUSED(EVP_PKEY_decapsulate(receiver, received, &got, ciphertext, len), "output is too small");
    got = sizeof received;
    REFUSED(EVP_PKEY_decapsulate(receiver, received, &got, ciphertext, len - 1), "ciphertext has the wrong length");
    got = sizeof received;
    CHECK(EVP_PKEY_decapsulate(receiver, received, &got, ciphertext, len) > 0 && got == secret_len && memcmp(sent, received, got) == 0);
    EVP_PKEY_CTX *copy = EVP_PKEY_CTX_dup(receiver);
    EVP_PKEY_CTX_free(receiver);
    got = sizeof received;
    CHECK(EVP_PKEY_decapsulate(copy, received, &got, ciphertext, len) > 0 && memcmp(sent, received, got) == 0);
    EVP_PKEY_CTX_free(sender);
    sender = EVP_PKEY_CTX_new_from_pkey(library, key, NULL); /* a private key has its public half */
    len = sizeof ciphertext;
    secret_len = sizeof sent;
    CHECK(EVP_PKEY_encapsulate_init(sender, NULL) > 0 && EVP_PKEY_encapsulate(sender, ciphertext, &len, sent, &secret_len) > 0);
    got = sizeof received;
    CHECK(EVP_PKEY_decapsulate(copy, received, &got, ciphertext, len) > 0 && memcmp(sent, received, got) == 0);
    EVP_PKEY_CTX_free(copy);
    EVP_PKEY_CTX_free(sender);
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
    OPENSSL_free(share);
}

/* A point of low order makes an all-zero secret, which is refused on both sides, and no half of the result remains. */
static void check_points(void)
{
    unsigned char ciphertext[1120], secret[64], *share = NULL;
    size_t len = sizeof ciphertext, secret_len = sizeof secret;
    EVP_PKEY *key = generate("X25519MLKEM768", NULL, 0);
    EVP_PKEY_get1_encoded_public_key(key, &share);
    memset(share + 1184, 0, 32);
    EVP_PKEY *other = peer("X25519MLKEM768", "X25519MLKEM768", share, 1216);
    EVP_PKEY_CTX *sender = EVP_PKEY_CTX_new_from_pkey(library, other, NULL), *receiver = EVP_PKEY_CTX_new_from_pkey(library, key, NULL);
    memset(ciphertext, 9, sizeof ciphertext);
    memset(secret, 9, sizeof secret);
    CHECK(EVP_PKEY_encapsulate_init(sender, NULL) > 0 && EVP_PKEY_decapsulate_init(receiver, NULL) > 0);
    REFUSED(EVP_PKEY_encapsulate(sender, ciphertext, &len, secret, &secret_len), "low order");
    CHECK(is_filled(ciphertext, 0, sizeof ciphertext) && is_filled(secret, 0, sizeof secret));
    memset(secret, 9, sizeof secret);
    REFUSED(EVP_PKEY_decapsulate(receiver, secret, &secret_len, ciphertext, sizeof ciphertext), "low order");
    CHECK(is_filled(secret, 0, sizeof secret));
    EVP_PKEY_CTX_free(receiver);
    EVP_PKEY_CTX_free(sender);
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
    OPENSSL_free(share);

    key = generate("SecP256r1MLKEM768", NULL, 0);
    CHECK(EVP_PKEY_get1_encoded_public_key(key, &share) == 1249 && share[0] == 4);
    share[64] ^= 1;
    CHECK(peer("SecP256r1MLKEM768", "SecP256r1MLKEM768", share, 1249) == NULL);
    EVP_PKEY_free(key);
    OPENSSL_free(share);
}

static int sign(EVP_PKEY *key, const OSSL_PARAM *params, const char *message, unsigned char *out, size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *len = MOST;
    int done = EVP_DigestSignInit_ex(context, NULL, NULL, library, NULL, key, params);
    if (done > 0)
        done = EVP_DigestSign(context, out, len, (const unsigned char *)message, strlen(message));
    EVP_MD_CTX_free(context);
    return done;
}

static int verify(EVP_PKEY *key, const OSSL_PARAM *params, const char *message, const unsigned char *signature, size_t len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = EVP_DigestVerifyInit_ex(context, NULL, NULL, library, NULL, key, params);
    if (done > 0)
        done = EVP_DigestVerify(context, signature, len, (const unsigned char *)message, strlen(message));
    EVP_MD_CTX_free(context);
    return done;
}

static void check_chunks(EVP_PKEY *key, const unsigned char *expected, size_t len, OSSL_PARAM *deterministic)
{
    unsigned char signature[MOST];
    size_t signature_len = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit_ex(context, NULL, NULL, library, NULL, key, deterministic) > 0);
    CHECK(EVP_DigestSignUpdate(context, "a mes", 5) > 0 && EVP_MD_CTX_copy_ex(copy, context) > 0);
    CHECK(EVP_DigestSignUpdate(context, "sage", 4) > 0 && EVP_DigestSignFinal(context, signature, &signature_len) > 0);
    CHECK(signature_len == len && memcmp(signature, expected, len) == 0);
    signature_len = sizeof signature;
    CHECK(EVP_DigestSignUpdate(copy, "sage", 4) > 0 && EVP_DigestSignFinal(copy, signature, &signature_len) > 0);
    CHECK(signature_len == len && memcmp(signature, expected, len) == 0);
    EVP_MD_CTX_free(copy);
    EVP_MD_CTX_free(context);
    /* Chunks and a whole message are two messages. */
    context = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit_ex(context, NULL, NULL, library, NULL, key, NULL) > 0 && EVP_DigestSignUpdate(context, "a mes", 5) > 0);
    signature_len = sizeof signature;
    REFUSED(EVP_DigestSign(context, signature, &signature_len, (const unsigned char *)"sage", 4), "has begun as another one or with chunks");
    OSSL_PARAM late[] = {OCTETS("context-string", "late", 4), END};
    REFUSED(EVP_PKEY_CTX_set_params(EVP_MD_CTX_get_pkey_ctx(context), late), "has begun as another one or with chunks");
    EVP_MD_CTX_free(context);
    context = EVP_MD_CTX_new();
    CHECK(EVP_DigestVerifyInit_ex(context, NULL, NULL, library, NULL, key, NULL) > 0 && EVP_DigestVerifyUpdate(context, "a mes", 5) > 0);
    REFUSED(EVP_DigestVerify(context, expected, len, (const unsigned char *)"sage", 4), "has begun as another one or with chunks");
    EVP_MD_CTX_free(context);
    context = EVP_MD_CTX_new();
    CHECK(EVP_DigestVerifyInit_ex(context, NULL, NULL, library, NULL, key, NULL) > 0);
    CHECK(EVP_DigestVerifyUpdate(context, "a message", 9) > 0 && EVP_DigestVerifyFinal(context, expected, len) > 0);
    EVP_MD_CTX_free(context);
    context = EVP_MD_CTX_new();
    CHECK(EVP_DigestVerifyInit_ex(context, NULL, NULL, library, NULL, key, NULL) > 0 && EVP_DigestVerifyUpdate(context, "a massage", 9) > 0);
    REFUSED(EVP_DigestVerifyFinal(context, expected, len), "signature is not valid");
    EVP_MD_CTX_free(context);
}

static void check_signatures(const char *algorithm)
{
    unsigned char first[MOST], second[MOST], text[256];
    size_t len, other_len;
    int one = 1, zero = 0, two = 2;
    EVP_PKEY *key = generate(algorithm, NULL, 0), *other = generate(algorithm, NULL, 0);
    memset(text, 'c', sizeof text);
    OSSL_PARAM deterministic[] = {OSSL_PARAM_construct_int("deterministic", &one), END};
    OSSL_PARAM context[] = {OCTETS("context-string", text, 255), END}, too_long[] = {OCTETS("context-string", text, 256), END};
    OSSL_PARAM formatted[] = {OSSL_PARAM_construct_int("message-encoding", &zero), END};
    OSSL_PARAM mu[] = {OSSL_PARAM_construct_int("mu", &one), END}, wrong[] = {OSSL_PARAM_construct_int("deterministic", &two), END};
    OSSL_PARAM entropy[] = {OCTETS("test-entropy", text, 32), END};
    CHECK(sign(key, NULL, "a message", first, &len) > 0 && sign(key, NULL, "a message", second, &other_len) > 0);
    CHECK(len == (size_t)EVP_PKEY_get_size(key) && memcmp(first, second, len) != 0);
    CHECK(verify(key, NULL, "a message", first, len) > 0);
    REFUSED(verify(key, NULL, "another message", first, len), "signature is not valid");
    REFUSED(verify(key, NULL, "a message", first, len - 1), "signature is not valid");
    REFUSED(verify(other, NULL, "a message", first, len), "signature is not valid");
    CHECK(sign(key, context, "a message", first, &len) > 0 && verify(key, context, "a message", first, len) > 0);
    REFUSED(verify(key, NULL, "a message", first, len), "signature is not valid");
    REFUSED(sign(key, too_long, "a message", first, &len), "longer than 255 bytes");
    REFUSED(sign(key, mu, "a message", first, &len), "not supported");
    REFUSED(sign(key, entropy, "a message", first, &len), "not supported");
    REFUSED(sign(key, wrong, "a message", first, &len), "wrong type, length or value");
    CHECK(sign(key, formatted, "\1\1a message", first, &len) > 0 && verify(key, formatted, "\1\1a message", first, len) > 0);
    REFUSED(verify(key, NULL, "\1\1a message", first, len), "signature is not valid");
    CHECK(sign(key, deterministic, "a message", first, &len) > 0 && sign(key, deterministic, "a message", second, &other_len) > 0);
    CHECK(memcmp(first, second, len) == 0);
    check_chunks(key, first, len, deterministic);

    EVP_MD_CTX *digest = EVP_MD_CTX_new(), *again = EVP_MD_CTX_new();
    other_len = sizeof second;
    CHECK(EVP_DigestSignInit_ex(digest, NULL, NULL, library, NULL, key, context) > 0);
    CHECK(EVP_DigestSign(digest, second, &other_len, text, 9) > 0);
    CHECK(EVP_DigestVerifyInit_ex(again, NULL, NULL, library, NULL, key, context) > 0);
    CHECK(EVP_DigestVerify(again, second, other_len, text, 9) > 0);
    /* A context that begins again without a key keeps its options. */
    CHECK(EVP_DigestSignInit(digest, NULL, NULL, NULL, NULL) > 0 && EVP_DigestSign(digest, second, &other_len, text, 9) > 0);
    CHECK(EVP_DigestVerifyInit(again, NULL, NULL, NULL, NULL) > 0 && EVP_DigestVerify(again, second, other_len, text, 9) > 0);
    CHECK(verify(key, context, "ccccccccc", second, other_len) > 0);
    REFUSED(verify(key, NULL, "ccccccccc", second, other_len), "signature is not valid");
    EVP_MD_CTX_free(again);
    EVP_MD_CTX_free(digest);

    digest = EVP_MD_CTX_new();
    REFUSED(EVP_DigestSignInit_ex(digest, NULL, "SHA256", library, NULL, key, NULL), "name no digest");
    EVP_MD_CTX_free(digest);

    EVP_PKEY_CTX *signer = EVP_PKEY_CTX_new_from_pkey(library, key, NULL);
    other_len = len - 1;
    CHECK(EVP_PKEY_sign_init(signer) > 0);
    REFUSED(EVP_PKEY_sign(signer, second, &other_len, (const unsigned char *)"a message", 9), "output is too small");
    other_len = len;
    CHECK(EVP_PKEY_sign(signer, second, &other_len, (const unsigned char *)"a message", 9) > 0 && verify(key, NULL, "a message", second, len) > 0);
    EVP_PKEY_CTX_free(signer);
#if OPENSSL_VERSION_PREREQ(3, 4)
    EVP_SIGNATURE *scheme = EVP_SIGNATURE_fetch(library, algorithm, NULL), *none = EVP_SIGNATURE_fetch(library, strcmp(algorithm, "ML-DSA-44") ? "ML-DSA-44" : "ML-DSA-65", NULL);
    signer = EVP_PKEY_CTX_new_from_pkey(library, key, NULL);
    CHECK(EVP_PKEY_sign_message_init(signer, none, NULL) <= 0);
    CHECK(EVP_PKEY_sign_message_init(signer, scheme, deterministic) > 0 && EVP_PKEY_sign_message_update(signer, (const unsigned char *)"a message", 9) > 0);
    other_len = sizeof second;
    CHECK(EVP_PKEY_sign_message_final(signer, second, &other_len) > 0 && other_len == len && memcmp(first, second, len) == 0);
    CHECK(EVP_PKEY_verify_message_init(signer, scheme, NULL) > 0 && EVP_PKEY_CTX_set_signature(signer, first, len) > 0);
    CHECK(EVP_PKEY_verify_message_update(signer, (const unsigned char *)"a message", 9) > 0 && EVP_PKEY_verify_message_final(signer) > 0);
    CHECK(EVP_PKEY_verify_message_init(signer, scheme, NULL) > 0 && EVP_PKEY_verify_message_update(signer, (const unsigned char *)"a message", 9) > 0);
    REFUSED(EVP_PKEY_verify_message_final(signer), "wrong type, length or value");
    EVP_PKEY_CTX_free(signer);
    EVP_SIGNATURE_free(none);
    EVP_SIGNATURE_free(scheme);
#endif
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
}

/* A coefficient of a public key is not below the modulus. */
static void check_reasons(void)
{
    unsigned char *der = NULL;
    const unsigned char *at;
    EVP_PKEY *key = generate("ML-KEM-768", NULL, 0);
    int len = i2d_PUBKEY(key, &der);
    CHECK(len > 1184);
    der[len - 1184] = der[len - 1183] = 255;
    at = der;
    ERR_clear_error();
    CHECK(d2i_PUBKEY_ex(NULL, &at, len, library, NULL) == NULL);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
}

static void *share_a_key(void *key)
{
    unsigned char signature[MOST];
    size_t len;
    for (int turn = 0; turn < 200; turn++) {
        EVP_PKEY *copy = EVP_PKEY_dup(key);
        if (copy == NULL || sign(copy, NULL, "a message", signature, &len) <= 0 || verify(key, NULL, "a message", signature, len) <= 0)
            return key;
        EVP_PKEY_free(copy);
    }
    return NULL;
}

static void check_threads(void)
{
    pthread_t threads[4];
    EVP_PKEY *key = generate("ML-DSA-44", NULL, 0);
    for (int each = 0; each < 4; each++)
        pthread_create(&threads[each], NULL, share_a_key, key);
    for (int each = 0; each < 4; each++) {
        void *failed = key;
        pthread_join(threads[each], &failed);
        CHECK(failed == NULL);
    }
    EVP_PKEY_free(key);
}

/* Keys in locked memory work, and none of their bytes leaves the provider. */
static void check_locked(void)
{
    unsigned char bytes[MOST];
    size_t len;
    OSSL_PARAM *exported = NULL;
    EVP_PKEY *key = generate("ML-DSA-65", NULL, 0);
    REFUSED(EVP_PKEY_get_octet_string_param(key, "priv", bytes, sizeof bytes, &len), "locked memory");
    REFUSED(EVP_PKEY_get_octet_string_param(key, "seed", bytes, sizeof bytes, &len), "locked memory");
    REFUSED(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &exported), "locked memory");
    CHECK(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &exported) > 0);
    OSSL_PARAM_free(exported);
    CHECK(sign(key, NULL, "a message", bytes, &len) > 0 && verify(key, NULL, "a message", bytes, len) > 0);
    EVP_PKEY_free(key);
}

static void check_all(void)
{
    static const char *const sets[] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
    check_imports("ML-KEM-512", 64);
    check_imports("ML-KEM-768", 64);
    check_imports("ML-KEM-1024", 64);
    for (int each = 0; each < 3; each++) {
        check_imports(sets[each], 32);
        check_signatures(sets[each]);
    }
    check_exchange("ML-KEM-512", "MLKEM512", 800, 768, 32);
    check_exchange("ML-KEM-768", "MLKEM768", 1184, 1088, 32);
    check_exchange("ML-KEM-1024", "MLKEM1024", 1568, 1568, 32);
    check_exchange("X25519MLKEM768", "X25519MLKEM768", 1216, 1120, 64);
    check_exchange("SecP256r1MLKEM768", "SecP256r1MLKEM768", 1249, 1153, 64);
    check_exchange("SecP384r1MLKEM1024", "SecP384r1MLKEM1024", 1665, 1665, 80);
    check_points();
    check_reasons();
    check_threads();
}

/* Loads the provider twice: a library context must work after another one was freed. */
int main(int count, char **arguments)
{
    for (int turn = 0; turn < 2; turn++) {
        OSSL_PROVIDER *own, *ours;
        library = OSSL_LIB_CTX_new();
        if (count > 1) {
            CHECK(OSSL_LIB_CTX_load_config(library, arguments[1]));
            check_locked();
            OSSL_LIB_CTX_free(library);
            continue;
        }
        own = OSSL_PROVIDER_load(library, "default");
        ours = OSSL_PROVIDER_load(library, "qynauth");
        CHECK(ours != NULL);
        EVP_set_default_properties(library, "?provider=qynauth");
        check_all();
        OSSL_PROVIDER_unload(ours);
        OSSL_PROVIDER_unload(own);
        OSSL_LIB_CTX_free(library);
    }
    return failures;
}
