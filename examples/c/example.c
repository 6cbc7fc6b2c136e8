/* A key exchange into memory of the caller, as docs/other-languages.md shows it. */
#include <pqc_ffi.h>
#include <string.h>

int main(void)
{
    PqcPrivateKey *pair = NULL;
    PqcPublicKey *key = NULL;
    uint8_t ciphertext[MLKEM768_CIPHERTEXTBYTES], sent[32], received[32];
    size_t ciphertext_len, sent_len, received_len;
    PqcStatus s = pqc_private_key_generate(PQC_ALGORITHM_MLKEM768, 0, &pair);
    if (s == PQC_STATUS_OK) s = pqc_private_key_public_key(pair, &key);
    if (s == PQC_STATUS_OK) s = pqc_encapsulate_into(key, ciphertext, sizeof ciphertext, &ciphertext_len, sent, 32, &sent_len);
    if (s == PQC_STATUS_OK) s = pqc_decapsulate_into(pair, ciphertext, ciphertext_len, received, 32, &received_len);
    pqc_public_key_free(key);
    pqc_private_key_free(pair);

    return s == PQC_STATUS_OK && memcmp(sent, received, 32) == 0 ? 0 : 1;
}
