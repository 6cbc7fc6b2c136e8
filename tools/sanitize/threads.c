/* A program in C99 on pqc_ffi.h with threads that share handles: each generates, encapsulates, decapsulates, signs, verifies and
 * takes the public key of one private key, and frees its own handle of it.
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

static PqcPrivateKey *kem = NULL, *dsa = NULL;

static int exchange(void)
{
    PqcPublicKey *key = NULL;
    FFIBuffer ciphertext = EMPTY, sent = EMPTY, received = EMPTY;
    int ok = pqc_private_key_public_key(kem, &key) == PQC_STATUS_OK &&
             pqc_encapsulate(key, &ciphertext, &sent) == PQC_STATUS_OK &&
             pqc_decapsulate(kem, ciphertext.data, ciphertext.len, &received) == PQC_STATUS_OK &&
             received.len == sent.len && memcmp(received.data, sent.data, sent.len) == 0;
    ffi_buffer_free(&received);
    ffi_buffer_free(&sent);
    ffi_buffer_free(&ciphertext);
    pqc_public_key_free(key);
    return ok;
}

static int sign(void)
{
    PqcPublicKey *key = NULL;
    FFIBuffer signature = EMPTY;
    int ok = pqc_private_key_public_key(dsa, &key) == PQC_STATUS_OK &&
             pqc_sign(dsa, MESSAGE, sizeof MESSAGE, NULL, 0, 0, &signature) == PQC_STATUS_OK &&
             pqc_verify(key, MESSAGE, sizeof MESSAGE, NULL, 0, signature.data, signature.len) == PQC_STATUS_OK;
    ffi_buffer_free(&signature);
    pqc_public_key_free(key);
    return ok;
}

static int generate(void)
{
    PqcPrivateKey *key = NULL;
    int ok = pqc_private_key_generate(PQC_ALGORITHM_MLKEM512, 0, &key) == PQC_STATUS_OK;
    pqc_private_key_free(key);
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

    if (pqc_private_key_generate(PQC_ALGORITHM_MLKEM768, 0, &kem) != PQC_STATUS_OK ||
        pqc_private_key_generate(PQC_ALGORITHM_MLDSA65, 0, &dsa) != PQC_STATUS_OK) {
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
    pqc_private_key_free(kem);
    pqc_private_key_free(dsa);
    puts(failures == 0 ? "ok" : "a call failed");
    return failures;
}
