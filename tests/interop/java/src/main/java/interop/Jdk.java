package interop;

import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** The providers that come with the JDK. */
final class Jdk extends Operations {
    private static final String PEM = "PEM is a preview";
    private static final String ENCRYPTION = "PBEWithHmacSHA256AndAES_256";

    Jdk() {
        super(null);
    }

    @Override
    String version() {
        return "JDK " + Runtime.version();
    }

    /** A seed is read by generating a key from it, since key factories read PKCS#8 only. */
    @Override
    PrivateKey readPrivate(String set, String form, byte[] key) throws Exception {
        KeyFactory factory = KeyFactory.getInstance(set);
        return switch (form) {
            case "seed" -> {
                KeyPairGenerator generator = generator(set);
                generator.initialize(new NamedParameterSpec(set), new Given(key));
                yield generator.generateKeyPair().getPrivate();
            }
            case "PKCS#8 seed, PEM", "PKCS#8 seed, encrypted PEM" -> throw new Absent(PEM);
            case "PKCS#8 expanded, encrypted" -> factory.generatePrivate(decrypted(key));
            default -> factory.generatePrivate(new PKCS8EncodedKeySpec(key));
        };
    }

    @Override
    PublicKey readPublic(String set, String form, byte[] key) throws Exception {
        if (form.equals("SPKI, PEM")) {
            throw new Absent(PEM);
        }
        return KeyFactory.getInstance(set).generatePublic(new X509EncodedKeySpec(key));
    }

    @Override
    byte[] writePrivate(PrivateKey key, String form) throws Exception {
        return switch (form) {
            case "seed", "expanded" -> throw new Absent("a key has its PKCS#8 encoding only");
            case "private JWK" -> throw new Absent(form);
            case "PKCS#8 seed, PEM", "PKCS#8 seed, encrypted PEM" -> throw new Absent(PEM);
            case "PKCS#8 expanded, encrypted" -> encrypted(key.getEncoded());
            default -> key.getEncoded();
        };
    }

    @Override
    byte[] writePublic(PublicKey key, String form) throws Absent {
        return switch (form) {
            case "public key" -> throw new Absent("a key has its X.509 encoding only");
            case "public JWK" -> throw new Absent(form);
            case "SPKI, PEM" -> throw new Absent(PEM);
            default -> key.getEncoded();
        };
    }

    /** The only parameters with a name that the JDK has. */
    @Override
    AlgorithmParameterSpec contextOf(byte[] context) {
        return new NamedParameterSpec("context");
    }

    private static SecretKey passwordKey(String algorithm) throws Exception {
        return SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(Peer.PASSWORD));
    }

    private static PKCS8EncodedKeySpec decrypted(byte[] encrypted) throws Exception {
        var info = new EncryptedPrivateKeyInfo(encrypted);
        String algorithm = info.getAlgParameters().toString();
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(Cipher.DECRYPT_MODE, passwordKey(algorithm), info.getAlgParameters());
        return info.getKeySpec(cipher);
    }

    private static byte[] encrypted(byte[] plain) throws Exception {
        Cipher cipher = Cipher.getInstance(ENCRYPTION);
        cipher.init(Cipher.ENCRYPT_MODE, passwordKey(ENCRYPTION), new SecureRandom());
        // The parameters of the cipher have a name that EncryptedPrivateKeyInfo does not know.
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("PBES2");
        parameters.init(cipher.getParameters().getEncoded());
        return new EncryptedPrivateKeyInfo(parameters, cipher.doFinal(plain)).getEncoded();
    }
}
