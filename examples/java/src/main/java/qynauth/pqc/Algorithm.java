package qynauth.pqc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/** An algorithm with its parameter set. */
public enum Algorithm {
    ML_KEM_512(512),
    ML_KEM_768(768),
    ML_KEM_1024(1024),
    ML_DSA_44(44),
    ML_DSA_65(65),
    ML_DSA_87(87),
    X_WING(0x647a);

    /** What the keys of an algorithm do: encapsulate and decapsulate, or sign and verify. */
    public enum Kind {
        KEM,
        SIGNATURE
    }

    private final int id;
    private final Kind kind;
    private final String title;

    Algorithm(int id) {
        this.id = id;
        MemorySegment info = Native.result(() -> (MemorySegment) Native.ALGORITHM_INFO.invokeExact(id));
        kind = Kind.values()[info.get(JAVA_INT, Native.offset(Native.ALGORITHM, "kind")) - 1];
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

    /** Returns the number of the standard's parameter set, or the HPKE KEM id of X-Wing. */
    public int id() {
        return id;
    }

    /** Returns what the keys of the algorithm do. */
    public Kind kind() {
        return kind;
    }

    /** Returns the standard's name, such as "ML-KEM-768". */
    @Override
    public String toString() {
        return title;
    }
}
