/* A complete program in C99 on pqc_ffi.h: key exchange, signatures, import and export, metrics, and what misuse gives.
 *
 *     cc -std=c99 -Iinclude tests/c/consumer.c libpqc_ffi.a -lpthread -ldl -lm
 *
 * Prints "ok", or what failed. */
#include "pqc_ffi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const FFIBuffer EMPTY = {NULL, 0, 0};

/* What the program is doing, for the line that it prints when that fails. */
static const char *step = "start";
static uint32_t set_id = 0;

static void begin(const char *what, uint32_t id)
{
    step = what;
    set_id = id;
}

static void expect_at(int line, int holds, const char *what)
{
    if (!holds) {
        printf("line %d: %s, parameter set %u: expected %s\n", line, step, (unsigned)set_id, what);
        exit(EXIT_FAILURE);
    }
}

static void expect_status_at(int line, PqcStatus expected, PqcStatus actual)
{
    if (expected != actual) {
        printf("line %d: %s, parameter set %u: expected \"%s\", got \"%s\"\n", line, step, (unsigned)set_id,
               ffi_status_message((int32_t)expected), ffi_status_message((int32_t)actual));
        exit(EXIT_FAILURE);
    }
}

#define EXPECT(condition) expect_at(__LINE__, (condition), #condition)
#define EXPECT_STATUS(expected, call) expect_status_at(__LINE__, (expected), (call))
#define EXPECT_OK(call) EXPECT_STATUS(PQC_STATUS_OK, call)

static int same(const FFIBuffer *left, const FFIBuffer *right)
{
    return left->len == right->len && memcmp(left->data, right->data, left->len) == 0;
}

static int is_empty(const FFIBuffer *buffer)
{
    return buffer->data == NULL && buffer->len == 0 && buffer->reserved == 0;
}

/* ML-KEM */

typedef struct {
    uint32_t id;
    size_t public_key, private_key, ciphertext;
} KemSet;

static const KemSet KEM_SETS[] = {
    {512, MLKEM512_PUBLICKEYBYTES, MLKEM512_PRIVATEKEYBYTES, MLKEM512_CIPHERTEXTBYTES},
    {768, MLKEM768_PUBLICKEYBYTES, MLKEM768_PRIVATEKEYBYTES, MLKEM768_CIPHERTEXTBYTES},
    {1024, MLKEM1024_PUBLICKEYBYTES, MLKEM1024_PRIVATEKEYBYTES, MLKEM1024_CIPHERTEXTBYTES},
};

/* Alice publishes her key, Bob encapsulates to it, Alice decapsulates: both have the same 32 bytes. */
static void exchange_keys(const KemSet *set)
{
    MlKemKeyPair *alice = NULL;
    MlKemPublicKey *alices_key = NULL;
    FFIBuffer published = EMPTY, ciphertext = EMPTY, bobs = EMPTY, alices = EMPTY;

    begin("ML-KEM key exchange", set->id);
    EXPECT_OK(mlkem_keypair_generate(set->id, 0, &alice));
    EXPECT_OK(mlkem_keypair_public_key_bytes(alice, &published));
    EXPECT(published.len == set->public_key);

    EXPECT_OK(mlkem_public_key_from_bytes(set->id, 0, published.data, published.len, &alices_key));
    EXPECT_OK(mlkem_encapsulate(alices_key, &ciphertext, &bobs));
    EXPECT(ciphertext.len == set->ciphertext && bobs.len == MLKEM_SHAREDSECRETBYTES);

    EXPECT_OK(mlkem_decapsulate(alice, ciphertext.data, ciphertext.len, &alices));
    EXPECT(same(&alices, &bobs));

    ffi_buffer_free(&alices);
    ffi_buffer_free(&bobs);
    ffi_buffer_free(&ciphertext);
    ffi_buffer_free(&published);
    mlkem_public_key_free(alices_key);
    mlkem_keypair_free(alice);
}

