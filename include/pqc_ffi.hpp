// pqc_ffi.h in C++17: owners that are moved and never copied, and exceptions that carry the status.
//
// A program links what pqc_ffi.h needs and nothing more. An object that was moved from holds no key: using it throws an
// Error with PQC_STATUS_NULL_POINTER. Any number of threads may use a key at once. No exception holds a byte of an input.
//
// A member function that returns a pointer, a reference or a View into its object is deleted for temporaries: their
// memory is wiped and freed at the end of the statement, so name the object.
//
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef PQC_FFI_HPP
#define PQC_FFI_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "pqc_ffi.h"

namespace pqc {

// `make header` writes the names of the algorithms.
enum class Algorithm : std::uint32_t {
    mlkem512 = PQC_ALGORITHM_MLKEM512,
    mlkem768 = PQC_ALGORITHM_MLKEM768,
    mlkem1024 = PQC_ALGORITHM_MLKEM1024,
    mldsa44 = PQC_ALGORITHM_MLDSA44,
    mldsa65 = PQC_ALGORITHM_MLDSA65,
    mldsa87 = PQC_ALGORITHM_MLDSA87,
    xwing = PQC_ALGORITHM_XWING,
    mlkem768_p256 = PQC_ALGORITHM_MLKEM768_P256,
    mlkem1024_p384 = PQC_ALGORITHM_MLKEM1024_P384,
    mldsa44_ed25519 = PQC_ALGORITHM_MLDSA44_ED25519,
    mldsa44_ecdsa_p256 = PQC_ALGORITHM_MLDSA44_ECDSA_P256,
    mldsa65_ecdsa_p256 = PQC_ALGORITHM_MLDSA65_ECDSA_P256,
    mldsa65_ecdsa_p384 = PQC_ALGORITHM_MLDSA65_ECDSA_P384,
    mldsa65_ed25519 = PQC_ALGORITHM_MLDSA65_ED25519,
    mldsa87_ecdsa_p384 = PQC_ALGORITHM_MLDSA87_ECDSA_P384,
    slhdsa_sha2_128s = PQC_ALGORITHM_SLHDSA_SHA2_128S,
    slhdsa_sha2_128f = PQC_ALGORITHM_SLHDSA_SHA2_128F,
    slhdsa_sha2_192s = PQC_ALGORITHM_SLHDSA_SHA2_192S,
    slhdsa_sha2_192f = PQC_ALGORITHM_SLHDSA_SHA2_192F,
    slhdsa_sha2_256s = PQC_ALGORITHM_SLHDSA_SHA2_256S,
    slhdsa_sha2_256f = PQC_ALGORITHM_SLHDSA_SHA2_256F,
    slhdsa_shake_128s = PQC_ALGORITHM_SLHDSA_SHAKE_128S,
    slhdsa_shake_128f = PQC_ALGORITHM_SLHDSA_SHAKE_128F,
    slhdsa_shake_192s = PQC_ALGORITHM_SLHDSA_SHAKE_192S,
    slhdsa_shake_192f = PQC_ALGORITHM_SLHDSA_SHAKE_192F,
    slhdsa_shake_256s = PQC_ALGORITHM_SLHDSA_SHAKE_256S,
    slhdsa_shake_256f = PQC_ALGORITHM_SLHDSA_SHAKE_256F,
};

// A call that did not succeed: which function, the status, and its text.
class Error : public std::runtime_error {
public:
    Error(const char *function, PqcStatus status)
        : std::runtime_error(std::string(function) + ": " + ffi_status_message(static_cast<std::int32_t>(status))),
          status_(status) {}

