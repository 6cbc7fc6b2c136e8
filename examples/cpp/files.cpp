// Without the buffers of streams, which would keep a copy of each secret.

#include "files.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

// The result of a system call. Throws if it failed.
template <class Result>
Result done(const std::string &path, Result result) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), path);
    }
    return result;
}

// A descriptor, closed at the end of its scope.
class Descriptor {
public:
    Descriptor(const std::string &path, int flags, mode_t mode) : number(done(path, ::open(path.c_str(), flags, mode))) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() { ::close(number); }

    const int number;
};

}  // namespace

Bytes read_file(const std::string &path) {
    const Descriptor file(path, O_RDONLY, 0);
    Bytes bytes(4096);
    for (std::size_t size = 0;;) {
        const auto got = static_cast<std::size_t>(done(path, ::read(file.number, &bytes[size], bytes.size() - size)));
        size += got;
        if (got == 0) {
            bytes.resize(size);
            return bytes;
        }
        if (size == bytes.size()) {
            bytes.resize(2 * size);
        }
    }
}

void write_file(const std::string &path, pqc::View bytes, bool secret) {
    const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC, secret ? 0600 : 0666);
    struct stat about {};
    done(path, ::fstat(file.number, &about));
    if (secret && S_ISREG(about.st_mode)) {
        done(path, ::fchmod(file.number, 0600));
    }
    for (std::size_t size = 0; size < bytes.size();) {
        size += static_cast<std::size_t>(done(path, ::write(file.number, bytes.data() + size, bytes.size() - size)));
    }
}