/* A hundred secrets for one key, and back. */
static void exchange_keys_in_batches(const KemSet *set)
{
    enum { COUNT = 100 };
    MlKemKeyPair *pair = NULL;
    MlKemPublicKey *key = NULL;
    FFIBuffer ciphertexts = EMPTY, sent = EMPTY, received = EMPTY;
    int32_t statuses[COUNT];

    begin("ML-KEM batches", set->id);
    EXPECT_OK(mlkem_keypair_generate_batch(set->id, 0, 1, 0, &pair, statuses));
    EXPECT_OK(mlkem_keypair_public_key(pair, &key));
    const MlKemKeyPair *const pairs[1] = {pair};
    const MlKemPublicKey *const keys[1] = {key};
    EXPECT_OK(mlkem_encapsulate_batch(keys, 1, COUNT, 1, &ciphertexts, &sent, statuses));
    EXPECT(ciphertexts.len == COUNT * set->ciphertext && sent.len == COUNT * MLKEM_SHAREDSECRETBYTES);
    const PqcColumn column = {NULL, ciphertexts.data, set->ciphertext, set->ciphertext};
    EXPECT_OK(mlkem_decapsulate_batch(pairs, 1, &column, COUNT, 1, &received, statuses));
    EXPECT(same(&sent, &received));

    ffi_buffer_free(&ciphertexts);
    ffi_buffer_free(&sent);
    ffi_buffer_free(&received);
    mlkem_public_key_free(key);
    mlkem_keypair_free(pair);
}

/* The same without a buffer of the library: ciphertexts in an array of rooms, secrets in rows of a table. */
static void exchange_keys_in_own_rooms(const KemSet *set)
{
    enum { COUNT = 100 };
    static uint8_t ciphertexts[COUNT][MLKEM1024_CIPHERTEXTBYTES];
    static uint8_t sent[COUNT][MLKEM_SHAREDSECRETBYTES], received[COUNT][MLKEM_SHAREDSECRETBYTES];
    MlKemKeyPair *pair = NULL;
    MlKemPublicKey *key = NULL;
    PqcRoom rooms[COUNT];
    PqcSlice slices[COUNT];
    int32_t statuses[COUNT];

    begin("ML-KEM batches in memory of the caller", set->id);
    EXPECT_OK(mlkem_keypair_generate(set->id, 0, &pair));
    EXPECT_OK(mlkem_keypair_public_key(pair, &key));
    for (size_t i = 0; i < COUNT; ++i) {
        rooms[i].data = ciphertexts[i];
        rooms[i].len = set->ciphertext;
        slices[i].data = ciphertexts[i];
        slices[i].len = set->ciphertext;
    }
    const MlKemKeyPair *const pairs[1] = {pair};
    const MlKemPublicKey *const keys[1] = {key};
    const PqcRooms carried = {rooms, NULL, 0, 0}, made = {NULL, sent[0], sizeof sent[0], sizeof sent[0]};
    const PqcRooms opened = {NULL, received[0], sizeof received[0], sizeof received[0]};
    const PqcColumn column = {slices, NULL, 0, 0};
    EXPECT_OK(mlkem_encapsulate_batch_into(keys, 1, COUNT, 1, &carried, &made, statuses));
    EXPECT_OK(mlkem_decapsulate_batch_into(pairs, 1, &column, COUNT, 1, &opened, statuses));
    EXPECT(memcmp(sent, received, sizeof sent) == 0);

    rooms[17].len = set->ciphertext - 1;
    EXPECT_STATUS(PQC_STATUS_BATCH_ITEMS, mlkem_encapsulate_batch_into(keys, 1, COUNT, 1, &carried, &made, statuses));
    for (size_t i = 0; i < COUNT; ++i) {
        EXPECT(statuses[i] == (i == 17 ? PQC_STATUS_OUTPUT_LENGTH : PQC_STATUS_OK));
    }

    mlkem_public_key_free(key);
    mlkem_keypair_free(pair);
}

