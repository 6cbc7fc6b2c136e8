/* The interface between OpenSSL and its providers, as far as this provider uses it, under OpenSSL's own names.
 *
 * The interface is fixed from 3.0 on and only grows, so that one file serves every version; the headers of the oldest know
 * neither the message functions nor TLS-SIGALG, and a build machine may have none. tests/provider/test_provider_abi.py compares this file
 * with real headers. */
#ifndef QYNAUTH_ABI_H
#define QYNAUTH_ABI_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ossl_core_handle_st OSSL_CORE_HANDLE;
typedef struct ossl_core_bio_st OSSL_CORE_BIO;
typedef struct ossl_dispatch_st OSSL_DISPATCH;
typedef struct ossl_item_st OSSL_ITEM;
typedef struct ossl_algorithm_st OSSL_ALGORITHM;
typedef struct ossl_param_st OSSL_PARAM;

#ifndef OPENSSL_CORE_H
struct ossl_dispatch_st {
    int function_id;
    void (*function)(void);
};

struct ossl_item_st {
    unsigned int id;
    void *ptr;
};

struct ossl_algorithm_st {
    const char *algorithm_names;
    const char *property_definition;
    const OSSL_DISPATCH *implementation;
    const char *algorithm_description;
};

struct ossl_param_st {
    const char *key;
    unsigned int data_type;
    void *data;
    size_t data_size;
    size_t return_size;
};
#endif

typedef int(OSSL_CALLBACK)(const OSSL_PARAM params[], void *arg);
typedef int(OSSL_PASSPHRASE_CALLBACK)(char *pass, size_t pass_size, size_t *pass_len, const OSSL_PARAM params[], void *arg);

#define OSSL_PARAM_INTEGER 1
#define OSSL_PARAM_UNSIGNED_INTEGER 2
#define OSSL_PARAM_UTF8_STRING 4
#define OSSL_PARAM_OCTET_STRING 5
#define OSSL_PARAM_UTF8_PTR 6
#define OSSL_PARAM_UNMODIFIED ((size_t)-1)

#define OSSL_OBJECT_PKEY 2
#define OSSL_OBJECT_PARAM_TYPE "type"
#define OSSL_OBJECT_PARAM_DATA_TYPE "data-type"
#define OSSL_OBJECT_PARAM_DATA_STRUCTURE "data-structure"
#define OSSL_OBJECT_PARAM_REFERENCE "reference"

/* Functions of the core. */
#define OSSL_FUNC_CORE_GET_PARAMS 2
#define OSSL_FUNC_CORE_NEW_ERROR 5
#define OSSL_FUNC_CORE_SET_ERROR_DEBUG 6
#define OSSL_FUNC_CORE_VSET_ERROR 7
#define OSSL_FUNC_CORE_OBJ_ADD_SIGID 11
#define OSSL_FUNC_CORE_OBJ_CREATE 12
#define OSSL_FUNC_OPENSSL_CLEANSE 31
#define OSSL_FUNC_BIO_READ_EX 42
#define OSSL_FUNC_BIO_WRITE_EX 43
#define OSSL_FUNC_GET_ENTROPY 101
#define OSSL_FUNC_CLEANUP_ENTROPY 102

typedef int(OSSL_FUNC_core_get_params_fn)(const OSSL_CORE_HANDLE *prov, OSSL_PARAM params[]);
typedef void(OSSL_FUNC_core_new_error_fn)(const OSSL_CORE_HANDLE *prov);
typedef void(OSSL_FUNC_core_set_error_debug_fn)(const OSSL_CORE_HANDLE *prov, const char *file, int line, const char *func);
typedef void(OSSL_FUNC_core_vset_error_fn)(const OSSL_CORE_HANDLE *prov, uint32_t reason, const char *fmt, va_list args);
typedef int(OSSL_FUNC_core_obj_add_sigid_fn)(const OSSL_CORE_HANDLE *prov, const char *sign_name, const char *digest_name,
                                             const char *pkey_name);
