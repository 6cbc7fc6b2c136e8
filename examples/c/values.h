/* Values of fixed size over pqc_ffi.h. Nothing is allocated for the caller, so that nothing can be freed twice, used too
 * late or forgotten: a function makes a handle, uses it and frees it. Each returns the status of the library, and leaves
 * its results empty unless that is PQC_STATUS_OK. */
#ifndef VALUES_H
#define VALUES_H

#include <pqc_ffi.h>

/* Bytes that somebody else holds. */
typedef struct {
    const uint8_t *data;
    size_t len;
} Bytes;

/* Any key, seed, ciphertext, signature or secret: the largest is an ML-DSA-87 private key. */
typedef struct {
    size_t len;
    uint8_t data[MLDSA87_PRIVATEKEYBYTES];
} Value;

Bytes bytes_of(const Value *value);
Bytes text(const char *characters);

/* Overwrites a secret, in a way that the compiler does not leave out. */
void wipe(Value *value);

/* Compares in a time that does not depend on the bytes. */
int same(const Value *left, const Value *right);

/* ML-KEM (FIPS 203); `set` is 512, 768 or 1024. */
PqcStatus kem_generate(uint32_t set, Value *seed);
PqcStatus kem_public_key(uint32_t set, Bytes seed, Value *public_key);
PqcStatus kem_encapsulate(uint32_t set, Bytes public_key, Value *ciphertext, Value *secret);
PqcStatus kem_decapsulate(uint32_t set, Bytes seed, Bytes ciphertext, Value *secret);

/* ML-DSA (FIPS 204); `set` is 44, 65 or 87. */
PqcStatus dsa_generate(uint32_t set, Value *seed);
PqcStatus dsa_public_key(uint32_t set, Bytes seed, Value *public_key);
PqcStatus dsa_sign(uint32_t set, Bytes seed, Bytes message, Bytes context, Value *signature);
PqcStatus dsa_verify(uint32_t set, Bytes public_key, Bytes message, Bytes context, Bytes signature);

#endif
