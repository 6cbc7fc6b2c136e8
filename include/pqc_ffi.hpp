// pqc_ffi.h in C++17: owners that are moved and never copied, and exceptions that carry the status.
//
// There is nothing to link beyond what pqc_ffi.h needs. An object that was moved from holds no key: using it throws an
// Error with PQC_STATUS_NULL_POINTER. Any number of threads may use a key at once. No exception holds a byte of an input.
//
// A member function that returns a pointer, a reference or a View into its object is deleted for temporaries, whose
// memory is wiped and freed at the end of the statement: give the object a name.
//
// SPDX-License-Identifier: Apache-2.0 OR MIT

#ifndef PQC_FFI_HPP
#define PQC_FFI_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pqc_ffi.h"

namespace pqc {

enum class KemSet : std::uint32_t { mlkem512 = 512, mlkem768 = 768, mlkem1024 = 1024 };

enum class DsaSet : std::uint32_t { mldsa44 = 44, mldsa65 = 65, mldsa87 = 87 };

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

// Throws std::runtime_error if the library at hand is not the one that the header describes.
inline void check_abi() {
    if (ffi_abi_version() != PQC_ABI_VERSION) {
        throw std::runtime_error("pqc_ffi: header and library have different ABI versions");
    }
}

// Bytes that are borrowed: all elements of a vector, array, string, string_view or Buffer, or a pointer and a length.
//
// As a parameter it may be of a temporary; kept in a variable it must not outlive the bytes. Neither arrays of char nor
// pointers to char are accepted, since nothing shows whether a zero byte ends the text or is part of it: write
// std::string_view(text, length), or "message"sv for a literal.
class View {
public:
    View() noexcept = default;
    View(const std::uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}
    View(const char *text) = delete;

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

// Compares bytes that may be secret, also those of Buffers: takes the same time wherever the first difference is.
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

// Bytes that the library made, wiped and freed at the end of their scope. The only way to copy them is by hand.
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
    FFIBuffer buffer_{};
};

namespace detail {

template <class Set>
constexpr std::uint32_t number(Set set) noexcept {
    return static_cast<std::uint32_t>(set);
}

// Calls a function whose last parameter receives a handle.
template <class Key, class Function, class... Arguments>
Key make(const char *name, Function function, Arguments... arguments) {
    typename Key::Handle *handle = nullptr;
    check(name, function(arguments..., &handle));
    return Key(handle);
}

// The same from the bytes of a key.
template <class Key, class Function>
Key import(const char *name, Function function, typename Key::Set set, View bytes, std::uint32_t flags) {
    return make<Key>(name, function, number(set), flags, bytes.data(), bytes.size());
}

// Calls a function whose last parameter receives bytes.
template <class Function, class... Arguments>
Buffer fill(const char *name, Function function, Arguments... arguments) {
    Buffer bytes;
    check(name, function(arguments..., bytes.out()));
    return bytes;
}

// What all keys have: a handle with one owner.
template <class HandleType, class SetType, auto free, auto parameter_set_of>
class Key {
public:
    using Handle = HandleType;
    using Set = SetType;

    // Takes the handle over.
    explicit Key(Handle *handle) noexcept : handle_(handle) {}

    // For functions of pqc_ffi.h that are not wrapped here. The key stays the owner.
    const Handle *handle() const & noexcept { return handle_.get(); }
    const Handle *handle() const && = delete;

    Set parameter_set() const {
        std::uint32_t set = 0;
        check("parameter_set", parameter_set_of(handle(), &set));
        return static_cast<Set>(set);
    }

private:
    struct Free {
        void operator()(Handle *handle) const noexcept { free(handle); }
    };
    std::unique_ptr<Handle, Free> handle_;
};

inline bool valid(const char *name, PqcStatus status) {
    if (status != PQC_STATUS_INVALID_SIGNATURE) {
        check(name, status);
    }
    return status == PQC_STATUS_OK;
}

// As check, for a batch: the statuses report which items failed.
inline void check_batch(const char *name, PqcStatus status) {
    if (status != PQC_STATUS_BATCH_ITEMS) {
        check(name, status);
    }
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

// Whether the bytes end with the object: not those of a View, a string_view or a span, which are elsewhere.
template <class Bytes>
inline constexpr bool owns_bytes = !std::is_trivially_copyable_v<Bytes> || std::is_array_v<Bytes>;
template <class Byte, std::size_t size>
inline constexpr bool owns_bytes<std::array<Byte, size>> = true;
template <class Byte>
inline constexpr bool owns_bytes<std::initializer_list<Byte>> = true;

}  // namespace detail

// An input of a batch, borrowed as by a View: one for each item, rows side by side, or one that serves all items.
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

