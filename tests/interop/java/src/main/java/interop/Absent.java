package interop;

/** The implementation has no interface for the request. */
final class Absent extends Exception {
    private static final long serialVersionUID = 1;

    Absent(String what) {
        super(what);
    }
}
