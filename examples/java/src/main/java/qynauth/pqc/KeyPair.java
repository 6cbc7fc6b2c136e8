package qynauth.pqc;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** A private key with its public key: what both families share. */
public abstract sealed class KeyPair extends Key permits KemKeyPair, DsaKeyPair {
    KeyPair(String algorithm, int set, Native.Family family, Creation creation) {
        super(algorithm + "-" + set + " key pair", set, family, family.freePair(), creation);
    }

    static Creation generating(MethodHandle generate, int set) {
        return (call, out) -> (int) generate.invokeExact(set, 0, out);
    }

    /** Loads encoded bytes; also those of a public key. */
    static Creation loading(MethodHandle load, int set, byte[] bytes) {
        return (call, out) -> (int) load.invokeExact(set, 0, call.input(bytes), (long) bytes.length, out);
    }

    /** Returns the public key, which lives on its own. */
    public abstract PublicKey publicKey();

    final int sharePublicKey(MemorySegment out) {
        use(handle -> (int) family.publicKey().invokeExact(handle, out));
        return 0;
    }

    /** Returns the seed, which is secret; throws {@link Status#SEED_UNAVAILABLE} if the pair was loaded without. */
    public final byte[] seed() {
        return bytes((call, handle, buffer) -> (int) family.seed().invokeExact(handle, buffer));
    }

    /** Returns the expanded private key, which is secret. */
    public final byte[] privateKey() {
        return bytes((call, handle, buffer) -> (int) family.privateKey().invokeExact(handle, buffer));
    }
}
