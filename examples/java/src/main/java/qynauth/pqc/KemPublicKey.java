package qynauth.pqc;

import java.lang.foreign.MemorySegment;

/** An encapsulation key. */
public final class KemPublicKey extends PublicKey {
    KemPublicKey(int set, Creation creation) {
        super("ML-KEM", set, Native.MLKEM, creation);
    }

    /** A ciphertext for the owner of the key, and the 32 bytes that both sides share, which are secret. */
    public record Encapsulation(byte[] ciphertext, byte[] secret) {
        /** Names the type: the components stay out of logs. */
        @Override
        public String toString() {
            return "ML-KEM encapsulation";
        }
    }

    /** Loads an encoded encapsulation key and checks its modulus. */
    public static KemPublicKey fromBytes(int set, byte[] key) {
        return new KemPublicKey(set, KeyPair.loading(Native.MLKEM.fromBytes(), set, key));
    }

    /** Makes a secret and a ciphertext from which the owner of the key gets the same secret. */
    public Encapsulation encapsulate() {
        try (Call call = new Call()) {
            MemorySegment ciphertext = call.buffer();
            MemorySegment secret = call.buffer();
            use(handle -> (int) Native.ENCAPSULATE.invokeExact(handle, ciphertext, secret));
            return new Encapsulation(call.bytes(ciphertext), call.bytes(secret));
        }
    }
}
