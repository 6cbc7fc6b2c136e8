/* What values.h and pqc_ffi.h promise. `tests NAME` runs one of the tests, as ctest does, and `tests` all of them. */
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t KEM_SETS[] = {512, 768, 1024}, DSA_SETS[] = {44, 65, 87};
static const FFIBuffer EMPTY = {NULL, 0, 0};

static void expect_at(int line, int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "line %d: expected %s\n", line, what);
        exit(1);
    }
}

#define EXPECT(condition) expect_at(__LINE__, (condition), #condition)
#define EXPECT_OK(call) EXPECT((call) == PQC_STATUS_OK)

static void key_exchange(void)
{
    Value seed, published, ciphertext, sent, received;
    for (size_t i = 0; i < 3; i++) {
        uint32_t set = KEM_SETS[i];
        EXPECT_OK(kem_generate(set, &seed));
        EXPECT_OK(kem_public_key(set, bytes_of(&seed), &published));
        EXPECT_OK(kem_encapsulate(set, bytes_of(&published), &ciphertext, &sent));
        EXPECT_OK(kem_decapsulate(set, bytes_of(&seed), bytes_of(&ciphertext), &received));
        EXPECT(seed.len == MLKEM_SEEDBYTES && published.len == mlkem_public_key_size(set));
        EXPECT(ciphertext.len == mlkem_ciphertext_size(set) && sent.len == MLKEM_SHAREDSECRETBYTES);
        EXPECT(same(&sent, &received));
    }
}

static void tampered_ciphertext(void)
{
    Value seed, published, ciphertext, sent, received;
    for (size_t i = 0; i < 3; i++) {
        EXPECT_OK(kem_generate(KEM_SETS[i], &seed));
        EXPECT_OK(kem_public_key(KEM_SETS[i], bytes_of(&seed), &published));
        EXPECT_OK(kem_encapsulate(KEM_SETS[i], bytes_of(&published), &ciphertext, &sent));
        ciphertext.data[7] ^= 1;
        EXPECT_OK(kem_decapsulate(KEM_SETS[i], bytes_of(&seed), bytes_of(&ciphertext), &received));
        EXPECT(received.len == sent.len && !same(&sent, &received));
    }
}

static void signatures(void)
{
    const Bytes message = text("message"), context = text("context");
    Value seed, published, signature;
    for (size_t i = 0; i < 3; i++) {
        uint32_t set = DSA_SETS[i];
        EXPECT_OK(dsa_generate(set, &seed));
        EXPECT_OK(dsa_public_key(set, bytes_of(&seed), &published));
        EXPECT_OK(dsa_sign(set, bytes_of(&seed), message, context, &signature));
        const Bytes key = bytes_of(&published), valid = bytes_of(&signature), cut = {valid.data, valid.len - 1};
        EXPECT(valid.len == mldsa_signature_size(set) && key.len == mldsa_public_key_size(set));
        EXPECT_OK(dsa_verify(set, key, message, context, valid));
        EXPECT(dsa_verify(set, key, text("another"), context, valid) == PQC_STATUS_INVALID_SIGNATURE);
        EXPECT(dsa_verify(set, key, message, text(""), valid) == PQC_STATUS_INVALID_SIGNATURE);
        EXPECT(dsa_verify(set, key, message, context, cut) == PQC_STATUS_INVALID_SIGNATURE);
    }
}

