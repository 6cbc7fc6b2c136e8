/* valgrind's client requests as functions. Outside valgrind they do nothing. */
#include <stddef.h>
#include <valgrind/memcheck.h>

unsigned ct_running_on_valgrind(void) { return (unsigned)RUNNING_ON_VALGRIND; }

void ct_mark_secret(void *data, size_t len) { (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len); }

void ct_mark_public(void *data, size_t len) { (void)VALGRIND_MAKE_MEM_DEFINED(data, len); }