    // Moving copies: a column whose slices were moved away would be one of as many empty items.
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
    Batch(Buffer rows, std::vector<std::int32_t> statuses) noexcept
        : rows_(std::move(rows)), statuses_(std::move(statuses)) {}

    const std::vector<std::int32_t> &statuses() const & noexcept { return statuses_; }
    const std::vector<std::int32_t> &statuses() const && = delete;

    // The row of an item. Throws an Error with the item's status if it failed, and std::out_of_range if it does not exist.
    View row(std::size_t item) const & {
        check("pqc::Batch::row", static_cast<PqcStatus>(statuses_.at(item)));
        const std::size_t size = rows_.size() / statuses_.size();
        return {rows_.data() + item * size, size};
    }
    View row(std::size_t item) const && = delete;

    // All rows side by side. Throws an Error with the status of the first item that failed.
    View rows() const & {
        for (const std::int32_t status : statuses_) {
            check("pqc::Batch::rows", static_cast<PqcStatus>(status));
        }
        return rows_;
    }
    View rows() const && = delete;

private:
    Buffer rows_;
    std::vector<std::int32_t> statuses_;
};

// The shared secrets of a batch, and the ciphertexts that carry them.
struct EncapsulationBatch {
    Batch ciphertexts;
    Batch shared_secrets;
};

// A shared secret, and the ciphertext that carries it to the owner of the key pair.
struct Encapsulation {
    Buffer ciphertext;
    Buffer shared_secret;
};

// An ML-KEM encapsulation key (FIPS 203). `flags` of whatever makes a key is 0 or PQC_KEY_*.
class KemPublicKey
    : public detail::Key<MlKemPublicKey, KemSet, mlkem_public_key_free, mlkem_public_key_parameter_set> {
public:
    using Key::Key;

    static KemPublicKey from_bytes(KemSet set, View bytes, std::uint32_t flags = 0) {
        return detail::import<KemPublicKey>("mlkem_public_key_from_bytes", mlkem_public_key_from_bytes, set, bytes, flags);
    }

    Buffer bytes() const { return detail::fill("mlkem_public_key_bytes", mlkem_public_key_bytes, handle()); }

    [[nodiscard]] Encapsulation encapsulate() const {
        Encapsulation made;
        check("mlkem_encapsulate", mlkem_encapsulate(handle(), made.ciphertext.out(), made.shared_secret.out()));
        return made;
    }

    // Many for this key; `threads` of each batch is 1 to 256, or 0 for the default. For a key each, call the function.
    [[nodiscard]] EncapsulationBatch encapsulate_batch(std::size_t count, std::uint32_t threads = 0) const {
        const Handle *key = handle();
        Buffer ciphertexts, shared_secrets;
        std::vector<std::int32_t> statuses(count);
        detail::check_batch("mlkem_encapsulate_batch",
                            mlkem_encapsulate_batch(&key, 1, count, threads, ciphertexts.out(), shared_secrets.out(),
                                                    statuses.data()));
        return {Batch(std::move(ciphertexts), statuses), Batch(std::move(shared_secrets), std::move(statuses))};
    }
};

// An ML-KEM decapsulation key with its encapsulation key.
class KemKeyPair : public detail::Key<MlKemKeyPair, KemSet, mlkem_keypair_free, mlkem_keypair_parameter_set> {
public:
    using Key::Key;

    static KemKeyPair generate(KemSet set, std::uint32_t flags = 0) {
        return detail::make<KemKeyPair>("mlkem_keypair_generate", mlkem_keypair_generate, detail::number(set), flags);
    }
    static KemKeyPair from_seed(KemSet set, View seed, std::uint32_t flags = 0) {
        return detail::import<KemKeyPair>("mlkem_keypair_from_seed", mlkem_keypair_from_seed, set, seed, flags);
    }
    static KemKeyPair from_private_key(KemSet set, View bytes, std::uint32_t flags = 0) {
        return detail::import<KemKeyPair>("mlkem_keypair_from_private_key", mlkem_keypair_from_private_key, set, bytes,
                                          flags);
    }

    KemPublicKey public_key() const {
        return detail::make<KemPublicKey>("mlkem_keypair_public_key", mlkem_keypair_public_key, handle());
    }
    Buffer seed() const { return detail::fill("mlkem_keypair_seed_bytes", mlkem_keypair_seed_bytes, handle()); }
    Buffer private_key() const {
        return detail::fill("mlkem_keypair_private_key_bytes", mlkem_keypair_private_key_bytes, handle());
    }

