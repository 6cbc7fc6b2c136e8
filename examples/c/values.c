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

void wipe(void *data, size_t len)
{
    volatile uint8_t *byte = data;
    for (size_t i = 0; i < len; i++) {
        byte[i] = 0;
    }
}

int same(const Value *left, const Value *right)
{
    volatile uint8_t difference = 0;
    if (left->len != right->len) return 0;
    for (size_t i = 0; i < left->len; i++) {
        difference |= left->data[i] ^ right->data[i];
    }
    return difference == 0;
}

/* Moves bytes that the library allocated into a value. */
static PqcStatus take(PqcStatus status, FFIBuffer *buffer, Value *value)
{
    if (status == PQC_STATUS_OK && buffer->len > sizeof value->data) status = PQC_STATUS_OUTPUT_LENGTH;
    if (status == PQC_STATUS_OK) {
        memcpy(value->data, buffer->data, buffer->len);
        value->len = buffer->len;
    }
    ffi_buffer_free(buffer);
    return status;
}

/* Whether private keys are kept as their seeds. An unknown algorithm is refused by the call that follows. */
static int has_seed(KeySpec spec)
{
    const PqcAlgorithmInfo *info = pqc_algorithm_info(spec.algorithm);
    return info == NULL || info->seed_bytes > 0;
}

static PqcStatus private_key(KeySpec spec, Bytes kept, PqcPrivateKey **key)
{
    return has_seed(spec) ? pqc_private_key_from_seed(spec.algorithm, spec.flags, kept.data, kept.len, key)
                          : pqc_private_key_from_bytes(spec.algorithm, spec.flags, kept.data, kept.len, key);
}

PqcStatus generate(KeySpec spec, Value *secret_key)
{
    PqcPrivateKey *made = NULL;
    FFIBuffer buffer = {0};
    secret_key->len = 0;
    PqcStatus status = pqc_private_key_generate(spec.algorithm, spec.flags, &made);
    if (status == PQC_STATUS_OK) {
        status = has_seed(spec) ? pqc_private_key_seed(made, &buffer) : pqc_private_key_bytes(made, &buffer);
    }
    pqc_private_key_free(made);
    return take(status, &buffer, secret_key);
}

PqcStatus public_key(KeySpec spec, Bytes secret_key, Value *key)
{
    PqcPrivateKey *owner = NULL;
    PqcPublicKey *made = NULL;
    FFIBuffer buffer = {0};
    key->len = 0;
    PqcStatus status = private_key(spec, secret_key, &owner);
    if (status == PQC_STATUS_OK) status = pqc_private_key_public_key(owner, &made);
    if (status == PQC_STATUS_OK) status = pqc_public_key_bytes(made, &buffer);
    pqc_public_key_free(made);
    pqc_private_key_free(owner);
    return take(status, &buffer, key);
}

/* The functions named *_into write straight into the caller's memory. */
PqcStatus encapsulate(KeySpec spec, Bytes key, Value *ciphertext, Value *secret)
{
    PqcPublicKey *loaded = NULL;
    ciphertext->len = secret->len = 0;
    PqcStatus status = pqc_public_key_from_bytes(spec.algorithm, spec.flags, key.data, key.len, &loaded);
    if (status == PQC_STATUS_OK) {
        status = pqc_encapsulate_into(loaded, ciphertext->data, sizeof ciphertext->data, &ciphertext->len, secret->data,
                                      sizeof secret->data, &secret->len);
    }
    pqc_public_key_free(loaded);
    return status;
}

PqcStatus decapsulate(KeySpec spec, Bytes secret_key, Bytes ciphertext, Value *secret)
{
    PqcPrivateKey *key = NULL;
    secret->len = 0;
    PqcStatus status = private_key(spec, secret_key, &key);
    if (status == PQC_STATUS_OK) {
        status = pqc_decapsulate_into(key, ciphertext.data, ciphertext.len, secret->data, sizeof secret->data,
                                      &secret->len);
    }
    pqc_private_key_free(key);
    return status;
}

PqcStatus sign(KeySpec spec, Bytes secret_key, Bytes message, Bytes context, Value *signature)
{
    PqcPrivateKey *key = NULL;
    signature->len = 0;
    PqcStatus status = private_key(spec, secret_key, &key);
    if (status == PQC_STATUS_OK) {
        status = pqc_sign_into(key, message.data, message.len, context.data, context.len, 0, signature->data,
                               sizeof signature->data, &signature->len);
    }
    pqc_private_key_free(key);
    return status;
}

PqcStatus verify(KeySpec spec, Bytes key, Bytes message, Bytes context, Bytes signature)
{
    PqcPublicKey *loaded = NULL;
    PqcStatus status = pqc_public_key_from_bytes(spec.algorithm, spec.flags, key.data, key.len, &loaded);
    if (status == PQC_STATUS_OK) {
        status = pqc_verify(loaded, message.data, message.len, context.data, context.len, signature.data, signature.len);
    }
    pqc_public_key_free(loaded);
    return status;
}
