/* The contract of values.h and files.h. `tests NAME` runs a test, as ctest does, and `tests` all of them. */
#define _POSIX_C_SOURCE 200809L
#include "files.h"
#include "values.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_at(int line, int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "line %d: expected %s\n", line, what);
        exit(1);
    }
}

#define EXPECT(condition) expect_at(__LINE__, (condition), #condition)
#define EXPECT_OK(call) EXPECT((call) == PQC_STATUS_OK)

/* Calls a test with each algorithm of a kind, except the sets of SLH-DSA that end in s: valgrind takes minutes to sign with
 * one. The demo has them. */
static void for_each(uint32_t kind, void (*run)(const PqcAlgorithmInfo *info, KeySpec spec))
{
    const PqcAlgorithmInfo *info;
    int ran = 0;
    for (size_t i = 0; (info = pqc_algorithm_at(i)) != NULL; i++) {
        if (info->kind != kind || info->name[strlen(info->name) - 1] == 's') continue;
        run(info, (KeySpec){info->algorithm, 0});
        run(info, (KeySpec){info->algorithm, PQC_KEY_LOCKED_MEMORY});
        ran++;
    }
    EXPECT(ran >= 3);
}

static void exchange(const PqcAlgorithmInfo *info, KeySpec spec)
{
    Value seed, published, ciphertext, sent, received;
    EXPECT_OK(generate(spec, &seed));
    EXPECT_OK(public_key(spec, bytes_of(&seed), &published));
    EXPECT_OK(encapsulate(spec, bytes_of(&published), &ciphertext, &sent));
    EXPECT_OK(decapsulate(spec, bytes_of(&seed), bytes_of(&ciphertext), &received));
    EXPECT(seed.len == info->seed_bytes && published.len == info->public_key_bytes);
    EXPECT(ciphertext.len == info->ciphertext_bytes && sent.len == info->shared_secret_bytes);
    EXPECT(same(&sent, &received));
    ciphertext.data[7] ^= 1; /* implicit rejection: another secret, and no error */
    EXPECT_OK(decapsulate(spec, bytes_of(&seed), bytes_of(&ciphertext), &received));
    EXPECT(received.len == sent.len && !same(&sent, &received));
}

static void key_exchange(void)
{
    for_each(PQC_KIND_KEM, exchange);
}

static void sign_and_verify(const PqcAlgorithmInfo *info, KeySpec spec)
{
    const Bytes message = text("message"), context = text("context");
    Value seed, published, signature;
    EXPECT_OK(generate(spec, &seed));
    EXPECT_OK(public_key(spec, bytes_of(&seed), &published));
    EXPECT_OK(sign(spec, bytes_of(&seed), message, context, &signature));
    const Bytes key = bytes_of(&published), valid = bytes_of(&signature), cut = {valid.data, valid.len - 1};
    EXPECT(seed.len == (info->seed_bytes > 0 ? info->seed_bytes : info->private_key_bytes));
    EXPECT(key.len == info->public_key_bytes && valid.len <= info->signature_bytes);
    EXPECT(valid.len == info->signature_bytes || info->seed_bytes == 0);
    EXPECT_OK(verify(spec, key, message, context, valid));
    EXPECT(verify(spec, key, text("another"), context, valid) == PQC_STATUS_INVALID_SIGNATURE);
    EXPECT(verify(spec, key, message, text(""), valid) == PQC_STATUS_INVALID_SIGNATURE);
    EXPECT(verify(spec, key, message, context, cut) == PQC_STATUS_INVALID_SIGNATURE);
}

static void signatures(void)
{
    for_each(PQC_KIND_SIGNATURE, sign_and_verify);
}

/* A composite has no seed: its key is kept as its bytes, and refused with other lengths and points. */
static void composites(void)
{
    static const KeySpec ed25519 = {PQC_ALGORITHM_MLDSA65_ED25519, 0}, p256 = {PQC_ALGORITHM_MLDSA65_ECDSA_P256, 0};
    Value key, published, signature;
    EXPECT_OK(generate(ed25519, &key));
    EXPECT(key.len == MLDSA65_ED25519_PRIVATEKEYBYTES);
    EXPECT(public_key(ed25519, (Bytes){key.data, MLDSA_SEEDBYTES}, &published) == PQC_STATUS_PRIVATE_KEY_LENGTH);
    EXPECT_OK(public_key(ed25519, bytes_of(&key), &published));
    memset(published.data + published.len - 32, 0xff, 32);
    EXPECT(verify(ed25519, bytes_of(&published), text(""), text(""), text("")) == PQC_STATUS_PUBLIC_KEY_POINT);
    EXPECT(sign(p256, bytes_of(&key), text(""), text(""), &signature) == PQC_STATUS_PRIVATE_KEY_LENGTH);
    EXPECT(signature.len == 0);
}

