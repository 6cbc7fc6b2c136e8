package qynauth.pqc;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Owns one native object, which is freed once: by {@link #close}, or by the cleaner if nobody closes it. */
public abstract sealed class Key implements AutoCloseable permits KeyPair, PublicKey {
    private static final Cleaner CLEANER = Cleaner.create();

    final int set;
    final Native.Family family;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final String name;
    private final Cleaner.Cleanable cleanable;
    private MemorySegment pointer;

    /** A call that writes a handle to {@code out}. */
    interface Creation {
        int run(Call call, MemorySegment out) throws Throwable;
    }

    /** A call that borrows the handle. */
    interface Use {
        int run(MemorySegment handle) throws Throwable;
    }

    /** A call that borrows the handle and fills one buffer. */
    interface Filling {
        int run(Call call, MemorySegment handle, MemorySegment buffer) throws Throwable;
    }

    Key(String name, int set, Native.Family family, MethodHandle free, Creation creation) {
        this.name = name;
        this.set = set;
        this.family = family;
        MemorySegment made = create(creation);
        pointer = made;
        cleanable = CLEANER.register(this, () -> Native.free(free, made));
    }

    private static MemorySegment create(Creation creation) {
        try (Call call = new Call()) {
            MemorySegment out = call.output(ADDRESS);
            Native.check(() -> creation.run(call, out));
            return out.get(ADDRESS, 0);
        }
    }

    /** Makes a call during which the key can be neither closed nor collected. */
    final void use(Use use) {
        lock.readLock().lock();
        try {
            if (pointer == null) {
                throw new IllegalStateException(name + " is closed");
            }
            Native.check(() -> use.run(pointer));
        } finally {
            lock.readLock().unlock();
            Reference.reachabilityFence(this);
        }
    }

    final byte[] bytes(Filling filling) {
        try (Call call = new Call()) {
            MemorySegment buffer = call.buffer();
            use(handle -> filling.run(call, handle, buffer));
            return call.bytes(buffer);
        }
    }

    /** Frees the key and wipes its secrets, after calls in flight. Calling it again does nothing. */
    @Override
    public final void close() {
        lock.writeLock().lock();
        try {
            pointer = null;
            cleanable.clean();
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Names the algorithm and nothing else. */
    @Override
    public final String toString() {
        return name;
    }
}
