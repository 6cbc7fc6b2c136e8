package qynauth.pqc;

/** A decapsulation key with its encapsulation key; sets 512, 768 and 1024. */
public final class KemKeyPair extends KeyPair {
    private KemKeyPair(int set, Creation creation) {
        super("ML-KEM", set, Native.MLKEM, creation);
    }

    /** Makes a key pair from the system's randomness. */
    public static KemKeyPair generate(int set) {
        return new KemKeyPair(set, generating(Native.MLKEM.generate(), set));
    }

    /** Makes the key pair of a seed of 64 bytes. */
    public static KemKeyPair fromSeed(int set, byte[] seed) {
        return new KemKeyPair(set, loading(Native.MLKEM.fromSeed(), set, seed));
    }

    /** Loads an expanded decapsulation key, which has no seed. */
    public static KemKeyPair fromPrivateKey(int set, byte[] key) {
        return new KemKeyPair(set, loading(Native.MLKEM.fromPrivateKey(), set, key));
    }

    @Override
    public KemPublicKey publicKey() {
        return new KemPublicKey(set, (call, out) -> sharePublicKey(out));
    }

    /**
     * Returns the 32 bytes that both sides share, which are secret. A ciphertext that was not made for this key is no
     * error: it gives another, unpredictable secret.
     */
    public byte[] decapsulate(byte[] ciphertext) {
        return bytes((call, handle, buffer) -> (int) Native.DECAPSULATE.invokeExact(
                handle, call.input(ciphertext), (long) ciphertext.length, buffer));
    }
}