/* A ciphertext that was changed on the way is no error: it gives a secret that nobody else has. */
static void reject_implicitly(const KemSet *set)
{
    MlKemKeyPair *pair = NULL;
    MlKemPublicKey *key = NULL;
    FFIBuffer ciphertext = EMPTY, sent = EMPTY, received = EMPTY;
    uint8_t changed[MLKEM1024_CIPHERTEXTBYTES];

    begin("ML-KEM implicit rejection", set->id);
    EXPECT_OK(mlkem_keypair_generate(set->id, 0, &pair));
    EXPECT_OK(mlkem_keypair_public_key(pair, &key));
    EXPECT_OK(mlkem_encapsulate(key, &ciphertext, &sent));
    memcpy(changed, ciphertext.data, ciphertext.len);
    changed[0] ^= 1;
    EXPECT_OK(mlkem_decapsulate(pair, changed, ciphertext.len, &received));
    EXPECT(!same(&received, &sent));

    ffi_buffer_free(&received);
    ffi_buffer_free(&sent);
    ffi_buffer_free(&ciphertext);
    mlkem_public_key_free(key);
    mlkem_keypair_free(pair);
}

/* A pair is stored as its seed, or as its expanded key, from which the seed cannot be had again. */
static void store_kem_keys(const KemSet *set)
{
    MlKemKeyPair *pair = NULL, *from_seed = NULL, *from_private = NULL;
    FFIBuffer seed = EMPTY, first = EMPTY, second = EMPTY, third = EMPTY, none = EMPTY;
    uint32_t id = 0;

    begin("ML-KEM import and export", set->id);
    EXPECT_OK(mlkem_keypair_generate(set->id, 0, &pair));
    EXPECT_OK(mlkem_keypair_seed_bytes(pair, &seed));
    EXPECT_OK(mlkem_keypair_private_key_bytes(pair, &first));
    EXPECT(seed.len == MLKEM_SEEDBYTES && first.len == set->private_key);

    EXPECT_OK(mlkem_keypair_from_seed(set->id, 0, seed.data, seed.len, &from_seed));
    EXPECT_OK(mlkem_keypair_private_key_bytes(from_seed, &second));
    EXPECT(same(&second, &first));

    EXPECT_OK(mlkem_keypair_from_private_key(set->id, 0, first.data, first.len, &from_private));
    EXPECT_OK(mlkem_keypair_private_key_bytes(from_private, &third));
    EXPECT(same(&third, &first));
    EXPECT_OK(mlkem_keypair_parameter_set(from_private, &id));
    EXPECT(id == set->id);
    EXPECT_STATUS(PQC_STATUS_SEED_UNAVAILABLE, mlkem_keypair_seed_bytes(from_private, &none));
    EXPECT(is_empty(&none));

    ffi_buffer_free(&third);
    ffi_buffer_free(&second);
    ffi_buffer_free(&first);
    ffi_buffer_free(&seed);
    mlkem_keypair_free(from_private);
    mlkem_keypair_free(from_seed);
    mlkem_keypair_free(pair);
}

/* A program that allocates nothing of the library's passes its own memory, of the sizes that it asks for. */
static void exchange_keys_in_own_memory(const KemSet *set)
{
    MlKemKeyPair *pair = NULL;
    MlKemPublicKey *key = NULL;
    uint8_t ciphertext[MLKEM1024_CIPHERTEXTBYTES], sent[MLKEM_SHAREDSECRETBYTES], received[MLKEM_SHAREDSECRETBYTES];
    size_t ciphertext_len = 1, sent_len = 1, received_len = 1;

    begin("ML-KEM key exchange in memory of the caller", set->id);
    EXPECT(mlkem_ciphertext_size(set->id) == set->ciphertext);
    EXPECT(mlkem_public_key_size(set->id) == set->public_key && mlkem_private_key_size(set->id) == set->private_key);
    EXPECT_OK(mlkem_keypair_generate(set->id, 0, &pair));
    EXPECT_OK(mlkem_keypair_public_key(pair, &key));
    EXPECT_STATUS(PQC_STATUS_OUTPUT_LENGTH, mlkem_encapsulate_into(key, ciphertext, set->ciphertext - 1, &ciphertext_len,
                                                                   sent, sizeof sent, &sent_len));
    EXPECT(ciphertext_len == 0 && sent_len == 0);
    EXPECT_OK(mlkem_encapsulate_into(key, ciphertext, sizeof ciphertext, &ciphertext_len, sent, sizeof sent, &sent_len));
    EXPECT(ciphertext_len == set->ciphertext && sent_len == sizeof sent);
    EXPECT_OK(mlkem_decapsulate_into(pair, ciphertext, ciphertext_len, received, sizeof received, &received_len));
    EXPECT(received_len == sent_len && memcmp(received, sent, sent_len) == 0);

    mlkem_public_key_free(key);
    mlkem_keypair_free(pair);
}