static void errors(void)
{
    static const KeySpec mlkem768 = {PQC_ALGORITHM_MLKEM768, 0}, mldsa44 = {PQC_ALGORITHM_MLDSA44, 0};
    static char long_context[257];
    static uint8_t seed[MLKEM_SEEDBYTES], key[MLKEM768_PUBLICKEYBYTES];
    const Bytes kem_seed = {seed, MLKEM_SEEDBYTES}, dsa_seed = {seed, MLDSA_SEEDBYTES}, over_modulus = {key, sizeof key};
    Value one, other;
    memset(long_context, 'c', 256);
    memset(key, 0xff, sizeof key);
    EXPECT(generate((KeySpec){45, 0}, &one) == PQC_STATUS_UNKNOWN_ALGORITHM && one.len == 0);
    EXPECT(public_key(mlkem768, text("short"), &one) == PQC_STATUS_SEED_LENGTH && one.len == 0);
    one.len = other.len = 1;
    EXPECT(encapsulate(mlkem768, text("short"), &one, &other) == PQC_STATUS_PUBLIC_KEY_LENGTH);
    EXPECT(encapsulate(mlkem768, over_modulus, &one, &other) == PQC_STATUS_PUBLIC_KEY_MODULUS);
    EXPECT(one.len == 0 && other.len == 0);
    EXPECT(decapsulate(mlkem768, kem_seed, text("short"), &one) == PQC_STATUS_CIPHERTEXT_LENGTH && one.len == 0);
    EXPECT(sign(mldsa44, dsa_seed, text(""), text(long_context), &one) == PQC_STATUS_CONTEXT_LENGTH);
    EXPECT(sign(mlkem768, kem_seed, text(""), text(""), &one) == PQC_STATUS_WRONG_ALGORITHM && one.len == 0);
    EXPECT(strcmp(ffi_status_message(PQC_STATUS_CIPHERTEXT_LENGTH), "ciphertext has the wrong length") == 0);
}

/* Every function passes the flags on. */
static void flags_are_heeded(void)
{
    static const KeySpec mlkem768 = {768, UINT32_C(1) << 31}, mldsa44 = {44, UINT32_C(1) << 31};
    static uint8_t zeros[MLDSA44_PUBLICKEYBYTES];
    const Bytes kem_seed = {zeros, MLKEM_SEEDBYTES}, kem_key = {zeros, MLKEM768_PUBLICKEYBYTES};
    const Bytes dsa_seed = {zeros, MLDSA_SEEDBYTES}, dsa_key = {zeros, MLDSA44_PUBLICKEYBYTES}, none = {NULL, 0};
    Value one, other;
    EXPECT(generate(mldsa44, &one) == PQC_STATUS_UNKNOWN_FLAGS && one.len == 0);
    EXPECT(public_key(mldsa44, dsa_seed, &one) == PQC_STATUS_UNKNOWN_FLAGS);
    EXPECT(encapsulate(mlkem768, kem_key, &one, &other) == PQC_STATUS_UNKNOWN_FLAGS);
    EXPECT(decapsulate(mlkem768, kem_seed, none, &one) == PQC_STATUS_UNKNOWN_FLAGS);
    EXPECT(sign(mldsa44, dsa_seed, none, none, &one) == PQC_STATUS_UNKNOWN_FLAGS);
    EXPECT(verify(mldsa44, dsa_key, none, none, none) == PQC_STATUS_UNKNOWN_FLAGS);
}

static void secrets_are_wiped(void)
{
    static const Value zeros;
    Value secret = {3, {1, 2, 3}};
    wipe(&secret, sizeof secret);
    EXPECT(memcmp(&secret, &zeros, sizeof secret) == 0);
}

/* The linker option --wrap=free calls this for free. Counts the memory that is freed with a message still in it. */
static int watching = 0, left = 0;
void __real_free(void *memory);
void __wrap_free(void *memory)
{
    if (watching && memory != NULL && *(uint8_t *)memory == 'm') left++;
    __real_free(memory);
}

