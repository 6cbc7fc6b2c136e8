package qynauth.pqc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** An algorithm with its parameter set. */
public enum Algorithm {
    ML_KEM_512(512),
    ML_KEM_768(768),
    ML_KEM_1024(1024),
    ML_DSA_44(44),
    ML_DSA_65(65),
    ML_DSA_87(87),
    X_WING(0x647a),
    MLKEM768_P256(0x0050),
    MLKEM1024_P384(0x0051),
    MLDSA44_ED25519_SHA512(0x60000 + 39),
    MLDSA44_ECDSA_P256_SHA256(0x60000 + 40),
    MLDSA65_ECDSA_P256_SHA512(0x60000 + 45),
    MLDSA65_ECDSA_P384_SHA512(0x60000 + 46),
    MLDSA65_ED25519_SHA512(0x60000 + 48),
    MLDSA87_ECDSA_P384_SHA512(0x60000 + 49),
    SLH_DSA_SHA2_128S(205020),
    SLH_DSA_SHA2_128F(205021),
    SLH_DSA_SHA2_192S(205022),
    SLH_DSA_SHA2_192F(205023),
    SLH_DSA_SHA2_256S(205024),
    SLH_DSA_SHA2_256F(205025),
    SLH_DSA_SHAKE_128S(205026),
    SLH_DSA_SHAKE_128F(205027),
    SLH_DSA_SHAKE_192S(205028),
    SLH_DSA_SHAKE_192F(205029),
    SLH_DSA_SHAKE_256S(205030),
    SLH_DSA_SHAKE_256F(205031);

    /** The operations of an algorithm's keys: they encapsulate and decapsulate, or sign and verify. */
    public enum Kind {
        KEM,
        SIGNATURE
    }

    private final int id;
    private final Kind kind;
    private final boolean seeded;
    private final String title;

    Algorithm(int id) {
        this.id = id;
        MemorySegment info = Native.result(() -> (MemorySegment) Native.ALGORITHM_INFO.invokeExact(id));
        kind = Kind.values()[info.get(JAVA_INT, Native.offset(Native.ALGORITHM, "kind")) - 1];
        seeded = info.get(JAVA_LONG, Native.offset(Native.ALGORITHM, "seed_bytes")) > 0;
        title = Native.text(() -> info.get(ADDRESS, Native.offset(Native.ALGORITHM, "name")));
    }

    /** Returns the algorithm with an id; throws an {@link IllegalArgumentException} if there is none. */
    public static Algorithm of(int id) {
        for (Algorithm algorithm : values()) {
            if (algorithm.id == id) {
                return algorithm;
            }
        }
        throw new IllegalArgumentException("no algorithm has the id " + id);
    }

    /** Returns PQC_ALGORITHM_* of pqc_ffi.h: for ML-KEM and ML-DSA the number of the parameter set. */
    public int id() {
        return id;
    }

    /** Returns the kind of the algorithm's operations. */
    public Kind kind() {
        return kind;
    }

    /** Returns whether private keys are derived from a seed; private keys of composites are not. */
    public boolean hasSeed() {
        return seeded;
    }

    /** Returns the standard's name, such as "ML-KEM-768". */
    @Override
    public String toString() {
        return title;
    }
}
