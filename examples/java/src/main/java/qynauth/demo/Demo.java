package qynauth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import qynauth.pqc.DsaKeyPair;
import qynauth.pqc.DsaPublicKey;
import qynauth.pqc.KemKeyPair;
import qynauth.pqc.KemPublicKey;
import qynauth.pqc.Metrics;

/** Exchanges a secret and signs a message with every parameter set, and prints what the library counted. */
final class Demo {
    private Demo() {}

    static void run() {
        say("pqc_ffi %s from Java, code path %s", Metrics.libraryVersion(), Metrics.codePath());
        for (int set : new int[] {512, 768, 1024}) {
            exchange(set);
        }
        for (int set : new int[] {44, 65, 87}) {
            signAndVerify(set);
        }
        Metrics metrics = Metrics.read();
        say("counted: %d encapsulations, %d decapsulations, %d signatures, %d verifications",
                metrics.calls("mlkem_encapsulate"), metrics.calls("mlkem_decapsulate"),
                metrics.calls("mldsa_sign"), metrics.calls("mldsa_verify"));
        say("ok");
    }

    private static void exchange(int set) {
        try (KemKeyPair alice = KemKeyPair.generate(set);
                KemPublicKey key = alice.publicKey()) {
            KemPublicKey.Encapsulation made = key.encapsulate();
            byte[] secret = alice.decapsulate(made.ciphertext());
            boolean same = Arrays.equals(secret, made.secret());
            Main.wipe(secret);
            Main.wipe(made.secret());
            require(same, "the secrets differ");
            say("ML-KEM-%d: both sides have the same secret, ciphertext of %d bytes", set, made.ciphertext().length);
        }
    }

    private static void signAndVerify(int set) {
        byte[] message = "a message".getBytes(UTF_8);
        byte[] context = "demo".getBytes(UTF_8);
        try (DsaKeyPair signer = DsaKeyPair.generate(set);
                DsaPublicKey key = signer.publicKey()) {
            byte[] signature = signer.sign(message, context);
            require(key.verify(message, context, signature), "the signature is not valid");
            require(!key.verify(message, "another context".getBytes(UTF_8), signature), "it is valid for another context");
            say("ML-DSA-%d: signature of %d bytes is valid, and not for another context", set, signature.length);
        }
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static void say(String format, Object... values) {
        System.out.println(format.formatted(values));
    }
}
