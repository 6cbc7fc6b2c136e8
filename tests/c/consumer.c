/* A complete program in C99 on pqc_ffi.h: key exchange, signatures, import and export, metrics, and misuse.
 *
 *     cc -std=c99 -Iinclude tests/c/consumer.c libpqc_ffi.a -lpthread -ldl -lm
 *
 * Prints "ok", or what failed. */
#include "pqc_ffi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const FFIBuffer EMPTY = {NULL, 0, 0};

/* The current step and its algorithm, for the line that a failure prints. */
static const char *step = "start", *algorithm = "none";

static void begin(const char *what, const PqcAlgorithmInfo *info)
{
    step = what;
    algorithm = info != NULL ? info->name : "none";
}

static void expect_at(int line, int holds, const char *what)
{
    if (!holds) {
        printf("line %d: %s, algorithm %s: expected %s\n", line, step, algorithm, what);
        exit(EXIT_FAILURE);
    }
}

static void expect_status_at(int line, PqcStatus expected, PqcStatus actual)
{
    if (expected != actual) {
        printf("line %d: %s, algorithm %s: expected \"%s\", got \"%s\"\n", line, step, algorithm,
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

/* Keys */

#define MLKEM(set)                                                                                                      \
    {PQC_ALGORITHM_MLKEM##set, PQC_KIND_KEM, MLKEM_SEEDBYTES, MLKEM##set##_PRIVATEKEYBYTES,                               \
     MLKEM##set##_PUBLICKEYBYTES, MLKEM##set##_CIPHERTEXTBYTES, MLKEM_SHAREDSECRETBYTES, MLKEM_RANDOMNESSBYTES}
#define MLDSA(set)                                                                                                      \
    {PQC_ALGORITHM_MLDSA##set, PQC_KIND_SIGNATURE, MLDSA_SEEDBYTES, MLDSA##set##_PRIVATEKEYBYTES,                         \
     MLDSA##set##_PUBLICKEYBYTES, MLDSA##set##_SIGNATUREBYTES, 0, MLDSA_RANDOMNESSBYTES}
#define HYBRID(set)                                                                                                     \
    {PQC_ALGORITHM_##set, PQC_KIND_KEM, HYBRIDKEM_SEEDBYTES, HYBRIDKEM_SEEDBYTES, set##_PUBLICKEYBYTES,                   \
     set##_CIPHERTEXTBYTES, PQC_SHAREDSECRETBYTES, set##_RANDOMNESSBYTES}
#define COMPOSITE(set)                                                                                                  \
    {PQC_ALGORITHM_##set, PQC_KIND_SIGNATURE, 0, set##_PRIVATEKEYBYTES, set##_PUBLICKEYBYTES, set##_SIGNATUREBYTES, 0,     \
     MLDSA_RANDOMNESSBYTES}
#define SLHDSA(hash, bits, kind)                                                                                        \
    {PQC_ALGORITHM_SLHDSA_##hash##_##bits##kind, PQC_KIND_SIGNATURE, SLHDSA##bits##_SEEDBYTES, SLHDSA##bits##_PRIVATEKEYBYTES, \
     SLHDSA##bits##_PUBLICKEYBYTES, SLHDSA##bits##kind##_SIGNATUREBYTES, 0, SLHDSA##bits##_RANDOMNESSBYTES}

/* The table agrees with the constants, and ends. */
static void sizes_are_constants(void)
{
    static const struct {
        uint32_t algorithm, kind;
        size_t seed, private_key, public_key, output, shared_secret, randomness; /* the output: ciphertext or signature */
    } EXPECTED[] = {
        MLKEM(512), MLKEM(768), MLKEM(1024), MLDSA(44), MLDSA(65), MLDSA(87),
        {PQC_ALGORITHM_XWING, PQC_KIND_KEM, XWING_SEEDBYTES, XWING_SEEDBYTES, XWING_PUBLICKEYBYTES, XWING_CIPHERTEXTBYTES,
         XWING_SHAREDSECRETBYTES, XWING_RANDOMNESSBYTES},
        HYBRID(MLKEM768_P256), HYBRID(MLKEM1024_P384),
        COMPOSITE(MLDSA44_ED25519), COMPOSITE(MLDSA44_ECDSA_P256), COMPOSITE(MLDSA65_ECDSA_P256),
        COMPOSITE(MLDSA65_ECDSA_P384), COMPOSITE(MLDSA65_ED25519), COMPOSITE(MLDSA87_ECDSA_P384),
        SLHDSA(SHA2, 128, S), SLHDSA(SHA2, 128, F), SLHDSA(SHA2, 192, S), SLHDSA(SHA2, 192, F), SLHDSA(SHA2, 256, S), SLHDSA(SHA2, 256, F),
        SLHDSA(SHAKE, 128, S), SLHDSA(SHAKE, 128, F), SLHDSA(SHAKE, 192, S), SLHDSA(SHAKE, 192, F), SLHDSA(SHAKE, 256, S), SLHDSA(SHAKE, 256, F),
    };
    size_t i;

    for (i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; ++i) {
        const PqcAlgorithmInfo *info = pqc_algorithm_info(EXPECTED[i].algorithm);
        begin("algorithm table", info);
        EXPECT(info != NULL && info->algorithm == EXPECTED[i].algorithm && info->kind == EXPECTED[i].kind);
        EXPECT(info->seed_bytes == EXPECTED[i].seed && info->private_key_bytes == EXPECTED[i].private_key);
        EXPECT(info->public_key_bytes == EXPECTED[i].public_key && info->randomness_bytes == EXPECTED[i].randomness);
        EXPECT(info->ciphertext_bytes + info->signature_bytes == EXPECTED[i].output);
        EXPECT(info->shared_secret_bytes == EXPECTED[i].shared_secret);
        EXPECT((info->ciphertext_bytes == 0) == (info->kind == PQC_KIND_SIGNATURE));
    }
    for (i = 0; pqc_algorithm_at(i) != NULL; ++i) {
        EXPECT(pqc_algorithm_info(pqc_algorithm_at(i)->algorithm) == pqc_algorithm_at(i));
    }
    EXPECT(i == sizeof EXPECTED / sizeof EXPECTED[0] && pqc_algorithm_info(0) == NULL);
}

static void make_keys(const PqcAlgorithmInfo *info, uint32_t flags, PqcPrivateKey **private_key, PqcPublicKey **public_key)
{
    *private_key = NULL;
    *public_key = NULL;
    EXPECT_OK(pqc_private_key_generate(info->algorithm, flags, private_key));
    EXPECT_OK(pqc_private_key_public_key(*private_key, public_key));
}

/* A composite has no seed. */
static int has_seed(const PqcAlgorithmInfo *info)
{
    return info->seed_bytes > 0;
}

/* The private key of SLH-DSA contains its seed, and files hold the whole private key. */
static int is_slhdsa(const PqcAlgorithmInfo *info)
{
    return strncmp(info->name, "SLH-DSA", 7) == 0;
}

/* A private key is stored as its bytes, or as its seed if the algorithm has seeds; the seed of an expanded key is unknown. */
static void store_private_keys(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *key = NULL, *loaded[2] = {NULL, NULL}, *none = NULL;
    FFIBuffer seed = EMPTY, bytes = EMPTY, other = EMPTY;
    uint32_t id = 0, options = 0;
    size_t resident = 0;
    int i;

    begin("private keys", info);
    EXPECT_OK(pqc_private_key_generate(info->algorithm, PQC_KEY_LOCKED_MEMORY, &key));
    EXPECT_OK(pqc_private_key_options(key, &options));
    EXPECT_OK(pqc_private_key_resident_bytes(key, &resident));
    EXPECT((options & PQC_KEY_LOCKED_MEMORY) != 0 && resident >= info->private_key_bytes);
    EXPECT_OK(pqc_private_key_bytes(key, &bytes));
    EXPECT_OK(pqc_private_key_from_bytes(info->algorithm, 0, bytes.data, bytes.len, &loaded[0]));
    if (has_seed(info)) {
        EXPECT_OK(pqc_private_key_seed(key, &seed));
        EXPECT_OK(pqc_private_key_from_seed(info->algorithm, 0, seed.data, seed.len, &loaded[1]));
    } else {
        EXPECT_STATUS(PQC_STATUS_SEED_UNAVAILABLE, pqc_private_key_seed(key, &seed));
        EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM,
                      pqc_private_key_from_seed(info->algorithm, 0, bytes.data, MLDSA_SEEDBYTES, &none));
        EXPECT(none == NULL);
    }
    EXPECT(seed.len == info->seed_bytes && bytes.len == info->private_key_bytes);
    for (i = 0; i < 1 + has_seed(info); ++i) {
        EXPECT_OK(pqc_private_key_algorithm(loaded[i], &id));
        EXPECT_OK(pqc_private_key_bytes(loaded[i], &other));
        EXPECT(id == info->algorithm && same(&other, &bytes));
        ffi_buffer_free(&other);
    }
    if (info->private_key_bytes != info->seed_bytes && !is_slhdsa(info)) {
        EXPECT_STATUS(PQC_STATUS_SEED_UNAVAILABLE, pqc_private_key_seed(loaded[0], &other));
        EXPECT(is_empty(&other));
    }

    ffi_buffer_free(&bytes);
    ffi_buffer_free(&seed);
    for (i = 0; i < 2; ++i) pqc_private_key_free(loaded[i]);
    pqc_private_key_free(key);
}

static void store_public_keys(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *owner, *another;
    PqcPublicKey *key, *other, *loaded = NULL;
    FFIBuffer bytes = EMPTY;
    uint32_t id = 0, equal = 0;

    begin("public keys", info);
    make_keys(info, 0, &owner, &key);
    make_keys(info, 0, &another, &other);
    EXPECT_OK(pqc_public_key_bytes(key, &bytes));
    EXPECT(bytes.len == info->public_key_bytes);
    EXPECT_OK(pqc_public_key_from_bytes(info->algorithm, 0, bytes.data, bytes.len, &loaded));
    EXPECT_OK(pqc_public_key_algorithm(loaded, &id));
    EXPECT_OK(pqc_public_key_equal(loaded, key, &equal));
    EXPECT(id == info->algorithm && equal == 1);
    EXPECT_OK(pqc_public_key_equal(loaded, other, &equal));
    EXPECT(equal == 0);

    ffi_buffer_free(&bytes);
    pqc_public_key_free(loaded);
    pqc_public_key_free(other);
    pqc_public_key_free(key);
    pqc_private_key_free(another);
    pqc_private_key_free(owner);
}

/* Files in the standard encodings name the algorithm. One private key is encrypted, which takes long under valgrind. */
static void encode_keys(const PqcAlgorithmInfo *info)
{
    static const uint8_t PASSWORD[] = "password";
    const size_t len = info->algorithm == PQC_ALGORITHM_MLDSA65_ED25519 ? sizeof PASSWORD : 0;
    const uint32_t form = has_seed(info) && !is_slhdsa(info) ? PQC_PRIVATE_KEY_SEED : PQC_PRIVATE_KEY_EXPANDED;
    PqcPrivateKey *owner, *decrypted = NULL;
    PqcPublicKey *key, *loaded = NULL;
    FFIBuffer encrypted = EMPTY, encoded = EMPTY;
    uint32_t id = 0, equal = 0;

    begin("encoded keys", info);
    make_keys(info, 0, &owner, &key);
    EXPECT_OK(pqc_private_key_to_pkcs8(owner, PASSWORD, len, form, PQC_ENCODING_PEM, &encrypted));
    EXPECT_OK(pqc_private_key_from_pkcs8(0, encrypted.data, encrypted.len, PASSWORD, len, 0, &decrypted));
    EXPECT_OK(pqc_private_key_algorithm(decrypted, &id));
    EXPECT_OK(pqc_public_key_to_spki(key, PQC_ENCODING_PEM, &encoded));
    EXPECT_OK(pqc_public_key_from_spki(0, encoded.data, encoded.len, &loaded));
    EXPECT_OK(pqc_public_key_equal(loaded, key, &equal));
    EXPECT(id == info->algorithm && equal == 1);

    ffi_buffer_free(&encoded);
    ffi_buffer_free(&encrypted);
    pqc_public_key_free(loaded);
    pqc_public_key_free(key);
    pqc_private_key_free(decrypted);
    pqc_private_key_free(owner);
}

/* A hybrid has no object identifier, and so no file. */
static void have_no_files(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *owner;
    PqcPublicKey *key;
    FFIBuffer encoded = EMPTY;

    begin("keys without an encoding", info);
    make_keys(info, 0, &owner, &key);
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM,
                  pqc_private_key_to_pkcs8(owner, NULL, 0, PQC_PRIVATE_KEY_SEED, PQC_ENCODING_PEM, &encoded));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM, pqc_public_key_to_spki(key, PQC_ENCODING_PEM, &encoded));
    EXPECT(is_empty(&encoded));

    pqc_public_key_free(key);
    pqc_private_key_free(owner);
}

/* KEM */

/* Bob encapsulates to Alice's key, Alice decapsulates: both have the same shared secret. A changed ciphertext has
 * another one, and is no error. */
static void exchange_keys(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *alice;
    PqcPublicKey *published;
    FFIBuffer ciphertext = EMPTY, bobs = EMPTY, alices = EMPTY, rejected = EMPTY;

    begin("key exchange", info);
    make_keys(info, 0, &alice, &published);
    EXPECT_OK(pqc_encapsulate(published, &ciphertext, &bobs));
    EXPECT(ciphertext.len == info->ciphertext_bytes && bobs.len == info->shared_secret_bytes);
    EXPECT_OK(pqc_decapsulate(alice, ciphertext.data, ciphertext.len, &alices));
    EXPECT(same(&alices, &bobs));
    ciphertext.data[0] ^= 1;
    EXPECT_OK(pqc_decapsulate(alice, ciphertext.data, ciphertext.len, &rejected));
    EXPECT(rejected.len == bobs.len && !same(&rejected, &bobs));

    ffi_buffer_free(&rejected);
    ffi_buffer_free(&alices);
    ffi_buffer_free(&bobs);
    ffi_buffer_free(&ciphertext);
    pqc_public_key_free(published);
    pqc_private_key_free(alice);
}

/* A program may pass its own memory, of the sizes in the table. */
static void exchange_keys_in_own_memory(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *pair;
    PqcPublicKey *key;
    uint8_t ciphertext[MLKEM1024_P384_CIPHERTEXTBYTES], sent[MLKEM_SHAREDSECRETBYTES], received[MLKEM_SHAREDSECRETBYTES];
    size_t ciphertext_len = 1, sent_len = 1, received_len = 1;

    begin("key exchange in memory of the caller", info);
    make_keys(info, 0, &pair, &key);
    EXPECT_STATUS(PQC_STATUS_OUTPUT_LENGTH, pqc_encapsulate_into(key, ciphertext, info->ciphertext_bytes - 1,
                                                                 &ciphertext_len, sent, sizeof sent, &sent_len));
    EXPECT(ciphertext_len == 0 && sent_len == 0);
    EXPECT_OK(pqc_encapsulate_into(key, ciphertext, sizeof ciphertext, &ciphertext_len, sent, sizeof sent, &sent_len));
    EXPECT(ciphertext_len == info->ciphertext_bytes && sent_len == sizeof sent);
    EXPECT_OK(pqc_decapsulate_into(pair, ciphertext, ciphertext_len, received, sizeof received, &received_len));
    EXPECT(received_len == sent_len && memcmp(received, sent, sent_len) == 0);

    pqc_public_key_free(key);
    pqc_private_key_free(pair);
}

enum { COUNT = 100 };

/* A hundred shared secrets for a key: ciphertexts in slots of the caller, secrets in rows of a table. */
static void exchange_keys_in_batches(const PqcAlgorithmInfo *info)
{
    static uint8_t ciphertexts[COUNT][MLKEM1024_P384_CIPHERTEXTBYTES];
    static uint8_t sent[COUNT][MLKEM_SHAREDSECRETBYTES], received[COUNT][MLKEM_SHAREDSECRETBYTES];
    PqcPrivateKey *pair = NULL;
    PqcPublicKey *key = NULL;
    PqcMutSlice slots[COUNT];
    PqcSlice slices[COUNT];
    int32_t statuses[COUNT];
    size_t lengths[COUNT], i;

    begin("KEM batches", info);
    EXPECT_OK(pqc_private_key_generate_batch(info->algorithm, 0, 1, 0, &pair, statuses));
    EXPECT_OK(pqc_private_key_public_key(pair, &key));
    for (i = 0; i < COUNT; ++i) {
        slots[i].data = ciphertexts[i];
        slots[i].len = info->ciphertext_bytes;
        slices[i].data = ciphertexts[i];
        slices[i].len = info->ciphertext_bytes;
    }
    const PqcPrivateKey *const pairs[1] = {pair};
    const PqcPublicKey *const handles[1] = {key};
    const PqcPublicKeys keys = {handles, 1, {NULL, NULL, 0, 0}, NULL, 0, 0};
    const PqcMutColumn carried = {slots, NULL, 0, 0, lengths}, made = {NULL, sent[0], sizeof sent[0], sizeof sent[0], NULL};
    const PqcMutColumn opened = {NULL, received[0], sizeof received[0], sizeof received[0], NULL};
    const PqcColumn column = {slices, NULL, 0, 0};
    EXPECT_OK(pqc_encapsulate_batch(&keys, COUNT, 1, &carried, &made, statuses));
    EXPECT_OK(pqc_decapsulate_batch(pairs, 1, &column, COUNT, 1, &opened, statuses));
    EXPECT(memcmp(sent, received, sizeof sent) == 0);

    slots[17].len = info->ciphertext_bytes - 1;
    EXPECT_STATUS(PQC_STATUS_BATCH_ITEMS, pqc_encapsulate_batch(&keys, COUNT, 1, &carried, &made, statuses));
    for (i = 0; i < COUNT; ++i) {
        EXPECT(statuses[i] == (i == 17 ? PQC_STATUS_OUTPUT_LENGTH : PQC_STATUS_OK));
        EXPECT(lengths[i] == (i == 17 ? 0 : info->ciphertext_bytes));
    }

    pqc_public_key_free(key);
    pqc_private_key_free(pair);
}

/* Signatures */

static const uint8_t MESSAGE[] = "Transfer 100 to Alice";
static const uint8_t OTHER_MESSAGE[] = "Transfer 900 to Alice";
static const uint8_t CONTEXT[] = "payments";

static PqcStatus verify(const PqcPublicKey *key, const uint8_t *message, const FFIBuffer *signature)
{
    return pqc_verify(key, message, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, signature->data, signature->len);
}

/* The length of an ECDSA half varies, so a composite signature may be shorter than the longest one. */
static int has_length(size_t len, const PqcAlgorithmInfo *info)
{
    return has_seed(info) ? len == info->signature_bytes
                          : len > MLDSA44_SIGNATUREBYTES && len <= info->signature_bytes;
}

/* A signature is valid for its message in its context, and for nothing else. */
static void sign_and_verify(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *signer;
    PqcPublicKey *key;
    FFIBuffer signature = EMPTY, other = EMPTY;

    begin("signature", info);
    make_keys(info, 0, &signer, &key);
    EXPECT_OK(pqc_sign(signer, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, PQC_SIGN_DETERMINISTIC, &signature));
    EXPECT(has_length(signature.len, info));
    EXPECT_OK(verify(key, MESSAGE, &signature));
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE, verify(key, OTHER_MESSAGE, &signature));
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE,
                  pqc_verify(key, MESSAGE, sizeof MESSAGE, NULL, 0, signature.data, signature.len));
    EXPECT_OK(pqc_sign(signer, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, PQC_SIGN_DETERMINISTIC, &other));
    EXPECT(same(&signature, &other));

    ffi_buffer_free(&other);
    ffi_buffer_free(&signature);
    pqc_public_key_free(key);
    pqc_private_key_free(signer);
}

/* Memory of the caller that is too small is zeroed, nothing is written behind it, and it may be no input. */
static void sign_in_own_memory(const PqcAlgorithmInfo *info)
{
    static uint8_t signature[SLHDSA128F_SIGNATUREBYTES];
    const size_t size = info->signature_bytes, capacity = size - 1;
    PqcPrivateKey *signer;
    PqcPublicKey *key;
    size_t len = 1;

    begin("signature in memory of the caller", info);
    make_keys(info, 0, &signer, &key);
    memset(signature, 0xaa, sizeof signature);
    EXPECT_STATUS(PQC_STATUS_OUTPUT_LENGTH, pqc_sign_into(signer, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, 0,
                                                          signature, capacity, &len));
    EXPECT(len == 0 && signature[0] == 0 && signature[capacity - 1] == 0 && signature[capacity] == 0xaa);
    EXPECT_OK(pqc_sign_into(signer, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, 0, signature, size, &len));
    EXPECT_STATUS(PQC_STATUS_OVERLAP,
                  pqc_sign_into(signer, signature, len, CONTEXT, sizeof CONTEXT, 0, signature, sizeof signature, &len));
    EXPECT(has_length(len, info));
    EXPECT_OK(pqc_verify(key, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, signature, len));

    pqc_public_key_free(key);
    pqc_private_key_free(signer);
}

/* Signatures in rows, with their lengths; the status of a forged one reports it, and so does the status of the call. */
static void sign_and_verify_in_batches(const PqcAlgorithmInfo *info)
{
    enum { ITEMS = 20 };
    static uint8_t signatures[ITEMS * SLHDSA128F_SIGNATUREBYTES];
    const size_t size = info->signature_bytes;
    PqcPrivateKey *signer = NULL;
    PqcPublicKey *key = NULL;
    FFIBuffer bytes = EMPTY;
    PqcSlice messages[ITEMS], made[ITEMS];
    int32_t statuses[ITEMS];
    size_t lengths[ITEMS], i;

    begin("signature batches", info);
    EXPECT_OK(pqc_private_key_generate_batch(info->algorithm, 0, 1, 0, &signer, statuses));
    EXPECT_OK(pqc_private_key_public_key(signer, &key));
    EXPECT_OK(pqc_public_key_bytes(key, &bytes));
    for (i = 0; i < ITEMS; ++i) {
        messages[i].data = MESSAGE;
        messages[i].len = i % sizeof MESSAGE;
    }
    const PqcPrivateKey *const signers[1] = {signer};
    const PqcPublicKey *const handles[1] = {key};
    const PqcPublicKeys keys = {handles, 1, {NULL, NULL, 0, 0}, NULL, 0, 0};
    const PqcPublicKeys encodings = {NULL, 0, {NULL, bytes.data, bytes.len, 0}, &info->algorithm, 1, 0};
    const PqcColumn column = {messages, NULL, 0, 0}, context = {NULL, CONTEXT, sizeof CONTEXT, 0};
    const PqcMutColumn out = {NULL, signatures, size, size, lengths};
    EXPECT_OK(pqc_sign_batch(signers, 1, &column, &context, ITEMS, 0, 1, &out, statuses));
    for (i = 0; i < ITEMS; ++i) {
        EXPECT(has_length(lengths[i], info));
        made[i].data = signatures + i * size;
        made[i].len = lengths[i];
    }

    const PqcColumn slices = {made, NULL, 0, 0};
    EXPECT_OK(pqc_verify_batch(&keys, &column, &context, &slices, ITEMS, 1, statuses));
    signatures[17 * size] ^= 1;
    EXPECT_STATUS(PQC_STATUS_BATCH_ITEMS, pqc_verify_batch(&encodings, &column, &context, &slices, ITEMS, 1, statuses));
    for (i = 0; i < ITEMS; ++i) {
        EXPECT(statuses[i] == (i == 17 ? PQC_STATUS_INVALID_SIGNATURE : PQC_STATUS_OK));
    }

    ffi_buffer_free(&bytes);
    pqc_public_key_free(key);
    pqc_private_key_free(signer);
}

/* A message that is hashed in chunks is signed as if it were whole. */
static void sign_in_chunks(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *signer;
    PqcPublicKey *key;
    PqcMuHasher *hasher = NULL, *whole = NULL;
    FFIBuffer mu = EMPTY, signature = EMPTY;
    uint32_t options = 0;

    begin("signature of mu", info);
    make_keys(info, PQC_KEY_PORTABLE, &signer, &key);
    EXPECT_OK(pqc_private_key_options(signer, &options));
    EXPECT(options == PQC_KEY_PORTABLE);
    EXPECT_OK(pqc_mu_hasher_from_public_key(key, CONTEXT, sizeof CONTEXT, &hasher));
    EXPECT_OK(pqc_mu_hasher_update(hasher, MESSAGE, 3));
    EXPECT_OK(pqc_mu_hasher_copy(hasher, &whole));
    EXPECT_OK(pqc_mu_hasher_update(whole, MESSAGE + 3, sizeof MESSAGE - 3));
    EXPECT_OK(pqc_mu_hasher_finalize(whole, &mu));
    EXPECT(mu.len == MLDSA_MUBYTES);
    EXPECT_OK(pqc_sign_mu(signer, mu.data, mu.len, 0, &signature));
    EXPECT_OK(pqc_verify_mu(key, mu.data, mu.len, signature.data, signature.len));
    EXPECT_OK(verify(key, MESSAGE, &signature));

    ffi_buffer_free(&signature);
    ffi_buffer_free(&mu);
    pqc_mu_hasher_free(whole);
    pqc_mu_hasher_free(hasher);
    pqc_public_key_free(key);
    pqc_private_key_free(signer);
}

/* Both halves of a composite signature must be valid, it ends with its second half, and a digest is signed by its own hash
 * function only, mu never. */
static void sign_with_both_halves(const PqcAlgorithmInfo *info)
{
    static uint8_t longer[MLDSA87_ECDSA_P384_SIGNATUREBYTES + 1];
    const uint8_t digest[64] = {0};
    PqcPrivateKey *signer;
    PqcPublicKey *key;
    PqcMuHasher *hasher = NULL;
    FFIBuffer signature = EMPTY, none = EMPTY;

    begin("halves of a signature", info);
    make_keys(info, 0, &signer, &key);
    EXPECT_OK(pqc_sign(signer, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, 0, &signature));
    memcpy(longer, signature.data, signature.len);
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE,
                  pqc_verify(key, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, longer, signature.len + 1));
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE,
                  pqc_verify(key, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, longer, signature.len - 1));
    signature.data[0] ^= 1;
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE, verify(key, MESSAGE, &signature));
    signature.data[0] ^= 1;
    signature.data[signature.len - 1] ^= 1;
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE, verify(key, MESSAGE, &signature));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM, pqc_mu_hasher_from_public_key(key, CONTEXT, sizeof CONTEXT, &hasher));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM, pqc_sign_mu(signer, digest, sizeof digest, 0, &none));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM,
                  pqc_sign_prehashed(signer, PQC_HASH_SHA3_512, digest, sizeof digest, NULL, 0, 0, &none));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM,
                  pqc_verify_prehashed(key, PQC_HASH_SHA3_512, digest, sizeof digest, NULL, 0, signature.data, signature.len));
    EXPECT(hasher == NULL && is_empty(&none));

    ffi_buffer_free(&signature);
    pqc_public_key_free(key);
    pqc_private_key_free(signer);
}

