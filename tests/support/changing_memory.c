/* Memory that changes when it is read for a given time: no program has to win a race for that.
 *
 * The first and the last whole page are never readable at once. A read from the beginning faults in the first page, and a read to the
 * end in the last one, so that the handler counts how often the memory was read from its beginning. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t *first, *last;
static size_t page;
static int reads, changed_read, access_of_pages, file;
static struct sigaction before;

static void on_fault(int number, siginfo_t *info, void *context)
{
    uint8_t *at = info->si_addr;
    int is_first = at >= first && at < first + page;
    if (!is_first && (at < last || at >= last + page)) {
        sigaction(SIGSEGV, &before, NULL);
        return;
    }
    mprotect(is_first ? first : last, page, access_of_pages);
    if (is_first && ++reads == changed_read) {
        if (file < 0)
            *first ^= 1;
        else if (pwrite(file, "changed", 7, 0) != 7)
            _exit(3);
    }
    mprotect(is_first ? last : first, page, PROT_NONE);
    (void)number, (void)context;
}

/* Changes the first whole page when it is read for the n-th time: by a write to the file of a mapping, or to the memory itself if
 * there is no file. The memory has at least three whole pages, and one program at a time reads it. */
void memory_watch(uint8_t *memory, size_t size, int descriptor, int n)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    page = (size_t)sysconf(_SC_PAGESIZE);
    first = (uint8_t *)(((uintptr_t)memory + page - 1) / page * page);
    last = (uint8_t *)(((uintptr_t)memory + size) / page * page - page);
    reads = 0, changed_read = n, file = descriptor;
    access_of_pages = descriptor < 0 ? PROT_READ | PROT_WRITE : PROT_READ;
    sigaction(SIGSEGV, &action, &before);
    mprotect(first, page, PROT_NONE);
}

/* Makes the memory readable again, and returns how often it was read. */
int memory_release(void)
{
    mprotect(first, page, access_of_pages);
    mprotect(last, page, access_of_pages);
    sigaction(SIGSEGV, &before, NULL);
    return reads;
}
