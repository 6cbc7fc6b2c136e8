package qynauth.pqc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The memory of one native call. Closing it wipes the inputs, frees what the library handed out, and then itself. */
final class Call implements AutoCloseable {
    private static final MemoryLayout FFI_BUFFER = MemoryLayout.structLayout(ADDRESS, JAVA_LONG, JAVA_LONG);

    private final Arena arena = Arena.ofConfined();
    private final List<MemorySegment> inputs = new ArrayList<>();
    private final List<MemorySegment> buffers = new ArrayList<>();

    /** Copies bytes to where the library can read them. */
    MemorySegment input(byte[] bytes) {
        MemorySegment copy = arena.allocateFrom(JAVA_BYTE, bytes);
        inputs.add(copy);
        return copy;
    }

    /** Returns an empty FFIBuffer. */
    MemorySegment buffer() {
        MemorySegment buffer = arena.allocate(FFI_BUFFER);
        buffers.add(buffer);
        return buffer;
    }

    /** Copies the bytes of a filled FFIBuffer. */
    byte[] bytes(MemorySegment buffer) {
        return filled(buffer).toArray(JAVA_BYTE);
    }

    /** Returns the memory of a filled FFIBuffer, which lives as long as the call. */
    MemorySegment filled(MemorySegment buffer) {
        return buffer.get(ADDRESS, 0).reinterpret(buffer.get(JAVA_LONG, ADDRESS.byteSize()));
    }

    /** Returns memory for any other output, of zeros. */
    MemorySegment output(MemoryLayout layout) {
        return arena.allocate(layout);
    }

    @Override
    public void close() {
        inputs.forEach(input -> input.fill((byte) 0));
        buffers.forEach(Native::freeBuffer);
        arena.close();
    }
}
