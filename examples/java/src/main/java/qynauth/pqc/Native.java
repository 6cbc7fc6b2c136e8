package qynauth.pqc;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The functions of pqc_ffi.h and how they are called. In Java, uint32_t is an int and size_t a long. */
final class Native {
    private static final int ABI_VERSION = 2;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY;

    static {
        System.loadLibrary("pqc_ffi");
        LIBRARY = SymbolLookup.loaderLookup();
        MethodHandle abiVersion = function("ffi_abi_version", JAVA_INT);
        int found = result(() -> (int) abiVersion.invokeExact());
        if (found != ABI_VERSION) {
            throw new LinkageError("written for ABI " + ABI_VERSION + ", loaded a library of ABI " + found);
        }
    }

    /** The first fields of PqcAlgorithmInfo. */
    static final StructLayout ALGORITHM = MemoryLayout.structLayout(
            JAVA_INT.withName("algorithm"), JAVA_INT.withName("kind"), ADDRESS.withName("name"),
            JAVA_INT.withName("security_category"), JAVA_INT.withName("slowest_us"), ADDRESS.withName("oid"),
            JAVA_LONG.withName("seed_bytes"));

    static final MethodHandle ALGORITHM_INFO =
            function("pqc_algorithm_info", ADDRESS.withTargetLayout(ALGORITHM), JAVA_INT);
    static final MethodHandle ALGORITHM_AT =
            function("pqc_algorithm_at", ADDRESS.withTargetLayout(ALGORITHM), JAVA_LONG);

    static final KeyType PRIVATE_KEY = KeyType.of("private key", "pqc_private_key");
    static final KeyType PUBLIC_KEY = KeyType.of("public key", "pqc_public_key");
    static final MethodHandle GENERATE = fallible("pqc_private_key_generate", JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle FROM_SEED = loader("pqc_private_key_from_seed");
    static final MethodHandle SEED = fallible("pqc_private_key_seed", ADDRESS, ADDRESS);
    static final MethodHandle PUBLIC_KEY_OF = fallible("pqc_private_key_public_key", ADDRESS, ADDRESS);

    static final MethodHandle ENCAPSULATE = fallible("pqc_encapsulate", ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle DECAPSULATE = fallible("pqc_decapsulate", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle SIGN =
            fallible("pqc_sign", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
    static final MethodHandle VERIFY =
            fallible("pqc_verify", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);

    static final MethodHandle METRICS = fallible("ffi_metrics_report", ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle ACTION_NAME = function("ffi_action_name", ADDRESS, JAVA_INT);
    static final MethodHandle VERSION = function("ffi_version", ADDRESS);
    static final MethodHandle CODE_PATH = function("ffi_code_path", ADDRESS);
    private static final MethodHandle STATUS_MESSAGE = function("ffi_status_message", ADDRESS, JAVA_INT);
    private static final MethodHandle BUFFER_FREE = procedure("ffi_buffer_free", ADDRESS);

    /** The functions that private and public keys both have. */
    record KeyType(String noun, MethodHandle fromBytes, MethodHandle bytes, MethodHandle options, MethodHandle free) {
        private static KeyType of(String noun, String prefix) {
            return new KeyType(
                    noun,
                    loader(prefix + "_from_bytes"),
                    fallible(prefix + "_bytes", ADDRESS, ADDRESS),
                    fallible(prefix + "_options", ADDRESS, ADDRESS),
                    procedure(prefix + "_free", ADDRESS));
        }
    }

    /** A native call, for lambdas, since a method handle may throw anything as far as the compiler knows. */
    interface Invocation<T> {
        T run() throws Throwable;
    }

    private Native() {}

    /** Makes a call that cannot fail and returns its result. */
    static <T> T result(Invocation<T> invocation) {
        try {
            return invocation.run();
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Makes a call that returns a status, and throws it unless it is PQC_STATUS_OK. */
    static void check(Invocation<Integer> invocation) {
        int status = result(invocation);
        if (status != 0) {
            throw new PqcException(status, text(() -> (MemorySegment) STATUS_MESSAGE.invokeExact(status)));
        }
    }

    /** Makes a call that returns a constant string. */
    static String text(Invocation<MemorySegment> invocation) {
        return result(invocation).reinterpret(Long.MAX_VALUE).getString(0);
    }

    static long offset(StructLayout struct, String field) {
        return struct.byteOffset(groupElement(field));
    }

    /** Prepares the call of a function that loads a key from bytes. */
    static Key.Creation loading(MethodHandle load, Algorithm algorithm, byte[] bytes, KeyOption... options) {
        int id = algorithm.id();
        int flags = KeyOption.flags(options);
        return (call, out) -> (int) load.invokeExact(id, flags, call.input(bytes), (long) bytes.length, out);
    }

    /** Frees a key or a buffer. */
    static void free(MethodHandle free, MemorySegment pointer) {
        result(() -> {
            free.invokeExact(pointer);
            return null;
        });
    }

    static void freeBuffer(MemorySegment buffer) {
        free(BUFFER_FREE, buffer);
    }

    private static MethodHandle loader(String name) {
        return fallible(name, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS);
    }

    private static MethodHandle fallible(String name, MemoryLayout... parameters) {
        return function(name, JAVA_INT, parameters);
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.of(result, parameters));
    }

    private static MethodHandle procedure(String name, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.ofVoid(parameters));
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor) {
        MemorySegment symbol = LIBRARY.find(name).orElseThrow(() -> new UnsatisfiedLinkError(name));
        return LINKER.downcallHandle(symbol, descriptor);
    }
}
