package qynauth.pqc;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.List;

/** The counts of the library in this process. */
public record Metrics(long liveHandles, long liveBuffers, long bytesWiped, List<Operation> operations) {
    private static final StructLayout OPERATION = MemoryLayout.structLayout(
            JAVA_INT.withName("action"),
            JAVA_INT.withName("algorithm"),
            JAVA_LONG.withName("calls"),
            JAVA_LONG.withName("errors"),
            MemoryLayout.sequenceLayout(4, JAVA_LONG).withName("timed, total_ns, min_ns, max_ns"),
            JAVA_LONG.withName("p50_ns"),
            MemoryLayout.sequenceLayout(3, JAVA_LONG).withName("p90_ns, p99_ns, p999_ns"),
            MemoryLayout.sequenceLayout(100 + 528, JAVA_LONG).withName("by_status, buckets"));
    private static final StructLayout METRICS = MemoryLayout.structLayout(
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("live_handles"),
            JAVA_LONG.withName("live_buffers"),
            JAVA_LONG.withName("bytes_wiped"),
            JAVA_LONG.withName("calls"),
            JAVA_LONG.withName("errors"),
            JAVA_LONG.withName("self_tests"),
            JAVA_LONG.withName("self_test_ns"));

    /** The counts of an action with an algorithm, which is 0 for calls that failed before they named one. */
    public record Operation(String action, int algorithm, long calls, long errors, long medianNanoseconds) {
        private static Operation of(MemorySegment from) {
            int number = from.get(JAVA_INT, Native.offset(OPERATION, "action"));
            return new Operation(
                    Native.text(() -> (MemorySegment) Native.ACTION_NAME.invokeExact(number)),
                    from.get(JAVA_INT, Native.offset(OPERATION, "algorithm")),
                    from.get(JAVA_LONG, Native.offset(OPERATION, "calls")),
                    from.get(JAVA_LONG, Native.offset(OPERATION, "errors")),
                    from.get(JAVA_LONG, Native.offset(OPERATION, "p50_ns")));
        }
    }

    /** Takes a snapshot. */
    public static Metrics read() {
        try (Call call = new Call()) {
            MemorySegment out = call.output(METRICS);
            MemorySegment buffer = call.buffer();
            Native.check(() -> (int) Native.METRICS.invokeExact(out, METRICS.byteSize(), buffer));
            MemorySegment operations = call.filled(buffer);
            return new Metrics(
                    out.get(JAVA_LONG, Native.offset(METRICS, "live_handles")),
                    out.get(JAVA_LONG, Native.offset(METRICS, "live_buffers")),
                    out.get(JAVA_LONG, Native.offset(METRICS, "bytes_wiped")),
                    operations.elements(OPERATION).map(Operation::of).toList());
        }
    }

    /** Returns how many calls of an action, such as "encapsulate", have ended, with all algorithms. */
    public long calls(String action) {
        return operations.stream().filter(one -> one.action.equals(action)).mapToLong(Operation::calls).sum();
    }

    /** Returns the version of the library. */
    public static String libraryVersion() {
        return Native.text(() -> (MemorySegment) Native.VERSION.invokeExact());
    }

    /** Returns the code path that new keys take. */
    public static String codePath() {
        return Native.text(() -> (MemorySegment) Native.CODE_PATH.invokeExact());
    }
}
