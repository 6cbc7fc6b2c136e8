/**
 * ML-KEM (FIPS 203), ML-DSA (FIPS 204), SLH-DSA (FIPS 205), X-Wing and composite signatures through the C library pqc_ffi, which
 * {@code java.library.path} must lead to.
 *
 * <p>Keys may be used by many threads at once. {@code close} waits for calls in flight, frees the key and wipes its
 * secrets; a key that nobody closes is freed after the garbage collector finds it unreachable.
 *
 * <p>Arrays that hold a secret (seeds, private keys, shared secrets) belong to the caller, who wipes them with
 * {@code Arrays.fill(secret, (byte) 0)}. The native copies are already wiped by then. A collector that moves objects
 * may leave copies of an array behind: keep the time short in which secrets are in arrays.
 */
package qynauth.pqc;
