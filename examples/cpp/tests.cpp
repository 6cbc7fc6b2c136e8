// The contract of pqc_ffi.hpp. `tests NAME` runs a test, as ctest does; `tests` runs all of them and prints "ok".

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include <pqc_ffi.hpp>

namespace {

using namespace std::string_view_literals;

using pqc::Algorithm;

constexpr std::array kems{Algorithm::mlkem512, Algorithm::mlkem768,      Algorithm::mlkem1024,
                          Algorithm::xwing,    Algorithm::mlkem768_p256, Algorithm::mlkem1024_p384};
constexpr std::array signers{Algorithm::mldsa44, Algorithm::mldsa65, Algorithm::mldsa87};
// Two sets of SLH-DSA that sign fast.
constexpr std::array slhdsa{Algorithm::slhdsa_sha2_128f, Algorithm::slhdsa_shake_128f};
constexpr std::array composites{Algorithm::mldsa44_ed25519,    Algorithm::mldsa44_ecdsa_p256, Algorithm::mldsa65_ecdsa_p256,
                                Algorithm::mldsa65_ecdsa_p384, Algorithm::mldsa65_ed25519,    Algorithm::mldsa87_ecdsa_p384};

void expect_at(int line, bool holds, const char *what) {
    if (!holds) {
        throw std::runtime_error("line " + std::to_string(line) + ": expected " + what);
    }
}

#define EXPECT(...) expect_at(__LINE__, (__VA_ARGS__), #__VA_ARGS__)

// The status that a call throws, or PQC_STATUS_OK. The message of the exception holds the text of the status.
PqcStatus thrown(const std::function<void()> &call) {
    try {
        call();
    } catch (const pqc::Error &error) {
        const std::string text = ffi_status_message(static_cast<std::int32_t>(error.status()));
        EXPECT(std::string(error.what()).find(text) != std::string::npos);
        return error.status();
    }
    return PQC_STATUS_OK;
}

template <class Exception>
bool throws(const std::function<void()> &call) {
    try {
        call();
    } catch (const Exception &) {
        return true;
    }
    return false;
}

std::vector<std::uint8_t> copy(const pqc::Buffer &bytes) { return {bytes.begin(), bytes.end()}; }

void key_exchange() {
    for (const auto algorithm : kems) {
        const auto pair = pqc::PrivateKey::generate(algorithm);
        const auto key = pqc::PublicKey::from_bytes(algorithm, pair.public_key().bytes());
        const pqc::Encapsulation sent = key.encapsulate();
        EXPECT(pair.algorithm() == algorithm && key.algorithm() == algorithm);
        EXPECT(sent.ciphertext.size() == pqc::info(algorithm).ciphertext_bytes);
        EXPECT(sent.shared_secret.size() == pqc::info(algorithm).shared_secret_bytes);
        EXPECT(pair.decapsulate(sent.ciphertext) == sent.shared_secret);
        auto tampered = copy(sent.ciphertext);
        tampered[7] ^= 1;
        EXPECT(pair.decapsulate(tampered) != sent.shared_secret);
        EXPECT(pair.decapsulate(tampered) == pair.decapsulate(tampered));
    }
}

void sign(Algorithm algorithm) {
    const auto signer = pqc::PrivateKey::generate(algorithm);
    const auto key = pqc::PublicKey::from_bytes(algorithm, signer.public_key().bytes());
    const pqc::Buffer signature = signer.sign("message"sv, "context"sv);
    EXPECT(signer.algorithm() == algorithm && key.algorithm() == algorithm);
    EXPECT(signature.size() <= pqc::info(algorithm).signature_bytes);
    EXPECT(key.verify("message"sv, signature, "context"sv));
    EXPECT(!key.verify("message"sv, signature));
    EXPECT(!key.verify("another message"sv, signature, "context"sv));
    EXPECT(!key.verify("message"sv, pqc::View(signature.data(), signature.size() - 1), "context"sv));
    EXPECT(signer.sign(""sv, ""sv, PQC_SIGN_DETERMINISTIC) == signer.sign(""sv, ""sv, PQC_SIGN_DETERMINISTIC));
    EXPECT(signer.sign(""sv) != signer.sign(""sv));
}

void signatures() {
    for (const auto algorithm : signers) {
        sign(algorithm);
    }
    for (const auto algorithm : composites) {
        sign(algorithm);
    }
    for (const auto algorithm : slhdsa) {
        sign(algorithm);
    }
}

void table_has_the_algorithms() {
    std::vector<Algorithm> table;
    for (std::size_t i = 0; const PqcAlgorithmInfo *info = pqc_algorithm_at(i); ++i) {
        table.push_back(Algorithm{info->algorithm});
    }
    const auto sets = std::count_if(table.begin(), table.end(), [](Algorithm algorithm) {
        return algorithm >= Algorithm::slhdsa_sha2_128s && algorithm <= Algorithm::slhdsa_shake_256f;
    });
    EXPECT(sets == 12 && table.size() == kems.size() + signers.size() + composites.size() + 12);
    for (const auto algorithm : composites) {
        EXPECT(std::find(table.begin(), table.end(), algorithm) != table.end());
        EXPECT(pqc::info(algorithm).kind == PQC_KIND_SIGNATURE && pqc::info(algorithm).seed_bytes == 0);
    }
    EXPECT(pqc::info(Algorithm::mldsa65_ed25519).name == "MLDSA65-Ed25519-SHA512"sv);
}

void prehashed_signatures() {
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa65);
    const std::array<std::uint8_t, 64> digest{1, 2, 3};
    const pqc::Buffer signature = signer.sign_prehashed(PQC_HASH_SHA2_512, digest, "context"sv);
    EXPECT(signer.public_key().verify_prehashed(PQC_HASH_SHA2_512, digest, signature, "context"sv));
    EXPECT(!signer.public_key().verify_prehashed(PQC_HASH_SHA3_512, digest, signature, "context"sv));
    EXPECT(thrown([&] { (void)signer.sign_prehashed(PQC_HASH_SHA2_256, digest); }) == PQC_STATUS_DIGEST_LENGTH);
}

