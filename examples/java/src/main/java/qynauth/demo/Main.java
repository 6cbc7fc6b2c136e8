package qynauth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import qynauth.pqc.Algorithm;
import qynauth.pqc.KeyOption;
import qynauth.pqc.PqcException;
import qynauth.pqc.PrivateKey;
import qynauth.pqc.PublicKey;
import qynauth.pqc.Status;

/** Makes keys, exchanges secrets and signs files with the package qynauth.pqc. */
public final class Main {
    private static final String USAGE = """
            usage:
              pqc-demo-java public [--locked] SET KEYFILE OUT
              pqc-demo-java sign [--locked] SET KEYFILE MESSAGEFILE CONTEXT OUT
              pqc-demo-java verify [--locked] SET PUBLICFILE MESSAGEFILE CONTEXT SIGNATUREFILE
              pqc-demo-java encapsulate [--locked] SET PUBLICFILE CIPHERTEXTOUT SECRETOUT
              pqc-demo-java decapsulate [--locked] SET KEYFILE CIPHERTEXTFILE SECRETOUT
              pqc-demo-java demo [--locked]
            SET is 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), or another PQC_ALGORITHM_* of pqc_ffi.h.
            Files hold raw bytes; KEYFILE holds the seed, or the private key if it has no seed.
            With --locked, the library keeps the secrets of the key in locked memory.""";

    private final KeyOption[] options;
    private final List<String> arguments;

    private Main(KeyOption[] options, List<String> arguments) {
        this.options = options;
        this.arguments = arguments;
    }

    /** Runs a command; exits with 1 for a signature that is not valid and with 2 after an error. */
    public static void main(String[] arguments) {
        try {
            run(new ArrayList<>(List.of(arguments)));
        } catch (IOException | RuntimeException | LinkageError failure) {
            if (failure instanceof PqcException refused && refused.status() == Status.INVALID_SIGNATURE) {
                System.exit(1);
            }
            String kind = failure instanceof IOException ? failure.getClass().getSimpleName() + ": " : "";
            System.err.println("pqc-demo-java: " + kind + failure.getMessage());
            System.exit(2);
        }
    }

    private static void run(List<String> arguments) throws IOException {
        boolean locked = arguments.size() > 1 && arguments.get(1).equals("--locked");
        if (locked) {
            arguments.remove(1);
        }
        KeyOption[] options = locked ? new KeyOption[] {KeyOption.LOCKED_MEMORY} : new KeyOption[0];
        Main main = new Main(options, arguments);
        String command = arguments.isEmpty() ? "" : arguments.getFirst();
        switch (command + " " + arguments.size()) {
            case "demo 1" -> Demo.run(options);
            case "-h 1", "--help 1" -> System.out.println(USAGE);
            case "public 4" -> main.writePublicKey();
            case "sign 6" -> main.sign();
            case "verify 6" -> main.verify();
            case "encapsulate 5" -> main.encapsulate();
            case "decapsulate 5" -> main.decapsulate();
            default -> throw new IllegalArgumentException("unknown command or wrong number of operands, see --help");
        }
    }

    private void writePublicKey() throws IOException {
        try (PrivateKey key = privateKey();
                PublicKey publicKey = key.publicKey()) {
            Files.write(path(3), publicKey.bytes());
        }
    }

    private void sign() throws IOException {
        try (PrivateKey key = privateKey()) {
            Files.write(path(5), key.sign(read(3), context()));
        }
    }

    private void verify() throws IOException {
        try (PublicKey key = publicKey()) {
            key.verify(read(3), context(), read(5));
        }
    }

    private void encapsulate() throws IOException {
        try (PublicKey key = publicKey()) {
            PublicKey.Encapsulation made = key.encapsulate();
            writeSecret(path(4), made.sharedSecret());
            Files.write(path(3), made.ciphertext());
        }
    }

    private void decapsulate() throws IOException {
        try (PrivateKey key = privateKey()) {
            writeSecret(path(4), key.decapsulate(read(3)));
        }
    }

    private PrivateKey privateKey() throws IOException {
        Algorithm algorithm = algorithm();
        byte[] kept = read(2);
        try {
            return algorithm.hasSeed()
                    ? PrivateKey.fromSeed(algorithm, kept, options)
                    : PrivateKey.fromBytes(algorithm, kept, options);
        } finally {
            Arrays.fill(kept, (byte) 0);
        }
    }

    private PublicKey publicKey() throws IOException {
        return PublicKey.fromBytes(algorithm(), read(2), options);
    }

    private Algorithm algorithm() {
        try {
            return Algorithm.of(Integer.parseInt(arguments.get(1)));
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException("the parameter set is not a number", wrong);
        }
    }

    private byte[] context() {
        return arguments.get(4).getBytes(UTF_8);
    }

    private byte[] read(int index) throws IOException {
        return Files.readAllBytes(path(index));
    }

    private Path path(int index) {
        return Path.of(arguments.get(index));
    }

    /** Writes a file that its owner alone may read, also where it existed with another mode, and wipes the secret. */
    private static void writeSecret(Path file, byte[] secret) throws IOException {
        Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rw-------");
        try (FileChannel channel =
                FileChannel.open(file, Set.of(CREATE, WRITE), PosixFilePermissions.asFileAttribute(owner))) {
            if (Files.isRegularFile(file)) {
                Files.setPosixFilePermissions(file, owner);
            }
            channel.truncate(0);
            ByteBuffer rest = ByteBuffer.wrap(secret);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }
}
