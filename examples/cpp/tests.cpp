// What pqc_ffi.hpp promises. `tests NAME` runs one of the tests, as ctest does, and `tests` all of them, and
// then prints "ok".

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

constexpr std::array kem_sets{pqc::KemSet::mlkem512, pqc::KemSet::mlkem768, pqc::KemSet::mlkem1024};
constexpr std::array dsa_sets{pqc::DsaSet::mldsa44, pqc::DsaSet::mldsa65, pqc::DsaSet::mldsa87};

void expect_at(int line, bool holds, const char *what) {
    if (!holds) {
        throw std::runtime_error("line " + std::to_string(line) + ": expected " + what);
    }
}

#define EXPECT(...) expect_at(__LINE__, (__VA_ARGS__), #__VA_ARGS__)

// The status that a call throws, PQC_STATUS_OK if it throws none. The message holds the text of the status.
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
    for (const auto set : kem_sets) {
        const auto pair = pqc::KemKeyPair::generate(set);
        const auto key = pqc::KemPublicKey::from_bytes(set, pair.public_key().bytes());
        const pqc::Encapsulation sent = key.encapsulate();
        EXPECT(pair.parameter_set() == set && key.parameter_set() == set);
        EXPECT(sent.ciphertext.size() == mlkem_ciphertext_size(static_cast<std::uint32_t>(set)));
        EXPECT(sent.shared_secret.size() == MLKEM_SHAREDSECRETBYTES);
        EXPECT(pair.decapsulate(sent.ciphertext) == sent.shared_secret);
    }
}

void tampered_ciphertext() {
    for (const auto set : kem_sets) {
        const auto pair = pqc::KemKeyPair::generate(set);
        const pqc::Encapsulation sent = pair.public_key().encapsulate();
        auto tampered = copy(sent.ciphertext);
        tampered[7] ^= 1;
        EXPECT(pair.decapsulate(tampered) != sent.shared_secret);
        EXPECT(pair.decapsulate(tampered) == pair.decapsulate(tampered));
    }
}

void signatures() {
    for (const auto set : dsa_sets) {
        const auto signer = pqc::DsaKeyPair::generate(set);
        const auto key = pqc::DsaPublicKey::from_bytes(set, signer.public_key().bytes());
        const pqc::Buffer signature = signer.sign("message"sv, "context"sv);
        EXPECT(signer.parameter_set() == set && key.parameter_set() == set);
        EXPECT(key.verify("message"sv, signature, "context"sv));
        EXPECT(!key.verify("message"sv, signature));
        EXPECT(!key.verify("another message"sv, signature, "context"sv));
        EXPECT(!key.verify("message"sv, pqc::View(signature.data(), signature.size() - 1), "context"sv));
        EXPECT(signer.sign(""sv, ""sv, MLDSA_SIGN_DETERMINISTIC) == signer.sign(""sv, ""sv, MLDSA_SIGN_DETERMINISTIC));
        EXPECT(signer.sign(""sv) != signer.sign(""sv));
    }
}

void prehashed_signatures() {
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa65);
    const std::array<std::uint8_t, 64> digest{1, 2, 3};
    const pqc::Buffer signature = signer.sign_prehashed(PQC_HASH_SHA2_512, digest, "context"sv);
    EXPECT(signer.public_key().verify_prehashed(PQC_HASH_SHA2_512, digest, signature, "context"sv));
    EXPECT(!signer.public_key().verify_prehashed(PQC_HASH_SHA3_512, digest, signature, "context"sv));
    EXPECT(thrown([&] { (void)signer.sign_prehashed(PQC_HASH_SHA2_256, digest); }) == PQC_STATUS_DIGEST_LENGTH);
}

