/* valgrind's client requests as functions. Outside valgrind they do nothing. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

unsigned ct_running_on_valgrind(void) { return (unsigned)RUNNING_ON_VALGRIND; }

void ct_mark_secret(void *data, size_t len) { (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len); }

void ct_mark_public(void *data, size_t len) { (void)VALGRIND_MAKE_MEM_DEFINED(data, len); }

/* In SLH-DSA, the digest of a message and the messages of WOTS+ follow from the signature. They are declared public where they
 * become indices and digits. The names are patterns: *slhdsa*address*Selection*3new* and *slhdsa*wots*6digits*. */
void I_WRAP_SONAME_FNNAME_ZZ(NONE, ZaslhdsaZaaddressZaSelectionZa3newZa)(void *selection, const void *numbers, void *digest,
                                                                         size_t len) {
    OrigFn original;
    VALGRIND_GET_ORIG_FN(original);
    ct_mark_public(digest, len);
    CALL_FN_v_WWWW(original, selection, numbers, digest, len);
}

void I_WRAP_SONAME_FNNAME_ZZ(NONE, ZaslhdsaZawotsZa6digitsZa)(void *message, size_t len, void *digits) {
    OrigFn original;
    VALGRIND_GET_ORIG_FN(original);
    ct_mark_public(message, len);
    CALL_FN_v_WWW(original, message, len, digits);
}

static int randomness_is_secret;

void ct_mark_randomness(int secret) { randomness_is_secret = secret; }

/* Replaces libc's function, which is looked up by name. */
ssize_t getrandom(void *data, size_t len, unsigned flags) {
    ssize_t taken = syscall(SYS_getrandom, data, len, flags);
    if (randomness_is_secret && taken > 0) ct_mark_secret(data, (size_t)taken);
    return taken;
}
