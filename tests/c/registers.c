/* The functions that take or make secrets leave none in the vector and mask registers: a program in C11 for x86-64, with GCC or
 * Clang.
 *
 *     cc -std=c11 -Iinclude tests/c/registers.c libpqc_ffi.a -lpthread -ldl -lm
 *
 * Before each call, every such register is filled with ones; after it, all must be zero. Prints "ok" and how many there are, or
 * what failed. */
#include "pqc_ffi.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { XMM, YMM, ZMM };

/* zmm0 to zmm31 and k0 to k7, as far as the processor has them. */
typedef struct {
    uint8_t vectors[32][64];
    uint64_t masks[8];
} Registers;

#define LOW(on) on(0) on(1) on(2) on(3) on(4) on(5) on(6) on(7) on(8) on(9) on(10) on(11) on(12) on(13) on(14) on(15)
#define HIGH(on)                                                                                                        \
    on(16) on(17) on(18) on(19) on(20) on(21) on(22) on(23) on(24) on(25) on(26) on(27) on(28) on(29) on(30) on(31)
#define MASKS(on) on(0) on(1) on(2) on(3) on(4) on(5) on(6) on(7)

#define ONES_XMM(n) "pcmpeqd %%xmm" #n ", %%xmm" #n "\n"
#define ONES_YMM(n) "vmovdqu (%0), %%ymm" #n "\n"
#define ONES_ZMM(n) "vmovdqu64 (%0), %%zmm" #n "\n"
#define ONES_MASK(n) "kmovq (%0), %%k" #n "\n"
#define READ_XMM(n) "movdqu %%xmm" #n ", 64*" #n "(%0)\n"
#define READ_YMM(n) "vmovdqu %%ymm" #n ", 64*" #n "(%0)\n"
#define READ_ZMM(n) "vmovdqu64 %%zmm" #n ", 64*" #n "(%0)\n"
#define READ_MASK(n) "kmovq %%k" #n ", 2048+8*" #n "(%0)\n"

static int width;
static uint8_t ones[64];

static __attribute__((noinline)) void fill(void)
{
    if (width == ZMM)
        __asm__ volatile(LOW(ONES_ZMM) HIGH(ONES_ZMM) MASKS(ONES_MASK) : : "r"(ones) : "memory");
    else if (width == YMM)
        __asm__ volatile(LOW(ONES_YMM) : : "r"(ones) : "memory");
    else
        __asm__ volatile(LOW(ONES_XMM) : : "r"(ones) : "memory");
}

static __attribute__((noinline)) void read_all(Registers *registers)
{
    if (width == ZMM)
        __asm__ volatile(LOW(READ_ZMM) HIGH(READ_ZMM) MASKS(READ_MASK) : : "r"(registers) : "memory");
    else if (width == YMM)
        __asm__ volatile(LOW(READ_YMM) : : "r"(registers) : "memory");
    else
        __asm__ volatile(LOW(READ_XMM) : : "r"(registers) : "memory");
}

static const char *algorithm = "none";
static uint32_t options;

static void expect(int holds, int line, const char *what)
{
    if (!holds) {
        printf("line %d: %s, options %u: %s\n", line, algorithm, options, what);
        exit(EXIT_FAILURE);
    }
}

/* How many of the registers are not zero. */
static int count(const Registers *registers)
{
    static const Registers zeros;
    int found = 0;
    for (int n = 0; n < 32; n++)
        found += memcmp(registers->vectors[n], zeros.vectors[n], sizeof zeros.vectors[n]) != 0;
    for (int n = 0; n < 8; n++)
        found += registers->masks[n] != 0;
    return found;
}

static Registers after;

/* Between the call and the reading there is nothing that uses a vector. */
#define CLEARED(call)                                                                                                    \
    do {                                                                                                                 \
        fill();                                                                                                          \
        const PqcStatus status = (call);                                                                                 \
        read_all(&after);                                                                                                \
        expect(status == PQC_STATUS_OK, __LINE__, "it failed");                                                         \
        expect(count(&after) == 0, __LINE__, "registers are not cleared");                                              \
    } while (0)

enum { ITEMS = 9, MOST_BYTES = 18000 };

static const uint8_t bytes[64] = {1, 2, 3};
static uint8_t outputs[2][ITEMS][MOST_BYTES];
static int32_t statuses[ITEMS];

static PqcMutColumn rows(int number, size_t len)
{
    return (PqcMutColumn){NULL, outputs[number][0], len, MOST_BYTES, NULL};
}