/* A composite is stored in one form, and the classical half of its public key is a point of its curve. */
static void check_keys_of_composite(const PqcAlgorithmInfo *info)
{
    PqcPrivateKey *owner;
    PqcPublicKey *key, *loaded = NULL;
    FFIBuffer bytes = EMPTY, none = EMPTY;

    begin("keys of a composite", info);
    make_keys(info, 0, &owner, &key);
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM,
                  pqc_private_key_to_pkcs8(owner, NULL, 0, PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, &none));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM,
                  pqc_private_key_to_pkcs8(owner, NULL, 0, PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_DER, &none));
    EXPECT_OK(pqc_public_key_bytes(key, &bytes));
    memset(bytes.data + bytes.len - 32, 0xff, 32); /* no encoding of Ed25519, and no y of a point with this x */
    EXPECT_STATUS(PQC_STATUS_PUBLIC_KEY_POINT,
                  pqc_public_key_from_bytes(info->algorithm, 0, bytes.data, bytes.len, &loaded));
    EXPECT(loaded == NULL && is_empty(&none));

    ffi_buffer_free(&bytes);
    pqc_public_key_free(key);
    pqc_private_key_free(owner);
}

/* The eight names of the first version, on the same keys: six take keys of their own family, the frees take any. */
static void families_have_names(void)
{
    MlKemKeyPair *pair = NULL, *none = NULL;
    MlDsaKeyPair *signer = NULL;
    MlKemPublicKey *key = NULL;
    MlDsaPublicKey *verifier = NULL;
    FFIBuffer ciphertext = EMPTY, sent = EMPTY, received = EMPTY, signature = EMPTY;

    begin("names of the families", NULL);
    EXPECT_OK(mlkem_keypair_generate(768, 0, &pair));
    EXPECT_OK(mldsa_keypair_generate(65, 0, &signer));
    EXPECT_OK(pqc_private_key_public_key(pair, &key));
    EXPECT_OK(pqc_private_key_public_key(signer, &verifier));
    EXPECT_OK(mlkem_encapsulate(key, &ciphertext, &sent));
    EXPECT_OK(mlkem_decapsulate(pair, ciphertext.data, ciphertext.len, &received));
    EXPECT(same(&sent, &received));
    EXPECT_OK(mldsa_sign(signer, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, 0, &signature));
    EXPECT_OK(mldsa_verify(verifier, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, signature.data, signature.len));
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE,
                  mldsa_verify(verifier, OTHER_MESSAGE, sizeof MESSAGE, NULL, 0, signature.data, signature.len));
    ffi_buffer_free(&received);
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_ALGORITHM, mlkem_keypair_generate(65, 0, &none));
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_ALGORITHM, mldsa_keypair_generate(768, 0, &none));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM,
                  mlkem_decapsulate(signer, ciphertext.data, ciphertext.len, &received));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM, mldsa_verify(key, MESSAGE, sizeof MESSAGE, NULL, 0, signature.data, 1));
    EXPECT(none == NULL && is_empty(&received));

    ffi_buffer_free(&signature);
    ffi_buffer_free(&sent);
    ffi_buffer_free(&ciphertext);
    pqc_public_key_free(verifier);
    pqc_public_key_free(key);
    mldsa_keypair_free(pair);
    mlkem_keypair_free(signer);
}

