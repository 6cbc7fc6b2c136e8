package interop;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** Bytes that are given as if they were random: a seed, the randomness of an encapsulation, or zeros to sign with. */
final class Given extends SecureRandom {
    private static final long serialVersionUID = 1;
    private final transient ByteBuffer bytes;

    Given(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes);
    }

    @Override
    public void nextBytes(byte[] target) {
        bytes.get(target);
    }
}
