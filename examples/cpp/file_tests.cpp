// The contract of files.hpp.

#include "files.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

// Memory, and whether it held zeros when it was freed.
static struct {
    const void *memory;
    std::size_t size;
    bool zeros;
} watched;

void *operator new(std::size_t size) {
    void *memory = std::malloc(size);
    return memory == nullptr ? throw std::bad_alloc() : memory;
}

void operator delete(void *memory) noexcept {
    if (memory != nullptr && memory == watched.memory) {
        watched.zeros = pqc::View(static_cast<std::uint8_t *>(memory), watched.size) == std::string(watched.size, '\0');
    }
    std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept { operator delete(memory); }

namespace {

using namespace std::string_view_literals;

void expect_at(int line, bool holds, const char *what) {
    if (!holds) {
        throw std::runtime_error("line " + std::to_string(line) + ": expected " + what);
    }
}

#define EXPECT(...) expect_at(__LINE__, (__VA_ARGS__), #__VA_ARGS__)

void bytes_are_wiped() {
    Bytes bytes(100, 's');
    for (const std::size_t size : {std::size_t{1000}, std::size_t{0}}) {
        watched = {bytes.data(), bytes.size(), false};
        size == 0 ? Bytes().swap(bytes) : bytes.resize(size, 's');
        EXPECT(watched.zeros);
    }
}

// A pipe has no size, and this one holds more than a first read returns.
void pipes_are_read_to_the_end() {
    const std::string message(10000, 'm');
    int ends[2];
    EXPECT(::pipe(ends) == 0 && ::write(ends[1], message.data(), message.size()) == 10000 && ::close(ends[1]) == 0);
    EXPECT(pqc::View(read_file("/dev/fd/" + std::to_string(ends[0]))) == message);
    EXPECT(::close(ends[0]) == 0);
}

bool refused(const fs::path &path) {
    try {
        write_file(path, "more"sv, true);
    } catch (const std::system_error &error) {
        return error.code() == std::errc::file_exists;
    }
    return false;
}

// With the mode of its creation: a mode that is set afterwards would ignore the umask.
void secret_files_are_created_for_their_owner(const fs::path &folder) {
    for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
        const fs::path path = folder / std::to_string(mask);
        const mode_t before = ::umask(mask);
        write_file(path, "bytes"sv, true);
        ::umask(before);
        EXPECT(fs::status(path).permissions() == fs::perms{0600 & ~mask} && fs::file_size(path) == 5 && refused(path));
    }
    write_file(folder / "public", "bytes"sv);
    write_file(folder / "public", "more"sv);
    EXPECT(pqc::View(read_file(folder / "public")) == "more"sv && refused(folder / "public"));
}

}  // namespace

int main() {
    char folder[] = "/tmp/pqc-XXXXXX";
    try {
        bytes_are_wiped();
        pipes_are_read_to_the_end();
        EXPECT(::mkdtemp(folder) != nullptr);
        secret_files_are_created_for_their_owner(folder);
        fs::remove_all(folder);
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
