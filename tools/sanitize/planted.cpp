// A deliberate bug: the length of an input is greater than its memory. The library reads past the end, which only an
// instrumented library reports.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <pqc_ffi.hpp>

int main() {
    const auto signer = pqc::PrivateKey::generate(pqc::Algorithm::mldsa44);
    const std::vector<std::uint8_t> message(10);
    return signer.sign(pqc::View(message.data(), std::size_t{1} << 20)).empty() ? 1 : 0;
}