void messages_in_chunks() {
    for (const auto algorithm : signers) {
        const auto signer = pqc::PrivateKey::generate(algorithm);
        const auto key = signer.public_key();
        auto hasher = key.mu_hasher("context"sv);
        hasher.update("mess"sv);
        const pqc::Buffer mu_of_first_chunk = hasher.finalize();
        auto other = hasher.copy();
        hasher.update("age"sv);
        other.update("age"sv);
        const pqc::Buffer mu = hasher.finalize();
        EXPECT(mu == other.finalize() && mu != mu_of_first_chunk);
        const pqc::Buffer signature = signer.sign_mu(mu);
        EXPECT(mu.size() == MLDSA_MUBYTES && key.verify("message"sv, signature, "context"sv));
        EXPECT(key.verify_mu(mu, signature) && !key.verify_mu(mu_of_first_chunk, signature));
        EXPECT(signer.sign_mu(mu, PQC_SIGN_DETERMINISTIC) ==
               signer.sign("message"sv, "context"sv, PQC_SIGN_DETERMINISTIC));
        EXPECT(thrown([&] { (void)key.verify_mu("short"sv, signature); }) == PQC_STATUS_MU_LENGTH);
        EXPECT(thrown([&] { (void)key.mu_hasher(std::string(256, 'c')); }) == PQC_STATUS_CONTEXT_LENGTH);
    }
}

// These bytes encode no key of Ed25519, and no y that belongs to the x before them.
void refuse_points(Algorithm algorithm, const pqc::PrivateKey &key) {
    auto bytes = copy(key.public_key().bytes());
    std::fill(bytes.end() - 32, bytes.end(), std::uint8_t{0xff});
    EXPECT(thrown([&] { pqc::PublicKey::from_bytes(algorithm, bytes); }) == PQC_STATUS_PUBLIC_KEY_POINT);
}

void keys_of_composites_have_one_form() {
    for (const auto algorithm : composites) {
        const auto key = pqc::PrivateKey::generate(algorithm, PQC_KEY_LOCKED_MEMORY);
        const auto raw = pqc::PrivateKey::from_bytes(algorithm, key.bytes(), PQC_KEY_LOCKED_MEMORY);
        const auto file = pqc::PrivateKey::from_pkcs8(key.to_pkcs8(), {}, PQC_KEY_LOCKED_MEMORY);
        for (const auto *loaded : {&raw, &file}) {
            EXPECT(loaded->algorithm() == algorithm && loaded->bytes() == key.bytes());
            EXPECT(loaded->public_key() == key.public_key() && (loaded->options() & PQC_KEY_LOCKED_MEMORY) != 0);
        }
        EXPECT(pqc::PublicKey::from_spki(key.public_key().to_spki()) == key.public_key());
        EXPECT(thrown([&] { key.seed(); }) == PQC_STATUS_SEED_UNAVAILABLE);
        EXPECT(thrown([&] { pqc::PrivateKey::from_seed(algorithm, std::string(32, 's')); }) == PQC_STATUS_WRONG_ALGORITHM);
        EXPECT(thrown([&] { key.to_pkcs8({}, PQC_PRIVATE_KEY_SEED); }) == PQC_STATUS_WRONG_ALGORITHM);
        refuse_points(algorithm, key);
    }
}

