// A signature, as docs/other-languages.md shows it.
#include <iostream>
#include <pqc_ffi.hpp>

int main() {
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa65);
    const pqc::Buffer signature = signer.sign("message", "login");
    const auto key = pqc::DsaPublicKey::from_bytes(pqc::DsaSet::mldsa65, signer.public_key().bytes());
    const bool valid = key.verify("message", signature, "login");
    std::cout << (valid ? "valid" : "not valid") << "\n";
    return valid ? 0 : 1;
}
