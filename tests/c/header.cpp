// The header from C++17: it compiles, twice in one file, and its types can be owned by the standard smart pointers.
// Prints "ok".
#include "pqc_ffi.h"
#include "pqc_ffi.h"

#include <cstdio>
#include <memory>
#include <type_traits>

// A caller may keep the struct in memory of any kind; a status is an enum, and 0 is success.
static_assert(std::is_standard_layout_v<FFIBuffer> && std::is_trivially_copyable_v<FFIBuffer>);
static_assert(sizeof(FFIBuffer) == 3 * sizeof(std::size_t));
static_assert(std::is_enum_v<PqcStatus> && PQC_STATUS_OK == 0);
// The families' names for keys are typedefs, so that functions cannot be overloaded on them.
static_assert(std::is_same_v<MlKemKeyPair, PqcPrivateKey> && std::is_same_v<MlDsaKeyPair, PqcPrivateKey>);
static_assert(std::is_same_v<MlKemPublicKey, PqcPublicKey> && std::is_same_v<MlDsaPublicKey, PqcPublicKey>);
// Without extern "C" the names would be mangled, and the program would not link.
static_assert(std::is_same_v<decltype(&ffi_buffer_free), void (*)(FFIBuffer *)>);

namespace {

template <auto Free> struct Deleter {
    template <typename T> void operator()(T *handle) const noexcept { Free(handle); }
};

using KeyPair = std::unique_ptr<MlDsaKeyPair, Deleter<mldsa_keypair_free>>;
using PublicKey = std::unique_ptr<MlDsaPublicKey, Deleter<pqc_public_key_free>>;

class Buffer {
public:
    Buffer() = default;
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    ~Buffer() { ffi_buffer_free(&buffer); }

    FFIBuffer buffer{};
};

bool sign_and_verify()
{
    MlDsaKeyPair *pair_handle = nullptr;
    if (mldsa_keypair_generate(65, 0, &pair_handle) != PQC_STATUS_OK) {
        return false;
    }
    const KeyPair pair(pair_handle);
    MlDsaPublicKey *key_handle = nullptr;
    if (pqc_private_key_public_key(pair.get(), &key_handle) != PQC_STATUS_OK) {
        return false;
    }
    const PublicKey key(key_handle);
    Buffer signature;
    return mldsa_sign(pair.get(), nullptr, 0, nullptr, 0, 0, &signature.buffer) == PQC_STATUS_OK &&
           signature.buffer.len == MLDSA65_SIGNATUREBYTES &&
           mldsa_verify(key.get(), nullptr, 0, nullptr, 0, signature.buffer.data, signature.buffer.len) ==
               PQC_STATUS_OK;
}

} // namespace

int main()
{
    if (ffi_abi_version() != PQC_ABI_VERSION || !sign_and_verify()) {
        std::puts("the header and the library disagree");
        return 1;
    }
    std::puts("ok");
    return 0;
}
