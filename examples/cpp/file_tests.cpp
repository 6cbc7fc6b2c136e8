// The contract of files.hpp.

#include "files.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/resource.h>
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

// Writes a file, and returns its mode.
fs::perms mode_of_written(const fs::path &path, bool secret) {
    write_file(path, "bytes"sv, secret);
    EXPECT(fs::file_size(path) == 5);
    return fs::status(path).permissions();
}

bool fails(const fs::path &path) {
    try {
        write_file(path, "bytes"sv, true);
    } catch (const std::system_error &error) {
        return error.code() == std::errc::file_too_large;
    }
    return false;
}

// Even if others could read the file before, and even if nothing could be written: no file may be larger than the limit.
void secret_files_are_their_owners(const fs::path &folder) {
    ::umask(0);
    EXPECT(mode_of_written(folder / "secret", true) == fs::perms{0600});
    EXPECT(mode_of_written(folder / "file", false) == fs::perms{0666});
    EXPECT(mode_of_written(folder / "file", true) == fs::perms{0600});
    rlimit limit{};
    EXPECT(std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const rlimit none{0, limit.rlim_max};
    EXPECT(::setrlimit(RLIMIT_FSIZE, &none) == 0 && fails(folder / "limited"));
    EXPECT(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(fs::status(folder / "limited").permissions() == fs::perms{0600} && fs::file_size(folder / "limited") == 0);
}

// A device or a pipe keeps its mode.
void pipes_keep_their_mode(const fs::path &path) {
    ::umask(0);
    EXPECT(::mkfifo(path.c_str(), 0666) == 0);
    const int reader = ::open(path.c_str(), O_RDWR);
    EXPECT(reader >= 0);
    write_file(path, "bytes"sv, true);
    EXPECT(::close(reader) == 0 && fs::status(path).permissions() == fs::perms{0666});
}

}  // namespace

int main() {
    char folder[] = "/tmp/pqc-XXXXXX";
    try {
        bytes_are_wiped();
        pipes_are_read_to_the_end();
        EXPECT(::mkdtemp(folder) != nullptr);
        secret_files_are_their_owners(folder);
        pipes_keep_their_mode(fs::path(folder) / "pipe");
        fs::remove_all(folder);
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