/* A pair that is made, exported as a seed and as an expanded private key, and loaded from both. */
static void kem_keys_are_loaded(void)
{
    for (size_t i = 0; i < 3; i++) {
        MlKemKeyPair *pair = NULL, *loaded = NULL;
        FFIBuffer private_key = EMPTY, again = EMPTY, seed = EMPTY;
        EXPECT_OK(mlkem_keypair_generate(KEM_SETS[i], 0, &pair));
        EXPECT_OK(mlkem_keypair_private_key_bytes(pair, &private_key));
        EXPECT(private_key.len == mlkem_private_key_size(KEM_SETS[i]));
        EXPECT_OK(mlkem_keypair_from_private_key(KEM_SETS[i], 0, private_key.data, private_key.len, &loaded));
        EXPECT_OK(mlkem_keypair_private_key_bytes(loaded, &again));
        EXPECT(again.len == private_key.len && memcmp(again.data, private_key.data, again.len) == 0);
        EXPECT(mlkem_keypair_seed_bytes(loaded, &seed) == PQC_STATUS_SEED_UNAVAILABLE && seed.data == NULL);
        ffi_buffer_free(&again);
        mlkem_keypair_free(loaded);
        EXPECT_OK(mlkem_keypair_seed_bytes(pair, &seed));
        EXPECT_OK(mlkem_keypair_from_seed(KEM_SETS[i], 0, seed.data, seed.len, &loaded));
        EXPECT_OK(mlkem_keypair_private_key_bytes(loaded, &again));
        EXPECT(again.len == private_key.len && memcmp(again.data, private_key.data, again.len) == 0);
        ffi_buffer_free(&again);
        ffi_buffer_free(&seed);
        ffi_buffer_free(&private_key);
        mlkem_keypair_free(loaded);
        mlkem_keypair_free(pair);
    }
}

static void dsa_keys_are_loaded(void)
{
    for (size_t i = 0; i < 3; i++) {
        MlDsaKeyPair *pair = NULL, *loaded = NULL;
        FFIBuffer private_key = EMPTY, seed = EMPTY, again = EMPTY;
        EXPECT_OK(mldsa_keypair_generate(DSA_SETS[i], 0, &pair));
        EXPECT_OK(mldsa_keypair_private_key_bytes(pair, &private_key));
        EXPECT(private_key.len == mldsa_private_key_size(DSA_SETS[i]));
        EXPECT_OK(mldsa_keypair_from_private_key(DSA_SETS[i], 0, private_key.data, private_key.len, &loaded));
        EXPECT(mldsa_keypair_seed_bytes(loaded, &seed) == PQC_STATUS_SEED_UNAVAILABLE && seed.data == NULL);
        EXPECT_OK(mldsa_keypair_private_key_bytes(loaded, &again));
        EXPECT(again.len == private_key.len && memcmp(again.data, private_key.data, again.len) == 0);
        ffi_buffer_free(&again);
        ffi_buffer_free(&private_key);
        mldsa_keypair_free(loaded);
        mldsa_keypair_free(pair);
    }
}

static void errors(void)
{
    static char long_context[257];
    static uint8_t seed[MLKEM_SEEDBYTES], key[MLKEM768_PUBLICKEYBYTES];
    Value one, other;
    memset(long_context, 'c', 256);
    memset(key, 0xff, sizeof key); /* every coefficient is above the modulus */
    EXPECT(kem_generate(44, &one) == PQC_STATUS_UNKNOWN_PARAMETER_SET && one.len == 0);
    EXPECT(kem_public_key(512, text("short"), &one) == PQC_STATUS_SEED_LENGTH && one.len == 0);
    EXPECT(kem_encapsulate(768, text("short"), &one, &other) == PQC_STATUS_PUBLIC_KEY_LENGTH);
    EXPECT(kem_encapsulate(768, (Bytes){key, sizeof key}, &one, &other) == PQC_STATUS_PUBLIC_KEY_MODULUS);
    EXPECT(one.len == 0 && other.len == 0);
    EXPECT(kem_decapsulate(768, (Bytes){seed, 64}, text("short"), &one) == PQC_STATUS_CIPHERTEXT_LENGTH && one.len == 0);
    EXPECT(dsa_sign(44, (Bytes){seed, 32}, text(""), text(long_context), &one) == PQC_STATUS_CONTEXT_LENGTH);
    EXPECT(strcmp(ffi_status_message(PQC_STATUS_CIPHERTEXT_LENGTH), "ciphertext has the wrong length") == 0);
}