    PqcStatus status() const noexcept { return status_; }

private:
    PqcStatus status_;
};

// Throws unless the status is PQC_STATUS_OK. For functions of pqc_ffi.h that are not wrapped here.
inline void check(const char *function, PqcStatus status) {
    if (status != PQC_STATUS_OK) {
        throw Error(function, status);
    }
}

// Throws std::runtime_error if the library has another binary interface than the header.
inline void check_abi() {
    if (ffi_abi_version() != PQC_ABI_VERSION) {
        throw std::runtime_error("pqc_ffi: header and library have different ABI versions");
    }
}

// The name, kind and sizes of an algorithm.
inline const PqcAlgorithmInfo &info(Algorithm algorithm) {
    const PqcAlgorithmInfo *row = pqc_algorithm_info(static_cast<std::uint32_t>(algorithm));
    check("pqc_algorithm_info", row == nullptr ? PQC_STATUS_UNKNOWN_ALGORITHM : PQC_STATUS_OK);
    return *row;
}

// Bytes that are borrowed: all elements of a vector, array, string, string_view or Buffer, or a pointer and a length.
//
// As a parameter it may view a temporary; kept in a variable it must not outlive the bytes. Neither arrays of char nor
// pointers to char are accepted, since nothing shows whether a zero byte ends the text or belongs to it: write
// std::string_view(text, length), or "message"sv for a literal.
class View {
public:
    View() noexcept = default;
    View(const std::uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}

    template <class Bytes,
              class Byte = std::remove_const_t<std::remove_pointer_t<decltype(std::data(std::declval<const Bytes &>()))>>,
              std::enable_if_t<std::is_same_v<Byte, std::uint8_t> || std::is_same_v<Byte, std::byte> ||
                                   (std::is_same_v<Byte, char> && !std::is_array_v<Bytes>),
                               int> = 0>
    View(const Bytes &bytes) noexcept : View(reinterpret_cast<const std::uint8_t *>(std::data(bytes)), std::size(bytes)) {}

    const std::uint8_t *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

private:
    const std::uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

// Compares bytes that may be secret, of Buffers too, in a time that does not depend on where they differ.
inline bool operator==(View left, View right) noexcept {
    if (left.size() != right.size()) {
        return false;
    }
    volatile std::uint8_t difference = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
        difference = static_cast<std::uint8_t>(difference | (left.data()[i] ^ right.data()[i]));
    }
    return difference == 0;
}
inline bool operator!=(View left, View right) noexcept { return !(left == right); }

// Bytes that the library allocated, wiped and freed at the end of their scope. They are copied by hand only.
class Buffer {
public:
    Buffer() noexcept = default;
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    Buffer(Buffer &&other) noexcept : buffer_(std::exchange(other.buffer_, FFIBuffer{})) {}
    Buffer &operator=(Buffer &&other) noexcept {
        if (this != &other) {
            ffi_buffer_free(&buffer_);
            buffer_ = std::exchange(other.buffer_, FFIBuffer{});
        }
        return *this;
    }
    ~Buffer() { ffi_buffer_free(&buffer_); }

    const std::uint8_t *data() const & noexcept { return buffer_.data; }
    const std::uint8_t *data() const && = delete;
    std::size_t size() const noexcept { return buffer_.len; }
    bool empty() const noexcept { return buffer_.len == 0; }
    const std::uint8_t *begin() const & noexcept { return buffer_.data; }
    const std::uint8_t *begin() const && = delete;
    const std::uint8_t *end() const & noexcept { return buffer_.len == 0 ? buffer_.data : buffer_.data + buffer_.len; }
    const std::uint8_t *end() const && = delete;

    // Wipes and frees what the buffer holds, and returns the struct for a function of pqc_ffi.h to fill.
    FFIBuffer *out() & noexcept {
        ffi_buffer_free(&buffer_);
        return &buffer_;
    }

private:
    friend class Batch;
    FFIBuffer buffer_{};
};

namespace detail {

// The arguments of a C function: a View is a pointer and a length.
inline auto flat(View bytes) noexcept { return std::make_tuple(bytes.data(), bytes.size()); }
inline auto flat(Algorithm algorithm) noexcept { return std::make_tuple(static_cast<std::uint32_t>(algorithm)); }
template <class Argument>
auto flat(Argument argument) noexcept {
    return std::make_tuple(argument);
}

// Returns whether the status is PQC_STATUS_OK. Throws unless it is that or `other`.
inline bool succeeds(const char *name, PqcStatus other, PqcStatus status) {
    if (status != other) {
        check(name, status);
    }
    return status == PQC_STATUS_OK;
}

template <class Function, class... Arguments>
PqcStatus call(Function function, Arguments... arguments) {
    return std::apply(function, std::tuple_cat(flat(arguments)...));
}

template <class Function, class... Arguments>
bool verifies(const char *name, Function function, Arguments... arguments) {
    return succeeds(name, PQC_STATUS_INVALID_SIGNATURE, call(function, arguments...));
}

// Calls a function, and returns the handle, value or bytes that its last parameter receives.
template <class Owner, class Function, class... Arguments>
Owner make(const char *name, Function function, Arguments... arguments) {
    typename Owner::Handle *handle = nullptr;
    check(name, call(function, arguments..., &handle));
    return Owner(handle);
}
template <class Value, class Function, class Handle>
Value get(const char *name, Function function, const Handle *handle) {
    Value value{};
    check(name, function(handle, &value));
    return value;
}
template <class Function, class... Arguments>
Buffer fill(const char *name, Function function, Arguments... arguments) {
    Buffer bytes;
    check(name, call(function, arguments..., bytes.out()));
    return bytes;
}

// A handle with one owner.
template <class HandleType, auto free>
class Owner {
public:
    using Handle = HandleType;

