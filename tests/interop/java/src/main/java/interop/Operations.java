package interop;

import interop.Peer.Request;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Map;
import javax.crypto.KEM;

/** The operations of a provider of the Java Cryptography Architecture, except reading and writing keys. */
abstract class Operations {
    private final Provider provider;

    Operations(Provider provider) {
        this.provider = provider;
    }

    abstract String version();

    abstract PrivateKey readPrivate(String set, String form, byte[] key) throws Exception;

    abstract PublicKey readPublic(String set, String form, byte[] key) throws Exception;

    abstract byte[] writePrivate(PrivateKey key, String form) throws Exception;

    abstract byte[] writePublic(PublicKey key, String form) throws Exception;

    abstract AlgorithmParameterSpec contextOf(byte[] context) throws Exception;

    final Map<String, Object> run(Request request) throws Exception {
        return switch (request.text("op")) {
            case "about" -> Map.of("version", version());
            case "generate" -> generate(request);
            case "reencode" -> reencode(request);
            case "encapsulate" -> encapsulate(request);
            case "decapsulate" -> decapsulate(request);
            case "sign" -> sign(request, request.text("set"));
            case "verify" -> verify(request, request.text("set"));
            case "sign_digest" -> sign(request, digestAlgorithm(request));
            case "verify_digest" -> verify(request, digestAlgorithm(request));
            case "seal" -> seal(request);
            case "open" -> open(request);
            default -> throw new Absent(request.text("op"));
        };
    }

    private static String digestAlgorithm(Request request) {
        return request.text("set") + "-WITH-" + request.text("prehash").replace("-", "");
    }

    final KeyPairGenerator generator(String set) throws Exception {
        return provider == null ? KeyPairGenerator.getInstance(set) : KeyPairGenerator.getInstance(set, provider);
    }

    KeyPair newPair(String set) throws Exception {
        return generator(set).generateKeyPair();
    }

    private KEM kem(String set) throws Exception {
        return provider == null ? KEM.getInstance(set) : KEM.getInstance(set, provider);
    }

    private Signature signature(String algorithm, byte[] context) throws Exception {
        Signature signature =
                provider == null ? Signature.getInstance(algorithm) : Signature.getInstance(algorithm, provider);
        if (context.length > 0) {
            signature.setParameter(contextOf(context));
        }
        return signature;
    }

    Map<String, Object> generate(Request request) throws Exception {
        KeyPair pair = newPair(request.text("set"));
        return Map.of(
                "private", writePrivate(pair.getPrivate(), request.text("private")),
                "public", writePublic(pair.getPublic(), request.text("public")));
    }

    private Map<String, Object> reencode(Request request) throws Exception {
        return Map.of("key", writePrivate(privateKey(request), request.text("form")));
    }

    final PrivateKey privateKey(Request request) throws Exception {
        return readPrivate(request.text("set"), request.text("form"), request.bytes("key"));
    }

    final PublicKey publicKey(Request request) throws Exception {
        return readPublic(request.text("set"), request.text("form"), request.bytes("key"));
    }

    Map<String, Object> encapsulate(Request request) throws Exception {
        byte[] randomness = request.bytes("randomness");
        SecureRandom random = randomness.length > 0 ? new Given(randomness) : null;
        var encapsulated = kem(request.text("set")).newEncapsulator(publicKey(request), random).encapsulate();
        return Map.of("ciphertext", encapsulated.encapsulation(), "secret", encapsulated.key().getEncoded());
    }

    Map<String, Object> decapsulate(Request request) throws Exception {
        var decapsulator = kem(request.text("set")).newDecapsulator(privateKey(request));
        return Map.of("secret", decapsulator.decapsulate(request.bytes("ciphertext")).getEncoded());
    }

    private Map<String, Object> sign(Request request, String algorithm) throws Exception {
        Signature signature = signature(algorithm, request.bytes("context"));
        PrivateKey key = privateKey(request);
        signature.initSign(key, request.flag("deterministic") ? new Given(noRandomness(key)) : null);
        signature.update(request.bytes("message"));
        return Map.of("signature", signature.sign());
    }

    /** The bytes that the standard takes in place of randomness: for ML-DSA, zeros. */
    byte[] noRandomness(PrivateKey key) {
        return new byte[32];
    }

    private Map<String, Object> verify(Request request, String algorithm) throws Exception {
        Signature signature = signature(algorithm, request.bytes("context"));
        signature.initVerify(publicKey(request));
        signature.update(request.bytes("message"));
        return Map.of("valid", signature.verify(request.bytes("signature")));
    }

    Map<String, Object> seal(Request request) throws Exception {
        throw new Absent("HPKE with this KEM");
    }

    Map<String, Object> open(Request request) throws Exception {
        throw new Absent("HPKE with this KEM");
    }
}
