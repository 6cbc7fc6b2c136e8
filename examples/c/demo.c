#include "demo.h"

#include "values.h"

#include <stdio.h>

/* Says what went wrong, and returns whether nothing did. */
static int ok(const char *what, PqcStatus status)
{
    if (status != PQC_STATUS_OK) fprintf(stderr, "pqc-demo-c: %s: %s\n", what, ffi_status_message((int32_t)status));
    return status == PQC_STATUS_OK;
}

/* Alice publishes a key, Bob encapsulates to it, Alice decapsulates: both have the same secret. */
static int exchange(uint32_t set)
{
    Value seed, published, ciphertext, bobs, alices;
    int done = ok("generate", kem_generate(set, &seed)) &&
               ok("public key", kem_public_key(set, bytes_of(&seed), &published)) &&
               ok("encapsulate", kem_encapsulate(set, bytes_of(&published), &ciphertext, &bobs)) &&
               ok("decapsulate", kem_decapsulate(set, bytes_of(&seed), bytes_of(&ciphertext), &alices)) &&
               same(&alices, &bobs);
    if (done) printf("ML-KEM-%u: %zu bytes of ciphertext carry the shared secret\n", (unsigned)set, ciphertext.len);
    wipe(&seed);
    wipe(&bobs);
    wipe(&alices);
    return done;
}

static int sign(uint32_t set)
{
    const Bytes message = text("a message"), context = text("demo");
    Value seed, published, signature;
    int done = ok("generate", dsa_generate(set, &seed)) &&
               ok("public key", dsa_public_key(set, bytes_of(&seed), &published)) &&
               ok("sign", dsa_sign(set, bytes_of(&seed), message, context, &signature)) &&
               ok("verify", dsa_verify(set, bytes_of(&published), message, context, bytes_of(&signature))) &&
               dsa_verify(set, bytes_of(&published), message, text("login"), bytes_of(&signature)) ==
                   PQC_STATUS_INVALID_SIGNATURE;
    if (done) printf("ML-DSA-%u: %zu bytes of signature, valid in its own context only\n", (unsigned)set, signature.len);
    wipe(&seed);
    return done;
}

static int refuse(void)
{
    Value ciphertext, secret;
    PqcStatus status = kem_encapsulate(768, text("too short"), &ciphertext, &secret);
    printf("a short key is refused: %s\n", ffi_status_message((int32_t)status));
    return status == PQC_STATUS_PUBLIC_KEY_LENGTH;
}

/* Prints every operation that was called, and returns whether there was one of each kind that the program used. */
static int count(void)
{
    static FFIMetrics metrics; /* about 29 KiB, so not on the stack */
    uint32_t used = 0;
    if (!ok("metrics", ffi_get_performance_metrics(&metrics, sizeof metrics))) return 0;
    for (size_t i = 0; i < FFI_METRICS_OPERATIONS; i++) {
        const FFIOperationMetrics *entry = &metrics.operations[i];
        if (entry->calls == 0) continue;
        used |= UINT32_C(1) << entry->operation;
        printf("metrics: %s %u: %llu calls, %llu errors, %llu us\n", ffi_operation_name(entry->operation),
               (unsigned)entry->parameter_set, (unsigned long long)entry->calls, (unsigned long long)entry->errors,
               (unsigned long long)(entry->total_ns / 1000));
    }
    return used == 0xff && metrics.live_handles == 0 && metrics.live_buffers == 0;
}

int demo(void)
{
    int done = exchange(512) && exchange(768) && exchange(1024) && sign(44) && sign(65) && sign(87) && refuse() && count();
    if (done) puts("ok");
    else fprintf(stderr, "pqc-demo-c: the demonstration failed\n");
    return done ? 0 : 2;
}