/* Misuse */

/* A call that fails reports why and leaves its outputs zeroed, whatever they held before. */
static void misuse_is_refused(void)
{
    uint8_t short_seed[MLKEM_SEEDBYTES - 1] = {0};
    uint8_t sentinel = 0;
    PqcPrivateKey *key = NULL;
    FFIBuffer first = {&sentinel, 1, 2}, second = {&sentinel, 1, 2};

    begin("misuse", NULL);
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_ALGORITHM, pqc_private_key_generate(45, 0, &key));
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_FLAGS, pqc_private_key_generate(768, UINT32_C(1) << 31, &key));
    EXPECT_STATUS(PQC_STATUS_SEED_LENGTH, pqc_private_key_from_seed(768, 0, short_seed, sizeof short_seed, &key));
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, pqc_private_key_from_seed(768, 0, NULL, MLKEM_SEEDBYTES, &key));
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, pqc_private_key_generate(768, 0, NULL));
    EXPECT(key == NULL);
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, pqc_encapsulate(NULL, &first, &second));
    EXPECT(is_empty(&first) && is_empty(&second));
    EXPECT_STATUS(PQC_STATUS_NULL_POINTER, pqc_verify(NULL, MESSAGE, sizeof MESSAGE, NULL, 0, MESSAGE, 1));
    EXPECT_OK(pqc_private_key_generate(768, 0, &key));
    EXPECT_STATUS(PQC_STATUS_WRONG_ALGORITHM, pqc_sign(key, MESSAGE, sizeof MESSAGE, NULL, 0, 0, &first));
    EXPECT(is_empty(&first));
    pqc_private_key_free(key);
    EXPECT(strcmp(ffi_status_message(12345), "unknown status") == 0);
}

