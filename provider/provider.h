/* The provider `qynauth`: what its files share. */
#ifndef QYNAUTH_PROVIDER_H
#define QYNAUTH_PROVIDER_H

#include "abi.h"
#include "pqc_ffi.h"

#include <stdatomic.h>

/* The algorithms: a new set costs a row here, with its number in TLS (a group or a signature scheme). The rest of it comes from its
 * row in the library. */
#define ALGORITHMS(EACH) KEMS(EACH) SIGNATURES(EACH)
#define KEMS(EACH) \
    EACH(MLKEM512, PQC_ALGORITHM_MLKEM512, 0x0200) \
    EACH(MLKEM768, PQC_ALGORITHM_MLKEM768, 0x0201) \
    EACH(MLKEM1024, PQC_ALGORITHM_MLKEM1024, 0x0202) \
    EACH(SECP256R1MLKEM768, PQC_EXCHANGE_SECP256R1MLKEM768, 0x11eb) \
    EACH(X25519MLKEM768, PQC_EXCHANGE_X25519MLKEM768, 0x11ec) \
    EACH(SECP384R1MLKEM1024, PQC_EXCHANGE_SECP384R1MLKEM1024, 0x11ed)
#define SIGNATURES(EACH) \
    EACH(MLDSA44, PQC_ALGORITHM_MLDSA44, 0x0904) \
    EACH(MLDSA65, PQC_ALGORITHM_MLDSA65, 0x0905) \
    EACH(MLDSA87, PQC_ALGORITHM_MLDSA87, 0x0906)

#define ALGORITHM_NAME(set, id, code_point) set,
enum { ALGORITHMS(ALGORITHM_NAME) ALGORITHM_COUNT };

typedef struct provider Provider;

/* An algorithm: a row of the library's tables under its names in OpenSSL. */
typedef struct {
    const Provider *provider;
    uint32_t id;
    uint32_t code_point;
    uint32_t kind;    /* PQC_KIND_* */
    int is_exchange;  /* a key exchange of TLS: a KEM without encoded keys */
    const char *name; /* "ML-DSA-65" */
    const char *oid;  /* empty if there is none */
    size_t public_key_bytes;
    size_t output_bytes; /* of a ciphertext or a signature */
    size_t shared_secret_bytes;
    unsigned int category;
    unsigned int security_bits;
    char compact[24];     /* "MLDSA65", its group in TLS */
    char iana[24];        /* "mldsa65", its signature scheme in TLS */
    char object_name[32]; /* "id-ml-dsa-65" */
    char names[128];      /* all of them, and the object identifier */
} Algorithm;

/* Encoded keys: how many decoders and encoders an algorithm has. */
enum { DECODERS = 2, ENCODERS = 6 };

/* The last reason is at most 119: the statuses of the library, and our own from 100 on. */
enum {
    REASON_NO_KEY = 100,
    REASON_KEY_IS_SET,
    REASON_KEY_TYPE,
    REASON_PARAMETER,
    REASON_OPERATION,
    REASON_DIGEST,
    REASON_UNSUPPORTED,
    REASON_CIPHER,
    REASON_PASSPHRASE,
    REASON_LOCKED,
    REASON_OUTPUT,
    REASON_CONFIGURATION,
    REASON_LIBRARY,
    REASON_END
};

struct provider {
    const OSSL_CORE_HANDLE *core;
    OSSL_FUNC_core_get_params_fn *get_params;
    OSSL_FUNC_core_new_error_fn *new_error;
    OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
    OSSL_FUNC_core_vset_error_fn *vset_error;
    OSSL_FUNC_core_obj_create_fn *obj_create;
    OSSL_FUNC_core_obj_add_sigid_fn *obj_add_sigid;
    OSSL_FUNC_OPENSSL_cleanse_fn *cleanse;
    OSSL_FUNC_BIO_read_ex_fn *bio_read;
    OSSL_FUNC_BIO_write_ex_fn *bio_write;
    OSSL_FUNC_get_entropy_fn *get_entropy;
    OSSL_FUNC_cleanup_entropy_fn *cleanup_entropy;
    uint32_t key_flags; /* PQC_KEY_* of every private key */
    Algorithm algorithms[ALGORITHM_COUNT];
    OSSL_ITEM reasons[REASON_END];
    OSSL_ALGORITHM key_managements[ALGORITHM_COUNT + 1];
    OSSL_ALGORITHM kems[ALGORITHM_COUNT + 1];
    OSSL_ALGORITHM signatures[ALGORITHM_COUNT + 1];
    OSSL_ALGORITHM decoders[ALGORITHM_COUNT * DECODERS + 1];
    OSSL_ALGORITHM encoders[ALGORITHM_COUNT * ENCODERS + 1];
};