    // A ciphertext that was tampered with gives another secret, not an exception (FIPS 203, 6.3).
    [[nodiscard]] Buffer decapsulate(View ciphertext) const {
        return detail::fill("mlkem_decapsulate", mlkem_decapsulate, handle(), ciphertext.data(), ciphertext.size());
    }
    [[nodiscard]] Batch decapsulate_batch(const Column &ciphertexts, std::uint32_t threads = 0) const {
        const Handle *pair = handle();
        const PqcColumn column = ciphertexts.get();
        Buffer shared_secrets;
        std::vector<std::int32_t> statuses(detail::common_count({ciphertexts.count()}));
        detail::check_batch("mlkem_decapsulate_batch",
                            mlkem_decapsulate_batch(&pair, 1, &column, statuses.size(), threads, shared_secrets.out(),
                                                    statuses.data()));
        return Batch(std::move(shared_secrets), std::move(statuses));
    }
};

// The mu of a message that comes in pieces, as DsaPublicKey::mu_hasher begins it (FIPS 204, algorithm 7). Threads may share
// it; in which order their pieces are hashed is up to them.
class DsaMuHasher {
public:
    using Handle = MlDsaMuHasher;

    // Takes the handle over.
    explicit DsaMuHasher(Handle *handle) noexcept : handle_(handle) {}

    void update(View data) {
        check("mldsa_mu_hasher_update", mldsa_mu_hasher_update(handle_.get(), data.data(), data.size()));
    }

    // The mu of the message so far, which may go on.
    [[nodiscard]] Buffer finalize() const {
        return detail::fill("mldsa_mu_hasher_finalize", mldsa_mu_hasher_finalize, handle_.get());
    }

private:
    struct Free {
        void operator()(Handle *handle) const noexcept { mldsa_mu_hasher_free(handle); }
    };
    std::unique_ptr<Handle, Free> handle_;
};

// An ML-DSA public key (FIPS 204). `hash` of the prehashed functions is one of PQC_HASH_*.
class DsaPublicKey
    : public detail::Key<MlDsaPublicKey, DsaSet, mldsa_public_key_free, mldsa_public_key_parameter_set> {
public:
    using Key::Key;

    static DsaPublicKey from_bytes(DsaSet set, View bytes, std::uint32_t flags = 0) {
        return detail::import<DsaPublicKey>("mldsa_public_key_from_bytes", mldsa_public_key_from_bytes, set, bytes, flags);
    }

    Buffer bytes() const { return detail::fill("mldsa_public_key_bytes", mldsa_public_key_bytes, handle()); }

    // Whether the signature is one of this message and context. Throws for anything else that is wrong.
    [[nodiscard]] bool verify(View message, View signature, View context = {}) const {
        return detail::valid("mldsa_verify",
                             mldsa_verify(handle(), message.data(), message.size(), context.data(), context.size(),
                                          signature.data(), signature.size()));
    }
    // The status of each signature: PQC_STATUS_OK, PQC_STATUS_INVALID_SIGNATURE or another.
    [[nodiscard]] std::vector<std::int32_t> verify_batch(const Column &messages, const Column &signatures,
                                                         const Column &contexts = Column::all({}),
                                                         std::uint32_t threads = 0) const {
        const Handle *key = handle();
        const PqcColumn columns[] = {messages.get(), contexts.get(), signatures.get()};
        std::vector<std::int32_t> statuses(
            detail::common_count({messages.count(), contexts.count(), signatures.count()}));
        detail::check_batch("mldsa_verify_batch", mldsa_verify_batch(&key, 1, &columns[0], &columns[1], &columns[2],
                                                                     statuses.size(), threads, statuses.data()));
        return statuses;
    }
    [[nodiscard]] bool verify_prehashed(std::uint32_t hash, View digest, View signature, View context = {}) const {
        return detail::valid("mldsa_verify_prehashed",
                             mldsa_verify_prehashed(handle(), hash, digest.data(), digest.size(), context.data(),
                                                    context.size(), signature.data(), signature.size()));
    }

    // Keys of every engine hash, those made with PQC_KEY_SIMD also sign and verify what that gives.
    DsaMuHasher mu_hasher(View context = {}) const {
        return detail::make<DsaMuHasher>("mldsa_mu_hasher_from_public_key", mldsa_mu_hasher_from_public_key, handle(),
                                         context.data(), context.size());
    }
    [[nodiscard]] bool verify_mu(View mu, View signature) const {
        return detail::valid("mldsa_verify_mu",
                             mldsa_verify_mu(handle(), mu.data(), mu.size(), signature.data(), signature.size()));
    }
};

// An ML-DSA private key with its public key. `flags` of the signing functions is 0 or MLDSA_SIGN_DETERMINISTIC.
class DsaKeyPair : public detail::Key<MlDsaKeyPair, DsaSet, mldsa_keypair_free, mldsa_keypair_parameter_set> {
public:
    using Key::Key;

