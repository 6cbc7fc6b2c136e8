/* Keys, signatures and shared secrets in files, from C. */
#include "demo.h"
#include "files.h"
#include "values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALID = 0, NOT_VALID = 1, FAILED = 2 };

static const char USAGE[] = "public SET KEY OUT | sign SET KEY MESSAGE CONTEXT OUT | "
                            "verify SET PUBLIC MESSAGE CONTEXT SIGNATURE | encapsulate SET PUBLIC CIPHERTEXT SECRET | "
                            "decapsulate SET KEY CIPHERTEXT SECRET | demo; KEY is a seed, or a private key without one; "
                            "--locked after the command keeps the secrets of keys in locked memory";

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "pqc-demo-c: %s: %s\n", what, why);
    return FAILED;
}

/* A number that is no algorithm is refused by the library. */
static uint32_t number(const char *set)
{
    return strspn(set, "0123456789") == strlen(set) && strlen(set) <= 6 ? (uint32_t)strtoul(set, NULL, 10) : 0;
}

/* Writes a result, unless there is none. */
static int finish(const char *what, PqcStatus status, const char *path, const Value *value, int secret)
{
    if (status != PQC_STATUS_OK) return fail(what, ffi_status_message((int32_t)status));
    return write_file(path, bytes_of(value), secret) == 0 ? VALID : fail(path, strerror(errno));
}

/* The inputs of a command: the algorithm and flags of its key, and the files that it reads. */
typedef struct {
    KeySpec spec;
    File files[3];
} Inputs;

static Bytes input(const Inputs *inputs, size_t i)
{
    return (Bytes){inputs->files[i].data, inputs->files[i].len};
}

static int run_public(char **arguments, const Inputs *inputs)
{
    static Value key;
    return finish("public", public_key(inputs->spec, input(inputs, 0), &key), arguments[2], &key, 0);
}

static int run_sign(char **arguments, const Inputs *inputs)
{
    static Value signature;
    PqcStatus status = sign(inputs->spec, input(inputs, 0), input(inputs, 1), text(arguments[3]), &signature);
    return finish("sign", status, arguments[4], &signature, 0);
}

static int run_verify(char **arguments, const Inputs *inputs)
{
    PqcStatus status = verify(inputs->spec, input(inputs, 0), input(inputs, 1), text(arguments[3]), input(inputs, 2));
    if (status == PQC_STATUS_INVALID_SIGNATURE) return NOT_VALID;
    return status == PQC_STATUS_OK ? VALID : fail("verify", ffi_status_message((int32_t)status));
}

static int run_encapsulate(char **arguments, const Inputs *inputs)
{
    Value ciphertext, secret;
    PqcStatus status = encapsulate(inputs->spec, input(inputs, 0), &ciphertext, &secret);
    int code = finish("encapsulate", status, arguments[2], &ciphertext, 0);
    if (code == VALID) code = finish("encapsulate", status, arguments[3], &secret, 1);
    wipe(&secret, sizeof secret);
    return code;
}

static int run_decapsulate(char **arguments, const Inputs *inputs)
{
    Value secret;
    PqcStatus status = decapsulate(inputs->spec, input(inputs, 0), input(inputs, 1), &secret);
    int code = finish("decapsulate", status, arguments[3], &secret, 1);
    wipe(&secret, sizeof secret);
    return code;
}

/* A command: how many arguments follow its name and option, and which of them are files to read, until the first 0. */
typedef struct {
    const char *name;
    int arguments;
    size_t files[3];
    int (*run)(char **arguments, const Inputs *inputs);
} Command;

static const Command COMMANDS[] = {
    {"public", 3, {1, 0, 0}, run_public},           {"sign", 5, {1, 2, 0}, run_sign},
    {"verify", 5, {1, 2, 4}, run_verify},           {"encapsulate", 4, {1, 0, 0}, run_encapsulate},
    {"decapsulate", 4, {1, 2, 0}, run_decapsulate},
};

/* Reads the files of a command, runs it, and closes them in any case. */
static int run(const Command *command, char **arguments, uint32_t flags)
{
    Inputs inputs = {{number(arguments[0]), flags}, {{NULL, 0}, {NULL, 0}, {NULL, 0}}};
    int code = VALID;
    for (size_t i = 0; i < 3 && command->files[i] != 0 && code == VALID; i++) {
        inputs.files[i] = read_file(arguments[command->files[i]]);
        if (inputs.files[i].data == NULL) code = fail(arguments[command->files[i]], strerror(errno));
    }
    if (code == VALID) code = command->run(arguments, &inputs);
    for (size_t i = 0; i < 3; i++) {
        close_file(&inputs.files[i]);
    }
    return code;
}

int main(int argc, char **argv)
{
    const int locked = argc > 2 && strcmp(argv[2], "--locked") == 0, count = argc - 2 - locked;
    const uint32_t flags = locked ? PQC_KEY_LOCKED_MEMORY : 0;
    if (ffi_abi_version() != PQC_ABI_VERSION) return fail("library", "has another ABI version than its header");
    if (count == 0 && strcmp(argv[1], "demo") == 0) return demo(flags);
    for (size_t i = 0; count > 0 && i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0 && count == COMMANDS[i].arguments) {
            return run(&COMMANDS[i], argv + 2 + locked, flags);
        }
    }
    return fail("usage", USAGE);
}