typedef int(OSSL_FUNC_core_obj_create_fn)(const OSSL_CORE_HANDLE *prov, const char *oid, const char *sn, const char *ln);
typedef void(OSSL_FUNC_OPENSSL_cleanse_fn)(void *ptr, size_t len);
typedef int(OSSL_FUNC_BIO_read_ex_fn)(OSSL_CORE_BIO *bio, void *data, size_t data_len, size_t *bytes_read);
typedef int(OSSL_FUNC_BIO_write_ex_fn)(OSSL_CORE_BIO *bio, const void *data, size_t data_len, size_t *written);
typedef size_t(OSSL_FUNC_get_entropy_fn)(const OSSL_CORE_HANDLE *handle, unsigned char **pout, int entropy, size_t min_len,
                                         size_t max_len);
typedef void(OSSL_FUNC_cleanup_entropy_fn)(const OSSL_CORE_HANDLE *handle, unsigned char *buf, size_t len);

/* Functions of a provider. */
#define OSSL_FUNC_PROVIDER_TEARDOWN 1024
#define OSSL_FUNC_PROVIDER_GETTABLE_PARAMS 1025
#define OSSL_FUNC_PROVIDER_GET_PARAMS 1026
#define OSSL_FUNC_PROVIDER_QUERY_OPERATION 1027
#define OSSL_FUNC_PROVIDER_GET_REASON_STRINGS 1029
#define OSSL_FUNC_PROVIDER_GET_CAPABILITIES 1030

typedef void(OSSL_FUNC_provider_teardown_fn)(void *provctx);
typedef const OSSL_PARAM *(OSSL_FUNC_provider_gettable_params_fn)(void *provctx);
typedef int(OSSL_FUNC_provider_get_params_fn)(void *provctx, OSSL_PARAM params[]);
typedef const OSSL_ALGORITHM *(OSSL_FUNC_provider_query_operation_fn)(void *provctx, int operation_id, int *no_store);
typedef const OSSL_ITEM *(OSSL_FUNC_provider_get_reason_strings_fn)(void *provctx);
typedef int(OSSL_FUNC_provider_get_capabilities_fn)(void *provctx, const char *capability, OSSL_CALLBACK *cb, void *arg);

#define OSSL_PROV_PARAM_NAME "name"
#define OSSL_PROV_PARAM_VERSION "version"
#define OSSL_PROV_PARAM_BUILDINFO "buildinfo"
#define OSSL_PROV_PARAM_STATUS "status"

#define OSSL_OP_KEYMGMT 10
#define OSSL_OP_SIGNATURE 12
#define OSSL_OP_KEM 14
#define OSSL_OP_ENCODER 20
#define OSSL_OP_DECODER 21

/* Capabilities. */
#define OSSL_CAPABILITY_TLS_GROUP_NAME "tls-group-name"
#define OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL "tls-group-name-internal"
#define OSSL_CAPABILITY_TLS_GROUP_ID "tls-group-id"
#define OSSL_CAPABILITY_TLS_GROUP_ALG "tls-group-alg"
#define OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS "tls-group-sec-bits"
#define OSSL_CAPABILITY_TLS_GROUP_IS_KEM "tls-group-is-kem"
#define OSSL_CAPABILITY_TLS_GROUP_MIN_TLS "tls-min-tls"
#define OSSL_CAPABILITY_TLS_GROUP_MAX_TLS "tls-max-tls"
#define OSSL_CAPABILITY_TLS_GROUP_MIN_DTLS "tls-min-dtls"
#define OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS "tls-max-dtls"
#define OSSL_CAPABILITY_TLS_SIGALG_IANA_NAME "tls-sigalg-iana-name"
#define OSSL_CAPABILITY_TLS_SIGALG_NAME "tls-sigalg-name"
#define OSSL_CAPABILITY_TLS_SIGALG_OID "tls-sigalg-oid"
#define OSSL_CAPABILITY_TLS_SIGALG_CODE_POINT "tls-sigalg-code-point"
#define OSSL_CAPABILITY_TLS_SIGALG_SECURITY_BITS "tls-sigalg-sec-bits"
#define OSSL_CAPABILITY_TLS_SIGALG_MIN_TLS "tls-min-tls"
#define OSSL_CAPABILITY_TLS_SIGALG_MAX_TLS "tls-max-tls"
#define OSSL_CAPABILITY_TLS_SIGALG_MIN_DTLS "tls-min-dtls"
#define OSSL_CAPABILITY_TLS_SIGALG_MAX_DTLS "tls-max-dtls"
#define TLS1_3_VERSION 0x0304

