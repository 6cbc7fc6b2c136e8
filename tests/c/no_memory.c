/* A batch on several threads for which there is no memory returns a status or uses fewer threads, and never ends the process.
 *
 *     cc -std=c11 -Iinclude tests/c/no_memory.c libpqc_ffi.a -lpthread -ldl -lm
 *
 * A child for each limit on the address space, from none left to enough for all threads, runs the first batch of its process;
 * further limits leave the space for a heap of a thread and little more. One child has made the threads before its memory ends.
 *
 * Prints "ok", or what failed. */
#define _GNU_SOURCE
#include "pqc_ffi.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ITEMS = 64, THREADS = 4, STEP = 48 << 10, LIMITS = 200, HEAP = 64 << 20, ENOUGH = 1 << 30 };

static PqcPublicKey *public_key;
static FFIBuffer signature;

static void expect(int holds, const char *what)
{
    if (!holds) {
        printf("expected %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static size_t address_space(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    expect(file != NULL && fscanf(file, "%zu", &pages) == 1, "the size of the process");
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static PqcStatus verify(uint32_t threads)
{
    const PqcPublicKey *const key = public_key;
    const PqcPublicKeys keys = {&key, 1, {NULL, NULL, 0, 0}, NULL, 0, 0};
    const PqcColumn none = {NULL, NULL, 0, 0}, signatures = {NULL, signature.data, signature.len, 0};
    int32_t statuses[ITEMS];
    return pqc_verify_batch(&keys, &none, &none, &signatures, ITEMS, threads, statuses);
}

/* Uses up the memory that the allocator has already, so that only the limit decides. */
static void use_up_the_heap(void)
{
    for (size_t size = 1 << 20; size >= 16; size /= 2)
        while (malloc(size) != NULL)
            ;
}

static int status_of_child(size_t left, int has_threads)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(120);
        if (has_threads && verify(THREADS) != PQC_STATUS_OK)
            _exit(202);
        size_t most = address_space() + left;
        struct rlimit limit = {most, most};
        if (setrlimit(RLIMIT_AS, &limit) != 0)
            _exit(200);
        if (left == 0)
            use_up_the_heap();
        PqcStatus status = verify(THREADS);
        if (status == PQC_STATUS_OUT_OF_MEMORY && verify(1) != PQC_STATUS_OK)
            _exit(201);
        _exit((int)status);
    }
    int status = -1;
    expect(child > 0 && waitpid(child, &status, 0) == child, "a child");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(void)
{
    PqcPrivateKey *private_key = NULL;
    expect(pqc_private_key_generate(PQC_ALGORITHM_MLDSA44, 0, &private_key) == PQC_STATUS_OK, "a key");
    expect(pqc_private_key_public_key(private_key, &public_key) == PQC_STATUS_OK, "a public key");
    expect(pqc_sign(private_key, NULL, 0, NULL, 0, 0, &signature) == PQC_STATUS_OK, "a signature");
    expect(verify(1) == PQC_STATUS_OK, "valid signatures");
#ifndef __SANITIZE_ADDRESS__ /* which needs terabytes of address space */
    expect(status_of_child(0, 0) == PQC_STATUS_OUT_OF_MEMORY, "too little memory");
    expect(status_of_child(0, 1) == PQC_STATUS_OUT_OF_MEMORY, "too little memory for work on threads that exist");
    for (size_t number = 0; number < 2 * LIMITS; number++) {
        size_t left = (number % LIMITS) * STEP + (number < LIMITS ? 0 : HEAP);
        int status = status_of_child(left, 0);
        if (status != PQC_STATUS_OUT_OF_MEMORY && status != PQC_STATUS_OK) {
            printf("with %zu KiB left: %d\n", left >> 10, status);
            return EXIT_FAILURE;
        }
    }
    expect(status_of_child(ENOUGH, 0) == PQC_STATUS_OK, "enough memory");
#endif
    ffi_buffer_free(&signature);
    pqc_public_key_free(public_key);
    pqc_private_key_free(private_key);
    puts("ok");
    return 0;
}
