#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static File failed(FILE *stream, File file)
{
    int reason = errno;
    close_file(&file);
    fclose(stream);
    errno = reason;
    return file;
}

File read_file(const char *path)
{
    File file = {NULL, 0};
    struct stat about;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return file;
    if (fstat(fileno(stream), &about) != 0) return failed(stream, file);
    file.len = (size_t)about.st_size;
    file.data = malloc(file.len + 1); /* an empty file has data, too */
    if (file.data == NULL || fread(file.data, 1, file.len, stream) != file.len) return failed(stream, file);
    fclose(stream);
    return file;
}

void close_file(File *file)
{
    volatile uint8_t *byte = file->data;
    for (size_t i = 0; byte != NULL && i < file->len; i++) {
        byte[i] = 0;
    }
    free(file->data);
    *file = (File){NULL, 0};
}

int write_file(const char *path, const Value *value, int secret)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, secret ? 0600 : 0666);
    if (descriptor < 0) return -1;
    FILE *stream = fdopen(descriptor, "wb");
    if (stream == NULL) {
        close(descriptor);
        return -1;
    }
    int complete = fwrite(value->data, 1, value->len, stream) == value->len;
    return fclose(stream) == 0 && complete ? 0 : -1;
}
