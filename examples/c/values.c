#include "values.h"

#include <string.h>

Bytes bytes_of(const Value *value)
{
    return (Bytes){value->data, value->len};
}

Bytes text(const char *characters)
{
    return (Bytes){(const uint8_t *)characters, strlen(characters)};
}

void wipe(Value *value)
{
    volatile uint8_t *byte = value->data;
    for (size_t i = 0; i < sizeof value->data; i++) {
        byte[i] = 0;
    }
    value->len = 0;
}

int same(const Value *left, const Value *right)
{
    volatile uint8_t difference = 0;
    if (left->len != right->len) {
        return 0;
    }
    for (size_t i = 0; i < left->len; i++) {
        difference |= left->data[i] ^ right->data[i];
    }
    return difference == 0;
}

/* Moves what the library allocated into a value. */
static PqcStatus take(PqcStatus status, FFIBuffer *buffer, Value *value)
{
    if (status == PQC_STATUS_OK && buffer->len > sizeof value->data) {
        status = PQC_STATUS_OUTPUT_LENGTH;
    }
    if (status == PQC_STATUS_OK) {
        memcpy(value->data, buffer->data, buffer->len);
        value->len = buffer->len;
    }
    ffi_buffer_free(buffer);
    return status;
}

PqcStatus kem_generate(uint32_t set, Value *seed)
{
    MlKemKeyPair *pair = NULL;
    FFIBuffer buffer = {0};
    seed->len = 0;
    PqcStatus status = mlkem_keypair_generate(set, 0, &pair);
    if (status == PQC_STATUS_OK) status = mlkem_keypair_seed_bytes(pair, &buffer);
    mlkem_keypair_free(pair);
    return take(status, &buffer, seed);
}

PqcStatus kem_public_key(uint32_t set, Bytes seed, Value *public_key)
{
    MlKemKeyPair *pair = NULL;
    FFIBuffer buffer = {0};
    public_key->len = 0;
    PqcStatus status = mlkem_keypair_from_seed(set, 0, seed.data, seed.len, &pair);
    if (status == PQC_STATUS_OK) status = mlkem_keypair_public_key_bytes(pair, &buffer);
    mlkem_keypair_free(pair);
    return take(status, &buffer, public_key);
}

/* The functions named *_into write straight into the caller's memory. */
PqcStatus kem_encapsulate(uint32_t set, Bytes public_key, Value *ciphertext, Value *secret)
{
    MlKemPublicKey *key = NULL;
    ciphertext->len = secret->len = 0;
    PqcStatus status = mlkem_public_key_from_bytes(set, 0, public_key.data, public_key.len, &key);
    if (status == PQC_STATUS_OK) {
        status = mlkem_encapsulate_into(key, ciphertext->data, sizeof ciphertext->data, &ciphertext->len, secret->data,
                                        sizeof secret->data, &secret->len);
    }
    mlkem_public_key_free(key);
    return status;
}

PqcStatus kem_decapsulate(uint32_t set, Bytes seed, Bytes ciphertext, Value *secret)
{
    MlKemKeyPair *pair = NULL;
    secret->len = 0;
    PqcStatus status = mlkem_keypair_from_seed(set, 0, seed.data, seed.len, &pair);
    if (status == PQC_STATUS_OK) {
        status = mlkem_decapsulate_into(pair, ciphertext.data, ciphertext.len, secret->data, sizeof secret->data,
                                        &secret->len);
    }
    mlkem_keypair_free(pair);
    return status;
}

PqcStatus dsa_generate(uint32_t set, Value *seed)
{
    MlDsaKeyPair *pair = NULL;
    FFIBuffer buffer = {0};
    seed->len = 0;
    PqcStatus status = mldsa_keypair_generate(set, 0, &pair);
    if (status == PQC_STATUS_OK) status = mldsa_keypair_seed_bytes(pair, &buffer);
    mldsa_keypair_free(pair);
    return take(status, &buffer, seed);
}

PqcStatus dsa_public_key(uint32_t set, Bytes seed, Value *public_key)
{
    MlDsaKeyPair *pair = NULL;
    FFIBuffer buffer = {0};
    public_key->len = 0;
    PqcStatus status = mldsa_keypair_from_seed(set, 0, seed.data, seed.len, &pair);
    if (status == PQC_STATUS_OK) status = mldsa_keypair_public_key_bytes(pair, &buffer);
    mldsa_keypair_free(pair);
    return take(status, &buffer, public_key);
}

PqcStatus dsa_sign(uint32_t set, Bytes seed, Bytes message, Bytes context, Value *signature)
{
    MlDsaKeyPair *pair = NULL;
    signature->len = 0;
    PqcStatus status = mldsa_keypair_from_seed(set, 0, seed.data, seed.len, &pair);
    if (status == PQC_STATUS_OK) {
        status = mldsa_sign_into(pair, message.data, message.len, context.data, context.len, 0, signature->data,
                                 sizeof signature->data, &signature->len);
    }
    mldsa_keypair_free(pair);
    return status;
}

PqcStatus dsa_verify(uint32_t set, Bytes public_key, Bytes message, Bytes context, Bytes signature)
{
    MlDsaPublicKey *key = NULL;
    PqcStatus status = mldsa_public_key_from_bytes(set, 0, public_key.data, public_key.len, &key);
    if (status == PQC_STATUS_OK) {
        status = mldsa_verify(key, message.data, message.len, context.data, context.len, signature.data, signature.len);
    }
    mldsa_public_key_free(key);
    return status;
}
