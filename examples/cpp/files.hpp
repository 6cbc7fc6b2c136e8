// Whole files, as the program reads and writes them.

#ifndef FILES_HPP
#define FILES_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pqc_ffi.hpp>

inline void wipe(void *data, std::size_t size) noexcept {
    volatile auto *byte = static_cast<std::uint8_t *>(data);
    for (std::size_t i = 0; i < size; ++i) {
        byte[i] = 0;
    }
}

// Wipes memory before it is freed, also when a vector grows.
template <class Element>
struct WipingAllocator {
    using value_type = Element;

    Element *allocate(std::size_t count) { return std::allocator<Element>().allocate(count); }
    void deallocate(Element *memory, std::size_t count) noexcept {
        wipe(memory, count * sizeof(Element));
        std::allocator<Element>().deallocate(memory, count);
    }
    bool operator==(const WipingAllocator &) const noexcept { return true; }
    bool operator!=(const WipingAllocator &) const noexcept { return false; }
};

// The bytes of a file, which may be a seed.
using Bytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

// Reads until the end, so that the file may be a pipe.
Bytes read_file(const std::string &path);

// Only its owner can read a secret file, from before it is written, even if it existed.
void write_file(const std::string &path, pqc::View bytes, bool secret = false);

#endif  // FILES_HPP
