// A signature, as docs/other-languages.md shows it.
#include <iostream>
#include <pqc_ffi.hpp>
#include <string_view>

using namespace std::string_view_literals;

int main() {
    const auto signer = pqc::PrivateKey::generate(pqc::Algorithm::mldsa65);
    const pqc::Buffer signature = signer.sign("message"sv, "login"sv);
    const auto key = pqc::PublicKey::from_bytes(pqc::Algorithm::mldsa65, signer.public_key().bytes());
    const bool valid = key.verify("message"sv, signature, "login"sv);
    std::cout << (valid ? "valid" : "not valid") << "\n";
    return valid ? 0 : 1;
}
