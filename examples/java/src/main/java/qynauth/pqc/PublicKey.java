package qynauth.pqc;

/** A public key: what both families share. */
public abstract sealed class PublicKey extends Key permits KemPublicKey, DsaPublicKey {
    PublicKey(String algorithm, int set, Native.Family family, Creation creation) {
        super(algorithm + "-" + set + " public key", set, family, family.freePublicKey(), creation);
    }

    /** Returns the encoded key. */
    public final byte[] bytes() {
        return bytes((call, handle, buffer) -> (int) family.bytes().invokeExact(handle, buffer));
    }
}