/* The caller frees a buffer once; NULL, and the same struct again, are harmless. */
static void frees_are_forgiving(void)
{
    PqcPrivateKey *key = NULL;
    FFIBuffer seed = EMPTY;

    begin("frees", NULL);
    EXPECT_OK(pqc_private_key_generate(768, 0, &key));
    EXPECT_OK(pqc_private_key_seed(key, &seed));
    ffi_buffer_free(&seed);
    EXPECT(is_empty(&seed));
    ffi_buffer_free(&seed);
    EXPECT(is_empty(&seed));
    pqc_private_key_free(key);

    ffi_buffer_free(NULL);
    pqc_private_key_free(NULL);
    pqc_public_key_free(NULL);
    pqc_mu_hasher_free(NULL);
    mlkem_keypair_free(NULL);
    mldsa_keypair_free(NULL);
}

/* Metrics */

/* Finds the counts of an action with an algorithm. */
static FFIOperationMetrics counts(PqcAction action, uint32_t algorithm)
{
    FFIOperationMetrics found;
    size_t i;
    for (i = 0; i < ffi_metrics_count(); i++) {
        EXPECT_OK(ffi_metrics_at(i, &found));
        if (found.action == (uint32_t)action && found.algorithm == algorithm) return found;
    }
    EXPECT(!"an operation is not counted");
    return found;
}

