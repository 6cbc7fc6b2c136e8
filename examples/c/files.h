/* Whole files. */
#ifndef FILES_H
#define FILES_H

#include "values.h"

/* The bytes of a file. `data` is NULL if it could not be read; errno says why. */
typedef struct {
    uint8_t *data;
    size_t len;
} File;

/* Reads until the end, so that the file may be a pipe. */
File read_file(const char *path);

/* Wipes the bytes, since they may be a seed, and frees them. */
void close_file(File *file);

/* Returns 0, or -1 with errno. Only its owner can read a secret file, from before it is written, even if it existed. */
int write_file(const char *path, Bytes bytes, int secret);

#endif
