/* Parameters: OpenSSL's own functions for them are in libcrypto, which a provider need not link. */
#include "provider.h"

#include <string.h>
#include <strings.h>

const OSSL_PARAM *parameter(const OSSL_PARAM *parameters, const char *key)
{
    for (; parameters != NULL && parameters->key != NULL; parameters++)
        if (strcmp(parameters->key, key) == 0)
            return parameters;
    return NULL;
}

static OSSL_PARAM *output(OSSL_PARAM *parameters, const char *key)
{
    return (OSSL_PARAM *)parameter(parameters, key);
}

/* Writes a value, or only reports its size where there is no memory for it. */
static int put(OSSL_PARAM *out, const void *value, size_t size)
{
    out->return_size = size;
    if (out->data == NULL)
        return 1;
    if (out->data_size < size)
        return 0;
    if (size > 0)
        memcpy(out->data, value, size);
    return 1;
}

int parameter_set_number(OSSL_PARAM *parameters, const char *key, size_t value)
{
    OSSL_PARAM *out = output(parameters, key);
    uint32_t narrow = (uint32_t)value;
    uint64_t wide = value;
    if (out == NULL)
        return 1;
    if ((out->data_type != OSSL_PARAM_INTEGER && out->data_type != OSSL_PARAM_UNSIGNED_INTEGER) || value > INT32_MAX)
        return 0;
    return out->data_size == sizeof wide ? put(out, &wide, sizeof wide) : put(out, &narrow, sizeof narrow);
}

int parameter_set_text(OSSL_PARAM *parameters, const char *key, const char *text)
{
    OSSL_PARAM *out = output(parameters, key);
    size_t len = strlen(text);
    if (out == NULL)
        return 1;
    if (out->data_type == OSSL_PARAM_UTF8_PTR) {
        out->return_size = len;
        if (out->data != NULL)
            *(const char **)out->data = text;
        return 1;
    }
    if (out->data_type != OSSL_PARAM_UTF8_STRING || !put(out, text, len))
        return 0;
    if (out->data != NULL && len < out->data_size)
        ((char *)out->data)[len] = '\0';
    return 1;
}

int parameter_set_bytes(OSSL_PARAM *parameters, const char *key, const uint8_t *bytes, size_t len)
{
    OSSL_PARAM *out = output(parameters, key);
    return out == NULL || (out->data_type == OSSL_PARAM_OCTET_STRING && put(out, bytes, len));
}

int parameter_number(const OSSL_PARAM *parameter, int *value)
{
    int64_t wide;
    int32_t narrow;
    if (parameter->data == NULL || (parameter->data_type != OSSL_PARAM_INTEGER && parameter->data_type != OSSL_PARAM_UNSIGNED_INTEGER))
        return 0;
    if (parameter->data_size == sizeof narrow) {
        memcpy(&narrow, parameter->data, sizeof narrow);
        *value = narrow;
        return 1;
    }
    if (parameter->data_size != sizeof wide)
        return 0;
    memcpy(&wide, parameter->data, sizeof wide);
    *value = (int)wide;
    return wide == *value;
}

int parameter_bytes(const OSSL_PARAM *parameter, const uint8_t **bytes, size_t *len)
{
    *bytes = parameter->data;
    *len = parameter->data_size;
    return parameter->data_type == OSSL_PARAM_OCTET_STRING && (parameter->data != NULL || parameter->data_size == 0);
}

/* The length of a text, which may end with a zero or with its size. */
static size_t text_len(const OSSL_PARAM *parameter)
{
    return parameter->data == NULL ? 0 : strnlen(parameter->data, parameter->data_size);
}

int parameter_is_text(const OSSL_PARAM *parameter, const char *text)
{
    size_t len = strlen(text);
    return parameter->data_type == OSSL_PARAM_UTF8_STRING && text_len(parameter) == len
        && strncasecmp(parameter->data, text, len) == 0;
}

int parameter_is_empty(const OSSL_PARAM *parameter)
{
    return parameter->data_type == OSSL_PARAM_UTF8_STRING && text_len(parameter) == 0;
}
