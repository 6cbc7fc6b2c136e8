#include "demo.h"

#include "values.h"

#include <stdio.h>

/* Prints an error, and returns whether there was none. */
static int ok(const char *what, PqcStatus status)
{
    if (status != PQC_STATUS_OK) fprintf(stderr, "pqc-demo-c: %s: %s\n", what, ffi_status_message((int32_t)status));
    return status == PQC_STATUS_OK;
}

static void print(KeySpec spec, size_t len, const char *what)
{
    const char *memory = (spec.flags & PQC_KEY_LOCKED_MEMORY) != 0 ? ", key in locked memory" : "";
    printf("%s: %zu bytes of %s%s\n", pqc_algorithm_info(spec.algorithm)->name, len, what, memory);
}

/* Alice publishes a key, Bob encapsulates to it, Alice decapsulates: both have the same secret. */
static int exchange(KeySpec spec)
{
    Value seed, published, ciphertext, bobs, alices;
    int done = ok("generate", generate(spec, &seed)) && ok("public key", public_key(spec, bytes_of(&seed), &published)) &&
               ok("encapsulate", encapsulate(spec, bytes_of(&published), &ciphertext, &bobs)) &&
               ok("decapsulate", decapsulate(spec, bytes_of(&seed), bytes_of(&ciphertext), &alices)) &&
               same(&alices, &bobs);
    if (done) print(spec, ciphertext.len, "ciphertext carry the shared secret");
    wipe(&seed, sizeof seed);
    wipe(&bobs, sizeof bobs);
    wipe(&alices, sizeof alices);
    return done;
}

static int sign_and_verify(KeySpec spec)
{
    const Bytes message = text("a message"), context = text("demo");
    Value seed, published, signature;
    int done = ok("generate", generate(spec, &seed)) && ok("public key", public_key(spec, bytes_of(&seed), &published)) &&
               ok("sign", sign(spec, bytes_of(&seed), message, context, &signature)) &&
               ok("verify", verify(spec, bytes_of(&published), message, context, bytes_of(&signature))) &&
               verify(spec, bytes_of(&published), message, text("login"), bytes_of(&signature)) ==
                   PQC_STATUS_INVALID_SIGNATURE;
    if (done) print(spec, signature.len, "signature, valid in its own context only");
    wipe(&seed, sizeof seed);
    return done;
}

static int refuse(uint32_t flags)
{
    Value ciphertext, secret;
    PqcStatus status = encapsulate((KeySpec){PQC_ALGORITHM_MLKEM768, flags}, text("too short"), &ciphertext, &secret);
    printf("a short key is refused: %s\n", ffi_status_message((int32_t)status));
    return status == PQC_STATUS_PUBLIC_KEY_LENGTH;
}

/* Prints every operation that was called, and returns whether each action was counted. */
static int count(void)
{
    FFIMetrics metrics;
    FFIBuffer operations = {NULL, 0, 0};
    uint32_t used = 0;
    if (!ok("metrics", ffi_metrics_report(&metrics, sizeof metrics, &operations))) return 0;
    const FFIOperationMetrics *called = (const FFIOperationMetrics *)(const void *)operations.data;
    for (size_t i = 0; i < operations.len / sizeof *called; i++) {
        const PqcAlgorithmInfo *info = pqc_algorithm_info(called[i].algorithm);
        used |= UINT32_C(1) << called[i].action;
        printf("metrics: %s %s: %llu calls, %llu errors, %llu us\n", ffi_action_name(called[i].action),
               info == NULL ? "without an algorithm" : info->name, (unsigned long long)called[i].calls,
               (unsigned long long)called[i].errors, (unsigned long long)(called[i].total_ns / 1000));
    }
    ffi_buffer_free(&operations);
    return used == 0x3f && metrics.live_handles == 0 && metrics.live_buffers == 0;
}

int demo(uint32_t flags)
{
    const PqcAlgorithmInfo *info;
    int done = 1;
    for (size_t i = 0; done && (info = pqc_algorithm_at(i)) != NULL; i++) {
        const KeySpec spec = {info->algorithm, flags};
        done = info->kind == PQC_KIND_KEM ? exchange(spec) : sign_and_verify(spec);
    }
    done = done && refuse(flags) && count();
    if (done) puts("ok");
    else fprintf(stderr, "pqc-demo-c: the demonstration failed\n");
    return done ? 0 : 2;
}
