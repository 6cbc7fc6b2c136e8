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

void print(const pqc::PrivateKey &key, std::size_t size, const char *what) {
    const bool locked = (key.options() & PQC_KEY_LOCKED_MEMORY) != 0;
    std::cout << pqc::info(key.algorithm()).name << ": " << size << " bytes of " << what
              << (locked ? ", key in locked memory\n" : "\n");
}

// Alice publishes a key, Bob encapsulates to it, Alice decapsulates: both have the same secret.
void exchange(const pqc::PrivateKey &alice) {
    const auto published = pqc::PublicKey::from_bytes(alice.algorithm(), alice.public_key().bytes());
    const pqc::Encapsulation bob = published.encapsulate();
    const auto loaded = pqc::PrivateKey::from_seed(alice.algorithm(), alice.seed());
    require(loaded.decapsulate(bob.ciphertext) == bob.shared_secret, "the two sides have different secrets");
    print(alice, bob.ciphertext.size(), "ciphertext carry the shared secret");
}

void sign(const pqc::PrivateKey &signer) {
    const pqc::Buffer signature = signer.sign("a message"sv, "demo"sv);
    const auto verifier = pqc::PublicKey::from_bytes(signer.algorithm(), signer.public_key().bytes());
    require(verifier.verify("a message"sv, signature, "demo"sv), "the signature is not valid");
    require(!verifier.verify("a message"sv, signature, "login"sv), "the signature is valid in another context");
    print(signer, signature.size(), "signature, valid in its own context only");
}

void refuse() {
    try {
        pqc::PublicKey::from_bytes(pqc::Algorithm::mlkem768, "too short"sv);
    } catch (const pqc::Error &error) {
        require(error.status() == PQC_STATUS_PUBLIC_KEY_LENGTH, "a short key is refused for another reason");
        std::cout << "a short key is refused: " << error.what() << "\n";
        return;
    }
    throw std::runtime_error("a short key is accepted");
}

}  // namespace

void demo(std::uint32_t flags) {
    const pqc::Metrics before = pqc::Metrics::now();
    for (std::size_t i = 0; const PqcAlgorithmInfo *info = pqc_algorithm_at(i); ++i) {
        const auto key = pqc::PrivateKey::generate(pqc::Algorithm{info->algorithm}, flags);
        info->kind == PQC_KIND_KEM ? exchange(key) : sign(key);
    }
    refuse();
    const pqc::Metrics after = pqc::Metrics::now();
    const auto calls = [&](PqcAction action, pqc::Algorithm algorithm) {
        return after.of(action, algorithm).calls - before.of(action, algorithm).calls;
    };
    require(calls(PQC_ACTION_DECAPSULATE, pqc::Algorithm::mlkem768) == 1, "a decapsulation was not counted");
    std::cout << "metrics: " << calls(PQC_ACTION_VERIFY, pqc::Algorithm::mldsa65)
              << " verifications with ML-DSA-65, "
              << after.of(PQC_ACTION_VERIFY, pqc::Algorithm::mldsa65).errors
              << " of them without success\nok\n";
}
