/* The module: initialisation, errors, and what OpenSSL asks of a provider as a whole. */
#include "provider.h"

#include <stdlib.h>
#include <string.h>

static const char *const own_reasons[REASON_END - REASON_NO_KEY] = {
    [REASON_NO_KEY - REASON_NO_KEY] = "no key, or not the half of a key that the operation needs",
    [REASON_KEY_IS_SET - REASON_NO_KEY] = "the object has a key already, which does not change",
    [REASON_KEY_TYPE - REASON_NO_KEY] = "the key is of another algorithm",
    [REASON_PARAMETER - REASON_NO_KEY] = "a parameter has a wrong type, length or value",
    [REASON_OPERATION - REASON_NO_KEY] = "the operation has not begun, or has begun as another one or with chunks",
    [REASON_DIGEST - REASON_NO_KEY] = "the algorithm signs messages as they are: name no digest",
    [REASON_UNSUPPORTED - REASON_NO_KEY] = "the parameter is not supported",
    [REASON_CIPHER - REASON_NO_KEY] = "private keys are encrypted with AES-256-CBC alone",
    [REASON_PASSPHRASE - REASON_NO_KEY] = "no passphrase, or an empty one",
    [REASON_LOCKED - REASON_NO_KEY] = "the key is in locked memory and is not exported",
    [REASON_OUTPUT - REASON_NO_KEY] = "the output is too small or could not be written",
    [REASON_CONFIGURATION - REASON_NO_KEY] = "locked-memory in the configuration is neither yes nor no",
    [REASON_LIBRARY - REASON_NO_KEY] = "libpqc_ffi is another version than the module was built for",
};

/* Passes on a list of arguments for the format, which there is none of. */
static void set_error(const Provider *provider, uint32_t reason, ...)
{
    va_list arguments;
    va_start(arguments, reason);
    provider->vset_error(provider->core, reason, NULL, arguments);
    va_end(arguments);
}

int fail_at(const Provider *provider, uint32_t reason, const char *file, int line, const char *function)
{
    provider->new_error(provider->core);
    provider->set_error_debug(provider->core, file, line, function);
    set_error(provider, reason);
    return 0;
}

int succeeds_at(const Provider *provider, PqcStatus status, const char *file, int line, const char *function)
{
    return status == PQC_STATUS_OK || fail_at(provider, (uint32_t)status, file, line, function);
}

/* The texts of the statuses, which are constant, and our own. */
static void fill_reasons(Provider *provider)
{
    const char *unknown = ffi_status_message(-1);
    OSSL_ITEM *item = provider->reasons;
    for (int status = 1; status < REASON_NO_KEY; status++)
        if (strcmp(ffi_status_message(status), unknown) != 0)
            *item++ = (OSSL_ITEM){(unsigned int)status, (void *)ffi_status_message(status)};
    for (unsigned int reason = REASON_NO_KEY; reason < REASON_END; reason++)
        *item++ = (OSSL_ITEM){reason, (void *)own_reasons[reason - REASON_NO_KEY]};
}

static OSSL_FUNC_provider_teardown_fn teardown;
static OSSL_FUNC_provider_gettable_params_fn gettable_params;
static OSSL_FUNC_provider_get_params_fn get_params;
static OSSL_FUNC_provider_query_operation_fn query_operation;
static OSSL_FUNC_provider_get_reason_strings_fn get_reason_strings;
static OSSL_FUNC_provider_get_capabilities_fn get_capabilities;

static void teardown(void *provctx)
{
    free(provctx);
}

static const OSSL_PARAM *gettable_params(void *provctx)
{
    static const OSSL_PARAM known[] = {
        PARAMETER_NAME(OSSL_PROV_PARAM_NAME, OSSL_PARAM_UTF8_PTR),
        PARAMETER_NAME(OSSL_PROV_PARAM_VERSION, OSSL_PARAM_UTF8_PTR),
        PARAMETER_NAME(OSSL_PROV_PARAM_BUILDINFO, OSSL_PARAM_UTF8_PTR),
        PARAMETER_NAME(OSSL_PROV_PARAM_STATUS, OSSL_PARAM_INTEGER),
        PARAMETER_END,
    };
    return known;
}

static int get_params(void *provctx, OSSL_PARAM params[])
{
    return parameter_set_text(params, OSSL_PROV_PARAM_NAME, "qynauth_pqc")
        && parameter_set_text(params, OSSL_PROV_PARAM_VERSION, ffi_version())
        && parameter_set_text(params, OSSL_PROV_PARAM_BUILDINFO, ffi_engine())
        && parameter_set_number(params, OSSL_PROV_PARAM_STATUS, 1);
}

