package interop;

import interop.Peer.Request;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.Map;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.jcajce.interfaces.MLDSAPrivateKey;
import org.bouncycastle.jcajce.interfaces.MLDSAPublicKey;
import org.bouncycastle.jcajce.interfaces.MLKEMPrivateKey;
import org.bouncycastle.jcajce.interfaces.MLKEMPublicKey;
import org.bouncycastle.jcajce.spec.ContextParameterSpec;
import org.bouncycastle.jcajce.spec.MLDSAParameterSpec;
import org.bouncycastle.jcajce.spec.MLDSAPrivateKeySpec;
import org.bouncycastle.jcajce.spec.MLDSAPublicKeySpec;
import org.bouncycastle.jcajce.spec.MLKEMParameterSpec;
import org.bouncycastle.jcajce.spec.MLKEMPrivateKeySpec;
import org.bouncycastle.jcajce.spec.MLKEMPublicKeySpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.jcajce.JcaPKCS8EncryptedPrivateKeyInfoBuilder;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMExtractor;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMGenerator;
import org.bouncycastle.pqc.crypto.xwing.XWingPrivateKeyParameters;
import org.bouncycastle.pqc.crypto.xwing.XWingPublicKeyParameters;

/** Bouncy Castle: its provider, and its lightweight interface for X-Wing and HPKE. */
final class BouncyCastle extends Operations {
    private static final Provider PROVIDER = new BouncyCastleProvider();
    private static final Map<String, Short> HPKE_KEMS = Map.of(
            "ML-KEM-512", HPKE.kem_ML_KEM_512,
            "ML-KEM-768", HPKE.kem_ML_KEM_768,
            "ML-KEM-1024", HPKE.kem_ML_KEM_1024,
            "X-Wing", HPKE.kem_X_WING);

    BouncyCastle() {
        super(PROVIDER);
    }

    @Override
    String version() {
        return "Bouncy Castle " + PROVIDER.getVersionStr();
    }

    private static KeySpec privateSpec(String set, byte[] key) {
        return set.startsWith("ML-DSA")
                ? new MLDSAPrivateKeySpec(MLDSAParameterSpec.fromName(set), key)
                : new MLKEMPrivateKeySpec(MLKEMParameterSpec.fromName(set), key);
    }

    private static KeySpec expandedSpec(String set, byte[] key) {
        return set.startsWith("ML-DSA")
                ? new MLDSAPrivateKeySpec(MLDSAParameterSpec.fromName(set), key, null)
                : new MLKEMPrivateKeySpec(MLKEMParameterSpec.fromName(set), key, null);
    }

    @Override
    PrivateKey readPrivate(String set, String form, byte[] key) throws Exception {
        KeyFactory factory = KeyFactory.getInstance(set, PROVIDER);
        return switch (form) {
            case "seed" -> factory.generatePrivate(privateSpec(set, key));
            case "expanded" -> factory.generatePrivate(expandedSpec(set, key));
            case "PKCS#8 seed, PEM" -> converter().getPrivateKey((PrivateKeyInfo) fromPem(key));
            case "PKCS#8 seed, encrypted PEM" -> decrypted((PKCS8EncryptedPrivateKeyInfo) fromPem(key));
            case "PKCS#8 expanded, encrypted" -> decrypted(new PKCS8EncryptedPrivateKeyInfo(key));
            default -> converter().getPrivateKey(PrivateKeyInfo.getInstance(key));
        };
    }

    @Override
    PublicKey readPublic(String set, String form, byte[] key) throws Exception {
        if (!form.equals("public key")) {
            Object info = form.equals("SPKI, PEM") ? fromPem(key) : key;
            return converter().getPublicKey(SubjectPublicKeyInfo.getInstance(info));
        }
        KeySpec spec = set.startsWith("ML-DSA")
                ? new MLDSAPublicKeySpec(MLDSAParameterSpec.fromName(set), key)
                : new MLKEMPublicKeySpec(MLKEMParameterSpec.fromName(set), key);
        return KeyFactory.getInstance(set, PROVIDER).generatePublic(spec);
    }

    @Override
    byte[] writePrivate(PrivateKey key, String form) throws Exception {
        return switch (form) {
            case "seed" -> key instanceof MLDSAPrivateKey dsa ? dsa.getSeed() : ((MLKEMPrivateKey) key).getSeed();
            case "expanded" ->
                key instanceof MLDSAPrivateKey dsa ? dsa.getPrivateData() : ((MLKEMPrivateKey) key).getPrivateData();
            case "PKCS#8 seed" -> preferring(key, true).getEncoded();
            case "PKCS#8 expanded" -> preferring(key, false).getEncoded();
            case "PKCS#8 seed, PEM" -> toPem(new JcaPKCS8Generator(preferring(key, true), null));
            case "PKCS#8 seed, encrypted PEM" -> toPem(new JcaPKCS8Generator(preferring(key, true), encryptor()));
            case "PKCS#8 expanded, encrypted" ->
                new JcaPKCS8EncryptedPrivateKeyInfoBuilder(preferring(key, false)).build(encryptor()).getEncoded();
            case "private JWK" -> throw new Absent(form);
            default -> key.getEncoded();
        };
    }