/* A pipe has no size, and this one holds more than a first read returns. Neither growing nor closing leaves a copy. */
static void pipes_are_read_to_the_end(void)
{
    static uint8_t message[10000];
    int ends[2];
    char path[32];
    memset(message, 'm', sizeof message);
    EXPECT(pipe(ends) == 0 && write(ends[1], message, sizeof message) == (ssize_t)sizeof message && close(ends[1]) == 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    watching = 1;
    File file = read_file(path);
    EXPECT(file.len == sizeof message && memcmp(file.data, message, sizeof message) == 0);
    close_file(&file);
    watching = 0;
    EXPECT(close(ends[0]) == 0 && file.data == NULL && left == 0);
    EXPECT(read_file("/absent").data == NULL && errno == ENOENT);
}

/* Writes a file, and returns its mode. */
static mode_t mode_of_written(const char *path, int secret)
{
    struct stat about;
    EXPECT(write_file(path, text("bytes"), secret) == 0);
    EXPECT(stat(path, &about) == 0 && about.st_size == 5);
    return about.st_mode & 0777;
}

/* Even if others could read the file before, and even if nothing could be written: no file may be larger than the limit. */
static void secret_files_are_their_owners(void)
{
    char folder[] = "/tmp/pqc-XXXXXX", path[32], limited[32];
    struct rlimit limit;
    struct stat about;
    umask(0);
    EXPECT(mkdtemp(folder) != NULL && signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &limit) == 0);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(limited, sizeof limited, "%s/limited", folder);
    EXPECT(mode_of_written(path, 1) == 0600 && unlink(path) == 0);
    EXPECT(mode_of_written(path, 0) == 0666 && mode_of_written(path, 1) == 0600);
    EXPECT(setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, limit.rlim_max}) == 0);
    EXPECT(write_file(limited, text("bytes"), 1) == -1 && setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(stat(limited, &about) == 0 && about.st_size == 0 && (about.st_mode & 0777) == 0600);
    EXPECT(unlink(path) == 0 && unlink(limited) == 0 && rmdir(folder) == 0);
}

/* A device or a pipe keeps its mode. */
static void pipes_keep_their_mode(void)
{
    char folder[] = "/tmp/pqc-XXXXXX", path[32];
    struct stat about;
    umask(0);
    EXPECT(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/pipe", folder);
    EXPECT(mkfifo(path, 0666) == 0);
    const int reader = open(path, O_RDWR);
    EXPECT(reader >= 0 && write_file(path, text("bytes"), 1) == 0 && close(reader) == 0);
    EXPECT(stat(path, &about) == 0 && (about.st_mode & 0777) == 0666 && unlink(path) == 0 && rmdir(folder) == 0);
}

static FFIOperationMetrics counts(PqcAction action, uint32_t algorithm)
{
    FFIOperationMetrics found = {0};
    for (size_t i = 0; i < ffi_metrics_count(); i++) {
        EXPECT_OK(ffi_metrics_at(i, &found));
        if (found.action == (uint32_t)action && found.algorithm == algorithm) return found;
    }
    EXPECT(!"the operation is not counted");
    return found;
}

static void metrics_count(void)
{
    static const KeySpec mlkem512 = {PQC_ALGORITHM_MLKEM512, 0};
    FFIMetrics before, after;
    Value seed, one, other;
    EXPECT_OK(generate(mlkem512, &seed));
    EXPECT_OK(ffi_get_performance_metrics(&before, sizeof before));
    const FFIOperationMetrics was = counts(PQC_ACTION_DECAPSULATE, PQC_ALGORITHM_MLKEM512);
    const uint64_t imports = counts(PQC_ACTION_IMPORT, PQC_ALGORITHM_MLKEM512).calls;
    EXPECT(decapsulate(mlkem512, bytes_of(&seed), text("short"), &one) == PQC_STATUS_CIPHERTEXT_LENGTH);
    EXPECT_OK(public_key(mlkem512, bytes_of(&seed), &one));
    EXPECT_OK(encapsulate(mlkem512, bytes_of(&one), &other, &seed));
    EXPECT_OK(ffi_get_performance_metrics(&after, sizeof after));
    const FFIOperationMetrics is = counts(PQC_ACTION_DECAPSULATE, PQC_ALGORITHM_MLKEM512);
    EXPECT(is.calls - was.calls == 1 && is.errors - was.errors == 1);
    EXPECT(is.by_status[PQC_STATUS_CIPHERTEXT_LENGTH] - was.by_status[PQC_STATUS_CIPHERTEXT_LENGTH] == 1);
    EXPECT(counts(PQC_ACTION_IMPORT, PQC_ALGORITHM_MLKEM512).calls - imports == 3);
    EXPECT(after.errors - before.errors == 1);
    EXPECT(after.bytes_wiped > before.bytes_wiped);
}

static void nothing_is_left(void)
{
    FFIMetrics metrics;
    EXPECT_OK(ffi_get_performance_metrics(&metrics, sizeof metrics));
    EXPECT(metrics.live_handles == 0 && metrics.live_buffers == 0);
}

static const struct {
    const char *name;
    void (*run)(void);
} TESTS[] = {
    {"key_exchange", key_exchange},
    {"signatures", signatures},
    {"composites", composites},
    {"errors", errors},
    {"flags_are_heeded", flags_are_heeded},
    {"secrets_are_wiped", secrets_are_wiped},
    {"pipes_are_read_to_the_end", pipes_are_read_to_the_end},
    {"secret_files_are_their_owners", secret_files_are_their_owners},
    {"pipes_keep_their_mode", pipes_keep_their_mode},
    {"metrics_count", metrics_count},
};

int main(int argc, char **argv)
{
    int ran = 0;
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++) {
        if (argc == 1 || strcmp(argv[1], TESTS[i].name) == 0) {
            TESTS[i].run();
            nothing_is_left();
            ran++;
        }
    }
    return ran > 0 ? 0 : 2;
}
