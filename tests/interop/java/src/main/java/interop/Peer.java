package interop;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** The loop of a peer; tests/interop/peer.py describes its input and output. */
public final class Peer {
    static final char[] PASSWORD = "correct horse".toCharArray();

    private static final HexFormat HEX = HexFormat.of();

    private Peer() {}

    /** One request; its bytes are hexadecimal. */
    record Request(JsonObject fields) {
        String text(String name) {
            return fields.get(name).getAsString();
        }

        byte[] bytes(String name) {
            return fields.has(name) ? HEX.parseHex(text(name)) : new byte[0];
        }

        boolean flag(String name) {
            return fields.has(name) && fields.get(name).getAsBoolean();
        }
    }

    private static Object encoded(Object value) {
        return value instanceof byte[] bytes ? HEX.formatHex(bytes) : value;
    }

    private static Map<String, Object> answer(Operations operations, Request request) {
        try {
            Map<String, Object> result = new LinkedHashMap<>();
            operations.run(request).forEach((name, value) -> result.put(name, encoded(value)));
            return Map.of("ok", result);
        } catch (Absent absent) {
            return Map.of("absent", absent.getMessage());
        } catch (Exception | LinkageError refusal) {
            return Map.of("refused", refusal.toString());
        }
    }

    /** Answers requests for the implementation that the argument names until the input ends. */
    public static void main(String[] arguments) throws IOException {
        Operations operations = arguments[0].equals("jdk") ? new Jdk() : new BouncyCastle();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var gson = new Gson();
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            var request = new Request(gson.fromJson(line, JsonObject.class));
            output.println(gson.toJson(answer(operations, request)));
        }
    }
}