    // Takes the handle over.
    explicit Owner(Handle *handle) noexcept : handle_(handle) {}

    // For functions of pqc_ffi.h that are not wrapped here. The object stays the owner.
    const Handle *handle() const & noexcept { return handle_.get(); }
    const Handle *handle() const && = delete;

protected:
    Handle *mutable_handle() noexcept { return handle_.get(); }

private:
    struct Free {
        void operator()(Handle *handle) const noexcept { free(handle); }
    };
    std::unique_ptr<Handle, Free> handle_;
};

// The size of an output of each item. An algorithm that has no such output has no such operation.
inline std::size_t row(const char *name, std::size_t bytes) {
    check(name, bytes == 0 ? PQC_STATUS_WRONG_ALGORITHM : PQC_STATUS_OK);
    return bytes;
}

inline std::size_t product(std::size_t count, std::size_t row) {
    check("pqc::Batch", row != 0 && count > SIZE_MAX / row ? PQC_STATUS_INPUT_TOO_LONG : PQC_STATUS_OK);
    return count * row;
}

// How many items a batch has, from the counts of its columns.
inline std::size_t common_count(std::initializer_list<std::optional<std::size_t>> counts) {
    std::optional<std::size_t> common;
    for (const std::optional<std::size_t> &count : counts) {
        if (common && count && *common != *count) {
            throw std::invalid_argument("pqc::Column: inputs of a batch have different numbers of items");
        }
        common = common ? common : count;
    }
    if (!common) {
        throw std::invalid_argument("pqc::Column: every input serves all items, so their number is unknown");
    }
    return *common;
}

// Whether the bytes are freed with the object; false for a View, a string_view or a span.
template <class Bytes>
inline constexpr bool owns_bytes = !std::is_trivially_copyable_v<Bytes> || std::is_array_v<Bytes>;
template <class Byte, std::size_t size>
inline constexpr bool owns_bytes<std::array<Byte, size>> = true;
template <class Byte>
inline constexpr bool owns_bytes<std::initializer_list<Byte>> = true;

}  // namespace detail

// An input of a batch, borrowed as by a View: one for each item, contiguous rows, or one that serves all items.
//
// A batch throws std::invalid_argument if its columns differ in their number of items, or if each of them serves all items. A
// column without items belongs to an empty batch; it never serves all.
class Column {
public:
    Column(const std::vector<View> &items) : count_(items.size()) {
        for (const View &item : items) {
            slices_.push_back({item.data(), item.size()});
        }
    }
    Column(std::initializer_list<View> items) : Column(std::vector<View>(items)) {}
    // Throws std::invalid_argument unless the bytes are a whole number of rows.
    static Column rows(View bytes, std::size_t row) {
        if (row == 0 || bytes.size() % row != 0) {
            throw std::invalid_argument("pqc::Column: the bytes are not a whole number of rows");
        }
        return Column({nullptr, bytes.data(), row, row}, bytes.size() / row);
    }
    static Column all(View bytes) { return Column({nullptr, bytes.data(), bytes.size(), 0}, std::nullopt); }

    // A column outlives the statement that makes it, and a temporary that owns its bytes does not.
    template <class Bytes, std::enable_if_t<detail::owns_bytes<Bytes>, int> = 0>
    static Column rows(const Bytes &&bytes, std::size_t row) = delete;
    template <class Bytes, std::enable_if_t<detail::owns_bytes<Bytes>, int> = 0>
    static Column all(const Bytes &&bytes) = delete;