/* Finds the same in a report of all that were called. */
static const FFIOperationMetrics *reported(const FFIBuffer *report, PqcAction action, uint32_t algorithm)
{
    const FFIOperationMetrics *called = (const FFIOperationMetrics *)(const void *)report->data;
    size_t i;
    for (i = 0; i < report->len / sizeof *called; i++) {
        if (called[i].action == (uint32_t)action && called[i].algorithm == algorithm) return &called[i];
    }
    return NULL;
}

/* Snapshots before and after show what happened between them, and the histogram agrees. */
static void operations_are_counted(void)
{
    FFIMetrics before, after;
    FFIOperationMetrics was, is;
    PqcPrivateKey *key = NULL, *none = NULL;
    FFIBuffer report = EMPTY;
    uint64_t timed = 0;
    size_t i;

    begin("metrics", NULL);
    EXPECT_OK(ffi_get_performance_metrics(&before, sizeof before));
    EXPECT(before.live_handles == 0 && before.live_buffers == 0);
    was = counts(PQC_ACTION_GENERATE, 768);
    EXPECT_OK(pqc_private_key_generate(768, 0, &key));
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_FLAGS, pqc_private_key_generate(768, UINT32_C(1) << 31, &none));
    EXPECT_OK(ffi_get_performance_metrics(&after, sizeof after));
    EXPECT(after.size == sizeof after && after.live_handles == 1);
    EXPECT(after.calls == before.calls + 2 && after.errors == before.errors + 1);
    is = counts(PQC_ACTION_GENERATE, 768);
    EXPECT(is.calls == was.calls + 2 && is.errors == was.errors + 1);
    EXPECT(is.by_status[PQC_STATUS_OK] >= 1 && is.min_ns <= is.p50_ns);
    EXPECT(strcmp(ffi_action_name(is.action), "generate") == 0);
    for (i = 0; i < FFI_METRICS_BUCKETS; i++) {
        timed += is.buckets[i];
        EXPECT(ffi_metrics_bucket_ns(i) < ffi_metrics_bucket_ns(i + 1));
    }
    EXPECT(timed == is.timed);

    EXPECT_OK(ffi_metrics_report(&after, sizeof after, &report));
    EXPECT(memcmp(reported(&report, PQC_ACTION_GENERATE, 768), &is, sizeof is) == 0);
    EXPECT(reported(&report, PQC_ACTION_SIGN, 768) == NULL);
    ffi_buffer_free(&report);
    pqc_private_key_free(key);
    EXPECT_OK(ffi_get_performance_metrics(&after, sizeof after));
    EXPECT(after.live_handles == 0 && after.live_buffers == 0 && after.bytes_wiped > before.bytes_wiped);
}