/* ML-DSA */

typedef struct {
    uint32_t id;
    size_t public_key, private_key, signature;
} DsaSet;

static const DsaSet DSA_SETS[] = {
    {44, MLDSA44_PUBLICKEYBYTES, MLDSA44_PRIVATEKEYBYTES, MLDSA44_SIGNATUREBYTES},
    {65, MLDSA65_PUBLICKEYBYTES, MLDSA65_PRIVATEKEYBYTES, MLDSA65_SIGNATUREBYTES},
    {87, MLDSA87_PUBLICKEYBYTES, MLDSA87_PRIVATEKEYBYTES, MLDSA87_SIGNATUREBYTES},
};

static const uint8_t MESSAGE[] = "Transfer 100 to Alice";
static const uint8_t OTHER_MESSAGE[] = "Transfer 900 to Alice";
static const uint8_t CONTEXT[] = "payments";

static PqcStatus verify(const MlDsaPublicKey *key, const uint8_t *message, const FFIBuffer *signature)
{
    return mldsa_verify(key, message, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, signature->data, signature->len);
}

/* A signature holds for its message in its context, and for nothing else. */
static void sign_and_verify(const DsaSet *set)
{
    MlDsaKeyPair *pair = NULL;
    MlDsaPublicKey *key = NULL;
    FFIBuffer signature = EMPTY;

    begin("ML-DSA signature", set->id);
    EXPECT_OK(mldsa_keypair_generate(set->id, 0, &pair));
    EXPECT_OK(mldsa_keypair_public_key(pair, &key));
    EXPECT_OK(mldsa_sign(pair, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, 0, &signature));
    EXPECT(signature.len == set->signature);
    EXPECT_OK(verify(key, MESSAGE, &signature));
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE, verify(key, OTHER_MESSAGE, &signature));
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE,
                  mldsa_verify(key, MESSAGE, sizeof MESSAGE, NULL, 0, signature.data, signature.len));

    ffi_buffer_free(&signature);
    mldsa_public_key_free(key);
    mldsa_keypair_free(pair);
}

/* The same with the signature in memory of the caller. */
static void sign_in_own_memory(const DsaSet *set)
{
    MlDsaKeyPair *pair = NULL;
    MlDsaPublicKey *key = NULL;
    uint8_t signature[MLDSA87_SIGNATUREBYTES];
    size_t len = 1;

    begin("ML-DSA signature in memory of the caller", set->id);
    EXPECT(mldsa_signature_size(set->id) == set->signature);
    EXPECT(mldsa_public_key_size(set->id) == set->public_key && mldsa_private_key_size(set->id) == set->private_key);
    EXPECT_OK(mldsa_keypair_generate(set->id, 0, &pair));
    EXPECT_OK(mldsa_keypair_public_key(pair, &key));
    EXPECT_OK(mldsa_sign_into(pair, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, 0, signature, sizeof signature, &len));
    EXPECT_STATUS(PQC_STATUS_OVERLAP,
                  mldsa_sign_into(pair, signature, len, CONTEXT, sizeof CONTEXT, 0, signature, sizeof signature, &len));
    EXPECT(len == set->signature);
    EXPECT_OK(mldsa_verify(key, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, signature, len));

    mldsa_public_key_free(key);
    mldsa_keypair_free(pair);
}

