#include "files.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace fs = std::filesystem;

std::vector<std::uint8_t> read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = file.tellg();
    if (size < 0) {
        throw std::runtime_error(path + ": cannot be read");
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    file.seekg(0);
    if (!file.read(reinterpret_cast<char *>(bytes.data()), size)) {
        throw std::runtime_error(path + ": cannot be read");
    }
    return bytes;
}

void write_file(const std::string &path, const pqc::Buffer &bytes, bool secret) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (secret && file) {
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    }
    file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) {
        throw std::runtime_error(path + ": cannot be written");
    }
}