/* Key management. */
#define OSSL_KEYMGMT_SELECT_PRIVATE_KEY 0x01
#define OSSL_KEYMGMT_SELECT_PUBLIC_KEY 0x02
#define OSSL_KEYMGMT_SELECT_KEYPAIR (OSSL_KEYMGMT_SELECT_PRIVATE_KEY | OSSL_KEYMGMT_SELECT_PUBLIC_KEY)

#define OSSL_FUNC_KEYMGMT_NEW 1
#define OSSL_FUNC_KEYMGMT_GEN_INIT 2
#define OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS 4
#define OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS 5
#define OSSL_FUNC_KEYMGMT_GEN 6
#define OSSL_FUNC_KEYMGMT_GEN_CLEANUP 7
#define OSSL_FUNC_KEYMGMT_LOAD 8
#define OSSL_FUNC_KEYMGMT_FREE 10
#define OSSL_FUNC_KEYMGMT_GET_PARAMS 11
#define OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS 12
#define OSSL_FUNC_KEYMGMT_SET_PARAMS 13
#define OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS 14
#define OSSL_FUNC_KEYMGMT_HAS 21
#define OSSL_FUNC_KEYMGMT_VALIDATE 22
#define OSSL_FUNC_KEYMGMT_MATCH 23
#define OSSL_FUNC_KEYMGMT_IMPORT 40
#define OSSL_FUNC_KEYMGMT_IMPORT_TYPES 41
#define OSSL_FUNC_KEYMGMT_EXPORT 42
#define OSSL_FUNC_KEYMGMT_EXPORT_TYPES 43
#define OSSL_FUNC_KEYMGMT_DUP 44

typedef void *(OSSL_FUNC_keymgmt_new_fn)(void *provctx);
typedef void *(OSSL_FUNC_keymgmt_gen_init_fn)(void *provctx, int selection, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_keymgmt_gen_set_params_fn)(void *genctx, const OSSL_PARAM params[]);
typedef const OSSL_PARAM *(OSSL_FUNC_keymgmt_gen_settable_params_fn)(void *genctx, void *provctx);
typedef void *(OSSL_FUNC_keymgmt_gen_fn)(void *genctx, OSSL_CALLBACK *cb, void *cbarg);
typedef void(OSSL_FUNC_keymgmt_gen_cleanup_fn)(void *genctx);
typedef void *(OSSL_FUNC_keymgmt_load_fn)(const void *reference, size_t reference_sz);
typedef void(OSSL_FUNC_keymgmt_free_fn)(void *keydata);
typedef int(OSSL_FUNC_keymgmt_get_params_fn)(void *keydata, OSSL_PARAM params[]);
typedef const OSSL_PARAM *(OSSL_FUNC_keymgmt_gettable_params_fn)(void *provctx);
typedef int(OSSL_FUNC_keymgmt_set_params_fn)(void *keydata, const OSSL_PARAM params[]);
typedef const OSSL_PARAM *(OSSL_FUNC_keymgmt_settable_params_fn)(void *provctx);
typedef int(OSSL_FUNC_keymgmt_has_fn)(const void *keydata, int selection);
typedef int(OSSL_FUNC_keymgmt_validate_fn)(const void *keydata, int selection, int checktype);
typedef int(OSSL_FUNC_keymgmt_match_fn)(const void *keydata1, const void *keydata2, int selection);
typedef int(OSSL_FUNC_keymgmt_import_fn)(void *keydata, int selection, const OSSL_PARAM params[]);
typedef const OSSL_PARAM *(OSSL_FUNC_keymgmt_import_types_fn)(int selection);
typedef int(OSSL_FUNC_keymgmt_export_fn)(void *keydata, int selection, OSSL_CALLBACK *param_cb, void *cbarg);
typedef const OSSL_PARAM *(OSSL_FUNC_keymgmt_export_types_fn)(int selection);
typedef void *(OSSL_FUNC_keymgmt_dup_fn)(const void *keydata_from, int selection);

#define OSSL_PKEY_PARAM_BITS "bits"
#define OSSL_PKEY_PARAM_MAX_SIZE "max-size"
#define OSSL_PKEY_PARAM_SECURITY_BITS "security-bits"
#define OSSL_PKEY_PARAM_SECURITY_CATEGORY "security-category"
#define OSSL_PKEY_PARAM_MANDATORY_DIGEST "mandatory-digest"
#define OSSL_PKEY_PARAM_GROUP_NAME "group"
#define OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY "encoded-pub-key"
#define OSSL_PKEY_PARAM_PUB_KEY "pub"
#define OSSL_PKEY_PARAM_PRIV_KEY "priv"
#define OSSL_PKEY_PARAM_ML_KEM_SEED "seed"