/* Signatures in rows; a forged one among them is told by its status, and by what the call returns. */
static void sign_and_verify_in_batches(const DsaSet *set)
{
    enum { COUNT = 20 };
    MlDsaKeyPair *pair = NULL;
    MlDsaPublicKey *key = NULL;
    FFIBuffer signatures = EMPTY;
    PqcSlice messages[COUNT];
    int32_t statuses[COUNT];

    begin("ML-DSA batches", set->id);
    EXPECT_OK(mldsa_keypair_generate_batch(set->id, 0, 1, 0, &pair, statuses));
    EXPECT_OK(mldsa_keypair_public_key(pair, &key));
    for (size_t i = 0; i < COUNT; ++i) {
        messages[i].data = MESSAGE;
        messages[i].len = i % sizeof MESSAGE;
    }
    const MlDsaKeyPair *const pairs[1] = {pair};
    const MlDsaPublicKey *const keys[1] = {key};
    const PqcColumn column = {messages, NULL, 0, 0}, context = {NULL, CONTEXT, sizeof CONTEXT, 0};
    EXPECT_OK(mldsa_sign_batch(pairs, 1, &column, &context, COUNT, 0, 1, &signatures, statuses));
    EXPECT(signatures.len == COUNT * set->signature);

    const PqcColumn rows = {NULL, signatures.data, set->signature, set->signature};
    EXPECT_OK(mldsa_verify_batch(keys, 1, &column, &context, &rows, COUNT, 1, statuses));
    signatures.data[17 * set->signature] ^= 1;
    EXPECT_STATUS(PQC_STATUS_BATCH_ITEMS, mldsa_verify_batch(keys, 1, &column, &context, &rows, COUNT, 1, statuses));
    for (size_t i = 0; i < COUNT; ++i) {
        EXPECT(statuses[i] == (i == 17 ? PQC_STATUS_INVALID_SIGNATURE : PQC_STATUS_OK));
    }

    ffi_buffer_free(&signatures);
    mldsa_public_key_free(key);
    mldsa_keypair_free(pair);
}

/* A message that is hashed in pieces is signed as if it were whole, by a key of the engine that can. */
static void sign_in_pieces(const DsaSet *set)
{
    MlDsaKeyPair *pair = NULL;
    MlDsaPublicKey *key = NULL;
    MlDsaMuHasher *hasher = NULL;
    FFIBuffer mu = EMPTY, signature = EMPTY;
    uint32_t options = 0;
    size_t bytes = 0;

    begin("ML-DSA signature of mu", set->id);
    EXPECT_OK(mldsa_keypair_generate(set->id, PQC_KEY_SIMD, &pair));
    EXPECT_OK(mldsa_keypair_options(pair, &options));
    EXPECT((options & (PQC_KEY_SIMD | PQC_KEY_LIBCRUX)) == PQC_KEY_SIMD);
    EXPECT_OK(mldsa_keypair_resident_bytes(pair, &bytes));
    EXPECT(bytes >= set->private_key);
    EXPECT_OK(mldsa_keypair_public_key(pair, &key));
    EXPECT_OK(mldsa_mu_hasher_from_public_key(key, CONTEXT, sizeof CONTEXT, &hasher));
    EXPECT_OK(mldsa_mu_hasher_update(hasher, MESSAGE, 3));
    EXPECT_OK(mldsa_mu_hasher_update(hasher, MESSAGE + 3, sizeof MESSAGE - 3));
    EXPECT_OK(mldsa_mu_hasher_finalize(hasher, &mu));
    EXPECT(mu.len == MLDSA_MUBYTES);
    EXPECT_OK(mldsa_sign_mu(pair, mu.data, mu.len, 0, &signature));
    EXPECT_OK(mldsa_verify_mu(key, mu.data, mu.len, signature.data, signature.len));
    EXPECT_OK(verify(key, MESSAGE, &signature));

    ffi_buffer_free(&signature);
    ffi_buffer_free(&mu);
    mldsa_mu_hasher_free(hasher);
    mldsa_public_key_free(key);
    mldsa_keypair_free(pair);
}

