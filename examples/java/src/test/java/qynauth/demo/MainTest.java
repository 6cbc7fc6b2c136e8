package qynauth.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import qynauth.pqc.Algorithm;

class MainTest {
    @TempDir
    private Path folder;

    /** Runs a command in a separate Java process, after a line of shell; its output goes to the file "output". */
    private int run(String before, String... arguments) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of("sh", "-c", before + " exec \"$@\"", "sh", java));
        command.addAll(List.of("-XX:-UsePerfData", "--enable-native-access=qynauth.pqc"));
        command.add("-Djava.library.path=" + System.getProperty("java.library.path"));
        command.addAll(List.of("-p", Path.of("target", "classes").toAbsolutePath().toString()));
        command.addAll(List.of("-m", "qynauth.pqc/" + Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        return process.redirectOutput(folder.resolve("output").toFile()).start().waitFor();
    }

    private void write(String name, int length) throws IOException {
        Files.write(folder.resolve(name), new byte[length]);
    }

    /** A limit on the size of files lets the program create the file and not write to it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void secretFileIsItsOwnersBeforeItIsWritten(boolean exists) throws Exception {
        Path secret = folder.resolve("secret");
        write("seed", 32);
        assertEquals(0, run("", "public", "25722", "seed", "public"));
        if (exists) {
            Files.write(secret, new byte[32]);
            Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        }
        assertEquals(2, run("umask 0; ulimit -f 0;", "encapsulate", "25722", "public", "ciphertext", "secret"));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
        assertEquals(0, Files.size(secret));
        assertEquals(0, run("", "encapsulate", "25722", "public", "ciphertext", "secret"));
        assertEquals(32, Files.size(secret));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--locked"})
    void keysAreInLockedMemoryOnRequest(String option) throws Exception {
        String[] command = ("demo " + option).split(" ");
        assertEquals(0, run("", command));
        List<String> lines = Files.readAllLines(folder.resolve("output"));
        long locked = lines.stream().filter(line -> line.contains("locked memory")).count();
        assertEquals(option.isEmpty() ? 0 : Algorithm.values().length, locked, lines::toString);
    }
}