/* The operations of a composite are counted under its name, not under ML-DSA. */
static void composite_is_counted(const PqcAlgorithmInfo *info)
{
    static const struct {
        PqcAction action;
        uint64_t calls;
    } EXPECTED[] = {
        {PQC_ACTION_GENERATE, 1},
        {PQC_ACTION_IMPORT, 1},
        {PQC_ACTION_SIGN, 1},
        {PQC_ACTION_VERIFY, 2},
    };
    FFIMetrics before, after;
    uint64_t was[sizeof EXPECTED / sizeof EXPECTED[0]];
    PqcPrivateKey *signer;
    PqcPublicKey *key, *loaded = NULL;
    FFIBuffer bytes = EMPTY, signature = EMPTY;
    size_t i;

    begin("metrics of composites", info);
    EXPECT_OK(ffi_get_performance_metrics(&before, sizeof before));
    for (i = 0; i < sizeof was / sizeof was[0]; ++i) was[i] = counts(EXPECTED[i].action, info->algorithm).calls;
    make_keys(info, 0, &signer, &key);
    EXPECT_OK(pqc_public_key_bytes(key, &bytes));
    EXPECT_OK(pqc_public_key_from_bytes(info->algorithm, 0, bytes.data, bytes.len, &loaded));
    EXPECT_OK(pqc_sign(signer, MESSAGE, sizeof MESSAGE, CONTEXT, sizeof CONTEXT, 0, &signature));
    EXPECT_OK(verify(loaded, MESSAGE, &signature));
    EXPECT_STATUS(PQC_STATUS_INVALID_SIGNATURE, verify(loaded, OTHER_MESSAGE, &signature));
    EXPECT_OK(ffi_get_performance_metrics(&after, sizeof after));
    for (i = 0; i < sizeof was / sizeof was[0]; ++i) {
        EXPECT(counts(EXPECTED[i].action, info->algorithm).calls == was[i] + EXPECTED[i].calls);
    }
    EXPECT(after.calls == before.calls + 5);

    ffi_buffer_free(&signature);
    ffi_buffer_free(&bytes);
    pqc_public_key_free(loaded);
    pqc_public_key_free(key);
    pqc_private_key_free(signer);
}

