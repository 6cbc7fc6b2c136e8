/* Without the buffers of stdio, which would keep a copy of each secret. */
#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void close_file(File *file)
{
    if (file->data != NULL) wipe(file->data, file->len);
    free(file->data);
    *file = (File){NULL, 0};
}

/* Doubles the memory of a file that fills it. realloc would leave a copy behind. */
static int grow(File *file, size_t *capacity)
{
    const File larger = {malloc(2 * *capacity), file->len};
    if (larger.data == NULL) return 0;
    memcpy(larger.data, file->data, file->len);
    close_file(file);
    *file = larger;
    *capacity *= 2;
    return 1;
}

File read_file(const char *path)
{
    size_t capacity = 4096;
    ssize_t got = -1;
    File file = {NULL, 0};
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0) return file;
    file.data = malloc(capacity);
    while (file.data != NULL && (file.len < capacity || grow(&file, &capacity))) {
        got = read(descriptor, file.data + file.len, capacity - file.len);
        if (got <= 0) break;
        file.len += (size_t)got;
    }
    int reason = errno;
    if (got != 0) close_file(&file);
    close(descriptor);
    errno = reason;
    return file;
}

int write_file(const char *path, Bytes bytes, int secret)
{
    struct stat about;
    ssize_t written = 1;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, secret ? 0600 : 0666);
    if (descriptor < 0) return -1;
    const int regular = fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
    if (secret && regular && fchmod(descriptor, 0600) != 0) written = -1;
    for (size_t done = 0; done < bytes.len && written > 0; done += (size_t)written) {
        written = write(descriptor, bytes.data + done, bytes.len - done);
    }
    return close(descriptor) == 0 && written > 0 ? 0 : -1;
}
