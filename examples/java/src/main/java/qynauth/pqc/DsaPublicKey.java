package qynauth.pqc;

/** A key that verifies signatures. */
public final class DsaPublicKey extends PublicKey {
    DsaPublicKey(int set, Creation creation) {
        super("ML-DSA", set, Native.MLDSA, creation);
    }

    /** Loads an encoded public key. */
    public static DsaPublicKey fromBytes(int set, byte[] key) {
        return new DsaPublicKey(set, KeyPair.loading(Native.MLDSA.fromBytes(), set, key));
    }

    /** Returns whether the owner of the key made this signature for this message and context. */
    public boolean verify(byte[] message, byte[] context, byte[] signature) {
        try (Call call = new Call()) {
            use(handle -> (int) Native.VERIFY.invokeExact(
                    handle, call.input(message), (long) message.length,
                    call.input(context), (long) context.length,
                    call.input(signature), (long) signature.length));
            return true;
        } catch (PqcException refused) {
            if (refused.status() == Status.INVALID_SIGNATURE) {
                return false;
            }
            throw refused;
        }
    }
}