/* The public key and the seed are enough to verify and to sign elsewhere. */
static void store_dsa_keys(const DsaSet *set)
{
    MlDsaKeyPair *pair = NULL, *from_seed = NULL, *from_private = NULL;
    MlDsaPublicKey *key = NULL;
    FFIBuffer seed = EMPTY, public_key = EMPTY, private_key = EMPTY, first = EMPTY, second = EMPTY;

    begin("ML-DSA import and export", set->id);
    EXPECT_OK(mldsa_keypair_generate(set->id, 0, &pair));
    EXPECT_OK(mldsa_keypair_seed_bytes(pair, &seed));
    EXPECT_OK(mldsa_keypair_public_key_bytes(pair, &public_key));
    EXPECT_OK(mldsa_keypair_private_key_bytes(pair, &private_key));
    EXPECT(seed.len == MLDSA_SEEDBYTES && public_key.len == set->public_key && private_key.len == set->private_key);

    EXPECT_OK(mldsa_keypair_from_seed(set->id, 0, seed.data, seed.len, &from_seed));
    EXPECT_OK(mldsa_keypair_from_private_key(set->id, 0, private_key.data, private_key.len, &from_private));
    EXPECT_OK(mldsa_public_key_from_bytes(set->id, 0, public_key.data, public_key.len, &key));
    EXPECT_OK(mldsa_sign(from_seed, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, MLDSA_SIGN_DETERMINISTIC, &first));
    EXPECT_OK(
        mldsa_sign(from_private, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, MLDSA_SIGN_DETERMINISTIC, &second));
    EXPECT(same(&first, &second));
    EXPECT_OK(verify(key, MESSAGE, &first));

    ffi_buffer_free(&second);
    ffi_buffer_free(&first);
    ffi_buffer_free(&private_key);
    ffi_buffer_free(&public_key);
    ffi_buffer_free(&seed);
    mldsa_public_key_free(key);
    mldsa_keypair_free(from_private);
    mldsa_keypair_free(from_seed);
    mldsa_keypair_free(pair);
}

/* Misuse */

/* A call that fails says why and leaves nothing in its outputs, whatever was in them before. */
static void misuse_is_refused(void)
{
    uint8_t short_seed[MLKEM_SEEDBYTES - 1] = {0};
    uint8_t rubbish = 0;
    MlKemKeyPair *pair = NULL;
    FFIBuffer first = {&rubbish, 1, 2}, second = {&rubbish, 1, 2};

    begin("misuse", 0);
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_PARAMETER_SET, mlkem_keypair_generate(44, 0, &pair));
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_FLAGS, mlkem_keypair_generate(768, UINT32_C(1) << 31, &pair));
    EXPECT_STATUS(PQC_STATUS_SEED_LENGTH, mlkem_keypair_from_seed(768, 0, short_seed, sizeof short_seed, &pair));
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, mlkem_keypair_from_seed(768, 0, NULL, MLKEM_SEEDBYTES, &pair));
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, mlkem_keypair_generate(768, 0, NULL));
    EXPECT(pair == NULL);
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, mlkem_encapsulate(NULL, &first, &second));
    EXPECT(is_empty(&first) && is_empty(&second));
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, mldsa_verify(NULL, MESSAGE, sizeof MESSAGE, NULL, 0, MESSAGE, 1));
    EXPECT(strcmp(ffi_status_message(12345), "unknown status") == 0);
}

/* Whoever has a buffer frees it once; NULL, and the same struct again, are harmless. */
static void frees_are_forgiving(void)
{
    MlKemKeyPair *pair = NULL;
    FFIBuffer seed = EMPTY;

    begin("frees", 768);
    EXPECT_OK(mlkem_keypair_generate(768, 0, &pair));
    EXPECT_OK(mlkem_keypair_seed_bytes(pair, &seed));
    ffi_buffer_free(&seed);
    EXPECT(is_empty(&seed));
    ffi_buffer_free(&seed);
    EXPECT(is_empty(&seed));
    mlkem_keypair_free(pair);

    ffi_buffer_free(NULL);
    mlkem_keypair_free(NULL);
    mlkem_public_key_free(NULL);
    mldsa_keypair_free(NULL);
    mldsa_public_key_free(NULL);
}

/* Metrics */

