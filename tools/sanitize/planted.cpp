// A bug on purpose: the library is called with more bytes than there are. The read past the last one is in the library,
// and only one that is instrumented reports it.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <pqc_ffi.hpp>

int main() {
    // Our own engine reads the message, since `make sanitize JOBS=short` does not instrument libcrux.
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44, PQC_KEY_SIMD);
    const std::vector<std::uint8_t> message(10);
    return signer.sign(pqc::View(message.data(), std::size_t{1} << 20)).empty() ? 1 : 0;
}
