package qynauth.pqc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class OwnershipTest {
    private static final byte[] EMPTY = {};

    @Test
    void closeFreesAKeyOnce() {
        long before = Metrics.read().liveHandles();
        PrivateKey signer = PrivateKey.generate(Algorithm.ML_DSA_44);
        try (PublicKey key = signer.publicKey()) {
            byte[] signature = signer.sign(EMPTY, EMPTY);
            signer.close();
            signer.close();
            assertThrows(IllegalStateException.class, () -> signer.sign(EMPTY, EMPTY));
            assertThrows(IllegalStateException.class, signer::publicKey);
            key.verify(EMPTY, EMPTY, signature);
        }
        assertEquals(before, Metrics.read().liveHandles());
    }

    @Test
    void keyServesManyThreadsUntilItIsClosed() throws Exception {
        PrivateKey pair = PrivateKey.generate(Algorithm.ML_KEM_768);
        PublicKey.Encapsulation made;
        try (PublicKey key = pair.publicKey()) {
            made = key.encapsulate();
        }
        CountDownLatch started = new CountDownLatch(8);
        List<Future<?>> users = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                users.add(threads.submit(() -> {
                    assertArrayEquals(made.sharedSecret(), pair.decapsulate(made.ciphertext()));
                    started.countDown();
                    assertThrows(IllegalStateException.class, () -> {
                        while (true) {
                            assertArrayEquals(made.sharedSecret(), pair.decapsulate(made.ciphertext()));
                        }
                    });
                }));
            }
            started.await();
            pair.close();
        }
        for (Future<?> user : users) {
            user.get();
        }
    }

    @Test
    void cleanerFreesWhatNobodyClosed() throws InterruptedException {
        long before = Metrics.read().liveHandles();
        for (int i = 0; i < 50; i++) {
            PrivateKey.generate(Algorithm.ML_KEM_512).publicKey();
        }
        collectUntilHandlesAre(before);
    }

    /** The cleaner runs one action after another: each round waits for a new one. */
    private static void collectUntilHandlesAre(long expected) throws InterruptedException {
        for (int round = 0; Metrics.read().liveHandles() != expected; round++) {
            assertTrue(round < 200, "handles are still alive");
            CountDownLatch cleaned = new CountDownLatch(1);
            Key.CLEANER.register(new Object(), cleaned::countDown);
            System.gc();
            cleaned.await();
        }
    }

    /** The tests run compiled, where an object is unreachable once nothing uses it: see pom.xml. */
    @Test
    void keyIsReachableDuringACall() throws InterruptedException {
        long before = Metrics.read().liveHandles();
        PrivateKey key = PrivateKey.generate(Algorithm.ML_KEM_512);
        WeakReference<PrivateKey> watched = new WeakReference<>(key);
        key.use(handle -> {
            System.gc();
            assertNotNull(watched.get(), "collected during the call");
            return 0;
        });
        System.gc();
        assertNull(watched.get(), "this virtual machine keeps what nothing uses: the test proves nothing");
        collectUntilHandlesAre(before);
    }

    @Test
    void metricsCountWhatWasDone() {
        Metrics before = Metrics.read();
        try (PrivateKey pair = PrivateKey.generate(Algorithm.ML_KEM_512);
                PublicKey key = pair.publicKey()) {
            byte[] ciphertext = key.encapsulate().ciphertext();
            for (int i = 0; i < 3; i++) {
                pair.decapsulate(ciphertext);
            }
        }
        Metrics after = Metrics.read();
        assertEquals(1, after.calls("generate") - before.calls("generate"));
        assertEquals(1, after.calls("encapsulate") - before.calls("encapsulate"));
        assertEquals(3, after.calls("decapsulate") - before.calls("decapsulate"));
        assertEquals(0, after.liveBuffers());
        assertTrue(after.bytesWiped() > before.bytesWiped());
    }
}