    // Moving copies: without its slices, a column would have as many items, all of them empty.
    Column(const Column &) = default;
    Column &operator=(const Column &) = default;

    // How many items there are; none for one that serves all.
    std::optional<std::size_t> count() const noexcept { return count_; }

    // For functions of pqc_ffi.h that are not wrapped here, which read as many items as they are called with.
    PqcColumn get() const & noexcept {
        return slices_.empty() ? column_ : PqcColumn{slices_.data(), nullptr, 0, 0};
    }
    PqcColumn get() const && = delete;

private:
    Column(PqcColumn column, std::optional<std::size_t> count) : column_(column), count_(count) {}

    std::vector<PqcSlice> slices_;
    PqcColumn column_{};
    std::optional<std::size_t> count_;
};

// The outputs of a batch: a row and a status for each item.
//
// The row of an item that failed holds zeros, which must never be taken for a key: no function returns such a row.
class Batch {
public:
    // Zeros, for functions of pqc_ffi.h that are not wrapped here. `flags` is 0 or PQC_KEY_LOCKED_MEMORY.
    Batch(std::size_t count, std::size_t row, std::uint32_t flags = 0)
        : rows_(detail::fill("ffi_buffer_zeroed", ffi_buffer_zeroed, flags, detail::product(count, row))), row_(row),
          lengths_(count), statuses_(count, PQC_STATUS_INTERNAL) {}
    PqcMutColumn out() & noexcept { return {nullptr, rows_.buffer_.data, row_, row_, lengths_.data()}; }
    std::int32_t *statuses_out() & noexcept { return statuses_.data(); }

    const std::vector<std::int32_t> &statuses() const & noexcept { return statuses_; }
    const std::vector<std::int32_t> &statuses() const && = delete;

    // The output of an item. Throws an Error with the item's status if it failed, and std::out_of_range if it does not exist.
    View row(std::size_t item) const & {
        check("pqc::Batch::row", status(item));
        return {rows_.data() + item * row_, lengths_[item]};
    }
    View row(std::size_t item) const && = delete;

    // All outputs, which may be the column of another batch. Throws an Error with the status of the first item that failed.
    std::vector<View> rows() const & {
        std::vector<View> all;
        for (std::size_t item = 0; item < statuses_.size(); ++item) {
            all.push_back(row(item));
        }
        return all;
    }
    std::vector<View> rows() const && = delete;

private:
    // The enum PqcStatus can hold 0 to 127, which includes each status of this major version. A cast of any other number to it has
    // undefined behaviour.
    PqcStatus status(std::size_t item) const {
        const std::int32_t number = statuses_.at(item);
        return number >= 0 && number < 128 ? static_cast<PqcStatus>(number) : PQC_STATUS_INTERNAL;
    }

    Buffer rows_;
    std::size_t row_;
    std::vector<std::size_t> lengths_;
    std::vector<std::int32_t> statuses_;
};

// The shared secrets of a batch, and the ciphertexts that carry them.
struct EncapsulationBatch {
    Batch ciphertexts;
    Batch shared_secrets;
};

// A shared secret, and the ciphertext that carries it to the owner of the private key.
struct Encapsulation {
    Buffer ciphertext;
    Buffer shared_secret;
};

// The mu of a message that is hashed in chunks (FIPS 204, algorithm 7), from PublicKey::mu_hasher. Threads may share it;
// their chunks are hashed in the order of the calls.
class MuHasher : public detail::Owner<PqcMuHasher, pqc_mu_hasher_free> {
public:
    using Owner::Owner;

    void update(View chunk) {
        check("pqc_mu_hasher_update", pqc_mu_hasher_update(mutable_handle(), chunk.data(), chunk.size()));
    }

    // The mu of the message so far, which later chunks may extend.
    [[nodiscard]] Buffer finalize() const {
        return detail::fill("pqc_mu_hasher_finalize", pqc_mu_hasher_finalize, handle());
    }

