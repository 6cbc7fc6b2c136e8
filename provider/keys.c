/* Keys: objects with references, of a private key, a public key, or one side of a key exchange. */
#include "provider.h"

#include <stdlib.h>
#include <string.h>

Key *key_new(const Algorithm *algorithm)
{
    Key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        fail(algorithm->provider, PQC_STATUS_OUT_OF_MEMORY);
        return NULL;
    }
    atomic_init(&key->references, 1);
    key->algorithm = algorithm;
    return key;
}

Key *key_share(const Key *key)
{
    Key *shared = (Key *)key;
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return shared;
}

void key_free(void *keydata)
{
    Key *key = keydata;
    if (key == NULL || atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) != 1)
        return;
    pqc_private_key_free(key->private_key);
    pqc_public_key_free(key->public_key);
    pqc_exchange_key_free(key->exchange_key);
    pqc_exchange_share_free(key->exchange_share);
    ffi_buffer_free(&key->share);
    free(key);
}

int key_has_private(const Key *key)
{
    return key->private_key != NULL || key->exchange_key != NULL;
}

int key_has_public(const Key *key)
{
    return key->public_key != NULL || key->share.data != NULL;
}

int key_has(const void *keydata, int selection)
{
    const Key *key = keydata;
    return key != NULL && (!(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || key_has_private(key))
        && (!(selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) || key_has_public(key));
}

/* Holds the key of an operation; the last one if none is passed. */
int key_hold(Key **held, const Key *key, const Algorithm *algorithm, int selection)
{
    Key *last = *held;
    if (key != NULL && key->algorithm->id != algorithm->id)
        return fail(algorithm->provider, REASON_KEY_TYPE);
    if (!key_has(key != NULL ? key : last, selection))
        return fail(algorithm->provider, REASON_NO_KEY);
    if (key != NULL) {
        *held = key_share(key);
        key_free(last);
    }
    return 1;
}

/* Takes over a private key, also if it fails. */
int key_set_private(Key *key, PqcPrivateKey *private_key)
{
    key->private_key = private_key;
    return succeeds(key->algorithm->provider, pqc_private_key_public_key(private_key, &key->public_key));
}

/* Loads a public key into an empty object. */
int key_load_public(Key *key, const OSSL_PARAM *parameter)
{
    const Algorithm *algorithm = key->algorithm;
    const uint8_t *bytes;
    size_t len;
    if (!parameter_bytes(parameter, &bytes, &len))
        return fail(algorithm->provider, REASON_PARAMETER);
    if (key_has_public(key))
        return fail(algorithm->provider, REASON_KEY_IS_SET);
    if (!algorithm->is_exchange)
        return succeeds(algorithm->provider, pqc_public_key_from_bytes(algorithm->id, 0, bytes, len, &key->public_key));
    /* What is checked is the copy: the caller's memory may change. */
    if (!succeeds(algorithm->provider, ffi_buffer_zeroed(0, len, &key->share)))
        return 0;
    if (len > 0)
        memcpy(key->share.data, bytes, len);
    if (succeeds(algorithm->provider, pqc_exchange_share_from_bytes(algorithm->id, 0, key->share.data, len, &key->exchange_share)))
        return 1;
    ffi_buffer_free(&key->share);
    return 0;
}

/* Copies the public key into a buffer, which the caller frees. */
PqcStatus key_public_bytes(const Key *key, FFIBuffer *bytes)
{
    PqcStatus status;
    if (!key->algorithm->is_exchange)
        return pqc_public_key_bytes(key->public_key, bytes);
    status = ffi_buffer_zeroed(0, key->share.len, bytes);
    if (status == PQC_STATUS_OK && bytes->len > 0)
        memcpy(bytes->data, key->share.data, bytes->len);
    return status;
}

PqcStatus key_encapsulate(const Key *key, uint8_t *ciphertext, uint8_t *shared_secret)
{
    const Algorithm *algorithm = key->algorithm;
    PqcExchangeShare *own = NULL; /* of a private key, which TLS never needs */
    PqcStatus status = PQC_STATUS_OK;
    size_t len, secret_len;
    if (!algorithm->is_exchange)
        return pqc_encapsulate_into(key->public_key, ciphertext, algorithm->output_bytes, &len, shared_secret,
                                    algorithm->shared_secret_bytes, &secret_len);
    if (key->exchange_share == NULL)
        status = pqc_exchange_share_from_bytes(algorithm->id, 0, key->share.data, key->share.len, &own);
    if (status == PQC_STATUS_OK)
        status = pqc_exchange_encapsulate_into(own != NULL ? own : key->exchange_share, ciphertext, algorithm->output_bytes, &len,
                                               shared_secret, algorithm->shared_secret_bytes, &secret_len);
    pqc_exchange_share_free(own);
    return status;
}

PqcStatus key_decapsulate(const Key *key, const uint8_t *ciphertext, size_t ciphertext_len, uint8_t *shared_secret)
{
    size_t len;
    if (key->algorithm->is_exchange)
        return pqc_exchange_decapsulate_into(key->exchange_key, ciphertext, ciphertext_len, shared_secret,
                                             key->algorithm->shared_secret_bytes, &len);
    return pqc_decapsulate_into(key->private_key, ciphertext, ciphertext_len, shared_secret, key->algorithm->shared_secret_bytes, &len);
}
