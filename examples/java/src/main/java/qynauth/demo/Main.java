package qynauth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import qynauth.pqc.DsaKeyPair;
import qynauth.pqc.DsaPublicKey;
import qynauth.pqc.KemKeyPair;
import qynauth.pqc.KemPublicKey;
import qynauth.pqc.KeyPair;
import qynauth.pqc.PublicKey;

/** Makes keys, exchanges secrets and signs files with the package qynauth.pqc. */
public final class Main {
    private static final String USAGE = """
            usage:
              pqc-demo-java public SET SEEDFILE OUT
              pqc-demo-java sign SET SEEDFILE MESSAGEFILE CONTEXT OUT
              pqc-demo-java verify SET PUBLICFILE MESSAGEFILE CONTEXT SIGNATUREFILE
              pqc-demo-java encapsulate SET PUBLICFILE CIPHERTEXTOUT SECRETOUT
              pqc-demo-java decapsulate SET SEEDFILE CIPHERTEXTFILE SECRETOUT
              pqc-demo-java demo
            SET is 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA). Files hold raw bytes.""";

    private Main() {}

    /** Runs a command; exits with 1 for a signature that is not valid and with 2 after an error. */
    public static void main(String[] arguments) {
        try {
            System.exit(run(List.of(arguments)));
        } catch (IOException | RuntimeException | LinkageError failure) {
            String kind = failure instanceof IOException ? failure.getClass().getSimpleName() + ": " : "";
            System.err.println("pqc-demo-java: " + kind + failure.getMessage());
            System.exit(2);
        }
    }

    private static int run(List<String> arguments) throws IOException {
        String command = arguments.isEmpty() ? "" : arguments.getFirst();
        switch (command + " " + arguments.size()) {
            case "demo 1" -> Demo.run();
            case "-h 1", "--help 1" -> System.out.println(USAGE);
            case "public 4" -> writePublicKey(arguments);
            case "sign 6" -> sign(arguments);
            case "verify 6" -> {
                return verify(arguments) ? 0 : 1;
            }
            case "encapsulate 5" -> encapsulate(arguments);
            case "decapsulate 5" -> decapsulate(arguments);
            default -> throw new IllegalArgumentException("unknown command or wrong number of operands, see --help");
        }
        return 0;
    }

    private static void writePublicKey(List<String> arguments) throws IOException {
        int set = set(arguments);
        byte[] seed = read(arguments.get(2));
        try (KeyPair pair = set >= 512 ? KemKeyPair.fromSeed(set, seed) : DsaKeyPair.fromSeed(set, seed);
                PublicKey key = pair.publicKey()) {
            Files.write(Path.of(arguments.get(3)), key.bytes());
        } finally {
            wipe(seed);
        }
    }

    private static void sign(List<String> arguments) throws IOException {
        byte[] seed = read(arguments.get(2));
        try (DsaKeyPair pair = DsaKeyPair.fromSeed(set(arguments), seed)) {
            byte[] signature = pair.sign(read(arguments.get(3)), arguments.get(4).getBytes(UTF_8));
            Files.write(Path.of(arguments.get(5)), signature);
        } finally {
            wipe(seed);
        }
    }

    private static boolean verify(List<String> arguments) throws IOException {
        try (DsaPublicKey key = DsaPublicKey.fromBytes(set(arguments), read(arguments.get(2)))) {
            return key.verify(read(arguments.get(3)), arguments.get(4).getBytes(UTF_8), read(arguments.get(5)));
        }
    }

    private static void encapsulate(List<String> arguments) throws IOException {
        try (KemPublicKey key = KemPublicKey.fromBytes(set(arguments), read(arguments.get(2)))) {
            KemPublicKey.Encapsulation made = key.encapsulate();
            writeSecret(arguments.get(4), made.secret());
            Files.write(Path.of(arguments.get(3)), made.ciphertext());
        }
    }

    private static void decapsulate(List<String> arguments) throws IOException {
        byte[] seed = read(arguments.get(2));
        try (KemKeyPair pair = KemKeyPair.fromSeed(set(arguments), seed)) {
            writeSecret(arguments.get(4), pair.decapsulate(read(arguments.get(3))));
        } finally {
            wipe(seed);
        }
    }

    private static int set(List<String> arguments) {
        try {
            return Integer.parseUnsignedInt(arguments.get(1));
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException("the parameter set is not a number", wrong);
        }
    }

    private static byte[] read(String file) throws IOException {
        return Files.readAllBytes(Path.of(file));
    }

    /** Writes a file that its owner alone may read, and wipes the secret. */
    private static void writeSecret(String file, byte[] secret) throws IOException {
        var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (SeekableByteChannel channel = Files.newByteChannel(Path.of(file), options, owner)) {
            channel.write(ByteBuffer.wrap(secret));
        } finally {
            wipe(secret);
        }
    }

    static void wipe(byte[] secret) {
        Arrays.fill(secret, (byte) 0);
    }
}