    // A hasher that has hashed the same chunks, and then continues independently of this one.
    [[nodiscard]] MuHasher copy() const {
        return detail::make<MuHasher>("pqc_mu_hasher_copy", pqc_mu_hasher_copy, handle());
    }
};

// A public key of any algorithm. An operation that its algorithm does not have throws an Error with
// PQC_STATUS_WRONG_ALGORITHM, in PrivateKey too. `hash` is PQC_HASH_*.
//
// `flags` of a function that makes a key is 0 or PQC_KEY_*. With PQC_KEY_LOCKED_MEMORY the key's secrets, and the secrets
// that its operations return, are in locked memory.
class PublicKey : public detail::Owner<PqcPublicKey, pqc_public_key_free> {
public:
    using Owner::Owner;

    static PublicKey from_bytes(Algorithm algorithm, View bytes, std::uint32_t flags = 0) {
        return detail::make<PublicKey>("pqc_public_key_from_bytes", pqc_public_key_from_bytes, algorithm, flags, bytes);
    }
    // From SubjectPublicKeyInfo, PEM or DER, which names the algorithm.
    static PublicKey from_spki(View encoded, std::uint32_t flags = 0) {
        return detail::make<PublicKey>("pqc_public_key_from_spki", pqc_public_key_from_spki, flags, encoded);
    }

    Algorithm algorithm() const {
        return Algorithm{detail::get<std::uint32_t>("pqc_public_key_algorithm", pqc_public_key_algorithm, handle())};
    }
    std::uint32_t options() const {
        return detail::get<std::uint32_t>("pqc_public_key_options", pqc_public_key_options, handle());
    }
    Buffer bytes() const { return detail::fill("pqc_public_key_bytes", pqc_public_key_bytes, handle()); }
    Buffer to_spki(std::uint32_t encoding = PQC_ENCODING_PEM) const {
        return detail::fill("pqc_public_key_to_spki", pqc_public_key_to_spki, handle(), encoding);
    }

    [[nodiscard]] Encapsulation encapsulate() const {
        Encapsulation made;
        check("pqc_encapsulate", pqc_encapsulate(handle(), made.ciphertext.out(), made.shared_secret.out()));
        return made;
    }
    // `threads` of each batch is 1 to 256, or 0 for the default.
    [[nodiscard]] EncapsulationBatch encapsulate_batch(std::size_t count, std::uint32_t threads = 0) const {
        const PqcAlgorithmInfo &sizes = info(algorithm());
        EncapsulationBatch made{Batch(count, detail::row("pqc_encapsulate_batch", sizes.ciphertext_bytes)),
                                Batch(count, sizes.shared_secret_bytes, options() & PQC_KEY_LOCKED_MEMORY)};
        const Handle *key = handle();
        const PqcPublicKeys keys{&key, 1, {}, nullptr, 0, 0};
        const PqcMutColumn ciphertexts = made.ciphertexts.out(), shared_secrets = made.shared_secrets.out();
        std::int32_t *statuses = made.ciphertexts.statuses_out();
        detail::succeeds("pqc_encapsulate_batch", PQC_STATUS_BATCH_ITEMS,
                         pqc_encapsulate_batch(&keys, count, threads, &ciphertexts, &shared_secrets, statuses));
        std::copy_n(statuses, count, made.shared_secrets.statuses_out());
        return made;
    }

    // Whether the signature is valid for this message and context. Throws for any other failure.
    [[nodiscard]] bool verify(View message, View signature, View context = {}) const {
        return detail::verifies("pqc_verify", pqc_verify, handle(), message, context, signature);
    }
    [[nodiscard]] bool verify_prehashed(std::uint32_t hash, View digest, View signature, View context = {}) const {
        return detail::verifies("pqc_verify_prehashed", pqc_verify_prehashed, handle(), hash, digest, context, signature);
    }
    [[nodiscard]] bool verify_mu(View mu, View signature) const {
        return detail::verifies("pqc_verify_mu", pqc_verify_mu, handle(), mu, signature);
    }
    // The status of each signature: PQC_STATUS_OK, PQC_STATUS_INVALID_SIGNATURE or another, such as PQC_STATUS_WRONG_ALGORITHM.
    [[nodiscard]] std::vector<std::int32_t> verify_batch(const Column &messages, const Column &signatures,
                                                         const Column &contexts = Column::all({}),
                                                         std::uint32_t threads = 0) const {
        const Handle *key = handle();
        // Without a key every item would have this status, and the call would not throw.
        check("pqc_verify_batch", key == nullptr ? PQC_STATUS_NULL_POINTER : PQC_STATUS_OK);
        const PqcPublicKeys keys{&key, 1, {}, nullptr, 0, 0};
        const PqcColumn columns[] = {messages.get(), contexts.get(), signatures.get()};
        std::vector<std::int32_t> statuses(
            detail::common_count({messages.count(), contexts.count(), signatures.count()}));
        detail::succeeds("pqc_verify_batch", PQC_STATUS_BATCH_ITEMS,
                         pqc_verify_batch(&keys, &columns[0], &columns[1], &columns[2], statuses.size(), threads,
                                          statuses.data()));
        return statuses;
    }

