package qynauth.pqc;

/** A call that failed. The message is the library's text for the status, which never holds a byte of an input. */
public final class PqcException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int code;

    PqcException(int code, String text) {
        super(text + " (status " + code + ")");
        this.code = code;
    }

    /** Returns the number of the status, PQC_STATUS_* in the header. */
    public int code() {
        return code;
    }

    /** Returns the status. */
    public Status status() {
        return Status.of(code);
    }
}