    @Override
    byte[] writePublic(PublicKey key, String form) throws Exception {
        return switch (form) {
            case "public key" ->
                key instanceof MLDSAPublicKey dsa ? dsa.getPublicData() : ((MLKEMPublicKey) key).getPublicData();
            case "SPKI, PEM" -> toPem(key);
            case "public JWK" -> throw new Absent(form);
            default -> key.getEncoded();
        };
    }

    @Override
    AlgorithmParameterSpec contextOf(byte[] context) {
        return new ContextParameterSpec(context);
    }

    private static PrivateKey preferring(PrivateKey key, boolean seed) {
        return key instanceof MLDSAPrivateKey dsa ? dsa.getPrivateKey(seed) : ((MLKEMPrivateKey) key).getPrivateKey(seed);
    }

    private static JcaPEMKeyConverter converter() {
        return new JcaPEMKeyConverter().setProvider(PROVIDER);
    }

    private static PrivateKey decrypted(PKCS8EncryptedPrivateKeyInfo encrypted) throws Exception {
        var decryptor = new JceOpenSSLPKCS8DecryptorProviderBuilder().setProvider(PROVIDER).build(Peer.PASSWORD);
        return converter().getPrivateKey(encrypted.decryptPrivateKeyInfo(decryptor));
    }

    private static OutputEncryptor encryptor() throws Exception {
        return new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                .setProvider(PROVIDER)
                .setPRF(PKCS8Generator.PRF_HMACSHA256)
                .setPassword(Peer.PASSWORD)
                .build();
    }

    private static Object fromPem(byte[] pem) throws IOException {
        try (var parser = new PEMParser(new StringReader(new String(pem, StandardCharsets.US_ASCII)))) {
            return parser.readObject();
        }
    }

    private static byte[] toPem(Object key) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(key);
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    // X-Wing has no key specifications, so raw keys of it go through the lightweight interface.

    private static boolean isXWing(Request request) {
        return request.text("set").equals("X-Wing");
    }

    @Override
    Map<String, Object> generate(Request request) throws Exception {
        if (!isXWing(request)) {
            return super.generate(request);
        }
        var seed = new byte[32];
        new SecureRandom().nextBytes(seed);
        var key = new XWingPrivateKeyParameters(seed);
        return Map.of("private", key.getEncoded(), "public", key.getPublicKeyParameters().getEncoded());
    }

    @Override
    Map<String, Object> encapsulate(Request request) throws Exception {
        if (!isXWing(request)) {
            return super.encapsulate(request);
        }
        byte[] randomness = request.bytes("randomness");
        var random = randomness.length > 0 ? new Given(randomness) : new SecureRandom();
        var made = new XWingKEMGenerator(random).generateEncapsulated(new XWingPublicKeyParameters(request.bytes("key")));
        return Map.of("ciphertext", made.getEncapsulation(), "secret", made.getSecret());
    }

    @Override
    Map<String, Object> decapsulate(Request request) throws Exception {
        if (!isXWing(request)) {
            return super.decapsulate(request);
        }
        var extractor = new XWingKEMExtractor(new XWingPrivateKeyParameters(request.bytes("key")));
        return Map.of("secret", extractor.extractSecret(request.bytes("ciphertext")));
    }

    private static HPKE hpke(Request request) {
        short kem = HPKE_KEMS.get(request.text("set"));
        return new HPKE(HPKE.mode_base, kem, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM128);
    }

    @Override
    Map<String, Object> seal(Request request) throws Exception {
        HPKE hpke = hpke(request);
        var key = hpke.deserializePublicKey(request.bytes("key"));
        byte[][] made = hpke.seal(key, request.bytes("info"), new byte[0], request.bytes("message"), null, null, null);
        byte[] sealed = Arrays.copyOf(made[1], made[1].length + made[0].length);
        System.arraycopy(made[0], 0, sealed, made[1].length, made[0].length);
        return Map.of("sealed", sealed);
    }

    @Override
    Map<String, Object> open(Request request) throws Exception {
        HPKE hpke = hpke(request);
        var pair = hpke.deserializePrivateKey(request.bytes("key"), null);
        byte[] sealed = request.bytes("sealed");
        byte[] encapsulated = Arrays.copyOf(sealed, hpke.getEncSize());
        byte[] ciphertext = Arrays.copyOfRange(sealed, hpke.getEncSize(), sealed.length);
        byte[] message = hpke.open(encapsulated, pair, request.bytes("info"), new byte[0], ciphertext, null, null, null);
        return Map.of("message", message);
    }
}
