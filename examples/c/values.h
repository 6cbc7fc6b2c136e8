/* Values of fixed size over pqc_ffi.h. The caller allocates nothing, so that nothing can be freed twice, used after its
 * end or leaked: a function makes a key, uses it and frees it. Each returns the status of the library, and leaves its
 * results with length 0 unless that is PQC_STATUS_OK.
 *
 * A private key is kept as its seed or, if its algorithm has no seed, as its bytes: `secret_key` is either. */
#ifndef VALUES_H
#define VALUES_H

#include <pqc_ffi.h>

/* Borrowed bytes. */
typedef struct {
    const uint8_t *data;
    size_t len;
} Bytes;

/* Any key, seed, ciphertext, signature or secret: the largest is a signature of SLH-DSA. */
typedef struct {
    size_t len;
    uint8_t data[SLHDSA256F_SIGNATUREBYTES];
} Value;

/* The algorithm of a key, PQC_ALGORITHM_*, and its flags: 0 or PQC_KEY_*. With PQC_KEY_LOCKED_MEMORY the library keeps the
 * key's secrets in locked memory; a Value is the caller's own memory. */
typedef struct {
    uint32_t algorithm, flags;
} KeySpec;

Bytes bytes_of(const Value *value);
Bytes text(const char *characters);

/* Overwrites a secret with zeros, which the compiler does not leave out. */
void wipe(void *data, size_t len);

/* Compares in a time that does not depend on the bytes. */
int same(const Value *left, const Value *right);

PQC_MUST_USE PqcStatus generate(KeySpec spec, Value *secret_key);
PQC_MUST_USE PqcStatus public_key(KeySpec spec, Bytes secret_key, Value *key);

PQC_MUST_USE PqcStatus encapsulate(KeySpec spec, Bytes key, Value *ciphertext, Value *secret);
PQC_MUST_USE PqcStatus decapsulate(KeySpec spec, Bytes secret_key, Bytes ciphertext, Value *secret);

/* A signature that is not valid is PQC_STATUS_INVALID_SIGNATURE. Signatures of a composite with ECDSA differ in length. */
PQC_MUST_USE PqcStatus sign(KeySpec spec, Bytes secret_key, Bytes message, Bytes context, Value *signature);
PQC_MUST_USE PqcStatus verify(KeySpec spec, Bytes key, Bytes message, Bytes context, Bytes signature);

#endif
