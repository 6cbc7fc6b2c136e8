/* Prints the layout of the structs of OpenSSL's interface for providers: of provider/abi.h, or with REAL of OpenSSL's headers. */
#ifdef REAL
#include <openssl/core.h>
#include <openssl/params.h>
#else
#include "../../provider/abi.h"
#endif
#include <stdio.h>

#define FIELD(type, field) printf(#type "." #field " %zu %zu\n", offsetof(type, field), sizeof(((type *)0)->field));

int main(void)
{
    FIELD(OSSL_DISPATCH, function_id)
    FIELD(OSSL_DISPATCH, function)
    FIELD(OSSL_ITEM, id)
    FIELD(OSSL_ITEM, ptr)
    FIELD(OSSL_ALGORITHM, algorithm_names)
    FIELD(OSSL_ALGORITHM, property_definition)
    FIELD(OSSL_ALGORITHM, implementation)
    FIELD(OSSL_ALGORITHM, algorithm_description)
    FIELD(OSSL_PARAM, key)
    FIELD(OSSL_PARAM, data_type)
    FIELD(OSSL_PARAM, data)
    FIELD(OSSL_PARAM, data_size)
    FIELD(OSSL_PARAM, return_size)
    printf("%zu %zu %zu %zu\n", sizeof(OSSL_DISPATCH), sizeof(OSSL_ITEM), sizeof(OSSL_ALGORITHM), sizeof(OSSL_PARAM));
    return 0;
}
