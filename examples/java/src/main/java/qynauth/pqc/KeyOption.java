package qynauth.pqc;

import java.util.EnumSet;
import java.util.Set;

/** An option of a key; pqc_ffi.h describes each as PQC_KEY_*. */
public enum KeyOption {
    PORTABLE(1),
    AVX2(2),
    NEON(4),
    BEST(8),
    AVX512(16),
    NEON_SHA3(32),
    /** The key's secrets are kept in locked memory between guard pages. The arrays that Java receives are not. */
    LOCKED_MEMORY(256),
    PRECOMPUTE(512),
    NO_PRECOMPUTE(1024);

    private final int flag;

    KeyOption(int flag) {
        this.flag = flag;
    }

    static int flags(KeyOption... options) {
        int flags = 0;
        for (KeyOption option : options) {
            flags |= option.flag;
        }
        return flags;
    }

    static Set<KeyOption> of(int flags) {
        Set<KeyOption> options = EnumSet.allOf(KeyOption.class);
        options.removeIf(option -> (flags & option.flag) == 0);
        return options;
    }
}
