package qynauth.pqc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Owns one native key, which is freed once: by {@link #close}, or by the cleaner if nobody closes it. */
public abstract sealed class Key implements AutoCloseable permits PrivateKey, PublicKey {
    static final Cleaner CLEANER = Cleaner.create();

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Native.KeyType type;
    private final Algorithm algorithm;
    private final Cleaner.Cleanable cleanable;
    private MemorySegment pointer;

    /** A call that writes a new key to {@code out}. */
    interface Creation {
        int run(Call call, MemorySegment out) throws Throwable;
    }

    /** A call that borrows the key. */
    interface Use {
        int run(MemorySegment key) throws Throwable;
    }

    /** A call that borrows the key and fills one buffer. */
    interface Filling {
        int run(Call call, MemorySegment key, MemorySegment buffer) throws Throwable;
    }

    Key(Native.KeyType type, Algorithm algorithm, Creation creation) {
        this.type = type;
        this.algorithm = algorithm;
        try (Call call = new Call()) {
            MemorySegment out = call.output(ADDRESS);
            Native.check(() -> creation.run(call, out));
            MemorySegment created = out.get(ADDRESS, 0);
            pointer = created;
            cleanable = CLEANER.register(this, () -> Native.free(type.free(), created));
        }
    }

    /** Makes a call during which the key can be neither closed nor collected. */
    final void use(Use use) {
        Lock open = lock.readLock();
        open.lock();
        try {
            MemorySegment key = pointer;
            if (key == null) {
                throw new IllegalStateException(this + " is closed");
            }
            Native.check(() -> use.run(key));
        } finally {
            open.unlock();
            // Without it, the cleaner may free the key during the call, which does not need this object.
            Reference.reachabilityFence(this);
        }
    }

    final byte[] fill(Filling filling) {
        try (Call call = new Call()) {
            MemorySegment buffer = call.buffer();
            use(key -> filling.run(call, key, buffer));
            return call.bytes(buffer);
        }
    }

    /** Returns the algorithm. */
    public final Algorithm algorithm() {
        return algorithm;
    }

    /** Returns the options in effect, which name an engine and a code path. */
    public final Set<KeyOption> options() {
        try (Call call = new Call()) {
            MemorySegment flags = call.output(JAVA_INT);
            use(key -> (int) type.options().invokeExact(key, flags));
            return KeyOption.of(flags.get(JAVA_INT, 0));
        }
    }

    /** Returns the key in the encoding of its standard. A private key's is secret: its expanded key, X-Wing's seed. */
    public final byte[] bytes() {
        return fill((call, key, buffer) -> (int) type.bytes().invokeExact(key, buffer));
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
        return algorithm + " " + type.noun();
    }
}