void load(Algorithm algorithm) {
    const auto key = pqc::PrivateKey::generate(algorithm, PQC_KEY_LOCKED_MEMORY);
    const auto from_seed = pqc::PrivateKey::from_seed(algorithm, key.seed(), PQC_KEY_LOCKED_MEMORY);
    const auto from_bytes = pqc::PrivateKey::from_bytes(algorithm, key.bytes(), PQC_KEY_LOCKED_MEMORY);
    EXPECT((key.options() & PQC_KEY_LOCKED_MEMORY) != 0);
    for (const auto *loaded : {&from_seed, &from_bytes}) {
        EXPECT(loaded->algorithm() == algorithm && loaded->bytes() == key.bytes());
        EXPECT(loaded->public_key() == key.public_key() && (loaded->options() & PQC_KEY_LOCKED_MEMORY) != 0);
    }
    const bool expanded = std::string_view(pqc::info(algorithm).name).substr(0, 3) == "ML-"sv;
    EXPECT(from_seed.seed() == key.seed());
    EXPECT(thrown([&] { from_bytes.seed(); }) == (expanded ? PQC_STATUS_SEED_UNAVAILABLE : PQC_STATUS_OK));
}

void keys_are_loaded() {
    for (const auto algorithm : kems) {
        load(algorithm);
    }
    for (const auto algorithm : signers) {
        load(algorithm);
    }
    for (const auto algorithm : slhdsa) {
        load(algorithm);
    }
}

void keys_are_encoded() {
    const auto pair = pqc::PrivateKey::generate(Algorithm::mlkem768), xwing = pqc::PrivateKey::generate(Algorithm::xwing);
    const pqc::Buffer encrypted = pair.to_pkcs8("password"sv, PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_DER);
    const auto loaded = pqc::PrivateKey::from_pkcs8(pair.to_pkcs8(), {}, PQC_KEY_LOCKED_MEMORY);
    const auto decrypted = pqc::PrivateKey::from_pkcs8(encrypted, "password"sv);
    EXPECT(loaded.seed() == pair.seed() && decrypted.seed() == pair.seed());
    EXPECT((loaded.options() & PQC_KEY_LOCKED_MEMORY) != 0 && (decrypted.options() & PQC_KEY_LOCKED_MEMORY) == 0);
    EXPECT(thrown([&] { pqc::PrivateKey::from_pkcs8(encrypted, "another"sv); }) == PQC_STATUS_PASSWORD_WRONG);
    EXPECT(thrown([&] { pqc::PrivateKey::from_pkcs8(encrypted, "password"sv, 0, 1); }) == PQC_STATUS_KEY_ENCRYPTION_COST);
    EXPECT(pqc::PrivateKey::from_pkcs8(xwing.to_pkcs8()).seed() == xwing.seed());
    EXPECT(thrown([&] { xwing.to_pkcs8({}, PQC_PRIVATE_KEY_BOTH); }) == PQC_STATUS_WRONG_ALGORITHM);
    const auto signer = pqc::PrivateKey::generate(Algorithm::slhdsa_sha2_128f);
    EXPECT(pqc::PrivateKey::from_pkcs8(signer.to_pkcs8()).seed() == signer.seed());
    EXPECT(thrown([&] { signer.to_pkcs8({}, PQC_PRIVATE_KEY_SEED); }) == PQC_STATUS_WRONG_ALGORITHM);

    const auto key = pair.public_key(), other = pqc::PrivateKey::generate(Algorithm::mlkem768).public_key();
    const auto der = pqc::PublicKey::from_spki(key.to_spki(PQC_ENCODING_DER), PQC_KEY_LOCKED_MEMORY);
    const auto raw = pqc::PublicKey::from_bytes(Algorithm::mlkem768, key.bytes(), PQC_KEY_LOCKED_MEMORY);
    EXPECT(pqc::PublicKey::from_spki(key.to_spki()) == key && der == key && der != other);
    EXPECT((raw.options() & der.options() & PQC_KEY_LOCKED_MEMORY) != 0 && (key.options() & PQC_KEY_LOCKED_MEMORY) == 0);
}