/* Memory of the caller that is too small stays zero, and nothing is written behind it. */
static void capacity_is_kept(void)
{
    static const uint8_t seed[MLDSA_SEEDBYTES] = {1};
    static uint8_t signature[MLDSA44_SIGNATUREBYTES];
    const size_t capacity = sizeof signature - 1;
    MlDsaKeyPair *pair = NULL;
    size_t len = 1;
    memset(signature, 0xaa, sizeof signature);
    EXPECT_OK(mldsa_keypair_from_seed(44, 0, seed, sizeof seed, &pair));
    EXPECT(mldsa_sign_into(pair, seed, 3, NULL, 0, 0, signature, capacity, &len) == PQC_STATUS_OUTPUT_LENGTH);
    EXPECT(len == 0 && signature[0] == 0 && signature[capacity - 1] == 0 && signature[capacity] == 0xaa);
    EXPECT_OK(mldsa_sign_into(pair, seed, 3, NULL, 0, 0, signature, sizeof signature, &len));
    EXPECT(len == MLDSA44_SIGNATUREBYTES);
    mldsa_keypair_free(pair);
}

static const FFIOperationMetrics *find(const FFIMetrics *metrics, PqcOperation operation, uint32_t set)
{
    for (size_t i = 0; i < FFI_METRICS_OPERATIONS; i++) {
        const FFIOperationMetrics *entry = &metrics->operations[i];
        if (entry->operation == (uint32_t)operation && entry->parameter_set == set) return entry;
    }
    return NULL;
}

static void metrics_count(void)
{
    static FFIMetrics before, after;
    Value seed, one, other;
    EXPECT_OK(kem_generate(512, &seed));
    EXPECT_OK(ffi_get_performance_metrics(&before, sizeof before));
    EXPECT(kem_decapsulate(512, bytes_of(&seed), text("short"), &one) == PQC_STATUS_CIPHERTEXT_LENGTH);
    EXPECT_OK(kem_public_key(512, bytes_of(&seed), &one));
    EXPECT_OK(kem_encapsulate(512, bytes_of(&one), &other, &seed));
    EXPECT_OK(ffi_get_performance_metrics(&after, sizeof after));
    const FFIOperationMetrics *was = find(&before, PQC_OPERATION_MLKEM_DECAPSULATE, 512);
    const FFIOperationMetrics *is = find(&after, PQC_OPERATION_MLKEM_DECAPSULATE, 512);
    EXPECT(is->calls - was->calls == 1 && is->errors - was->errors == 1);
    EXPECT(is->by_status[PQC_STATUS_CIPHERTEXT_LENGTH] - was->by_status[PQC_STATUS_CIPHERTEXT_LENGTH] == 1);
    EXPECT(find(&after, PQC_OPERATION_MLKEM_IMPORT, 512)->calls - find(&before, PQC_OPERATION_MLKEM_IMPORT, 512)->calls == 3);
    EXPECT(after.live_handles == 0 && after.live_buffers == 0 && after.bytes_wiped > before.bytes_wiped);
}

static const struct {
    const char *name;
    void (*run)(void);
} TESTS[] = {
    {"key_exchange", key_exchange},
    {"tampered_ciphertext", tampered_ciphertext},
    {"signatures", signatures},
    {"kem_keys_are_loaded", kem_keys_are_loaded},
    {"dsa_keys_are_loaded", dsa_keys_are_loaded},
    {"errors", errors},
    {"capacity_is_kept", capacity_is_kept},
    {"metrics_count", metrics_count},
};

int main(int argc, char **argv)
{
    int ran = 0;
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++) {
        if (argc == 1 || strcmp(argv[1], TESTS[i].name) == 0) {
            TESTS[i].run();
            ran++;
        }
    }
    return ran > 0 ? 0 : 2;
}
