/* A program in C99 on pqc_ffi.h whose threads share handles: each generates, encapsulates, decapsulates, signs, verifies and
 * takes the public key of one pair, and frees its own handle of it.
 *
 * Prints "ok", or what failed. */
#include "pqc_ffi.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define THREADS 8
#define ROUNDS 5

static const FFIBuffer EMPTY = {NULL, 0, 0};
static const uint8_t MESSAGE[] = "Transfer 100 to Alice";

static MlKemKeyPair *kem = NULL;
static MlDsaKeyPair *dsa = NULL;

static int exchange(void)
{
    MlKemPublicKey *key = NULL;
    FFIBuffer ciphertext = EMPTY, sent = EMPTY, received = EMPTY;
    int ok = mlkem_keypair_public_key(kem, &key) == PQC_STATUS_OK &&
             mlkem_encapsulate(key, &ciphertext, &sent) == PQC_STATUS_OK &&
             mlkem_decapsulate(kem, ciphertext.data, ciphertext.len, &received) == PQC_STATUS_OK &&
             received.len == sent.len && memcmp(received.data, sent.data, sent.len) == 0;
    ffi_buffer_free(&received);
    ffi_buffer_free(&sent);
    ffi_buffer_free(&ciphertext);
    mlkem_public_key_free(key);
    return ok;
}

static int sign(void)
{
    MlDsaPublicKey *key = NULL;
    FFIBuffer signature = EMPTY;
    int ok = mldsa_keypair_public_key(dsa, &key) == PQC_STATUS_OK &&
             mldsa_sign(dsa, MESSAGE, sizeof MESSAGE, NULL, 0, 0, &signature) == PQC_STATUS_OK &&
             mldsa_verify(key, MESSAGE, sizeof MESSAGE, NULL, 0, signature.data, signature.len) == PQC_STATUS_OK;
    ffi_buffer_free(&signature);
    mldsa_public_key_free(key);
    return ok;
}

static int generate(void)
{
    MlKemKeyPair *pair = NULL;
    int ok = mlkem_keypair_generate(512, 0, &pair) == PQC_STATUS_OK;
    mlkem_keypair_free(pair);
    return ok;
}

static void *work(void *failed)
{
    int round;
    for (round = 0; round < ROUNDS; round++) {
        if (!exchange() || !sign() || !generate()) {
            *(int *)failed = 1;
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int failed[THREADS] = {0}, i, failures = 0;

    if (mlkem_keypair_generate(768, 0, &kem) != PQC_STATUS_OK || mldsa_keypair_generate(65, 0, &dsa) != PQC_STATUS_OK) {
        puts("no keys");
        return 1;
    }
    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, &failed[i]) != 0) {
            puts("no threads");
            return 1;
        }
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        failures += failed[i];
    }
    mlkem_keypair_free(kem);
    mldsa_keypair_free(dsa);
    puts(failures == 0 ? "ok" : "a call failed");
    return failures;
}