void messages_in_pieces() {
    for (const auto set : dsa_sets) {
        const auto signer = pqc::DsaKeyPair::generate(set, PQC_KEY_SIMD);
        const auto key = signer.public_key();
        auto hasher = key.mu_hasher("context"sv);
        hasher.update("mess"sv);
        const pqc::Buffer mu_of_first_piece = hasher.finalize();
        hasher.update("age"sv);
        const pqc::Buffer mu = hasher.finalize();
        const pqc::Buffer signature = signer.sign_mu(mu);
        EXPECT(mu.size() == MLDSA_MUBYTES && key.verify("message"sv, signature, "context"sv));
        EXPECT(key.verify_mu(mu, signature) && !key.verify_mu(mu_of_first_piece, signature));
        EXPECT(signer.sign_mu(mu, MLDSA_SIGN_DETERMINISTIC) ==
               signer.sign("message"sv, "context"sv, MLDSA_SIGN_DETERMINISTIC));
        EXPECT(thrown([&] { (void)key.verify_mu("short"sv, signature); }) == PQC_STATUS_MU_LENGTH);
        EXPECT(thrown([&] { (void)key.mu_hasher(std::string(256, 'c')); }) == PQC_STATUS_CONTEXT_LENGTH);
    }
    const auto libcrux = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa65, PQC_KEY_LIBCRUX);
    const pqc::Buffer mu = libcrux.public_key().mu_hasher().finalize();
    EXPECT(thrown([&] { (void)libcrux.sign_mu(mu); }) == PQC_STATUS_EXTERNAL_MU_UNAVAILABLE);
}

template <class Pair, class Set>
void load(Set set) {
    const auto pair = Pair::generate(set);
    const auto from_seed = Pair::from_seed(set, pair.seed());
    const auto from_private_key = Pair::from_private_key(set, pair.private_key());
    for (const auto *loaded : {&from_seed, &from_private_key}) {
        EXPECT(loaded->private_key() == pair.private_key());
        EXPECT(loaded->public_key().bytes() == pair.public_key().bytes());
    }
    EXPECT(from_seed.seed() == pair.seed());
    EXPECT(thrown([&] { from_private_key.seed(); }) == PQC_STATUS_SEED_UNAVAILABLE);
}

void keys_are_loaded() {
    for (const auto set : kem_sets) {
        load<pqc::KemKeyPair>(set);
    }
    for (const auto set : dsa_sets) {
        load<pqc::DsaKeyPair>(set);
    }
}