    static DsaKeyPair generate(DsaSet set, std::uint32_t flags = 0) {
        return detail::make<DsaKeyPair>("mldsa_keypair_generate", mldsa_keypair_generate, detail::number(set), flags);
    }
    static DsaKeyPair from_seed(DsaSet set, View seed, std::uint32_t flags = 0) {
        return detail::import<DsaKeyPair>("mldsa_keypair_from_seed", mldsa_keypair_from_seed, set, seed, flags);
    }
    static DsaKeyPair from_private_key(DsaSet set, View bytes, std::uint32_t flags = 0) {
        return detail::import<DsaKeyPair>("mldsa_keypair_from_private_key", mldsa_keypair_from_private_key, set, bytes,
                                          flags);
    }

    DsaPublicKey public_key() const {
        return detail::make<DsaPublicKey>("mldsa_keypair_public_key", mldsa_keypair_public_key, handle());
    }
    Buffer seed() const { return detail::fill("mldsa_keypair_seed_bytes", mldsa_keypair_seed_bytes, handle()); }
    Buffer private_key() const {
        return detail::fill("mldsa_keypair_private_key_bytes", mldsa_keypair_private_key_bytes, handle());
    }

    // The context has at most 255 bytes; verification needs the same.
    [[nodiscard]] Buffer sign(View message, View context = {}, std::uint32_t flags = 0) const {
        return detail::fill("mldsa_sign", mldsa_sign, handle(), message.data(), message.size(), context.data(),
                            context.size(), flags);
    }
    [[nodiscard]] Batch sign_batch(const Column &messages, const Column &contexts = Column::all({}),
                                   std::uint32_t flags = 0, std::uint32_t threads = 0) const {
        const Handle *pair = handle();
        const PqcColumn columns[] = {messages.get(), contexts.get()};
        Buffer signatures;
        std::vector<std::int32_t> statuses(detail::common_count({messages.count(), contexts.count()}));
        detail::check_batch("mldsa_sign_batch",
                            mldsa_sign_batch(&pair, 1, &columns[0], &columns[1], statuses.size(), flags, threads,
                                             signatures.out(), statuses.data()));
        return Batch(std::move(signatures), std::move(statuses));
    }
    [[nodiscard]] Buffer sign_prehashed(std::uint32_t hash, View digest, View context = {},
                                        std::uint32_t flags = 0) const {
        return detail::fill("mldsa_sign_prehashed", mldsa_sign_prehashed, handle(), hash, digest.data(), digest.size(),
                            context.data(), context.size(), flags);
    }

    // For keys made with PQC_KEY_SIMD. DsaPublicKey::verify accepts the signature like one of `sign`.
    [[nodiscard]] Buffer sign_mu(View mu, std::uint32_t flags = 0) const {
        return detail::fill("mldsa_sign_mu", mldsa_sign_mu, handle(), mu.data(), mu.size(), flags);
    }
};

// A snapshot of what the library counted and timed.
class Metrics {
public:
    static Metrics now() {
        Metrics metrics;
        check("ffi_get_performance_metrics", ffi_get_performance_metrics(&metrics.values_, sizeof metrics.values_));
        return metrics;
    }

    // What was counted of an operation, PQC_OPERATION_*, with a parameter set. Throws std::out_of_range if there is none.
    template <class Set>
    const FFIOperationMetrics &of(PqcOperation operation, Set set) const & {
        for (const FFIOperationMetrics &entry : values_.operations) {
            if (entry.operation == static_cast<std::uint32_t>(operation) && entry.parameter_set == detail::number(set)) {
                return entry;
            }
        }
        throw std::out_of_range("pqc::Metrics: the operation has no such parameter set");
    }
    template <class Set>
    const FFIOperationMetrics &of(PqcOperation operation, Set set) const && = delete;
    const FFIMetrics &values() const & noexcept { return values_; }
    const FFIMetrics &values() const && = delete;

private:
    Metrics() = default;
    FFIMetrics values_{};
};

}  // namespace pqc

#endif  // PQC_FFI_HPP
