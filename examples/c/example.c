/* A key exchange into memory of the caller, as docs/other-languages.md shows it. */
#include <pqc_ffi.h>
#include <string.h>

int main(void)
{
    MlKemKeyPair *pair = NULL;
    MlKemPublicKey *key = NULL;
    uint8_t ciphertext[MLKEM768_CIPHERTEXTBYTES], sent[32], received[32];
    size_t ciphertext_len, sent_len, received_len;
    PqcStatus s = mlkem_keypair_generate(768, 0, &pair);
    if (s == PQC_STATUS_OK) s = mlkem_keypair_public_key(pair, &key);
    if (s == PQC_STATUS_OK) s = mlkem_encapsulate_into(key, ciphertext, sizeof ciphertext, &ciphertext_len, sent, 32, &sent_len);
    if (s == PQC_STATUS_OK) s = mlkem_decapsulate_into(pair, ciphertext, ciphertext_len, received, 32, &received_len);
    mlkem_public_key_free(key);
    mlkem_keypair_free(pair);

    return s == PQC_STATUS_OK && memcmp(sent, received, 32) == 0 ? 0 : 1;
}
