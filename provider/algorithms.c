/* The tables: each algorithm of the library under its names, and what TLS needs to know of it. */
#include "provider.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define OURS "provider=qynauth"

static const struct {
    uint32_t id;
    uint32_t code_point;
} rows[ALGORITHM_COUNT] = {
#define ROW(set, id, code_point) [set] = {id, code_point},
    ALGORITHMS(ROW)
#undef ROW
};

/* By security category, as OpenSSL counts them. */
static const unsigned int security_bits[] = {0, 128, 128, 192, 192, 256};

static const PqcExchangeInfo *exchange_info(uint32_t id)
{
    const PqcExchangeInfo *info = NULL;
    for (size_t index = 0; (info = pqc_exchange_at(index)) != NULL; index++)
        if (info->exchange == id)
            break;
    return info;
}

/* Copies a name, in small letters if asked to, and without hyphens if asked to. */
static void copy_name(char *out, const char *name, int is_small, int has_hyphens)
{
    for (; *name != '\0'; name++)
        if (has_hyphens || *name != '-')
            *out++ = is_small ? (char)tolower((unsigned char)*name) : *name;
    *out = '\0';
}

/* OpenSSL 3.5 and newer have the same names, so that programs find either. */
static void fill_names(Algorithm *algorithm)
{
    char small[24];
    copy_name(algorithm->compact, algorithm->name, 0, 0);
    copy_name(algorithm->iana, algorithm->name, 1, 0);
    copy_name(small, algorithm->name, 1, 1);
    if (*algorithm->oid == '\0') {
        snprintf(algorithm->names, sizeof algorithm->names, "%s", algorithm->name);
        return;
    }
    snprintf(algorithm->object_name, sizeof algorithm->object_name, "%s%s", algorithm->kind == PQC_KIND_KEM ? "id-alg-" : "id-", small);
    snprintf(algorithm->names, sizeof algorithm->names, "%s:%s:%s:%s", algorithm->name, algorithm->compact, algorithm->oid,
             algorithm->object_name);
}

/* Returns 0 if the library does not offer the algorithm. */
static int fill_algorithm(Algorithm *algorithm, uint32_t id)
{
    const PqcExchangeInfo *exchange = exchange_info(id);
    const PqcAlgorithmInfo *info = pqc_algorithm_info(exchange != NULL ? exchange->algorithm : id);
    if (info == NULL || !pqc_algorithm_is_offered(info->algorithm))
        return 0;
    algorithm->is_exchange = exchange != NULL;
    algorithm->kind = info->kind;
    algorithm->name = exchange != NULL ? exchange->name : info->name;
    algorithm->oid = exchange != NULL ? "" : info->oid;
    algorithm->public_key_bytes = exchange != NULL ? exchange->share_bytes : info->public_key_bytes;
    algorithm->output_bytes = exchange != NULL ? exchange->ciphertext_bytes : info->ciphertext_bytes + info->signature_bytes;
    algorithm->shared_secret_bytes = exchange != NULL ? exchange->shared_secret_bytes : info->shared_secret_bytes;
    algorithm->category = info->security_category;
    algorithm->security_bits = security_bits[info->security_category];
    fill_names(algorithm);
    return 1;
}

/* Makes the object identifier known, which OpenSSL before 3.5 does not know. This works in initialisation only. */
static int add_object(const Algorithm *algorithm)
{
    const Provider *provider = algorithm->provider;
    return *algorithm->oid == '\0'
        || (provider->obj_create(provider->core, algorithm->oid, algorithm->object_name, algorithm->name)
            && (algorithm->kind != PQC_KIND_SIGNATURE
                || provider->obj_add_sigid(provider->core, algorithm->oid, "", algorithm->oid)));
}

static void add(OSSL_ALGORITHM **next, const Algorithm *algorithm, const char *property, const OSSL_DISPATCH *functions)
{
    *(*next)++ = (OSSL_ALGORITHM){algorithm->names, property, functions, NULL};
}