static const OSSL_ALGORITHM *query_operation(void *provctx, int operation_id, int *no_store)
{
    const Provider *provider = provctx;
    *no_store = 0;
    switch (operation_id) {
    case OSSL_OP_KEYMGMT:
        return provider->key_managements;
    case OSSL_OP_KEM:
        return provider->kems;
    case OSSL_OP_SIGNATURE:
        return provider->signatures;
    case OSSL_OP_DECODER:
        return provider->decoders;
    case OSSL_OP_ENCODER:
        return provider->encoders;
    default:
        return NULL;
    }
}

static const OSSL_ITEM *get_reason_strings(void *provctx)
{
    const Provider *provider = provctx;
    return provider->reasons;
}

static int get_capabilities(void *provctx, const char *capability, OSSL_CALLBACK *cb, void *arg)
{
    return algorithms_capabilities(provctx, capability, cb, arg);
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_PROVIDER_TEARDOWN, (Function)teardown},
    {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (Function)gettable_params},
    {OSSL_FUNC_PROVIDER_GET_PARAMS, (Function)get_params},
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (Function)query_operation},
    {OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, (Function)get_reason_strings},
    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (Function)get_capabilities},
    {0, NULL},
};

/* Takes the functions of the core, all of which 3.0 has. */
static int take_functions(Provider *provider, const OSSL_DISPATCH *in)
{
    for (; in->function_id != 0; in++) {
        switch (in->function_id) {
#define TAKE(number, member) \
    case number: \
        provider->member = (__typeof__(provider->member))in->function; \
        break;
            TAKE(OSSL_FUNC_CORE_GET_PARAMS, get_params)
            TAKE(OSSL_FUNC_CORE_NEW_ERROR, new_error)
            TAKE(OSSL_FUNC_CORE_SET_ERROR_DEBUG, set_error_debug)
            TAKE(OSSL_FUNC_CORE_VSET_ERROR, vset_error)
            TAKE(OSSL_FUNC_CORE_OBJ_CREATE, obj_create)
            TAKE(OSSL_FUNC_CORE_OBJ_ADD_SIGID, obj_add_sigid)
            TAKE(OSSL_FUNC_OPENSSL_CLEANSE, cleanse)
            TAKE(OSSL_FUNC_BIO_READ_EX, bio_read)
            TAKE(OSSL_FUNC_BIO_WRITE_EX, bio_write)
            TAKE(OSSL_FUNC_GET_ENTROPY, get_entropy)
            TAKE(OSSL_FUNC_CLEANUP_ENTROPY, cleanup_entropy)
#undef TAKE
        }
    }
    return provider->get_params && provider->new_error && provider->set_error_debug && provider->vset_error && provider->obj_create
        && provider->obj_add_sigid && provider->cleanse && provider->bio_read && provider->bio_write && provider->get_entropy
        && provider->cleanup_entropy;
}

/* Reads `locked-memory` of the provider's section in the configuration. */
static int configure(Provider *provider)
{
    const char *locked = "no";
    OSSL_PARAM wanted[] = {PARAMETER("locked-memory", OSSL_PARAM_UTF8_PTR, &locked, sizeof locked), PARAMETER_END};
    if (!provider->get_params(provider->core, wanted))
        return 0;
    if (strcmp(locked, "yes") == 0)
        provider->key_flags |= PQC_KEY_LOCKED_MEMORY;
    else if (strcmp(locked, "no") != 0)
        return fail(provider, REASON_CONFIGURATION);
    return 1;
}

/* Every context of the library has a provider of its own. */
__attribute__((visibility("default"))) int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                                                              const OSSL_DISPATCH **out, void **provctx)
{
    Provider *provider = calloc(1, sizeof *provider);
    if (provider == NULL)
        return 0;
    provider->core = handle;
    if (!take_functions(provider, in))
        goto refuse;
    if (ffi_abi_version() != PQC_ABI_VERSION) {
        fail(provider, REASON_LIBRARY);
        goto refuse;
    }
    fill_reasons(provider);
    if (!configure(provider) || !algorithms_fill(provider))
        goto refuse;
    *out = functions;
    *provctx = provider;
    return 1;
refuse:
    free(provider);
    return 0;
}
