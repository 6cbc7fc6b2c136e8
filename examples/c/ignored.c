/* Does not compile with -Werror: it ignores whether a signature is valid. */
#include "values.h"

int main(void)
{
    verify((KeySpec){PQC_ALGORITHM_MLDSA65, 0}, text("key"), text("message"), text("context"), text("signature"));
    return 0;
}
