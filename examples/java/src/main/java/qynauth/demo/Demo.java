package qynauth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import qynauth.pqc.Algorithm;
import qynauth.pqc.KeyOption;
import qynauth.pqc.Metrics;
import qynauth.pqc.PqcException;
import qynauth.pqc.PrivateKey;
import qynauth.pqc.PublicKey;
import qynauth.pqc.Status;

/** Exchanges a secret or signs a message with every algorithm, and prints what the library counted. */
final class Demo {
    private Demo() {}

    static void run(KeyOption... options) {
        say("pqc_ffi %s from Java, code path %s", Metrics.libraryVersion(), Metrics.codePath());
        for (Algorithm algorithm : Algorithm.values()) {
            try (PrivateKey key = PrivateKey.generate(algorithm, options);
                    PublicKey publicKey = key.publicKey()) {
                String memory = key.options().contains(KeyOption.LOCKED_MEMORY) ? ", key in locked memory" : "";
                switch (algorithm.kind()) {
                    case KEM -> say("%s: both sides have the same secret, ciphertext of %d bytes%s",
                            algorithm, exchange(key, publicKey), memory);
                    case SIGNATURE -> say("%s: signature of %d bytes is valid, and not for another context%s",
                            algorithm, signAndVerify(key, publicKey), memory);
                }
            }
        }
        Metrics metrics = Metrics.read();
        say("counted: %d encapsulations, %d decapsulations, %d signatures, %d verifications",
                metrics.calls("encapsulate"), metrics.calls("decapsulate"),
                metrics.calls("sign"), metrics.calls("verify"));
        say("ok");
    }

    private static int exchange(PrivateKey key, PublicKey publicKey) {
        PublicKey.Encapsulation sent = publicKey.encapsulate();
        byte[] received = key.decapsulate(sent.ciphertext());
        boolean same = Arrays.equals(received, sent.sharedSecret());
        Arrays.fill(received, (byte) 0);
        Arrays.fill(sent.sharedSecret(), (byte) 0);
        require(same, "the secrets differ");
        return sent.ciphertext().length;
    }

    private static int signAndVerify(PrivateKey key, PublicKey publicKey) {
        byte[] message = "a message".getBytes(UTF_8);
        byte[] context = "demo".getBytes(UTF_8);
        byte[] signature = key.sign(message, context);
        publicKey.verify(message, context, signature);
        try {
            publicKey.verify(message, "another context".getBytes(UTF_8), signature);
        } catch (PqcException refused) {
            require(refused.status() == Status.INVALID_SIGNATURE, refused.getMessage());
            return signature.length;
        }
        throw new IllegalStateException("the signature is valid for another context");
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
