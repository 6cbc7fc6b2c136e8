package qynauth.pqc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
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
    void closeEndsAKeyOnce() {
        DsaKeyPair pair = DsaKeyPair.generate(44);
        try (DsaPublicKey key = pair.publicKey()) {
            byte[] signature = pair.sign(EMPTY, EMPTY);
            pair.close();
            pair.close();
            assertThrows(IllegalStateException.class, () -> pair.sign(EMPTY, EMPTY));
            assertThrows(IllegalStateException.class, pair::publicKey);
            assertTrue(key.verify(EMPTY, EMPTY, signature));
        }
    }

    @Test
    void keyServesManyThreadsUntilItIsClosed() throws Exception {
        KemKeyPair pair = KemKeyPair.generate(768);
        KemPublicKey.Encapsulation made;
        try (KemPublicKey key = pair.publicKey()) {
            made = key.encapsulate();
        }
        CountDownLatch started = new CountDownLatch(8);
        List<Future<?>> users = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                users.add(threads.submit(() -> {
                    assertArrayEquals(made.secret(), pair.decapsulate(made.ciphertext()));
                    started.countDown();
                    assertThrows(IllegalStateException.class, () -> {
                        while (true) {
                            assertArrayEquals(made.secret(), pair.decapsulate(made.ciphertext()));
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
    void collectorEndsWhatNobodyClosed() throws InterruptedException {
        for (int i = 0; i < 50; i++) {
            abandon();
        }
        long before = Metrics.read().liveHandles();
        Instant deadline = Instant.now().plus(Duration.ofMinutes(10));
        while (Metrics.read().liveHandles() > before - 90) {
            assertTrue(Instant.now().isBefore(deadline), "handles are still alive");
            System.gc();
            Thread.sleep(10);
        }
    }

    private static void abandon() {
        assertEquals(512, KemKeyPair.generate(512).publicKey().set);
    }

    @Test
    void metricsCountWhatWasDone() {
        Metrics before = Metrics.read();
        try (KemKeyPair pair = KemKeyPair.generate(512);
                KemPublicKey key = pair.publicKey()) {
            byte[] ciphertext = key.encapsulate().ciphertext();
            for (int i = 0; i < 3; i++) {
                pair.decapsulate(ciphertext);
            }
        }
        Metrics after = Metrics.read();
        assertEquals(1, after.calls("mlkem_keygen") - before.calls("mlkem_keygen"));
        assertEquals(1, after.calls("mlkem_encapsulate") - before.calls("mlkem_encapsulate"));
        assertEquals(3, after.calls("mlkem_decapsulate") - before.calls("mlkem_decapsulate"));
        assertEquals(0, after.liveBuffers());
        assertTrue(after.bytesWiped() > before.bytesWiped());
    }
}
