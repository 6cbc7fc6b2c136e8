/* Whole files. */
#ifndef FILES_H
#define FILES_H

#include "values.h"

/* A file that was read. `data` is NULL if that failed; errno says why. */
typedef struct {
    uint8_t *data;
    size_t len;
} File;

File read_file(const char *path);

/* Wipes the bytes, since they may be a seed, and frees them. */
void close_file(File *file);

/* Returns 0, or -1 with errno. A secret file is made for its owner alone. */
int write_file(const char *path, const Value *value, int secret);

#endif