void errors_carry_the_status() {
    const auto pair = pqc::PrivateKey::generate(Algorithm::mlkem768);
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    EXPECT(thrown([] { pqc::PrivateKey::generate(Algorithm{45}); }) == PQC_STATUS_UNKNOWN_ALGORITHM);
    EXPECT(thrown([] { pqc::info(Algorithm{45}); }) == PQC_STATUS_UNKNOWN_ALGORITHM);
    EXPECT(thrown([] { pqc::PrivateKey::from_seed(Algorithm::mlkem768, "short"sv); }) == PQC_STATUS_SEED_LENGTH);
    EXPECT(thrown([&] { (void)pair.decapsulate("short"sv); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    EXPECT(thrown([&] { (void)signer.sign("message"sv, std::string(256, 'c')); }) == PQC_STATUS_CONTEXT_LENGTH);
    auto damaged = copy(pair.bytes());
    damaged[damaged.size() - 33] ^= 1;  // in the hash of the public key; the last 32 bytes may have any value
    EXPECT(thrown([&] { pqc::PrivateKey::from_bytes(Algorithm::mlkem768, damaged); }) == PQC_STATUS_PRIVATE_KEY_HASH);
}

void operations_have_their_algorithms() {
    const auto pair = pqc::PrivateKey::generate(Algorithm::xwing), signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const auto key = pair.public_key(), verifier = signer.public_key();
    const auto one = pqc::Column(std::vector<pqc::View>(1));
    const std::function<void()> calls[] = {
        [&] { (void)pair.sign({}); },
        [&] { (void)pair.sign_mu({}); },
        [&] { (void)pair.sign_prehashed(PQC_HASH_SHA2_256, {}); },
        [&] { (void)pair.sign_batch(one); },
        [&] { (void)key.verify({}, {}); },
        [&] { (void)key.verify_mu({}, {}); },
        [&] { (void)key.verify_prehashed(PQC_HASH_SHA2_256, {}, {}); },
        [&] { (void)key.mu_hasher(); },
        [&] { (void)signer.decapsulate({}); },
        [&] { (void)signer.decapsulate_batch(one); },
        [&] { (void)verifier.encapsulate(); },
        [&] { (void)verifier.encapsulate_batch(1); },
    };
    for (const auto &call : calls) {
        EXPECT(thrown(call) == PQC_STATUS_WRONG_ALGORITHM);
    }
    EXPECT(key.verify_batch(one, one) == std::vector<std::int32_t>{PQC_STATUS_WRONG_ALGORITHM});
}

void composites_sign_digests_by_their_hash_function() {
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa65_ed25519);
    const auto key = signer.public_key();
    const std::array<std::uint8_t, 64> digest{};
    const pqc::Buffer signature = signer.sign_prehashed(PQC_HASH_SHA2_512, digest);
    EXPECT(key.verify_prehashed(PQC_HASH_SHA2_512, digest, signature));
    const std::function<void()> calls[] = {
        [&] { (void)key.mu_hasher(); },
        [&] { (void)signer.sign_mu(digest); },
        [&] { (void)signer.sign_prehashed(PQC_HASH_SHA3_512, digest); },
        [&] { (void)key.verify_prehashed(PQC_HASH_SHA3_512, digest, signature); },
    };
    for (const auto &call : calls) {
        EXPECT(thrown(call) == PQC_STATUS_WRONG_ALGORITHM);
    }
}

template <class Owner>
constexpr bool moves_only = std::is_nothrow_move_constructible_v<Owner> && std::is_nothrow_move_assignable_v<Owner> &&
                            !std::is_copy_constructible_v<Owner> && !std::is_copy_assignable_v<Owner>;

void owners_move() {
    static_assert(moves_only<pqc::Buffer> && moves_only<pqc::Encapsulation> && moves_only<pqc::Batch>);
    static_assert(moves_only<pqc::PrivateKey> && moves_only<pqc::PublicKey> && moves_only<pqc::MuHasher>);
    auto first = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const auto second = std::move(first);
    EXPECT(thrown([&] { (void)first.sign("message"sv); }) == PQC_STATUS_NULL_POINTER);
    auto key = second.public_key();
    const auto other_key = std::move(key);
    EXPECT(thrown([&] { (void)key.verify("message"sv, ""sv); }) == PQC_STATUS_NULL_POINTER);
    EXPECT(thrown([&] { (void)(key == other_key); }) == PQC_STATUS_NULL_POINTER);
    EXPECT(thrown([&] { (void)key.verify_batch({"message"sv}, {""sv}); }) == PQC_STATUS_NULL_POINTER);
    EXPECT(thrown([&] { (void)key.encapsulate_batch(1); }) == PQC_STATUS_NULL_POINTER);
    EXPECT(thrown([&] { (void)first.sign_batch({"message"sv}); }) == PQC_STATUS_NULL_POINTER);
    EXPECT(thrown([&] { (void)first.decapsulate_batch({"ciphertext"sv}); }) == PQC_STATUS_NULL_POINTER);
    auto hasher = other_key.mu_hasher();
    const auto other = std::move(hasher);
    EXPECT(thrown([&] { hasher.update("message"sv); }) == PQC_STATUS_NULL_POINTER);
    EXPECT(other.finalize().size() == MLDSA_MUBYTES);
    pqc::Buffer signature = second.sign("message"sv);
    pqc::Buffer moved;
    moved = std::move(signature);
    EXPECT(signature.empty() && other_key.verify("message"sv, moved));
}

// How many handles and buffers there are now, and how many bytes were wiped. Reading pqc::Metrics would wipe some itself.
struct Counts {
    explicit Counts(const FFIMetrics &metrics)
        : handles(metrics.live_handles), buffers(metrics.live_buffers), wiped(metrics.bytes_wiped) {}
    static Counts now() {
        FFIMetrics metrics{};
        pqc::check("ffi_get_performance_metrics", ffi_get_performance_metrics(&metrics, sizeof metrics));
        return Counts(metrics);
    }

    std::uint64_t handles, buffers, wiped;
};

void owners_free() {
    const Counts before = Counts::now();
    {
        auto key = pqc::PrivateKey::generate(Algorithm::mldsa44);
        const auto public_key = key.public_key();
        const auto hasher = public_key.mu_hasher();
        const pqc::Buffer seed = key.seed();
        const pqc::Batch signatures = key.sign_batch(std::vector<pqc::View>(1));
        EXPECT(Counts::now().handles - before.handles == 3 && Counts::now().buffers - before.buffers == 2);
        key = pqc::PrivateKey::generate(Algorithm::mldsa44);
        EXPECT(Counts::now().handles - before.handles == 3);
    }
    const Counts after = Counts::now();
    EXPECT(after.handles == before.handles && after.buffers == before.buffers);
    EXPECT(after.wiped - before.wiped >= MLDSA_SEEDBYTES + MLDSA44_SIGNATUREBYTES);
}

void threads_share_a_key() {
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const auto key = signer.public_key();
    std::array<bool, 4> valid{};
    std::vector<std::thread> threads;
    for (bool &each : valid) {
        threads.emplace_back([&] { each = key.verify("message"sv, signer.sign("message"sv)); });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    EXPECT(valid == std::array<bool, 4>{true, true, true, true});
}

void metrics_count() {
    const pqc::Metrics before = pqc::Metrics::now();
    {
        const auto pair = pqc::PrivateKey::generate(Algorithm::mlkem512);
        (void)pair.public_key().encapsulate();
        EXPECT(thrown([&] { (void)pair.decapsulate("short"sv); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    }
    const pqc::Metrics after = pqc::Metrics::now();
    const auto grew = [&](PqcAction action, auto field) {
        return after.of(action, Algorithm::mlkem512).*field - before.of(action, Algorithm::mlkem512).*field;
    };
    EXPECT(grew(PQC_ACTION_GENERATE, &FFIOperationMetrics::calls) == 1);
    EXPECT(grew(PQC_ACTION_ENCAPSULATE, &FFIOperationMetrics::calls) == 1);
    EXPECT(grew(PQC_ACTION_DECAPSULATE, &FFIOperationMetrics::errors) == 1);
}

void metrics_count_composites() {
    const auto calls = [] {
        const pqc::Metrics metrics = pqc::Metrics::now();
        return metrics.of(PQC_ACTION_SIGN, Algorithm::mldsa44_ecdsa_p256).calls;
    };
    const std::uint64_t before = calls();
    (void)pqc::PrivateKey::generate(Algorithm::mldsa44_ecdsa_p256).sign("message"sv);
    EXPECT(calls() == before + 1);
}

void buffers_are_wiped_before_reuse() {
    const auto pair = pqc::PrivateKey::generate(Algorithm::mlkem768);
    const pqc::Buffer seed = pair.seed();
    pqc::Buffer reused = pair.seed();
    const Counts before = Counts::now();
    pqc::check("pqc_private_key_seed", pqc_private_key_seed(pair.handle(), reused.out()));
    reused = pair.seed();
    auto &same = reused;
    reused = std::move(same);
    EXPECT(reused == seed);
    const Counts after = Counts::now();
    EXPECT(after.buffers == before.buffers && after.wiped - before.wiped == 2 * MLKEM_SEEDBYTES);
    EXPECT(pqc_private_key_seed(nullptr, reused.out()) == PQC_STATUS_NULL_POINTER && reused.empty());
}

template <class Bytes>
constexpr bool viewable = std::is_constructible_v<pqc::View, Bytes>;

void views_have_every_byte() {
    static_assert(!viewable<const char (&)[4]> && !viewable<char (&)[4]> && !viewable<const char *>);
    static_assert(!viewable<char *> && !viewable<std::nullptr_t> && !viewable<std::vector<int>>);
    static_assert(viewable<std::string> && viewable<std::vector<std::byte>> && viewable<pqc::Buffer>);
    const unsigned char bytes[] = {1, 2, 0, 9};
    const std::byte other_bytes[] = {std::byte{1}, std::byte{2}, std::byte{0}, std::byte{9}};
    const auto text = "\1\2\0\11"sv;
    for (const pqc::View &view : {pqc::View(bytes), pqc::View(other_bytes), pqc::View(text), pqc::View(bytes, 4)}) {
        EXPECT(view == text && view != "\1\2\0\7"sv && view != "\1\2"sv);
    }
    EXPECT(pqc::View(std::array<char, 4>{1, 2, 0, 9}) == text && pqc::View(std::string(text)) == text);
    EXPECT(pqc::View() == ""sv);
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const pqc::Buffer signature = signer.sign(bytes);
    EXPECT(signer.public_key().verify(text, signature));
    EXPECT(!signer.public_key().verify("\1\2\0\7"sv, signature) && !signer.public_key().verify("\1\2"sv, signature));
}

// Whether a call takes an object that has a name, and no temporary.
template <class Object, class Call>
constexpr bool needs_a_name(Call) {
    return std::is_invocable_v<Call, const Object &> && !std::is_invocable_v<Call, Object>;
}

#define CALL(...) [](auto &&it) -> decltype(__VA_ARGS__) { return __VA_ARGS__; }
#define MEMBER(...) CALL(std::forward<decltype(it)>(it).__VA_ARGS__)

void temporaries_lend_nothing() {
    static_assert(needs_a_name<pqc::Buffer>(MEMBER(data())));
    static_assert(needs_a_name<pqc::Buffer>(MEMBER(begin())) && needs_a_name<pqc::Buffer>(MEMBER(end())));
    static_assert(needs_a_name<pqc::PrivateKey>(MEMBER(handle())) && needs_a_name<pqc::PublicKey>(MEMBER(handle())));
    static_assert(needs_a_name<pqc::MuHasher>(MEMBER(handle())));
    static_assert(needs_a_name<pqc::Batch>(MEMBER(row(0))) && needs_a_name<pqc::Batch>(MEMBER(rows())));
    static_assert(needs_a_name<pqc::Batch>(MEMBER(statuses())) && needs_a_name<pqc::Column>(MEMBER(get())));
    static_assert(needs_a_name<pqc::Metrics>(MEMBER(values())) && needs_a_name<pqc::Metrics>(MEMBER(called())));
    static_assert(needs_a_name<pqc::Metrics>(MEMBER(of(PQC_ACTION_SIGN, Algorithm::mldsa44))));
    static_assert(needs_a_name<std::string>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(needs_a_name<pqc::Buffer>(CALL(pqc::Column::rows(std::forward<decltype(it)>(it), 1))));
    static_assert(needs_a_name<std::array<char, 4>>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(needs_a_name<unsigned char[4]>(CALL(pqc::Column::rows(std::forward<decltype(it)>(it), 2))));
    static_assert(
        needs_a_name<std::initializer_list<std::uint8_t>>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(!needs_a_name<std::string_view>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(!std::is_invocable_v<decltype(&pqc::Buffer::out), pqc::Buffer>);
    static_assert(!std::is_invocable_v<decltype(&pqc::Batch::out), pqc::Batch>);
    static_assert(!std::is_invocable_v<decltype(&pqc::Batch::statuses_out), pqc::Batch>);
}

void batches() {
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const std::vector<pqc::View> messages{"first"sv, "second"sv, "third"sv};
    const pqc::Batch made = signer.sign_batch(messages, pqc::Column::all("context"sv));
    EXPECT(made.statuses() == std::vector<std::int32_t>(3) && made.row(1).size() == MLDSA44_SIGNATUREBYTES);
    const auto key = signer.public_key();
    EXPECT(key.verify("second"sv, made.row(1), "context"sv));
    const std::vector<pqc::View> signatures{made.row(0), "forged"sv, made.row(2)};
    const auto statuses = key.verify_batch(messages, signatures, pqc::Column::all("context"sv));
    EXPECT(statuses == std::vector<std::int32_t>{PQC_STATUS_OK, PQC_STATUS_INVALID_SIGNATURE, PQC_STATUS_OK});

    const auto pair = pqc::PrivateKey::generate(Algorithm::mlkem768);
    const pqc::EncapsulationBatch sent = pair.public_key().encapsulate_batch(100, 1);
    const pqc::Batch received = pair.decapsulate_batch(sent.ciphertexts.rows(), 1);
    EXPECT(received.rows() == sent.shared_secrets.rows() && received.row(99) == sent.shared_secrets.row(99));
    const std::size_t row = MLKEM768_CIPHERTEXTBYTES;
    const auto column = pqc::Column::rows({sent.ciphertexts.row(0).data(), 100 * row}, row);
    const pqc::Batch again = pair.decapsulate_batch(column, 1);
    EXPECT(again.rows() == received.rows());
    EXPECT(thrown([&] { (void)pair.decapsulate_batch(column, 257); }) == PQC_STATUS_THREAD_COUNT);
    EXPECT(thrown([] { pqc::Batch((~std::size_t{0} >> 4) + 1, 32); }) == PQC_STATUS_INPUT_TOO_LONG);
}

// The row of a signature with ECDSA is shorter than the space for it.
void batches_of_composites() {
    for (const auto algorithm : composites) {
        const auto signer = pqc::PrivateKey::generate(algorithm);
        const std::vector<pqc::View> messages(20, "message"sv);
        const auto context = pqc::Column::all("context"sv);
        const pqc::Batch made = signer.sign_batch(messages, context, 0, 1);
        auto signatures = made.rows();
        EXPECT(signatures[19].size() > MLDSA44_SIGNATUREBYTES && signatures[19].size() <= pqc::info(algorithm).signature_bytes);
        signatures[7] = pqc::View(signatures[7].data(), signatures[7].size() - 1);
        std::vector<std::int32_t> expected(20);
        expected[7] = PQC_STATUS_INVALID_SIGNATURE;
        EXPECT(signer.public_key().verify_batch(messages, signatures, context, 1) == expected);
    }
}

void columns_have_whole_rows() {
    const std::array<std::uint8_t, 10> bytes{};
    for (const std::size_t row : {std::size_t{1} << 20, std::size_t{11}, std::size_t{3}, std::size_t{0}}) {
        EXPECT(throws<std::invalid_argument>([&] { (void)pqc::Column::rows(bytes, row); }));
    }
    EXPECT(throws<std::invalid_argument>([] { (void)pqc::Column::rows({}, 0); }));
    EXPECT(pqc::Column::rows(bytes, 5).count() == std::size_t{2} && pqc::Column::rows({}, 5).count() == std::size_t{0});
    EXPECT(pqc::Column(std::vector<pqc::View>{}).count() == std::size_t{0} && !pqc::Column::all(bytes).count());
}

void columns_agree_on_their_count() {
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const auto key = signer.public_key();
    const pqc::Buffer signature = signer.sign({});
    const auto one = pqc::Column::all({});
    const pqc::Column none(std::vector<pqc::View>{}), no_rows = pqc::Column::rows({}, 1);
    const pqc::Column empty(std::vector<pqc::View>(3)), two(std::vector<pqc::View>(2));
    const pqc::Column three(std::vector<pqc::View>(3, signature));
    for (const pqc::Column *messages : {&none, &no_rows, &two}) {
        EXPECT(throws<std::invalid_argument>([&] { (void)key.verify_batch(*messages, three); }));
        EXPECT(throws<std::invalid_argument>([&] { (void)key.verify_batch(empty, *messages); }));
        EXPECT(throws<std::invalid_argument>([&] { (void)key.verify_batch(empty, three, *messages); }));
        EXPECT(throws<std::invalid_argument>([&] { (void)signer.sign_batch(empty, *messages); }));
    }
    EXPECT(throws<std::invalid_argument>([&] { (void)key.verify_batch(one, pqc::Column::all(signature)); }));
    EXPECT(throws<std::invalid_argument>([&] { (void)signer.sign_batch(one); }));
    EXPECT(throws<std::invalid_argument>([&] {
        (void)pqc::PrivateKey::generate(Algorithm::mlkem512).decapsulate_batch(one);
    }));
    const std::vector<std::int32_t> valid(3);
    EXPECT(key.verify_batch(empty, three) == valid && key.verify_batch(one, three) == valid);
    EXPECT(key.verify_batch(empty, pqc::Column::all(signature)) == valid);
}

void empty_batches_are_empty() {
    const auto pair = pqc::PrivateKey::generate(Algorithm::mlkem512);
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const pqc::Column none(std::vector<pqc::View>{});
    EXPECT(signer.public_key().verify_batch(none, none).empty());
    const pqc::EncapsulationBatch sent = pair.public_key().encapsulate_batch(0);
    const pqc::Batch secrets = pair.decapsulate_batch(none), signatures = signer.sign_batch(none);
    for (const pqc::Batch *made : {&sent.ciphertexts, &sent.shared_secrets, &secrets, &signatures}) {
        EXPECT(made->statuses().empty() && made->rows().empty());
        EXPECT(throws<std::out_of_range>([&] { (void)made->row(0); }));
    }
}

void failed_rows_are_not_returned() {
    const auto pair = pqc::PrivateKey::generate(Algorithm::mlkem768);
    const pqc::Encapsulation sent = pair.public_key().encapsulate();
    pqc::Batch received = pair.decapsulate_batch(std::vector<pqc::View>{sent.ciphertext, "short"sv});
    EXPECT(received.statuses() == std::vector<std::int32_t>{PQC_STATUS_OK, PQC_STATUS_CIPHERTEXT_LENGTH});
    EXPECT(received.row(0) == sent.shared_secret);
    EXPECT(thrown([&] { (void)received.row(1); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    EXPECT(thrown([&] { (void)received.rows(); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    for (const std::size_t item : {std::size_t{2}, ~std::size_t{0}}) {
        EXPECT(throws<std::out_of_range>([&] { (void)received.row(item); }));
    }
    for (const std::int32_t number : {-1, 128}) { // which a PqcStatus cannot hold
        pqc::Batch unknown(1, 32);
        unknown.statuses_out()[0] = number;
        EXPECT(thrown([&] { (void)unknown.row(0); }) == PQC_STATUS_INTERNAL);
    }
    const pqc::Batch moved = std::move(received);
    EXPECT(moved.row(0) == sent.shared_secret && throws<std::out_of_range>([&] { (void)received.row(0); }));
}

void columns_are_made_of_braces() {
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    const auto key = signer.public_key();
    const pqc::View message = "message"sv;
    const std::vector<std::uint8_t> other{1, 2, 3};
    const pqc::Batch one = signer.sign_batch({message}), two = signer.sign_batch({message, other});
    EXPECT(one.statuses().size() == 1 && two.statuses().size() == 2);
    EXPECT(key.verify_batch({message}, one.rows()) == std::vector<std::int32_t>(1));
    EXPECT(key.verify_batch({message, other}, {two.row(0), two.row(1)}) == std::vector<std::int32_t>(2));
    const pqc::Batch braced = signer.sign_batch({{message}}), three = signer.sign_batch(std::vector<pqc::View>(3, message));
    EXPECT(braced.statuses().size() == 1 && three.statuses().size() == 3);
    EXPECT(throws<std::invalid_argument>([&] { (void)signer.sign_batch({message}, {message, other}); }));
}

void columns_that_were_moved_from_are_the_same() {
    const auto signer = pqc::PrivateKey::generate(Algorithm::mldsa44);
    pqc::Column messages(std::vector<pqc::View>{"first"sv, "second"sv});
    const pqc::Column moved = std::move(messages);
    const pqc::Batch signatures = signer.sign_batch(messages);
    EXPECT(signer.public_key().verify("second"sv, signatures.row(1)));
}

const std::map<std::string, std::function<void()>> tests = {
    {"batches", batches},
    {"batches_of_composites", batches_of_composites},
    {"buffers_are_wiped_before_reuse", buffers_are_wiped_before_reuse},
    {"columns_are_made_of_braces", columns_are_made_of_braces},
    {"columns_agree_on_their_count", columns_agree_on_their_count},
    {"columns_have_whole_rows", columns_have_whole_rows},
    {"columns_that_were_moved_from_are_the_same", columns_that_were_moved_from_are_the_same},
    {"empty_batches_are_empty", empty_batches_are_empty},
    {"failed_rows_are_not_returned", failed_rows_are_not_returned},
    {"temporaries_lend_nothing", temporaries_lend_nothing},
    {"views_have_every_byte", views_have_every_byte},
    {"key_exchange", key_exchange},
    {"signatures", signatures},
    {"table_has_the_algorithms", table_has_the_algorithms},
    {"composites_sign_digests_by_their_hash_function", composites_sign_digests_by_their_hash_function},
    {"keys_of_composites_have_one_form", keys_of_composites_have_one_form},
    {"prehashed_signatures", prehashed_signatures},
    {"messages_in_chunks", messages_in_chunks},
    {"keys_are_loaded", keys_are_loaded},
    {"keys_are_encoded", keys_are_encoded},
    {"errors_carry_the_status", errors_carry_the_status},
    {"operations_have_their_algorithms", operations_have_their_algorithms},
    {"owners_move", owners_move},
    {"owners_free", owners_free},
    {"threads_share_a_key", threads_share_a_key},
    {"metrics_count", metrics_count},
    {"metrics_count_composites", metrics_count_composites},
};

// Runs a test, after which no handle and no buffer may be left.
void run(const std::function<void()> &test) {
    test();
    EXPECT(Counts::now().handles == 0 && Counts::now().buffers == 0);
}

}  // namespace

int main(int argc, char **argv) {
    try {
        if (argc == 2) {
            run(tests.at(argv[1]));
            return 0;
        }
        for (const auto &test : tests) {
            run(test.second);
        }
        std::cout << "ok\n";
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