    MuHasher mu_hasher(View context = {}) const {
        return detail::make<MuHasher>("pqc_mu_hasher_from_public_key", pqc_mu_hasher_from_public_key, handle(), context);
    }
};

// Whether two keys have the same algorithm and bytes.
inline bool operator==(const PublicKey &left, const PublicKey &right) {
    std::uint32_t equal = 0;
    check("pqc_public_key_equal", pqc_public_key_equal(left.handle(), right.handle(), &equal));
    return equal == 1;
}
inline bool operator!=(const PublicKey &left, const PublicKey &right) { return !(left == right); }

// A private key of any algorithm. `flags` of a function that signs is 0 or PQC_SIGN_DETERMINISTIC.
class PrivateKey : public detail::Owner<PqcPrivateKey, pqc_private_key_free> {
public:
    using Owner::Owner;

    static PrivateKey generate(Algorithm algorithm, std::uint32_t flags = 0) {
        return detail::make<PrivateKey>("pqc_private_key_generate", pqc_private_key_generate, algorithm, flags);
    }
    static PrivateKey from_seed(Algorithm algorithm, View seed, std::uint32_t flags = 0) {
        return detail::make<PrivateKey>("pqc_private_key_from_seed", pqc_private_key_from_seed, algorithm, flags, seed);
    }
    static PrivateKey from_bytes(Algorithm algorithm, View bytes, std::uint32_t flags = 0) {
        return detail::make<PrivateKey>("pqc_private_key_from_bytes", pqc_private_key_from_bytes, algorithm, flags, bytes);
    }
    // From PKCS#8, PEM or DER, which names the algorithm. `max_kdf_cost` bounds the work for the password; 0 is the default.
    static PrivateKey from_pkcs8(View encoded, View password = {}, std::uint32_t flags = 0,
                                 std::uint64_t max_kdf_cost = 0) {
        return detail::make<PrivateKey>("pqc_private_key_from_pkcs8", pqc_private_key_from_pkcs8, flags, encoded, password,
                                        max_kdf_cost);
    }

    Algorithm algorithm() const {
        return Algorithm{detail::get<std::uint32_t>("pqc_private_key_algorithm", pqc_private_key_algorithm, handle())};
    }
    std::uint32_t options() const {
        return detail::get<std::uint32_t>("pqc_private_key_options", pqc_private_key_options, handle());
    }
    PublicKey public_key() const {
        return detail::make<PublicKey>("pqc_private_key_public_key", pqc_private_key_public_key, handle());
    }
    Buffer seed() const { return detail::fill("pqc_private_key_seed", pqc_private_key_seed, handle()); }
    // The expanded key of ML-KEM and ML-DSA, the key of SLH-DSA with its seed, the seed of a hybrid KEM, both halves of a composite.
    Buffer bytes() const { return detail::fill("pqc_private_key_bytes", pqc_private_key_bytes, handle()); }
    // Encrypted if there is a password. `form` is PQC_PRIVATE_KEY_*, by default the seed or, of SLH-DSA and composites, the
    // expanded form, their only one; `encoding` is PQC_ENCODING_*.
    Buffer to_pkcs8(View password = {}, std::optional<std::uint32_t> form = {},
                    std::uint32_t encoding = PQC_ENCODING_PEM) const {
        const bool expanded = info(algorithm()).private_key_forms == PQC_PRIVATE_KEY_EXPANDED;
        const std::uint32_t chosen = form.value_or(expanded ? PQC_PRIVATE_KEY_EXPANDED : PQC_PRIVATE_KEY_SEED);
        return detail::fill("pqc_private_key_to_pkcs8", pqc_private_key_to_pkcs8, handle(), password, chosen, encoding);
    }

