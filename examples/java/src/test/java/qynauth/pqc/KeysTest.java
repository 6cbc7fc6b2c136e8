package qynauth.pqc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeysTest {
    private static final byte[] MESSAGE = "message".getBytes(UTF_8);
    private static final byte[] CONTEXT = "context".getBytes(UTF_8);
    private static final byte[] EMPTY = {};

    static void assertStatus(Status expected, Executable call) {
        assertEquals(expected, assertThrows(PqcException.class, call).status());
    }

    @Test
    void algorithmsAreThoseOfTheLibrary() {
        List<MemorySegment> rows = LongStream.iterate(0, index -> index + 1)
                .mapToObj(index -> Native.result(() -> (MemorySegment) Native.ALGORITHM_AT.invokeExact(index)))
                .takeWhile(row -> row.address() != 0)
                .toList();
        List<Integer> ids = rows.stream().map(row -> row.get(ValueLayout.JAVA_INT, 0)).toList();
        assertEquals(ids, Arrays.stream(Algorithm.values()).map(Algorithm::id).toList());
        for (Algorithm algorithm : Algorithm.values()) {
            assertEquals(algorithm, Algorithm.of(algorithm.id()));
            assertEquals(algorithm.name(), algorithm.toString().toUpperCase().replace('-', '_'));
            assertEquals(algorithm.hasSeed(), !algorithm.name().startsWith("MLDSA"));
        }
        assertThrows(IllegalArgumentException.class, () -> Algorithm.of(769));
    }

    @ParameterizedTest
    @EnumSource(names = {"ML_KEM_512", "ML_KEM_768", "ML_KEM_1024", "X_WING", "MLKEM768_P256", "MLKEM1024_P384"})
    void bothSidesShareASecret(Algorithm algorithm) {
        assertEquals(Algorithm.Kind.KEM, algorithm.kind());
        try (PrivateKey alice = PrivateKey.generate(algorithm);
                PublicKey shown = alice.publicKey();
                PublicKey key = PublicKey.fromBytes(algorithm, shown.bytes())) {
            PublicKey.Encapsulation made = key.encapsulate();
            assertArrayEquals(made.sharedSecret(), alice.decapsulate(made.ciphertext()));

            made.ciphertext()[0] ^= 1;
            byte[] other = alice.decapsulate(made.ciphertext());
            assertEquals(32, other.length);
            assertFalse(Arrays.equals(made.sharedSecret(), other));
            assertStatus(Status.CIPHERTEXT_LENGTH, () -> alice.decapsulate(MESSAGE));
            assertStatus(Status.WRONG_ALGORITHM, () -> alice.sign(MESSAGE, CONTEXT));
            assertStatus(Status.WRONG_ALGORITHM, () -> key.verify(MESSAGE, CONTEXT, EMPTY));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ML_KEM_512", "ML_KEM_768", "ML_KEM_1024", "X_WING", "MLKEM768_P256", "MLKEM1024_P384"}, mode = EnumSource.Mode.EXCLUDE)
    void signatureHoldsForItsMessageAndContext(Algorithm algorithm) {
        assertEquals(Algorithm.Kind.SIGNATURE, algorithm.kind());
        try (PrivateKey signer = PrivateKey.generate(algorithm);
                PublicKey shown = signer.publicKey();
                PublicKey key = PublicKey.fromBytes(algorithm, shown.bytes())) {
            byte[] signature = signer.sign(MESSAGE, CONTEXT);
            key.verify(MESSAGE, CONTEXT, signature);
            key.verify(EMPTY, EMPTY, signer.sign(EMPTY, EMPTY));
            assertInvalid(() -> key.verify("massage".getBytes(UTF_8), CONTEXT, signature));
            assertInvalid(() -> key.verify(MESSAGE, EMPTY, signature));
            assertInvalid(() -> key.verify(MESSAGE, CONTEXT, Arrays.copyOf(signature, signature.length - 1)));
            signature[9] ^= 1;
            assertInvalid(() -> key.verify(MESSAGE, CONTEXT, signature));
            assertStatus(Status.CONTEXT_LENGTH, () -> signer.sign(MESSAGE, new byte[256]));
            assertStatus(Status.WRONG_ALGORITHM, key::encapsulate);
            assertStatus(Status.WRONG_ALGORITHM, () -> signer.decapsulate(EMPTY));
        }
    }

    private static void assertInvalid(Executable verification) {
        assertStatus(Status.INVALID_SIGNATURE, verification);
    }

    @ParameterizedTest
    @EnumSource(names = "MLDSA.*", mode = EnumSource.Mode.MATCH_ALL)
    void compositeHasNoSeedAndAPointInItsPublicKey(Algorithm algorithm) {
        try (PrivateKey key = PrivateKey.generate(algorithm, KeyOption.LOCKED_MEMORY);
                PrivateKey loaded = PrivateKey.fromBytes(algorithm, key.bytes(), KeyOption.LOCKED_MEMORY);
                PublicKey publicKey = key.publicKey();
                PublicKey loadedPublicKey = loaded.publicKey()) {
            assertArrayEquals(key.bytes(), loaded.bytes());
            assertArrayEquals(publicKey.bytes(), loadedPublicKey.bytes());
            assertTrue(loaded.options().contains(KeyOption.LOCKED_MEMORY));
            assertStatus(Status.SEED_UNAVAILABLE, key::seed);
            assertStatus(Status.WRONG_ALGORITHM, () -> PrivateKey.fromSeed(algorithm, new byte[32]));
            byte[] noPoint = publicKey.bytes();
            Arrays.fill(noPoint, noPoint.length - 32, noPoint.length, (byte) 0xff);
            assertStatus(Status.PUBLIC_KEY_POINT, () -> PublicKey.fromBytes(algorithm, noPoint));
        }
    }

    @ParameterizedTest
    @EnumSource(names = "ML_.*|MLKEM.*|X_WING|SLH_.*", mode = EnumSource.Mode.MATCH_ALL)
    void keysComeBackFromTheirBytes(Algorithm algorithm) {
        try (PrivateKey key = PrivateKey.generate(algorithm);
                PrivateKey seeded = PrivateKey.fromSeed(algorithm, key.seed());
                PrivateKey expanded = PrivateKey.fromBytes(algorithm, key.bytes());
                PublicKey publicKey = key.publicKey();
                PublicKey seededPublicKey = seeded.publicKey();
                PublicKey expandedPublicKey = expanded.publicKey()) {
            assertArrayEquals(publicKey.bytes(), seededPublicKey.bytes());
            assertArrayEquals(publicKey.bytes(), expandedPublicKey.bytes());
            assertArrayEquals(key.bytes(), expanded.bytes());
            if (algorithm.name().startsWith("ML_")) {
                assertStatus(Status.SEED_UNAVAILABLE, expanded::seed);
            } else {
                assertArrayEquals(key.seed(), expanded.seed());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "ML_.*|MLKEM.*|X_WING|SLH_.*F", mode = EnumSource.Mode.MATCH_ALL)
    void optionsReachTheKey(Algorithm algorithm) {
        KeyOption[] options = {KeyOption.PORTABLE, KeyOption.NO_PRECOMPUTE, KeyOption.LOCKED_MEMORY};
        try (PrivateKey plain = PrivateKey.generate(algorithm);
                PrivateKey key = PrivateKey.generate(algorithm, options);
                PrivateKey seeded = PrivateKey.fromSeed(algorithm, key.seed(), options);
                PrivateKey expanded = PrivateKey.fromBytes(algorithm, key.bytes(), options);
                PublicKey publicKey = key.publicKey();
                PublicKey loaded = PublicKey.fromBytes(algorithm, publicKey.bytes(), options)) {
            assertFalse(plain.options().contains(KeyOption.LOCKED_MEMORY));
            for (Key each : List.of(key, seeded, expanded, loaded)) {
                assertTrue(each.options().containsAll(Set.of(options)), each::toString);
            }
        }
    }

    @Test
    void wrongInputsHaveTheirStatus() {
        assertStatus(Status.SEED_LENGTH, () -> PrivateKey.fromSeed(Algorithm.ML_KEM_768, new byte[63]));
        assertStatus(Status.SEED_LENGTH, () -> PrivateKey.fromSeed(Algorithm.ML_DSA_65, new byte[64]));
        assertStatus(Status.PRIVATE_KEY_LENGTH, () -> PrivateKey.fromBytes(Algorithm.ML_KEM_768, EMPTY));
        assertStatus(Status.OTHER, () -> PublicKey.fromBytes(Algorithm.ML_KEM_512, filled(800)));
        assertThrows(NullPointerException.class, () -> PublicKey.fromBytes(Algorithm.ML_DSA_65, null));

        Executable call = () -> PublicKey.fromBytes(Algorithm.ML_DSA_65, new byte[1]);
        PqcException failure = assertThrows(PqcException.class, call);
        assertEquals(20, failure.code());
        assertEquals("public key has the wrong length (status 20)", failure.getMessage());
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0xff);
        return bytes;
    }

    @Test
    void textHoldsNoSecret() {
        try (PrivateKey pair = PrivateKey.generate(Algorithm.ML_KEM_1024);
                PublicKey key = pair.publicKey()) {
            assertEquals("ML-KEM-1024 private key", pair.toString());
            assertEquals("ML-KEM-1024 public key", key.toString());
            assertEquals("encapsulation", key.encapsulate().toString());
        }
    }

    @Test
    void moduleHasAName() {
        assertEquals("qynauth.pqc", Key.class.getModule().getName());
    }
}
