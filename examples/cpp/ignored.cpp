// Does not compile with -Werror: it ignores whether signatures are valid.
#include <pqc_ffi.hpp>

void ignore(const pqc::PublicKey &key, pqc::View bytes, const pqc::Column &column) {
    key.verify(bytes, bytes);
    key.verify_prehashed(PQC_HASH_SHA2_512, bytes, bytes);
    key.verify_mu(bytes, bytes);
    key.verify_batch(column, column);
}
