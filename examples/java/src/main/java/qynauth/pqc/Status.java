package qynauth.pqc;

/** Why a call failed. The statuses that a caller may want to distinguish; pqc_ffi.h has all of them. */
public enum Status {
    UNKNOWN_ALGORITHM(2),
    WRONG_ALGORITHM(11),
    PUBLIC_KEY_LENGTH(20),
    PRIVATE_KEY_LENGTH(21),
    SEED_LENGTH(22),
    CIPHERTEXT_LENGTH(23),
    CONTEXT_LENGTH(24),
    INVALID_SIGNATURE(50),
    PUBLIC_KEY_POINT(52),
    CIPHERTEXT_POINT(53),
    SEED_UNAVAILABLE(60),
    /** Any other: {@link PqcException#code} has its number. */
    OTHER(-1);

    final int code;

    Status(int code) {
        this.code = code;
    }

    static Status of(int code) {
        for (Status status : values()) {
            if (status.code == code) {
                return status;
            }
        }
        return OTHER;
    }
}