/* KEM. */
#define OSSL_FUNC_KEM_NEWCTX 1
#define OSSL_FUNC_KEM_ENCAPSULATE_INIT 2
#define OSSL_FUNC_KEM_ENCAPSULATE 3
#define OSSL_FUNC_KEM_DECAPSULATE_INIT 4
#define OSSL_FUNC_KEM_DECAPSULATE 5
#define OSSL_FUNC_KEM_FREECTX 6
#define OSSL_FUNC_KEM_DUPCTX 7

typedef void *(OSSL_FUNC_kem_newctx_fn)(void *provctx);
typedef int(OSSL_FUNC_kem_encapsulate_init_fn)(void *ctx, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_kem_encapsulate_fn)(void *ctx, unsigned char *out, size_t *outlen, unsigned char *secret, size_t *secretlen);
typedef int(OSSL_FUNC_kem_decapsulate_init_fn)(void *ctx, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_kem_decapsulate_fn)(void *ctx, unsigned char *out, size_t *outlen, const unsigned char *in, size_t inlen);
typedef void(OSSL_FUNC_kem_freectx_fn)(void *ctx);
typedef void *(OSSL_FUNC_kem_dupctx_fn)(void *ctx);

#define OSSL_KEM_PARAM_IKME "ikme"

/* Signatures. */
#define OSSL_FUNC_SIGNATURE_NEWCTX 1
#define OSSL_FUNC_SIGNATURE_SIGN_INIT 2
#define OSSL_FUNC_SIGNATURE_SIGN 3
#define OSSL_FUNC_SIGNATURE_VERIFY_INIT 4
#define OSSL_FUNC_SIGNATURE_VERIFY 5
#define OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT 8
#define OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE 9
#define OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL 10
#define OSSL_FUNC_SIGNATURE_DIGEST_SIGN 11
#define OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT 12
#define OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE 13
#define OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL 14
#define OSSL_FUNC_SIGNATURE_DIGEST_VERIFY 15
#define OSSL_FUNC_SIGNATURE_FREECTX 16
#define OSSL_FUNC_SIGNATURE_DUPCTX 17
#define OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS 18
#define OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS 19
#define OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS 20
#define OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS 21
#define OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT 27
#define OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_UPDATE 28
#define OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_FINAL 29
#define OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_INIT 30
#define OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_UPDATE 31
#define OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_FINAL 32

typedef void *(OSSL_FUNC_signature_newctx_fn)(void *provctx, const char *propq);
typedef int(OSSL_FUNC_signature_sign_init_fn)(void *ctx, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_signature_sign_fn)(void *ctx, unsigned char *sig, size_t *siglen, size_t sigsize, const unsigned char *tbs,
                                         size_t tbslen);
typedef int(OSSL_FUNC_signature_verify_init_fn)(void *ctx, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_signature_verify_fn)(void *ctx, const unsigned char *sig, size_t siglen, const unsigned char *tbs, size_t tbslen);
typedef int(OSSL_FUNC_signature_digest_sign_init_fn)(void *ctx, const char *mdname, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_signature_digest_sign_update_fn)(void *ctx, const unsigned char *data, size_t datalen);
typedef int(OSSL_FUNC_signature_digest_sign_final_fn)(void *ctx, unsigned char *sig, size_t *siglen, size_t sigsize);
typedef int(OSSL_FUNC_signature_digest_sign_fn)(void *ctx, unsigned char *sigret, size_t *siglen, size_t sigsize,
                                                const unsigned char *tbs, size_t tbslen);
typedef int(OSSL_FUNC_signature_digest_verify_init_fn)(void *ctx, const char *mdname, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_signature_digest_verify_update_fn)(void *ctx, const unsigned char *data, size_t datalen);
typedef int(OSSL_FUNC_signature_digest_verify_final_fn)(void *ctx, const unsigned char *sig, size_t siglen);
typedef int(OSSL_FUNC_signature_digest_verify_fn)(void *ctx, const unsigned char *sig, size_t siglen, const unsigned char *tbs,
                                                  size_t tbslen);