static void check_kem(const PqcPrivateKey *private_key, const PqcPublicKey *public_key, const PqcAlgorithmInfo *info)
{
    FFIBuffer ciphertext = {0}, secret = {0};
    for (int use = 0; use < 3; use++) { /* The second use expands a key. */
        CLEARED(pqc_encapsulate(public_key, &ciphertext, &secret));
        ffi_buffer_free(&secret);
        CLEARED(pqc_decapsulate(private_key, ciphertext.data, ciphertext.len, &secret));
        ffi_buffer_free(&secret);
        ffi_buffer_free(&ciphertext);
    }
    const PqcPublicKeys keys = {&public_key, 1, {NULL, NULL, 0, 0}, NULL, 0, 0};
    const PqcMutColumn ciphertexts = rows(0, info->ciphertext_bytes), secrets = rows(1, info->shared_secret_bytes);
    const PqcColumn sent = {NULL, outputs[0][0], info->ciphertext_bytes, MOST_BYTES};
    CLEARED(pqc_encapsulate_batch(&keys, ITEMS, 1, &ciphertexts, &secrets, statuses));
    CLEARED(pqc_decapsulate_batch(&private_key, 1, &sent, ITEMS, 1, &secrets, statuses));
}

static void check_signature(const PqcPrivateKey *private_key, const PqcAlgorithmInfo *info)
{
    FFIBuffer signature = {0};
    for (int use = 0; use < 3; use++) {
        CLEARED(pqc_sign(private_key, bytes, sizeof bytes, NULL, 0, 0, &signature));
        ffi_buffer_free(&signature);
    }
    const PqcColumn messages = {NULL, bytes, sizeof bytes, 0}, contexts = {NULL, NULL, 0, 0};
    const PqcMutColumn signatures = rows(0, info->signature_bytes);
    CLEARED(pqc_sign_batch(&private_key, 1, &messages, &contexts, ITEMS, 0, 1, &signatures, statuses));
}

static void check_key(PqcPrivateKey *private_key, const PqcAlgorithmInfo *info)
{
    PqcPublicKey *public_key = NULL;
    FFIBuffer encoded = {0};
    PqcPrivateKey *loaded = NULL;
    CLEARED(pqc_private_key_public_key(private_key, &public_key));
    if (info->kind == PQC_KIND_KEM)
        check_kem(private_key, public_key, info);
    else
        check_signature(private_key, info);
    CLEARED(pqc_private_key_bytes(private_key, &encoded));
    CLEARED(pqc_private_key_from_bytes(info->algorithm, options, encoded.data, encoded.len, &loaded));
    ffi_buffer_free(&encoded);
    pqc_private_key_free(loaded);
    if (info->seed_bytes > 0) { /* A composite has no seed. */
        CLEARED(pqc_private_key_seed(private_key, &encoded));
        CLEARED(pqc_private_key_from_seed(info->algorithm, options, encoded.data, encoded.len, &loaded));
        ffi_buffer_free(&encoded);
        pqc_private_key_free(loaded);
    }
    pqc_public_key_free(public_key);
    pqc_private_key_free(private_key);
}

int main(void)
{
    static const uint32_t paths[] = {PQC_KEY_PORTABLE, PQC_KEY_AVX2, PQC_KEY_AVX512};
    static const uint32_t forms[] = {0, PQC_KEY_PRECOMPUTE};
    memset(ones, 0xff, sizeof ones);
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        width = ZMM;
    else if (__builtin_cpu_supports("avx2"))
        width = YMM;
    fill();
    read_all(&after);
    const int all = width == ZMM ? 40 : 16;
    expect(count(&after) == all, __LINE__, "the registers cannot be read");
    for (size_t index = 0; pqc_algorithm_at(index) != NULL; index++) {
        const PqcAlgorithmInfo *info = pqc_algorithm_at(index);
        if (info->slowest_us > 50000) /* all sets of SLH-DSA but the fastest one */
            continue;
        algorithm = info->name;
        for (int choice = 0; choice < 3 * 2; choice++) {
            PqcPrivateKey *private_key = NULL;
            options = paths[choice % 3] | forms[choice / 3];
            PqcStatus made = pqc_private_key_generate(info->algorithm, options, &private_key);
            if (made == PQC_STATUS_CODE_PATH_UNAVAILABLE)
                continue;
            expect(made == PQC_STATUS_OK, __LINE__, "no key");
            pqc_private_key_free(private_key);
            CLEARED(pqc_private_key_generate(info->algorithm, options, &private_key));
            check_key(private_key, info);
        }
    }
    printf("ok, %d registers\n", all);
    return EXIT_SUCCESS;
}
