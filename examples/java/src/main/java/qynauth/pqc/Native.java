package qynauth.pqc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The functions of pqc_ffi.h and how they are called. In Java, uint32_t is an int and size_t a long. */
final class Native {
    private static final int ABI_VERSION = 1;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY;

    static {
        System.loadLibrary("pqc_ffi");
        LIBRARY = SymbolLookup.loaderLookup();
    }

    private static final MethodHandle STATUS_MESSAGE = function("ffi_status_message", ADDRESS, JAVA_INT);
    private static final MethodHandle BUFFER_FREE = procedure("ffi_buffer_free", ADDRESS);

    static final Family MLKEM = Family.of("mlkem");
    static final MethodHandle ENCAPSULATE = fallible("mlkem_encapsulate", ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle DECAPSULATE = fallible("mlkem_decapsulate", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);

    static final Family MLDSA = Family.of("mldsa");
    static final MethodHandle SIGN =
            fallible("mldsa_sign", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
    static final MethodHandle VERIFY =
            fallible("mldsa_verify", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);

    static final MethodHandle METRICS = fallible("ffi_get_performance_metrics", ADDRESS, JAVA_LONG);
    static final MethodHandle OPERATION_NAME = function("ffi_operation_name", ADDRESS, JAVA_INT);
    static final MethodHandle VERSION = function("ffi_version", ADDRESS);
    static final MethodHandle CODE_PATH = function("ffi_code_path", ADDRESS);

    static {
        MethodHandle abiVersion = function("ffi_abi_version", JAVA_INT);
        int found = result(() -> (int) abiVersion.invokeExact());
        if (found != ABI_VERSION) {
            throw new LinkageError("written for ABI " + ABI_VERSION + ", loaded a library of ABI " + found);
        }
    }

    /** What both families have. */
    record Family(
            MethodHandle generate,
            MethodHandle fromSeed,
            MethodHandle fromPrivateKey,
            MethodHandle publicKey,
            MethodHandle seed,
            MethodHandle privateKey,
            MethodHandle freePair,
            MethodHandle fromBytes,
            MethodHandle bytes,
            MethodHandle freePublicKey) {
        private static Family of(String prefix) {
            return new Family(
                    fallible(prefix + "_keypair_generate", JAVA_INT, JAVA_INT, ADDRESS),
                    fallible(prefix + "_keypair_from_seed", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS),
                    fallible(prefix + "_keypair_from_private_key", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS),
                    fallible(prefix + "_keypair_public_key", ADDRESS, ADDRESS),
                    fallible(prefix + "_keypair_seed_bytes", ADDRESS, ADDRESS),
                    fallible(prefix + "_keypair_private_key_bytes", ADDRESS, ADDRESS),
                    procedure(prefix + "_keypair_free", ADDRESS),
                    fallible(prefix + "_public_key_from_bytes", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS),
                    fallible(prefix + "_public_key_bytes", ADDRESS, ADDRESS),
                    procedure(prefix + "_public_key_free", ADDRESS));
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

    /** Ends a key or a buffer. */
    static void free(MethodHandle free, MemorySegment pointer) {
        result(() -> {
            free.invokeExact(pointer);
            return null;
        });
    }

    static void freeBuffer(MemorySegment buffer) {
        free(BUFFER_FREE, buffer);
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
