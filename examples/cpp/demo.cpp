#include <iostream>
#include <stdexcept>
#include <string_view>

#include "commands.hpp"

#include <pqc_ffi.hpp>

namespace {

using namespace std::string_view_literals;

void require(bool holds, const char *what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

// Alice publishes a key, Bob encapsulates to it, Alice decapsulates: both have the same secret.
void exchange(pqc::KemSet set) {
    const auto alice = pqc::KemKeyPair::generate(set);
    const auto published = pqc::KemPublicKey::from_bytes(set, alice.public_key().bytes());
    const pqc::Encapsulation bob = published.encapsulate();
    const auto loaded = pqc::KemKeyPair::from_seed(set, alice.seed());
    require(loaded.decapsulate(bob.ciphertext) == bob.shared_secret, "the two sides have different secrets");
    std::cout << "ML-KEM-" << static_cast<int>(set) << ": " << bob.ciphertext.size()
              << " bytes of ciphertext carry the shared secret\n";
}

void sign(pqc::DsaSet set) {
    const auto signer = pqc::DsaKeyPair::generate(set);
    const pqc::Buffer signature = signer.sign("a message"sv, "demo"sv);
    const auto verifier = pqc::DsaPublicKey::from_bytes(set, signer.public_key().bytes());
    require(verifier.verify("a message"sv, signature, "demo"sv), "the signature is not valid");
    require(!verifier.verify("a message"sv, signature, "login"sv), "the signature is valid in another context");
    std::cout << "ML-DSA-" << static_cast<int>(set) << ": " << signature.size()
              << " bytes of signature, valid in its own context only\n";
}

void refuse() {
    try {
        pqc::KemPublicKey::from_bytes(pqc::KemSet::mlkem768, "too short"sv);
    } catch (const pqc::Error &error) {
        require(error.status() == PQC_STATUS_PUBLIC_KEY_LENGTH, "a short key is refused for another reason");
        std::cout << "a short key is refused: " << error.what() << "\n";
        return;
    }
    throw std::runtime_error("a short key is accepted");
}

}  // namespace

void demo() {
    const pqc::Metrics before = pqc::Metrics::now();
    for (const auto set : {pqc::KemSet::mlkem512, pqc::KemSet::mlkem768, pqc::KemSet::mlkem1024}) {
        exchange(set);
    }
    for (const auto set : {pqc::DsaSet::mldsa44, pqc::DsaSet::mldsa65, pqc::DsaSet::mldsa87}) {
        sign(set);
    }
    refuse();
    const pqc::Metrics after = pqc::Metrics::now();
    const auto calls = [&](PqcOperation operation, auto set) {
        return after.of(operation, set).calls - before.of(operation, set).calls;
    };
    require(calls(PQC_OPERATION_MLKEM_DECAPSULATE, pqc::KemSet::mlkem768) == 1, "a decapsulation was not counted");
    std::cout << "metrics: " << calls(PQC_OPERATION_MLDSA_VERIFY, pqc::DsaSet::mldsa65)
              << " verifications with ML-DSA-65, " << after.of(PQC_OPERATION_MLDSA_VERIFY, pqc::DsaSet::mldsa65).errors
              << " of them without success\nok\n";
}
