package qynauth.pqc;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.junit.jupiter.api.Test;

class ExampleTest {
    @Test
    void exampleOfTheDocumentation() {
        byte[] message = "message".getBytes(UTF_8);
        byte[] context = "login".getBytes(UTF_8);
        try (PrivateKey signer = PrivateKey.generate(Algorithm.ML_DSA_65);
                PublicKey key = signer.publicKey()) {
            byte[] signature = signer.sign(message, context);
            key.verify(message, context, signature);
        }
    }
}
