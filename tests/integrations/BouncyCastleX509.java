import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** Verifies the signature of each certificate or request that a line of a file names, by the key in it. */
public final class BouncyCastleX509 {
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        for (String job : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = job.split(" ");
            byte[] data = Files.readAllBytes(Path.of(words[1]));
            System.out.println(words[0].equals("request") ? request(data) : certificate(data));
        }
    }

    private static String certificate(byte[] data) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        X509Certificate certificate = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(data));
        try {
            certificate.verify(certificate.getPublicKey(), "BC");
            return "valid";
        } catch (SignatureException error) {
            return "not valid";
        }
    }

    private static String request(byte[] data) throws Exception {
        JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(data).setProvider("BC");
        var verifier = new JcaContentVerifierProviderBuilder().setProvider("BC").build(request.getPublicKey());
        return request.isSignatureValid(verifier) ? "valid" : "not valid";
    }
}