/* Finds what was counted of an operation with a parameter set. */
static const FFIOperationMetrics *counts(const FFIMetrics *metrics, PqcOperation operation, uint32_t id)
{
    size_t i;
    for (i = 0; i < FFI_METRICS_OPERATIONS; i++) {
        const FFIOperationMetrics *entry = &metrics->operations[i];
        if (entry->operation == (uint32_t)operation && entry->parameter_set == id) return entry;
    }
    return NULL;
}

/* A snapshot before and one after tell what was done meanwhile, and the histogram agrees. */
static void operations_are_counted(void)
{
    static FFIMetrics before, after;
    const FFIOperationMetrics *entry;
    const FFIHistogramBucket *bucket;
    MlKemKeyPair *pair = NULL, *none = NULL;
    FFIBuffer histogram = EMPTY;
    uint64_t timed = 0;
    size_t i;

    begin("metrics", 768);
    EXPECT_OK(ffi_get_performance_metrics(&before, sizeof before));
    EXPECT_OK(mlkem_keypair_generate(768, 0, &pair));
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_FLAGS, mlkem_keypair_generate(768, UINT32_C(1) << 31, &none));
    EXPECT_OK(ffi_get_performance_metrics(&after, sizeof after));
    EXPECT(after.size == sizeof after && after.live_handles == before.live_handles + 1);
    entry = counts(&after, PQC_OPERATION_MLKEM_KEYGEN, 768);
    EXPECT(entry->calls == counts(&before, PQC_OPERATION_MLKEM_KEYGEN, 768)->calls + 2);
    EXPECT(entry->by_status[PQC_STATUS_OK] >= 1 && entry->min_ns <= entry->p50_ns);
    EXPECT(strcmp(ffi_operation_name(entry->operation), "mlkem_keygen") == 0);

    EXPECT_OK(ffi_get_latency_histogram(PQC_OPERATION_MLKEM_KEYGEN, 768, &histogram));
    bucket = (const FFIHistogramBucket *)(const void *)histogram.data;
    for (i = 0; i < histogram.len / sizeof *bucket; i++) timed += bucket[i].count;
    EXPECT(timed == entry->timed);

    ffi_buffer_free(&histogram);
    mlkem_keypair_free(pair);
}

/* The settings of the process hold for keys made from then on. */
static void settings_are_kept(void)
{
    const uint32_t before = ffi_get_optimizations();

    begin("settings", 0);
    EXPECT_OK(ffi_enable_optimizations(PQC_OPTIMIZE_SIMD | PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_TIMING_OFF));
    EXPECT(ffi_get_optimizations() == (PQC_OPTIMIZE_SIMD | PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_TIMING_OFF));
    EXPECT(strcmp(ffi_code_path(), "portable") == 0 && strcmp(ffi_engine(), "simd") == 0);
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_FLAGS, ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_BEST));
    EXPECT_OK(ffi_enable_optimizations(before | PQC_OPTIMIZE_WARM_UP));
    EXPECT(ffi_get_optimizations() == before);
}

int main(void)
{
    size_t i;

    begin("version", 0);
    EXPECT(ffi_abi_version() == PQC_ABI_VERSION);
    EXPECT(strlen(ffi_version()) > 0 && strlen(ffi_code_path()) > 0);
    for (i = 0; i < sizeof KEM_SETS / sizeof KEM_SETS[0]; i++) {
        exchange_keys(&KEM_SETS[i]);
        exchange_keys_in_own_memory(&KEM_SETS[i]);
        exchange_keys_in_batches(&KEM_SETS[i]);
        exchange_keys_in_own_rooms(&KEM_SETS[i]);
        reject_implicitly(&KEM_SETS[i]);
        store_kem_keys(&KEM_SETS[i]);
    }
    for (i = 0; i < sizeof DSA_SETS / sizeof DSA_SETS[0]; i++) {
        sign_and_verify(&DSA_SETS[i]);
        sign_in_own_memory(&DSA_SETS[i]);
        sign_and_verify_in_batches(&DSA_SETS[i]);
        sign_in_pieces(&DSA_SETS[i]);
        store_dsa_keys(&DSA_SETS[i]);
    }
    misuse_is_refused();
    frees_are_forgiving();
    operations_are_counted();
    settings_are_kept();
    puts("ok");
    return EXIT_SUCCESS;
}
