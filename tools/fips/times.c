/* The time of each operation through the C interface, the least of many: a line of name and microseconds each. */
#include <pqc_ffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 3000 };

static PqcPrivateKey *key;
static PqcPublicKey *public_key;
static uint8_t ciphertext[1088], secret[32], signature[3309];
static uint32_t algorithm;
static size_t len, secret_len;

static PqcStatus generate(void)
{
    PqcPrivateKey *made = NULL;
    PqcStatus status = pqc_private_key_generate(algorithm, 0, &made);
    pqc_private_key_free(made);
    return status;
}

static PqcStatus encapsulate(void)
{
    return pqc_encapsulate_into(public_key, ciphertext, sizeof ciphertext, &len, secret, sizeof secret, &secret_len);
}

static PqcStatus decapsulate(void)
{
    return pqc_decapsulate_into(key, ciphertext, sizeof ciphertext, secret, sizeof secret, &secret_len);
}

static PqcStatus sign(void)
{
    return pqc_sign_into(key, (const uint8_t *)"message", 7, NULL, 0, 0, signature, sizeof signature, &len);
}

static PqcStatus verify(void)
{
    return pqc_verify(public_key, (const uint8_t *)"message", 7, NULL, 0, signature, sizeof signature);
}

static void expect_ok(PqcStatus status)
{
    if (status != PQC_STATUS_OK) {
        fprintf(stderr, "%s\n", ffi_status_message(status));
        exit(1);
    }
}

static void least(const char *name, PqcStatus (*operation)(void))
{
    double least = 1e9;
    for (int run = 0; run < RUNS; run++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        PqcStatus status = operation();
        clock_gettime(CLOCK_MONOTONIC, &end);
        expect_ok(status);
        double us = (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3;
        least = us < least ? us : least;
    }
    printf("%s %.2f\n", name, least);
}

static void choose(uint32_t chosen)
{
    algorithm = chosen;
    pqc_private_key_free(key);
    pqc_public_key_free(public_key);
    expect_ok(pqc_private_key_generate(algorithm, 0, &key));
    expect_ok(pqc_private_key_public_key(key, &public_key));
}

int main(void)
{
    choose(PQC_ALGORITHM_MLKEM768);
    least("ML-KEM-768:generate", generate);
    least("ML-KEM-768:encapsulate", encapsulate);
    least("ML-KEM-768:decapsulate", decapsulate);
    choose(PQC_ALGORITHM_MLDSA65);
    least("ML-DSA-65:generate", generate);
    least("ML-DSA-65:sign", sign);
    least("ML-DSA-65:verify", verify);
    return 0;
}
