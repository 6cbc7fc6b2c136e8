package qynauth.pqc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
    private static final byte[] MESSAGE = "message".getBytes(UTF_8);
    private static final byte[] CONTEXT = "context".getBytes(UTF_8);
    private static final byte[] EMPTY = {};

    static void assertStatus(Status expected, Executable call) {
        assertEquals(expected, assertThrows(PqcException.class, call).status());
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 768, 1024})
    void bothSidesShareASecret(int set) {
        try (KemKeyPair alice = KemKeyPair.generate(set);
                KemPublicKey shown = alice.publicKey();
                KemPublicKey key = KemPublicKey.fromBytes(set, shown.bytes())) {
            KemPublicKey.Encapsulation made = key.encapsulate();
            assertArrayEquals(made.secret(), alice.decapsulate(made.ciphertext()));

            made.ciphertext()[0] ^= 1;
            byte[] other = alice.decapsulate(made.ciphertext());
            assertEquals(32, other.length);
            assertFalse(Arrays.equals(made.secret(), other));
            assertStatus(Status.CIPHERTEXT_LENGTH, () -> alice.decapsulate(MESSAGE));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {44, 65, 87})
    void signatureHoldsForItsMessageAndContext(int set) {
        try (DsaKeyPair signer = DsaKeyPair.generate(set);
                DsaPublicKey shown = signer.publicKey();
                DsaPublicKey key = DsaPublicKey.fromBytes(set, shown.bytes())) {
            byte[] signature = signer.sign(MESSAGE, CONTEXT);
            assertTrue(key.verify(MESSAGE, CONTEXT, signature));
            assertTrue(key.verify(EMPTY, EMPTY, signer.sign(EMPTY, EMPTY)));
            assertFalse(key.verify("massage".getBytes(UTF_8), CONTEXT, signature));
            assertFalse(key.verify(MESSAGE, EMPTY, signature));
            assertFalse(key.verify(MESSAGE, CONTEXT, Arrays.copyOf(signature, signature.length - 1)));
            signature[9] ^= 1;
            assertFalse(key.verify(MESSAGE, CONTEXT, signature));
            assertStatus(Status.CONTEXT_LENGTH, () -> signer.sign(MESSAGE, new byte[256]));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 768, 1024})
    void keysOfMlKemComeBackFromTheirBytes(int set) {
        comeBack(set, KemKeyPair::generate, KemKeyPair::fromSeed, KemKeyPair::fromPrivateKey);
    }

    @ParameterizedTest
    @ValueSource(ints = {44, 65, 87})
    void keysOfMlDsaComeBackFromTheirBytes(int set) {
        comeBack(set, DsaKeyPair::generate, DsaKeyPair::fromSeed, DsaKeyPair::fromPrivateKey);
    }

    private static void comeBack(
            int set,
            IntFunction<KeyPair> generate,
            BiFunction<Integer, byte[], KeyPair> fromSeed,
            BiFunction<Integer, byte[], KeyPair> fromPrivateKey) {
        try (KeyPair pair = generate.apply(set);
                KeyPair seeded = fromSeed.apply(set, pair.seed());
                KeyPair expanded = fromPrivateKey.apply(set, pair.privateKey());
                PublicKey key = pair.publicKey();
                PublicKey seededKey = seeded.publicKey();
                PublicKey expandedKey = expanded.publicKey()) {
            assertArrayEquals(key.bytes(), seededKey.bytes());
            assertArrayEquals(key.bytes(), expandedKey.bytes());
            assertArrayEquals(pair.privateKey(), expanded.privateKey());
            assertStatus(Status.SEED_UNAVAILABLE, expanded::seed);
        }
    }

    @Test
    void wrongInputsHaveTheirStatus() {
        assertStatus(Status.UNKNOWN_PARAMETER_SET, () -> KemKeyPair.generate(65));
        assertStatus(Status.SEED_LENGTH, () -> KemKeyPair.fromSeed(768, new byte[63]));
        assertStatus(Status.PRIVATE_KEY_LENGTH, () -> KemKeyPair.fromPrivateKey(768, EMPTY));
        assertStatus(Status.SEED_LENGTH, () -> DsaKeyPair.fromSeed(65, new byte[64]));
        assertStatus(Status.OTHER, () -> KemPublicKey.fromBytes(512, filled(800)));
        assertThrows(NullPointerException.class, () -> DsaPublicKey.fromBytes(65, null));

        Executable call = () -> DsaPublicKey.fromBytes(65, new byte[1]);
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
        try (KemKeyPair pair = KemKeyPair.generate(1024);
                KemPublicKey key = pair.publicKey()) {
            assertEquals("ML-KEM-1024 key pair", pair.toString());
            assertEquals("ML-KEM-1024 public key", key.toString());
            assertEquals("ML-KEM encapsulation", key.encapsulate().toString());
        }
    }
}
