import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Security;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** Reads lines of jobs, and prints a line for each: ok, or what went wrong. */
class BouncyCastleCMS {
    /**
     * A job is one of
     *
     * <pre>
     * verify MESSAGE CONTENT|- PUBLIC_KEY
     * sign MESSAGE CONTENT attached|detached PRIVATE_KEY ALGORITHM DIGEST
     * countersign MESSAGE PRIVATE_KEY ALGORITHM DIGEST
     * </pre>
     *
     * "verify" writes the content of an attached message next to it, and the others write what getEncoded() returns,
     * with the names of files, keys in DER, and the object identifier of the digest.
     */
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split(" ");
            try {
                if (words[0].equals("verify")) {
                    verify(words);
                } else if (words[0].equals("sign")) {
                    sign(words);
                } else {
                    countersign(words);
                }
                System.out.println("ok");
            } catch (Exception error) {
                System.out.println(error);
            }
        }
    }

    private static byte[] read(String path) throws Exception {
        return Files.readAllBytes(Path.of(path));
    }

    private static void verify(String[] words) throws Exception {
        byte[] message = read(words[1]);
        CMSSignedData signed = words[2].equals("-")
                ? new CMSSignedData(message)
                : new CMSSignedData(new CMSProcessableByteArray(read(words[2])), message);
        byte[] encoded = read(words[3]);
        String algorithm = SubjectPublicKeyInfo.getInstance(encoded).getAlgorithm().getAlgorithm().getId();
        PublicKey key = KeyFactory.getInstance(algorithm, "BC").generatePublic(new X509EncodedKeySpec(encoded));
        for (SignerInformation each : signed.getSignerInfos()) {
            if (!each.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(key))) {
                throw new Exception("not valid");
            }
        }
        if (words[2].equals("-")) {
            Files.write(Path.of(words[1] + ".content"), (byte[]) signed.getSignedContent().getContent());
        }
    }

    private static SignerInfoGenerator generator(String path, String algorithm, String digest) throws Exception {
        byte[] encoded = read(path);
        String identifier = PrivateKeyInfo.getInstance(encoded).getPrivateKeyAlgorithm().getAlgorithm().getId();
        PrivateKey key = KeyFactory.getInstance(identifier, "BC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
        JcaSignerInfoGeneratorBuilder builder =
                new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build());
        builder.setContentDigest(new AlgorithmIdentifier(new ASN1ObjectIdentifier(digest)));
        return builder.build(
                new JcaContentSignerBuilder(algorithm).setProvider("BC").build(key), new byte[] {1, 2, 3, 4});
    }

    private static void countersign(String[] words) throws Exception {
        CMSSignedData signed = new CMSSignedData(read(words[1]));
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(generator(words[2], words[3], words[4]));
        List<SignerInformation> signers = new ArrayList<>();
        for (SignerInformation each : signed.getSignerInfos()) {
            signers.add(SignerInformation.addCounterSigners(each, generator.generateCounterSigners(each)));
        }
        CMSSignedData made = CMSSignedData.replaceSigners(signed, new SignerInformationStore(signers));
        Files.write(Path.of(words[1]), made.getEncoded());
    }

    private static void sign(String[] words) throws Exception {
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(generator(words[4], words[5], words[6]));
        CMSSignedData made =
                generator.generate(new CMSProcessableByteArray(read(words[2])), words[3].equals("attached"));
        Files.write(Path.of(words[1]), made.getEncoded());
    }
}