    // A ciphertext that was tampered with has another shared secret (FIPS 203, 6.3). Throws an Error for another length, and with
    // PQC_STATUS_CIPHERTEXT_POINT if the classical half for a hybrid KEM is not a point of its curve.
    [[nodiscard]] Buffer decapsulate(View ciphertext) const {
        return detail::fill("pqc_decapsulate", pqc_decapsulate, handle(), ciphertext);
    }
    [[nodiscard]] Batch decapsulate_batch(const Column &ciphertexts, std::uint32_t threads = 0) const {
        const Handle *key = handle();
        const std::size_t count = detail::common_count({ciphertexts.count()});
        Batch made(count, detail::row("pqc_decapsulate_batch", info(algorithm()).shared_secret_bytes),
                   options() & PQC_KEY_LOCKED_MEMORY);
        const PqcColumn column = ciphertexts.get();
        const PqcMutColumn out = made.out();
        detail::succeeds("pqc_decapsulate_batch", PQC_STATUS_BATCH_ITEMS,
                         pqc_decapsulate_batch(&key, 1, &column, count, threads, &out, made.statuses_out()));
        return made;
    }

    // The context has at most 255 bytes; verification needs the same. Signatures of a composite with ECDSA differ in length.
    [[nodiscard]] Buffer sign(View message, View context = {}, std::uint32_t flags = 0) const {
        return detail::fill("pqc_sign", pqc_sign, handle(), message, context, flags);
    }
    [[nodiscard]] Buffer sign_prehashed(std::uint32_t hash, View digest, View context = {},
                                        std::uint32_t flags = 0) const {
        return detail::fill("pqc_sign_prehashed", pqc_sign_prehashed, handle(), hash, digest, context, flags);
    }
    // PublicKey::verify accepts the signature as it accepts a signature of `sign`.
    [[nodiscard]] Buffer sign_mu(View mu, std::uint32_t flags = 0) const {
        return detail::fill("pqc_sign_mu", pqc_sign_mu, handle(), mu, flags);
    }
    [[nodiscard]] Batch sign_batch(const Column &messages, const Column &contexts = Column::all({}),
                                   std::uint32_t flags = 0, std::uint32_t threads = 0) const {
        const Handle *key = handle();
        const std::size_t count = detail::common_count({messages.count(), contexts.count()});
        Batch made(count, detail::row("pqc_sign_batch", info(algorithm()).signature_bytes));
        const PqcColumn columns[] = {messages.get(), contexts.get()};
        const PqcMutColumn out = made.out();
        detail::succeeds("pqc_sign_batch", PQC_STATUS_BATCH_ITEMS,
                         pqc_sign_batch(&key, 1, &columns[0], &columns[1], count, flags, threads, &out,
                                        made.statuses_out()));
        return made;
    }
};

// A snapshot of the counts and times of the library.
class Metrics {
public:
    static Metrics now() {
        Metrics metrics;
        Buffer called;
        check("ffi_metrics_report", ffi_metrics_report(&metrics.values_, sizeof metrics.values_, called.out()));
        const auto *first = reinterpret_cast<const FFIOperationMetrics *>(called.data());
        metrics.called_.assign(first, first + called.size() / sizeof *first);
        return metrics;
    }

    // The counts of an action with an algorithm: zeros if it was not called.
    const FFIOperationMetrics &of(PqcAction action, Algorithm algorithm) const & noexcept {
        static const FFIOperationMetrics none{};
        const auto is_meant = [&](const FFIOperationMetrics &counts) {
            return counts.action == static_cast<std::uint32_t>(action) && Algorithm{counts.algorithm} == algorithm;
        };
        const auto found = std::find_if(called_.begin(), called_.end(), is_meant);
        return found == called_.end() ? none : *found;
    }
    const FFIOperationMetrics &of(PqcAction action, Algorithm algorithm) const && = delete;
    // The counts of every action and algorithm that was called.
    const std::vector<FFIOperationMetrics> &called() const & noexcept { return called_; }
    const std::vector<FFIOperationMetrics> &called() const && = delete;
    const FFIMetrics &values() const & noexcept { return values_; }
    const FFIMetrics &values() const && = delete;

private:
    Metrics() = default;
    FFIMetrics values_{};
    std::vector<FFIOperationMetrics> called_;
};

}  // namespace pqc

#endif  // PQC_FFI_HPP
