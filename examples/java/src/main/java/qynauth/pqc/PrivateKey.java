package qynauth.pqc;

import java.lang.invoke.MethodHandle;

/** A private key of any algorithm. An operation that the algorithm lacks throws {@link Status#WRONG_ALGORITHM}. */
public final class PrivateKey extends Key {
    private PrivateKey(Algorithm algorithm, Creation creation) {
        super(Native.PRIVATE_KEY, algorithm, creation);
    }

    private static PrivateKey load(MethodHandle load, Algorithm algorithm, byte[] bytes, KeyOption... options) {
        return new PrivateKey(algorithm, Native.loading(load, algorithm, bytes, options));
    }

    /** Makes a key from the system's randomness. */
    public static PrivateKey generate(Algorithm algorithm, KeyOption... options) {
        int id = algorithm.id();
        int flags = KeyOption.flags(options);
        return new PrivateKey(algorithm, (call, out) -> (int) Native.GENERATE.invokeExact(id, flags, out));
    }

    /**
     * Makes the key of a seed: 64 bytes for ML-KEM, 32 for ML-DSA and X-Wing, 48, 72 or 96 for SLH-DSA of 128, 192 or 256
     * bits. A composite has no seed.
     */
    public static PrivateKey fromSeed(Algorithm algorithm, byte[] seed, KeyOption... options) {
        return load(Native.FROM_SEED, algorithm, seed, options);
    }

    /**
     * Loads an expanded private key, which has no seed; X-Wing's encoding is its seed, SLH-DSA's contains it, a composite's is
     * both halves.
     */
    public static PrivateKey fromBytes(Algorithm algorithm, byte[] bytes, KeyOption... options) {
        return load(Native.PRIVATE_KEY.fromBytes(), algorithm, bytes, options);
    }

    /** Returns the public key, which stays usable after the private key is closed. */
    public PublicKey publicKey() {
        return new PublicKey(algorithm(), (call, out) -> {
            use(key -> (int) Native.PUBLIC_KEY_OF.invokeExact(key, out));
            return 0;
        });
    }

    /** Returns the seed, which is secret; throws {@link Status#SEED_UNAVAILABLE} if the key was loaded without. */
    public byte[] seed() {
        return fill((call, key, buffer) -> (int) Native.SEED.invokeExact(key, buffer));
    }

    /**
     * Returns the 32 bytes that both sides share, which are secret. A ciphertext that was not made for this key is no
     * error: the result is another, unpredictable secret. For a hybrid with P-256 or P-384 it is
     * {@link Status#CIPHERTEXT_POINT} if its point is not on the curve.
     */
    public byte[] decapsulate(byte[] ciphertext) {
        return fill((call, key, buffer) -> (int) Native.DECAPSULATE.invokeExact(
                key, call.input(ciphertext), (long) ciphertext.length, buffer));
    }

    /**
     * Returns a signature of the message for a context of at most 255 bytes, which may be empty. Signatures of a composite with
     * ECDSA differ in length.
     */
    public byte[] sign(byte[] message, byte[] context) {
        return fill((call, key, buffer) -> (int) Native.SIGN.invokeExact(
                key, call.input(message), (long) message.length,
                call.input(context), (long) context.length, 0, buffer));
    }
}
