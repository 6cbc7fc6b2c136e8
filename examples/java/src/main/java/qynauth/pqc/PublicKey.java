package qynauth.pqc;

import java.lang.foreign.MemorySegment;

/** A public key of any algorithm. An operation that the algorithm lacks throws {@link Status#WRONG_ALGORITHM}. */
public final class PublicKey extends Key {
    PublicKey(Algorithm algorithm, Creation creation) {
        super(Native.PUBLIC_KEY, algorithm, creation);
    }

    /** A ciphertext for the owner of the key, and the 32 bytes that both sides share, which are secret. */
    public record Encapsulation(byte[] ciphertext, byte[] sharedSecret) {
        /** Names the type: the components stay out of logs. */
        @Override
        public String toString() {
            return "encapsulation";
        }
    }

    /** Loads an encoded public key, and checks it as the standard requires. */
    public static PublicKey fromBytes(Algorithm algorithm, byte[] bytes, KeyOption... options) {
        return new PublicKey(algorithm, Native.loading(Native.PUBLIC_KEY.fromBytes(), algorithm, bytes, options));
    }

    /** Makes a shared secret, and a ciphertext from which the owner of the key derives the same secret. */
    public Encapsulation encapsulate() {
        try (Call call = new Call()) {
            MemorySegment ciphertext = call.buffer();
            MemorySegment secret = call.buffer();
            use(key -> (int) Native.ENCAPSULATE.invokeExact(key, ciphertext, secret));
            return new Encapsulation(call.bytes(ciphertext), call.bytes(secret));
        }
    }

    /**
     * Returns if the owner of the key signed this message with this context. Otherwise it throws
     * {@link Status#INVALID_SIGNATURE}: there is no result that a caller could forget to look at.
     */
    public void verify(byte[] message, byte[] context, byte[] signature) {
        try (Call call = new Call()) {
            use(key -> (int) Native.VERIFY.invokeExact(
                    key, call.input(message), (long) message.length,
                    call.input(context), (long) context.length,
                    call.input(signature), (long) signature.length));
        }
    }
}
