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

/* Prints every operation that was called, and returns whether each operation that the program used was counted. */
static int count(void)
{
    static FFIMetrics metrics; /* about 56 KiB, so not on the stack */
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
    return used == 0xffff && metrics.live_handles == 0 && metrics.live_buffers == 0;
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
