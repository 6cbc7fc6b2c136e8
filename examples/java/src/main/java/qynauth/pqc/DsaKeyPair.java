package qynauth.pqc;

/** A private key with its public key; sets 44, 65 and 87. */
public final class DsaKeyPair extends KeyPair {
    private DsaKeyPair(int set, Creation creation) {
        super("ML-DSA", set, Native.MLDSA, creation);
    }

    /** Makes a key pair from the system's randomness. */
    public static DsaKeyPair generate(int set) {
        return new DsaKeyPair(set, generating(Native.MLDSA.generate(), set));
    }

    /** Makes the key pair of a seed of 32 bytes. */
    public static DsaKeyPair fromSeed(int set, byte[] seed) {
        return new DsaKeyPair(set, loading(Native.MLDSA.fromSeed(), set, seed));
    }

    /** Loads an expanded private key, which has no seed. */
    public static DsaKeyPair fromPrivateKey(int set, byte[] key) {
        return new DsaKeyPair(set, loading(Native.MLDSA.fromPrivateKey(), set, key));
    }

    @Override
    public DsaPublicKey publicKey() {
        return new DsaPublicKey(set, (call, out) -> sharePublicKey(out));
    }

    /** Returns a signature of the message for a context of at most 255 bytes, which may be empty. */
    public byte[] sign(byte[] message, byte[] context) {
        return bytes((call, handle, buffer) -> (int) Native.SIGN.invokeExact(
                handle, call.input(message), (long) message.length,
                call.input(context), (long) context.length, 0, buffer));
    }
}