typedef void(OSSL_FUNC_signature_freectx_fn)(void *ctx);
typedef void *(OSSL_FUNC_signature_dupctx_fn)(void *ctx);
typedef int(OSSL_FUNC_signature_get_ctx_params_fn)(void *ctx, OSSL_PARAM params[]);
typedef const OSSL_PARAM *(OSSL_FUNC_signature_gettable_ctx_params_fn)(void *ctx, void *provctx);
typedef int(OSSL_FUNC_signature_set_ctx_params_fn)(void *ctx, const OSSL_PARAM params[]);
typedef const OSSL_PARAM *(OSSL_FUNC_signature_settable_ctx_params_fn)(void *ctx, void *provctx);
typedef int(OSSL_FUNC_signature_sign_message_init_fn)(void *ctx, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_signature_sign_message_update_fn)(void *ctx, const unsigned char *in, size_t inlen);
typedef int(OSSL_FUNC_signature_sign_message_final_fn)(void *ctx, unsigned char *sig, size_t *siglen, size_t sigsize);
typedef int(OSSL_FUNC_signature_verify_message_init_fn)(void *ctx, void *provkey, const OSSL_PARAM params[]);
typedef int(OSSL_FUNC_signature_verify_message_update_fn)(void *ctx, const unsigned char *in, size_t inlen);
typedef int(OSSL_FUNC_signature_verify_message_final_fn)(void *ctx);

#define OSSL_SIGNATURE_PARAM_ALGORITHM_ID "algorithm-id"
#define OSSL_SIGNATURE_PARAM_DIGEST "digest"
#define OSSL_SIGNATURE_PARAM_CONTEXT_STRING "context-string"
#define OSSL_SIGNATURE_PARAM_DETERMINISTIC "deterministic"
#define OSSL_SIGNATURE_PARAM_MESSAGE_ENCODING "message-encoding"
#define OSSL_SIGNATURE_PARAM_MU "mu"
#define OSSL_SIGNATURE_PARAM_TEST_ENTROPY "test-entropy"
#define OSSL_SIGNATURE_PARAM_SIGNATURE "signature"

/* Encoders and decoders. */
#define OSSL_FUNC_ENCODER_NEWCTX 1
#define OSSL_FUNC_ENCODER_FREECTX 2
#define OSSL_FUNC_ENCODER_SET_CTX_PARAMS 5
#define OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS 6
#define OSSL_FUNC_ENCODER_DOES_SELECTION 10
#define OSSL_FUNC_ENCODER_ENCODE 11
#define OSSL_FUNC_DECODER_NEWCTX 1
#define OSSL_FUNC_DECODER_FREECTX 2
#define OSSL_FUNC_DECODER_DOES_SELECTION 10
#define OSSL_FUNC_DECODER_DECODE 11
#define OSSL_FUNC_DECODER_EXPORT_OBJECT 20

typedef void *(OSSL_FUNC_encoder_newctx_fn)(void *provctx);
typedef void(OSSL_FUNC_encoder_freectx_fn)(void *ctx);
typedef int(OSSL_FUNC_encoder_set_ctx_params_fn)(void *ctx, const OSSL_PARAM params[]);
typedef const OSSL_PARAM *(OSSL_FUNC_encoder_settable_ctx_params_fn)(void *provctx);
typedef int(OSSL_FUNC_encoder_does_selection_fn)(void *provctx, int selection);
typedef int(OSSL_FUNC_encoder_encode_fn)(void *ctx, OSSL_CORE_BIO *out, const void *obj_raw, const OSSL_PARAM obj_abstract[],
                                         int selection, OSSL_PASSPHRASE_CALLBACK *cb, void *cbarg);
typedef void *(OSSL_FUNC_decoder_newctx_fn)(void *provctx);
typedef void(OSSL_FUNC_decoder_freectx_fn)(void *ctx);
typedef int(OSSL_FUNC_decoder_does_selection_fn)(void *provctx, int selection);
typedef int(OSSL_FUNC_decoder_decode_fn)(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *data_cb, void *data_cbarg,
                                         OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg);
typedef int(OSSL_FUNC_decoder_export_object_fn)(void *ctx, const void *objref, size_t objref_sz, OSSL_CALLBACK *export_cb,
                                                void *export_cbarg);

#define OSSL_ENCODER_PARAM_CIPHER "cipher"

#endif