/* The settings of the process hold for keys that are made afterwards. */
static void settings_are_kept(void)
{
    const uint32_t before = ffi_get_optimizations();

    begin("settings", NULL);
    EXPECT_OK(ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_TIMING_OFF));
    EXPECT(ffi_get_optimizations() == (PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_TIMING_OFF));
    EXPECT(strcmp(ffi_code_path(), "portable") == 0 && strcmp(ffi_engine(), "simd") == 0);
    EXPECT_STATUS(PQC_STATUS_UNKNOWN_FLAGS, ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_BEST));
    EXPECT_OK(ffi_enable_optimizations(before | PQC_OPTIMIZE_WARM_UP));
    EXPECT(ffi_get_optimizations() == before);
}

int main(void)
{
    const PqcAlgorithmInfo *info;
    size_t i;

    begin("version", NULL);
    EXPECT(ffi_abi_version() == PQC_ABI_VERSION);
    EXPECT(strlen(ffi_version()) > 0 && strlen(ffi_code_path()) > 0);
    sizes_are_constants();
    for (i = 0; (info = pqc_algorithm_at(i)) != NULL; ++i) {
        if (info->slowest_us > 50000) continue; /* all sets of SLH-DSA but the fastest one */
        store_private_keys(info);
        store_public_keys(info);
        if (*info->oid == 0) {
            have_no_files(info);
        } else if (info->algorithm != PQC_ALGORITHM_XWING) {
            encode_keys(info);
        }
        if (info->kind == PQC_KIND_KEM) {
            exchange_keys(info);
            exchange_keys_in_own_memory(info);
            exchange_keys_in_batches(info);
        } else {
            sign_and_verify(info);
            sign_in_own_memory(info);
            sign_and_verify_in_batches(info);
            if (has_seed(info) && !is_slhdsa(info)) sign_in_chunks(info);
        }
        if (!has_seed(info)) {
            sign_with_both_halves(info);
            check_keys_of_composite(info);
            composite_is_counted(info);
        }
    }
    families_have_names();
    misuse_is_refused();
    frees_are_forgiving();
    operations_are_counted();
    settings_are_kept();
    puts("ok");
    return EXIT_SUCCESS;
}
