/* Handlers of signals that an instruction raises run on the library's threads too, on an alternate stack.
 *
 *     cc -std=c11 -Iinclude tests/c/signals.c libpqc_ffi.a -lpthread -ldl -lm
 *
 * The messages of a batch are pages of a file that was made shorter after it was mapped. The handler of SIGBUS maps other
 * pages, and holds the first thread that comes until the other one has come, so that both threads must handle the signal.
 *
 * Prints "ok", or what failed. */
#define _GNU_SOURCE
#include "pqc_ffi.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ITEMS = 64, THREADS = 2 };

static size_t page;
static pthread_t caller;
static atomic_int arrived[THREADS]; /* whether the calling thread came, and whether another came */
static atomic_int without_alternate_stack;

static void map_page(int number, siginfo_t *fault, void *context)
{
    (void)number;
    (void)context;
    int is_other = !pthread_equal(pthread_self(), caller);
    stack_t stack;
    if (sigaltstack(NULL, &stack) != 0 || (is_other && (stack.ss_flags & SS_ONSTACK) == 0))
        atomic_store(&without_alternate_stack, 1);
    atomic_store(&arrived[is_other], 1);
    while (!atomic_load(&arrived[!is_other]))
        sched_yield();
    char *start = (char *)fault->si_addr - (size_t)fault->si_addr % page;
    if (mmap(start, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != start)
        _exit(3);
}

static void expect(int holds, const char *what)
{
    if (!holds) {
        printf("expected %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static uint8_t *cut_off_pages(void)
{
    FILE *file = tmpfile();
    expect(file != NULL && ftruncate(fileno(file), (off_t)(ITEMS * page)) == 0, "a file");
    void *pages = mmap(NULL, ITEMS * page, PROT_READ, MAP_SHARED, fileno(file), 0);
    expect(pages != MAP_FAILED && ftruncate(fileno(file), 0) == 0, "pages of the file");
    return pages;
}

int main(void)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    caller = pthread_self();
    struct sigaction action = {.sa_sigaction = map_page, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    expect(sigaction(SIGBUS, &action, NULL) == 0, "a handler");
    alarm(120); /* a thread that waits for one that never comes */

    PqcPrivateKey *private_key = NULL;
    PqcPublicKey *public_key = NULL;
    FFIBuffer signature = {NULL, 0, 0};
    uint8_t *zeros = calloc(1, page);
    expect(pqc_private_key_generate(PQC_ALGORITHM_MLDSA44, 0, &private_key) == PQC_STATUS_OK, "a key");
    expect(pqc_private_key_public_key(private_key, &public_key) == PQC_STATUS_OK, "a public key");
    expect(pqc_sign(private_key, zeros, page, NULL, 0, 0, &signature) == PQC_STATUS_OK, "a signature");

    const PqcPublicKey *const key = public_key;
    const PqcPublicKeys keys = {&key, 1, {NULL, NULL, 0, 0}, NULL, 0, 0};
    const PqcColumn messages = {NULL, cut_off_pages(), page, page};
    const PqcColumn none = {NULL, NULL, 0, 0}, signatures = {NULL, signature.data, signature.len, 0};
    int32_t statuses[ITEMS];
    PqcStatus status = pqc_verify_batch(&keys, &messages, &none, &signatures, ITEMS, THREADS, statuses);
    expect(status == PQC_STATUS_OK, "valid signatures");
    expect(!atomic_load(&without_alternate_stack), "an alternate stack on the library's thread");

    ffi_buffer_free(&signature);
    pqc_public_key_free(public_key);
    pqc_private_key_free(private_key);
    free(zeros);
    puts("ok");
    return 0;
}