typedef void (*Function)(void); /* of a dispatch table */

/* provider.c: puts an error into OpenSSL's queue. Both return 0, and `succeeds` returns 1 for PQC_STATUS_OK. */
int fail_at(const Provider *provider, uint32_t reason, const char *file, int line, const char *function);
int succeeds_at(const Provider *provider, PqcStatus status, const char *file, int line, const char *function);
#define fail(provider, reason) fail_at(provider, reason, __FILE__, __LINE__, __func__)
#define succeeds(provider, status) succeeds_at(provider, status, __FILE__, __LINE__, __func__)

/* algorithms.c */
int algorithms_fill(Provider *provider);
int algorithms_capabilities(const Provider *provider, const char *capability, OSSL_CALLBACK *callback, void *argument);

/* keys.c: a key, shared by reference, or an empty object that receives one. It never changes once it holds a key. The private half has
 * its public half with it. */
typedef struct {
    atomic_uint references;
    const Algorithm *algorithm;
    PqcPrivateKey *private_key;
    PqcPublicKey *public_key;
    PqcExchangeKey *exchange_key;
    PqcExchangeShare *exchange_share;
    FFIBuffer share; /* of an exchange, from either side */
} Key;
Key *key_new(const Algorithm *algorithm);
Key *key_share(const Key *key);
void key_free(void *key);
int key_has(const void *key, int selection);
int key_has_private(const Key *key);
int key_has_public(const Key *key);
int key_hold(Key **held, const Key *key, const Algorithm *algorithm, int selection);
int key_set_private(Key *key, PqcPrivateKey *private_key);
int key_load_public(Key *key, const OSSL_PARAM *parameter);
PqcStatus key_public_bytes(const Key *key, FFIBuffer *bytes);
PqcStatus key_encapsulate(const Key *key, uint8_t *ciphertext, uint8_t *shared_secret);
PqcStatus key_decapsulate(const Key *key, const uint8_t *ciphertext, size_t ciphertext_len, uint8_t *shared_secret);

/* key_management.c */
extern const OSSL_DISPATCH *const key_management_tables[ALGORITHM_COUNT];
int key_export(void *key, int selection, OSSL_CALLBACK *callback, void *argument);

extern const OSSL_DISPATCH *const kem_tables[ALGORITHM_COUNT];       /* kem.c */
extern const OSSL_DISPATCH *const signature_tables[ALGORITHM_COUNT]; /* signature.c */

/* An encoder or a decoder: its property behind the provider's, and its functions. */
typedef struct {
    const char *property;
    const OSSL_DISPATCH *functions;
} Coder;
extern const Coder decoders[ALGORITHM_COUNT][DECODERS]; /* decoder.c */
extern const Coder encoders[ENCODERS];                  /* encoder.c */

/* parameters.c: setters do nothing for a parameter that nobody asks for, and getters return 0 for a value of another type. */
const OSSL_PARAM *parameter(const OSSL_PARAM *parameters, const char *key);
int parameter_set_number(OSSL_PARAM *parameters, const char *key, size_t value);
int parameter_set_text(OSSL_PARAM *parameters, const char *key, const char *text);
int parameter_set_bytes(OSSL_PARAM *parameters, const char *key, const uint8_t *bytes, size_t len);
int parameter_number(const OSSL_PARAM *parameter, int *value);
int parameter_bytes(const OSSL_PARAM *parameter, const uint8_t **bytes, size_t *len);
int parameter_is_text(const OSSL_PARAM *parameter, const char *text);
int parameter_is_empty(const OSSL_PARAM *parameter);

#define PARAMETER(key, type, data, size) {key, type, (void *)(data), size, OSSL_PARAM_UNMODIFIED}
#define PARAMETER_TEXT(key, text) PARAMETER(key, OSSL_PARAM_UTF8_STRING, text, (text) == NULL ? 0 : strlen(text))
#define PARAMETER_INT(key, address) PARAMETER(key, OSSL_PARAM_INTEGER, address, sizeof(int))
#define PARAMETER_UINT(key, address) PARAMETER(key, OSSL_PARAM_UNSIGNED_INTEGER, address, sizeof(unsigned int))
#define PARAMETER_END {NULL, 0, NULL, 0, 0}
/* In the list of the parameters that a function knows. */
#define PARAMETER_NAME(key, type) PARAMETER(key, type, NULL, 0)

#endif