void errors_carry_the_status() {
    const auto pair = pqc::KemKeyPair::generate(pqc::KemSet::mlkem768);
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
    EXPECT(thrown([] { pqc::KemKeyPair::generate(pqc::KemSet{44}); }) == PQC_STATUS_UNKNOWN_PARAMETER_SET);
    EXPECT(thrown([] { pqc::KemKeyPair::from_seed(pqc::KemSet::mlkem768, "short"sv); }) == PQC_STATUS_SEED_LENGTH);
    EXPECT(thrown([&] { (void)pair.decapsulate("short"sv); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    EXPECT(thrown([&] { (void)signer.sign("message"sv, std::string(256, 'c')); }) == PQC_STATUS_CONTEXT_LENGTH);
    auto damaged = copy(pair.private_key());
    damaged[damaged.size() - 33] ^= 1;  // of the hash of the public key; the last 32 bytes may have any value
    EXPECT(thrown([&] { pqc::KemKeyPair::from_private_key(pqc::KemSet::mlkem768, damaged); }) ==
           PQC_STATUS_PRIVATE_KEY_HASH);
}

template <class Owner>
constexpr bool moves_only = std::is_nothrow_move_constructible_v<Owner> && std::is_nothrow_move_assignable_v<Owner> &&
                            !std::is_copy_constructible_v<Owner> && !std::is_copy_assignable_v<Owner>;

void owners_move() {
    static_assert(moves_only<pqc::Buffer> && moves_only<pqc::Encapsulation> && moves_only<pqc::Batch>);
    static_assert(moves_only<pqc::KemKeyPair> && moves_only<pqc::KemPublicKey>);
    static_assert(moves_only<pqc::DsaKeyPair> && moves_only<pqc::DsaPublicKey>);
    static_assert(moves_only<pqc::DsaMuHasher>);
    auto first = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
    const auto second = std::move(first);
    EXPECT(thrown([&] { (void)first.sign("message"sv); }) == PQC_STATUS_NULL_POINTER);
    auto hasher = second.public_key().mu_hasher();
    const auto other = std::move(hasher);
    EXPECT(thrown([&] { hasher.update("message"sv); }) == PQC_STATUS_NULL_POINTER);
    EXPECT(other.finalize().size() == MLDSA_MUBYTES);
    pqc::Buffer signature = second.sign("message"sv);
    pqc::Buffer moved;
    moved = std::move(signature);
    EXPECT(signature.empty() && second.public_key().verify("message"sv, moved));
}

void threads_share_a_key() {
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
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
        const auto pair = pqc::KemKeyPair::generate(pqc::KemSet::mlkem512);
        (void)pair.public_key().encapsulate();
        EXPECT(thrown([&] { (void)pair.decapsulate("short"sv); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    }
    const pqc::Metrics after = pqc::Metrics::now();
    const auto grew = [&](PqcOperation operation, auto field) {
        return after.of(operation, pqc::KemSet::mlkem512).*field - before.of(operation, pqc::KemSet::mlkem512).*field;
    };
    EXPECT(grew(PQC_OPERATION_MLKEM_KEYGEN, &FFIOperationMetrics::calls) == 1);
    EXPECT(grew(PQC_OPERATION_MLKEM_ENCAPSULATE, &FFIOperationMetrics::calls) == 1);
    EXPECT(grew(PQC_OPERATION_MLKEM_DECAPSULATE, &FFIOperationMetrics::errors) == 1);
    EXPECT(after.values().live_handles == before.values().live_handles);
    EXPECT(after.values().bytes_wiped > before.values().bytes_wiped);
}

void buffers_are_wiped_before_reuse() {
    const auto pair = pqc::KemKeyPair::generate(pqc::KemSet::mlkem768);
    const pqc::Buffer seed = pair.seed();
    pqc::Buffer reused = pair.seed();
    const pqc::Metrics before = pqc::Metrics::now();
    pqc::check("mlkem_keypair_seed_bytes", mlkem_keypair_seed_bytes(pair.handle(), reused.out()));
    reused = pair.seed();
    auto &same = reused;
    reused = std::move(same);
    EXPECT(reused == seed);
    const pqc::Metrics after = pqc::Metrics::now();
    EXPECT(after.values().live_buffers == before.values().live_buffers);
    EXPECT(after.values().bytes_wiped - before.values().bytes_wiped == 2 * MLKEM_SEEDBYTES);
    EXPECT(mlkem_keypair_seed_bytes(nullptr, reused.out()) == PQC_STATUS_NULL_POINTER && reused.empty());
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
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
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
    static_assert(needs_a_name<pqc::KemKeyPair>(MEMBER(handle())) && needs_a_name<pqc::DsaPublicKey>(MEMBER(handle())));
    static_assert(needs_a_name<pqc::Batch>(MEMBER(row(0))) && needs_a_name<pqc::Batch>(MEMBER(rows())));
    static_assert(needs_a_name<pqc::Batch>(MEMBER(statuses())) && needs_a_name<pqc::Column>(MEMBER(get())));
    static_assert(needs_a_name<pqc::Metrics>(MEMBER(values())));
    static_assert(needs_a_name<pqc::Metrics>(MEMBER(of(PQC_OPERATION_MLDSA_SIGN, pqc::DsaSet::mldsa44))));
    static_assert(needs_a_name<std::string>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(needs_a_name<pqc::Buffer>(CALL(pqc::Column::rows(std::forward<decltype(it)>(it), 1))));
    static_assert(needs_a_name<std::array<char, 4>>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(needs_a_name<unsigned char[4]>(CALL(pqc::Column::rows(std::forward<decltype(it)>(it), 2))));
    static_assert(
        needs_a_name<std::initializer_list<std::uint8_t>>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(!needs_a_name<std::string_view>(CALL(pqc::Column::all(std::forward<decltype(it)>(it)))));
    static_assert(!std::is_invocable_v<decltype(&pqc::Buffer::out), pqc::Buffer>);
}

void batches() {
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
    const std::vector<pqc::View> messages{"first"sv, "second"sv, "third"sv};
    const pqc::Batch made = signer.sign_batch(messages, pqc::Column::all("context"sv));
    EXPECT(made.statuses() == std::vector<std::int32_t>(3) && made.row(1).size() == MLDSA44_SIGNATUREBYTES);
    const auto key = signer.public_key();
    EXPECT(key.verify("second"sv, made.row(1), "context"sv));
    const std::vector<pqc::View> signatures{made.row(0), "forged"sv, made.row(2)};
    const auto statuses = key.verify_batch(messages, signatures, pqc::Column::all("context"sv));
    EXPECT(statuses == std::vector<std::int32_t>{PQC_STATUS_OK, PQC_STATUS_INVALID_SIGNATURE, PQC_STATUS_OK});

    const auto pair = pqc::KemKeyPair::generate(pqc::KemSet::mlkem768);
    const pqc::EncapsulationBatch sent = pair.public_key().encapsulate_batch(100, 1);
    const auto column = pqc::Column::rows(sent.ciphertexts.rows(), MLKEM768_CIPHERTEXTBYTES);
    const pqc::Batch received = pair.decapsulate_batch(column, 1);
    EXPECT(received.rows() == sent.shared_secrets.rows() && received.row(99) == sent.shared_secrets.row(99));
    EXPECT(thrown([&] { (void)pair.decapsulate_batch(column, 257); }) == PQC_STATUS_THREAD_COUNT);
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
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
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
        (void)pqc::KemKeyPair::generate(pqc::KemSet::mlkem512).decapsulate_batch(one);
    }));
    const std::vector<std::int32_t> valid(3);
    EXPECT(key.verify_batch(empty, three) == valid && key.verify_batch(one, three) == valid);
    EXPECT(key.verify_batch(empty, pqc::Column::all(signature)) == valid);
}

void empty_batches_are_empty() {
    const auto pair = pqc::KemKeyPair::generate(pqc::KemSet::mlkem512);
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
    const pqc::Column none(std::vector<pqc::View>{});
    EXPECT(signer.public_key().verify_batch(none, none).empty());
    const pqc::EncapsulationBatch sent = pair.public_key().encapsulate_batch(0);
    const pqc::Batch secrets = pair.decapsulate_batch(none), signatures = signer.sign_batch(none);
    for (const pqc::Batch *made : {&sent.ciphertexts, &sent.shared_secrets, &secrets, &signatures}) {
        EXPECT(made->statuses().empty() && made->rows().size() == 0);
        EXPECT(throws<std::out_of_range>([&] { (void)made->row(0); }));
    }
}

void failed_rows_are_not_returned() {
    const auto pair = pqc::KemKeyPair::generate(pqc::KemSet::mlkem768);
    const pqc::Encapsulation sent = pair.public_key().encapsulate();
    pqc::Batch received = pair.decapsulate_batch(std::vector<pqc::View>{sent.ciphertext, "short"sv});
    EXPECT(received.statuses() == std::vector<std::int32_t>{PQC_STATUS_OK, PQC_STATUS_CIPHERTEXT_LENGTH});
    EXPECT(received.row(0) == sent.shared_secret);
    EXPECT(thrown([&] { (void)received.row(1); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    EXPECT(thrown([&] { (void)received.rows(); }) == PQC_STATUS_CIPHERTEXT_LENGTH);
    for (const std::size_t item : {std::size_t{2}, ~std::size_t{0}}) {
        EXPECT(throws<std::out_of_range>([&] { (void)received.row(item); }));
    }
    const pqc::Batch moved = std::move(received);
    EXPECT(moved.row(0) == sent.shared_secret && throws<std::out_of_range>([&] { (void)received.row(0); }));
}

void columns_that_were_moved_from_are_the_same() {
    const auto signer = pqc::DsaKeyPair::generate(pqc::DsaSet::mldsa44);
    pqc::Column messages(std::vector<pqc::View>{"first"sv, "second"sv});
    const pqc::Column moved = std::move(messages);
    const pqc::Batch signatures = signer.sign_batch(messages);
    EXPECT(signer.public_key().verify("second"sv, signatures.row(1)));
}

const std::map<std::string, std::function<void()>> tests = {
    {"batches", batches},
    {"buffers_are_wiped_before_reuse", buffers_are_wiped_before_reuse},
    {"columns_agree_on_their_count", columns_agree_on_their_count},
    {"columns_have_whole_rows", columns_have_whole_rows},
    {"columns_that_were_moved_from_are_the_same", columns_that_were_moved_from_are_the_same},
    {"empty_batches_are_empty", empty_batches_are_empty},
    {"failed_rows_are_not_returned", failed_rows_are_not_returned},
    {"temporaries_lend_nothing", temporaries_lend_nothing},
    {"views_have_every_byte", views_have_every_byte},
    {"key_exchange", key_exchange},
    {"tampered_ciphertext", tampered_ciphertext},
    {"signatures", signatures},
    {"prehashed_signatures", prehashed_signatures},
    {"messages_in_pieces", messages_in_pieces},
    {"keys_are_loaded", keys_are_loaded},
    {"errors_carry_the_status", errors_carry_the_status},
    {"owners_move", owners_move},
    {"threads_share_a_key", threads_share_a_key},
    {"metrics_count", metrics_count},
};

}  // namespace

int main(int argc, char **argv) {
    try {
        if (argc == 2) {
            tests.at(argv[1])();
            return 0;
        }
        for (const auto &test : tests) {
            test.second();
        }
        std::cout << "ok\n";
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
