package qynauth.pqc;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.junit.jupiter.api.Test;

class ExampleTest {
    @Test
    void exampleOfTheDocumentation() {
        byte[] message = "message".getBytes(UTF_8);
        byte[] context = "login".getBytes(UTF_8);
        try (DsaKeyPair signer = DsaKeyPair.generate(65);
                DsaPublicKey key = signer.publicKey()) {
            byte[] signature = signer.sign(message, context);
            if (!key.verify(message, context, signature)) {
                throw new SecurityException("the signature is not valid");
            }
        }
    }
}
