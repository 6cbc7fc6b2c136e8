/* Times EVP in turns, by processor time: `provider SECONDS SOURCE,... ALGORITHM...`, with OPENSSL_MODULES. A source is a provider, `default` or
 * the name of a module, or `C` for the C interface without OpenSSL. Prints a line `ALGORITHM OPERATION SOURCE MICROSECONDS` for each operation
 * that a source has: the median of many rounds. */
#include <ctype.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pqc_ffi.h"

enum { ROUNDS = 51, MOST_BYTES = 8192, MOST = 256 };

typedef struct Timing Timing;
typedef int Call(Timing *timing);

struct Timing {
    const char *algorithm, *operation, *source;
    Call *call;
    OSSL_LIB_CTX *library;
    EVP_PKEY *key;
    EVP_PKEY_CTX *context;
    EVP_MD_CTX *digest;
    uint32_t id;
    PqcPrivateKey *private_key;
    PqcPublicKey *public_key;
    unsigned char out[MOST_BYTES], secret[128];
    size_t out_len;
    double rounds[ROUNDS];
};

static Timing timings[MOST];
static int count;
static const unsigned char message[32] = "a message of 32 bytes is signed";

static void must(int done, const char *what)
{
    if (done <= 0) {
        fprintf(stderr, "%s failed\n", what);
        ERR_print_errors_fp(stderr);
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* ---- The C interface ---- */

static int c_keygen(Timing *timing)
{
    PqcPrivateKey *key = NULL;
    int done = pqc_private_key_generate(timing->id, 0, &key) == PQC_STATUS_OK;
    pqc_private_key_free(key);
    return done;
}

static int c_encapsulate(Timing *timing)
{
    size_t secret_len;
    return pqc_encapsulate_into(timing->public_key, timing->out, sizeof timing->out, &timing->out_len, timing->secret, sizeof timing->secret,
                                &secret_len)
        == PQC_STATUS_OK;
}

static int c_decapsulate(Timing *timing)
{
    size_t secret_len;
    return pqc_decapsulate_into(timing->private_key, timing->out, timing->out_len, timing->secret, sizeof timing->secret, &secret_len)
        == PQC_STATUS_OK;
}

static int c_sign(Timing *timing)
{
    return pqc_sign_into(timing->private_key, message, sizeof message, NULL, 0, 0, timing->out, sizeof timing->out, &timing->out_len)
        == PQC_STATUS_OK;
}

static int c_verify(Timing *timing)
{
    return pqc_verify(timing->public_key, message, sizeof message, NULL, 0, timing->out, timing->out_len) == PQC_STATUS_OK;
}

/* ---- EVP ---- */

static int evp_keygen(Timing *timing)
{
    EVP_PKEY *key = NULL;
    int done = EVP_PKEY_generate(timing->context, &key);
    EVP_PKEY_free(key);
    return done;
}

static int evp_encapsulate(Timing *timing)
{
    size_t secret_len = sizeof timing->secret;
    timing->out_len = sizeof timing->out;
    return EVP_PKEY_encapsulate(timing->context, timing->out, &timing->out_len, timing->secret, &secret_len);
}

static int evp_decapsulate(Timing *timing)
{
    size_t secret_len = sizeof timing->secret;
    return EVP_PKEY_decapsulate(timing->context, timing->secret, &secret_len, timing->out, timing->out_len);
}

/* The public half of a key, as TLS makes it of the share of the other side. */
static EVP_PKEY *half(Timing *keygen, EVP_PKEY *key)
{
    unsigned char *share = NULL;
    EVP_PKEY *peer = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(key, &share);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(keygen->library, key, NULL);
    must(EVP_PKEY_paramgen_init(context) > 0 && EVP_PKEY_paramgen(context, &peer) > 0, "the start of a share");
    must(EVP_PKEY_set1_encoded_public_key(peer, share, len), "reading a share");
    EVP_PKEY_CTX_free(context);
    OPENSSL_free(share);
    return peer;
}

/* Both sides of the exchange of keys in a handshake, with fresh keys. */
static int evp_exchange(Timing *timing)
{
    size_t secret_len = sizeof timing->secret;
    EVP_PKEY *key = NULL, *peer;
    EVP_PKEY_CTX *sender, *receiver;
    int done;
    must(EVP_PKEY_generate(timing->context, &key), "keygen");
    peer = half(timing, key);
    sender = EVP_PKEY_CTX_new_from_pkey(timing->library, peer, NULL);
    receiver = EVP_PKEY_CTX_new_from_pkey(timing->library, key, NULL);
    timing->out_len = sizeof timing->out;
    done = EVP_PKEY_encapsulate_init(sender, NULL) > 0 && EVP_PKEY_decapsulate_init(receiver, NULL) > 0
        && EVP_PKEY_encapsulate(sender, timing->out, &timing->out_len, timing->secret, &secret_len) > 0
        && EVP_PKEY_decapsulate(receiver, timing->secret, &secret_len, timing->out, timing->out_len) > 0;
    EVP_PKEY_CTX_free(sender);
    EVP_PKEY_CTX_free(receiver);
    EVP_PKEY_free(key);
    EVP_PKEY_free(peer);
    return done;
}

static int digest_sign(Timing *timing)
{
    timing->out_len = sizeof timing->out;
    return EVP_DigestSignInit_ex(timing->digest, NULL, NULL, timing->library, NULL, timing->key, NULL) > 0
        && EVP_DigestSign(timing->digest, timing->out, &timing->out_len, message, sizeof message) > 0;
}

static int digest_verify(Timing *timing)
{
    return EVP_DigestVerifyInit_ex(timing->digest, NULL, NULL, timing->library, NULL, timing->key, NULL) > 0
        && EVP_DigestVerify(timing->digest, timing->out, timing->out_len, message, sizeof message) > 0;
}

#if OPENSSL_VERSION_PREREQ(3, 5)
static int evp_sign(Timing *timing)
{
    timing->out_len = sizeof timing->out;
    return EVP_PKEY_sign(timing->context, timing->out, &timing->out_len, message, sizeof message);
}

static int evp_verify(Timing *timing)
{
    return EVP_PKEY_verify(timing->context, timing->out, timing->out_len, message, sizeof message);
}
#endif

/* ---- What is timed ---- */

static Timing *add(const char *algorithm, const char *operation, const char *source, Call *call)
{
    Timing *timing = &timings[count];
    must(++count < MOST, "too many timings: the table");
    timing->algorithm = algorithm;
    timing->operation = operation;
    timing->source = source;
    timing->call = call;
    return timing;
}

static void add_c(const char *algorithm)
{
    const PqcAlgorithmInfo *info;
    PqcPrivateKey *key = NULL;
    PqcPublicKey *public_key = NULL;
    int first = count, is_kem;
    for (size_t index = 0; (info = pqc_algorithm_at(index)) != NULL && strcmp(info->name, algorithm) != 0; index++)
        ;
    if (info == NULL)
        return;
    must(pqc_private_key_generate(info->algorithm, 0, &key) == PQC_STATUS_OK && pqc_private_key_public_key(key, &public_key) == PQC_STATUS_OK, "C");
    is_kem = info->shared_secret_bytes > 0;
    add(algorithm, "keygen", "C", c_keygen);
    add(algorithm, is_kem ? "encapsulate" : "sign", "C", is_kem ? c_encapsulate : c_sign);
    add(algorithm, is_kem ? "decapsulate" : "verify", "C", is_kem ? c_decapsulate : c_verify);
    for (int each = first; each < count; each++) {
        timings[each].id = info->algorithm;
        timings[each].private_key = key;
        timings[each].public_key = public_key;
    }
}

/* The name of an algorithm in oqs-provider is another one: mlkem768. */
static EVP_PKEY_CTX *generation(OSSL_LIB_CTX *library, const char *algorithm)
{
    char folded[64] = "";
    size_t len = 0;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(library, algorithm, NULL);
    for (const char *each = algorithm; *each != 0 && len < sizeof folded - 1; each++)
        if (*each != '-')
            folded[len++] = (char)tolower((unsigned char)*each);
    if (context == NULL)
        context = EVP_PKEY_CTX_new_from_name(library, folded, NULL);
    if (context != NULL)
        must(EVP_PKEY_keygen_init(context), algorithm);
    return context;
}

static OSSL_LIB_CTX *with_provider(const char *source)
{
    char properties[64];
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    snprintf(properties, sizeof properties, "?provider=%s", source);
    must(OSSL_PROVIDER_load(library, "default") != NULL && OSSL_PROVIDER_load(library, source) != NULL, source);
    must(EVP_set_default_properties(library, properties), source);
    return library;
}

static void add_kem(const char *algorithm, const char *source, Timing *keygen)
{
    Timing *exchange = add(algorithm, "exchange", source, evp_exchange);
    Timing *sender = add(algorithm, "encapsulate", source, evp_encapsulate);
    Timing *receiver = add(algorithm, "decapsulate", source, evp_decapsulate);
    exchange->library = keygen->library;
    exchange->context = keygen->context;
    sender->context = EVP_PKEY_CTX_new_from_pkey(keygen->library, half(keygen, keygen->key), NULL);
    receiver->context = EVP_PKEY_CTX_new_from_pkey(keygen->library, keygen->key, NULL);
    must(EVP_PKEY_encapsulate_init(sender->context, NULL), "the start of encapsulation");
    must(EVP_PKEY_decapsulate_init(receiver->context, NULL), "the start of decapsulation");
}

static void add_signature(const char *algorithm, const char *source, Timing *keygen)
{
    Timing *each[] = {add(algorithm, "sign", source, digest_sign), add(algorithm, "verify", source, digest_verify)};
    for (int at = 0; at < 2; at++) {
        each[at]->library = keygen->library;
        each[at]->key = keygen->key;
        each[at]->digest = EVP_MD_CTX_new();
        each[at]->context = EVP_PKEY_CTX_new_from_pkey(keygen->library, keygen->key, NULL);
    }
#if OPENSSL_VERSION_PREREQ(3, 5)
    EVP_SIGNATURE *signature = EVP_SIGNATURE_fetch(keygen->library, algorithm, NULL);
    must(EVP_PKEY_sign_message_init(each[0]->context, signature, NULL), "the start of signing");
    must(EVP_PKEY_verify_message_init(each[1]->context, signature, NULL), "the start of verification");
    each[0]->call = evp_sign;
    each[1]->call = evp_verify;
#endif
}

static void add_evp(const char *algorithm, const char *source, OSSL_LIB_CTX *library)
{
    EVP_PKEY_CTX *context = generation(library, algorithm);
    if (context == NULL)
        return;
    Timing *keygen = add(algorithm, "keygen", source, evp_keygen);
    keygen->context = context;
    keygen->library = library;
    must(EVP_PKEY_generate(context, &keygen->key), algorithm);
    if (strstr(algorithm, "DSA") != NULL)
        add_signature(algorithm, source, keygen);
    else
        add_kem(algorithm, source, keygen);
}

/* The results of one operation are what the next one reads: a ciphertext, or a signature. */
static void chain(void)
{
    for (int each = 0; each < count; each++) {
        Timing *timing = &timings[each];
        must(timing->call(timing), timing->operation);
        if (each + 1 < count && (strcmp(timing->operation, "encapsulate") == 0 || strcmp(timing->operation, "sign") == 0)) {
            memcpy(timing[1].out, timing->out, timing->out_len);
            timing[1].out_len = timing->out_len;
        }
    }
}

static void run(Timing *timing, int round, double microseconds)
{
    double begin = now(), end;
    int calls = 0;
    do {
        must(timing->call(timing), timing->operation);
        calls++;
    } while ((end = now()) < begin + microseconds);
    timing->rounds[round] = (end - begin) / calls;
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv)
{
    OSSL_LIB_CTX *library;
    if (argc < 4)
        return 2;
    for (char *source = strtok(argv[2], ","); source != NULL; source = strtok(NULL, ",")) {
        library = strcmp(source, "C") == 0 ? NULL : with_provider(source);
        for (int each = 3; each < argc; each++) {
            if (library == NULL)
                add_c(argv[each]);
            else
                add_evp(argv[each], source, library);
        }
    }
    must(count > 0, "there is nothing to time: the list");
    chain();
    for (int round = 0; round < ROUNDS; round++)
        for (int each = 0; each < count; each++)
            run(&timings[each], round, atof(argv[1]) * 1e6 / ROUNDS / count);
    for (int each = 0; each < count; each++) {
        qsort(timings[each].rounds, ROUNDS, sizeof(double), compare);
        printf("%s %s %s %.3f\n", timings[each].algorithm, timings[each].operation, timings[each].source, timings[each].rounds[ROUNDS / 2]);
    }
    return 0;
}