int algorithms_fill(Provider *provider)
{
    OSSL_ALGORITHM *key_management = provider->key_managements, *kem = provider->kems, *signature = provider->signatures,
                   *decoder = provider->decoders, *encoder = provider->encoders;
    for (int set = 0; set < ALGORITHM_COUNT; set++) {
        Algorithm *algorithm = &provider->algorithms[set];
        algorithm->provider = provider;
        algorithm->id = rows[set].id;
        algorithm->code_point = rows[set].code_point;
        if (!fill_algorithm(algorithm, rows[set].id))
            continue;
        if (!add_object(algorithm))
            return 0;
        add(&key_management, algorithm, OURS, key_management_tables[set]);
        if (algorithm->kind == PQC_KIND_KEM)
            add(&kem, algorithm, OURS, kem_tables[set]);
        else
            add(&signature, algorithm, OURS, signature_tables[set]);
        if (*algorithm->oid == '\0')
            continue;
        for (int each = 0; each < DECODERS; each++)
            add(&decoder, algorithm, decoders[set][each].property, decoders[set][each].functions);
        for (int each = 0; each < ENCODERS; each++)
            add(&encoder, algorithm, encoders[each].property, encoders[each].functions);
    }
    return 1;
}

/* From TLS 1.3 on, and not in DTLS. */
#define VERSIONS(kind) \
    PARAMETER_INT(OSSL_CAPABILITY_TLS_##kind##_MIN_TLS, &tls_1_3), PARAMETER_INT(OSSL_CAPABILITY_TLS_##kind##_MAX_TLS, &no_limit), \
        PARAMETER_INT(OSSL_CAPABILITY_TLS_##kind##_MIN_DTLS, &never), PARAMETER_INT(OSSL_CAPABILITY_TLS_##kind##_MAX_DTLS, &never)

static const int tls_1_3 = TLS1_3_VERSION, no_limit = 0, never = -1;
static const unsigned int yes = 1;

static int show_group(const Algorithm *algorithm, OSSL_CALLBACK *callback, void *argument)
{
    const OSSL_PARAM parameters[] = {
        PARAMETER_TEXT(OSSL_CAPABILITY_TLS_GROUP_NAME, algorithm->compact),
        PARAMETER_TEXT(OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL, algorithm->compact),
        PARAMETER_TEXT(OSSL_CAPABILITY_TLS_GROUP_ALG, algorithm->name),
        PARAMETER_UINT(OSSL_CAPABILITY_TLS_GROUP_ID, &algorithm->code_point),
        PARAMETER_UINT(OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS, &algorithm->security_bits),
        PARAMETER_UINT(OSSL_CAPABILITY_TLS_GROUP_IS_KEM, &yes),
        VERSIONS(GROUP),
        PARAMETER_END,
    };
    return callback(parameters, argument);
}

static int show_signature_scheme(const Algorithm *algorithm, OSSL_CALLBACK *callback, void *argument)
{
    const OSSL_PARAM parameters[] = {
        PARAMETER_TEXT(OSSL_CAPABILITY_TLS_SIGALG_IANA_NAME, algorithm->iana),
        PARAMETER_TEXT(OSSL_CAPABILITY_TLS_SIGALG_NAME, algorithm->name),
        PARAMETER_TEXT(OSSL_CAPABILITY_TLS_SIGALG_OID, algorithm->oid),
        PARAMETER_UINT(OSSL_CAPABILITY_TLS_SIGALG_CODE_POINT, &algorithm->code_point),
        PARAMETER_UINT(OSSL_CAPABILITY_TLS_SIGALG_SECURITY_BITS, &algorithm->security_bits),
        VERSIONS(SIGALG),
        PARAMETER_END,
    };
    return callback(parameters, argument);
}

int algorithms_capabilities(const Provider *provider, const char *capability, OSSL_CALLBACK *callback, void *argument)
{
    int are_groups = strcmp(capability, "TLS-GROUP") == 0;
    if (!are_groups && strcmp(capability, "TLS-SIGALG") != 0)
        return 0;
    for (int set = 0; set < ALGORITHM_COUNT; set++) {
        const Algorithm *algorithm = &provider->algorithms[set];
        if (algorithm->name == NULL || (algorithm->kind == PQC_KIND_KEM) != are_groups)
            continue;
        if (!(are_groups ? show_group : show_signature_scheme)(algorithm, callback, argument))
            return 0;
    }
    return 1;
}
