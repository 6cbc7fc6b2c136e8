// Written by `make header` from the table of algorithms, crates/pqc-core/src/algorithm. Do not edit by hand.
//! The ids and sizes of the parameter sets for C.

/// Id of an algorithm. It never changes: the number of the parameter set of ML-KEM or ML-DSA, the HPKE KEM id of X-Wing and
/// hybrid KEMs, or the last number of the object identifier, plus 0x60000 for a composite (draft-ietf-lamps-pq-composite-sigs-19) and plus 205000
/// for SLH-DSA (RFC 9909).
///
/// Functions take and report the id as a `uint32_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "cbindgen makes the names in the header from these")]
pub enum PqcAlgorithm {
    /// ML-KEM-512 (FIPS 203), security category 1.
    Mlkem512 = 512,
    /// ML-KEM-768 (FIPS 203), security category 3.
    Mlkem768 = 768,
    /// ML-KEM-1024 (FIPS 203), security category 5.
    Mlkem1024 = 1024,
    /// ML-DSA-44 (FIPS 204), security category 2.
    Mldsa44 = 44,
    /// ML-DSA-65 (FIPS 204), security category 3.
    Mldsa65 = 65,
    /// ML-DSA-87 (FIPS 204), security category 5.
    Mldsa87 = 87,
    /// X-Wing (draft-connolly-cfrg-xwing-kem-10): ML-KEM-768 and X25519, HPKE KEM 0x647a, security category 3.
    Xwing = 25722,
    /// MLKEM768-P256 (draft-irtf-cfrg-concrete-hybrid-kems-04), HPKE KEM 0x0050, security category 3.
    Mlkem768P256 = 80,
    /// MLKEM1024-P384 (draft-irtf-cfrg-concrete-hybrid-kems-04), HPKE KEM 0x0051, security category 5.
    Mlkem1024P384 = 81,
    /// MLDSA44-Ed25519-SHA512 (draft-ietf-lamps-pq-composite-sigs-19), security category 2.
    Mldsa44Ed25519 = 393255,
    /// MLDSA44-ECDSA-P256-SHA256 (draft-ietf-lamps-pq-composite-sigs-19), security category 2.
    Mldsa44EcdsaP256 = 393256,
    /// MLDSA65-ECDSA-P256-SHA512 (draft-ietf-lamps-pq-composite-sigs-19), security category 3.
    Mldsa65EcdsaP256 = 393261,
    /// MLDSA65-ECDSA-P384-SHA512 (draft-ietf-lamps-pq-composite-sigs-19), security category 3.
    Mldsa65EcdsaP384 = 393262,
    /// MLDSA65-Ed25519-SHA512 (draft-ietf-lamps-pq-composite-sigs-19), security category 3.
    Mldsa65Ed25519 = 393264,
    /// MLDSA87-ECDSA-P384-SHA512 (draft-ietf-lamps-pq-composite-sigs-19), security category 5.
    Mldsa87EcdsaP384 = 393265,
    /// SLH-DSA-SHA2-128s (FIPS 205), security category 1.
    SlhdsaSha2_128s = 205020,
    /// SLH-DSA-SHA2-128f (FIPS 205), security category 1.
    SlhdsaSha2_128f = 205021,
    /// SLH-DSA-SHA2-192s (FIPS 205), security category 3.
    SlhdsaSha2_192s = 205022,
    /// SLH-DSA-SHA2-192f (FIPS 205), security category 3.
    SlhdsaSha2_192f = 205023,
    /// SLH-DSA-SHA2-256s (FIPS 205), security category 5.
    SlhdsaSha2_256s = 205024,
    /// SLH-DSA-SHA2-256f (FIPS 205), security category 5.
    SlhdsaSha2_256f = 205025,
    /// SLH-DSA-SHAKE-128s (FIPS 205), security category 1.
    SlhdsaShake_128s = 205026,
    /// SLH-DSA-SHAKE-128f (FIPS 205), security category 1.
    SlhdsaShake_128f = 205027,
    /// SLH-DSA-SHAKE-192s (FIPS 205), security category 3.
    SlhdsaShake_192s = 205028,
    /// SLH-DSA-SHAKE-192f (FIPS 205), security category 3.
    SlhdsaShake_192f = 205029,
    /// SLH-DSA-SHAKE-256s (FIPS 205), security category 5.
    SlhdsaShake_256s = 205030,
    /// SLH-DSA-SHAKE-256f (FIPS 205), security category 5.
    SlhdsaShake_256f = 205031,
}

/// Bytes of the shared secret of every KEM.
pub const PQC_SHAREDSECRETBYTES: usize = 32;
/// The longest context, in bytes.
pub const MLDSA_MAXCONTEXTBYTES: usize = 255;
/// Bytes of `mu`.
pub const MLDSA_MUBYTES: usize = 64;
/// Bytes of a seed of any ML-KEM parameter set.
pub const MLKEM_SEEDBYTES: usize = 64;
/// Bytes of the randomness of an encapsulation of any ML-KEM parameter set.
pub const MLKEM_RANDOMNESSBYTES: usize = 32;
/// Bytes of an encapsulation key of ML-KEM-512.
pub const MLKEM512_PUBLICKEYBYTES: usize = 800;
/// Bytes of an expanded decapsulation key of ML-KEM-512.
pub const MLKEM512_PRIVATEKEYBYTES: usize = 1632;
/// Bytes of a ciphertext of ML-KEM-512.
pub const MLKEM512_CIPHERTEXTBYTES: usize = 768;
/// Bytes of a shared secret of any ML-KEM parameter set.
pub const MLKEM_SHAREDSECRETBYTES: usize = 32;
/// Bytes of an encapsulation key of ML-KEM-768.
pub const MLKEM768_PUBLICKEYBYTES: usize = 1184;
/// Bytes of an expanded decapsulation key of ML-KEM-768.
pub const MLKEM768_PRIVATEKEYBYTES: usize = 2400;
/// Bytes of a ciphertext of ML-KEM-768.
pub const MLKEM768_CIPHERTEXTBYTES: usize = 1088;
/// Bytes of an encapsulation key of ML-KEM-1024.
pub const MLKEM1024_PUBLICKEYBYTES: usize = 1568;
/// Bytes of an expanded decapsulation key of ML-KEM-1024.
pub const MLKEM1024_PRIVATEKEYBYTES: usize = 3168;
/// Bytes of a ciphertext of ML-KEM-1024.
pub const MLKEM1024_CIPHERTEXTBYTES: usize = 1568;
/// Bytes of a seed of any ML-DSA parameter set.
pub const MLDSA_SEEDBYTES: usize = 32;
/// Bytes of the randomness of a signature of any ML-DSA parameter set.
pub const MLDSA_RANDOMNESSBYTES: usize = 32;
/// Bytes of a public key of ML-DSA-44.
pub const MLDSA44_PUBLICKEYBYTES: usize = 1312;
/// Bytes of an expanded private key of ML-DSA-44.
pub const MLDSA44_PRIVATEKEYBYTES: usize = 2560;
/// Bytes of a signature of ML-DSA-44.
pub const MLDSA44_SIGNATUREBYTES: usize = 2420;
/// Bytes of a public key of ML-DSA-65.
pub const MLDSA65_PUBLICKEYBYTES: usize = 1952;
/// Bytes of an expanded private key of ML-DSA-65.
pub const MLDSA65_PRIVATEKEYBYTES: usize = 4032;
/// Bytes of a signature of ML-DSA-65.
pub const MLDSA65_SIGNATUREBYTES: usize = 3309;
/// Bytes of a public key of ML-DSA-87.
pub const MLDSA87_PUBLICKEYBYTES: usize = 2592;
/// Bytes of an expanded private key of ML-DSA-87.
pub const MLDSA87_PRIVATEKEYBYTES: usize = 4896;
/// Bytes of a signature of ML-DSA-87.
pub const MLDSA87_SIGNATUREBYTES: usize = 4627;
/// Bytes of a seed (the decapsulation key) of X-Wing.
pub const XWING_SEEDBYTES: usize = 32;
/// Bytes of the randomness of an encapsulation of X-Wing.
pub const XWING_RANDOMNESSBYTES: usize = 64;
/// Bytes of an encapsulation key of X-Wing.
pub const XWING_PUBLICKEYBYTES: usize = 1216;
/// Bytes of a ciphertext of X-Wing.
pub const XWING_CIPHERTEXTBYTES: usize = 1120;
/// Bytes of a shared secret of X-Wing.
pub const XWING_SHAREDSECRETBYTES: usize = 32;
/// Bytes of a seed (the decapsulation key) of any Hybrid-KEM parameter set.
pub const HYBRIDKEM_SEEDBYTES: usize = 32;
/// Bytes of the randomness of an encapsulation of MLKEM768-P256.
pub const MLKEM768_P256_RANDOMNESSBYTES: usize = 160;
/// Bytes of an encapsulation key of MLKEM768-P256.
pub const MLKEM768_P256_PUBLICKEYBYTES: usize = 1249;
/// Bytes of a ciphertext of MLKEM768-P256.
pub const MLKEM768_P256_CIPHERTEXTBYTES: usize = 1153;
/// Bytes of a shared secret of any Hybrid-KEM parameter set.
pub const HYBRIDKEM_SHAREDSECRETBYTES: usize = 32;
/// Bytes of the randomness of an encapsulation of MLKEM1024-P384.
pub const MLKEM1024_P384_RANDOMNESSBYTES: usize = 80;
/// Bytes of an encapsulation key of MLKEM1024-P384.
pub const MLKEM1024_P384_PUBLICKEYBYTES: usize = 1665;
/// Bytes of a ciphertext of MLKEM1024-P384.
pub const MLKEM1024_P384_CIPHERTEXTBYTES: usize = 1665;
/// Bytes of the randomness of a signature of any composite parameter set.
pub const COMPOSITE_RANDOMNESSBYTES: usize = 32;
/// Bytes of a public key of MLDSA44-Ed25519-SHA512.
pub const MLDSA44_ED25519_PUBLICKEYBYTES: usize = 1344;
/// Bytes of a private key of MLDSA44-Ed25519-SHA512.
pub const MLDSA44_ED25519_PRIVATEKEYBYTES: usize = 64;
/// Bytes of a signature of MLDSA44-Ed25519-SHA512.
pub const MLDSA44_ED25519_SIGNATUREBYTES: usize = 2484;
/// Bytes of a public key of MLDSA44-ECDSA-P256-SHA256.
pub const MLDSA44_ECDSA_P256_PUBLICKEYBYTES: usize = 1377;
/// Bytes of a private key of MLDSA44-ECDSA-P256-SHA256.
pub const MLDSA44_ECDSA_P256_PRIVATEKEYBYTES: usize = 83;
/// Bytes of the longest signature of MLDSA44-ECDSA-P256-SHA256.
pub const MLDSA44_ECDSA_P256_SIGNATUREBYTES: usize = 2492;
/// Bytes of a public key of MLDSA65-ECDSA-P256-SHA512.
pub const MLDSA65_ECDSA_P256_PUBLICKEYBYTES: usize = 2017;
/// Bytes of a private key of MLDSA65-ECDSA-P256-SHA512.
pub const MLDSA65_ECDSA_P256_PRIVATEKEYBYTES: usize = 83;
/// Bytes of the longest signature of MLDSA65-ECDSA-P256-SHA512.
pub const MLDSA65_ECDSA_P256_SIGNATUREBYTES: usize = 3381;
/// Bytes of a public key of MLDSA65-ECDSA-P384-SHA512.
pub const MLDSA65_ECDSA_P384_PUBLICKEYBYTES: usize = 2049;
/// Bytes of a private key of MLDSA65-ECDSA-P384-SHA512.
pub const MLDSA65_ECDSA_P384_PRIVATEKEYBYTES: usize = 96;
/// Bytes of the longest signature of MLDSA65-ECDSA-P384-SHA512.
pub const MLDSA65_ECDSA_P384_SIGNATUREBYTES: usize = 3413;
/// Bytes of a public key of MLDSA65-Ed25519-SHA512.
pub const MLDSA65_ED25519_PUBLICKEYBYTES: usize = 1984;
/// Bytes of a private key of MLDSA65-Ed25519-SHA512.
pub const MLDSA65_ED25519_PRIVATEKEYBYTES: usize = 64;
/// Bytes of a signature of MLDSA65-Ed25519-SHA512.
pub const MLDSA65_ED25519_SIGNATUREBYTES: usize = 3373;
/// Bytes of a public key of MLDSA87-ECDSA-P384-SHA512.
pub const MLDSA87_ECDSA_P384_PUBLICKEYBYTES: usize = 2689;
/// Bytes of a private key of MLDSA87-ECDSA-P384-SHA512.
pub const MLDSA87_ECDSA_P384_PRIVATEKEYBYTES: usize = 96;
/// Bytes of the longest signature of MLDSA87-ECDSA-P384-SHA512.
pub const MLDSA87_ECDSA_P384_SIGNATUREBYTES: usize = 4731;
/// Bytes of a seed of SLH-DSA-SHA2-128s, SLH-DSA-SHA2-128f, SLH-DSA-SHAKE-128s and SLH-DSA-SHAKE-128f.
pub const SLHDSA128_SEEDBYTES: usize = 48;
/// Bytes of the randomness of a signature of SLH-DSA-SHA2-128s, SLH-DSA-SHA2-128f, SLH-DSA-SHAKE-128s and SLH-DSA-SHAKE-128f.
pub const SLHDSA128_RANDOMNESSBYTES: usize = 16;
/// Bytes of a public key of SLH-DSA-SHA2-128s, SLH-DSA-SHA2-128f, SLH-DSA-SHAKE-128s and SLH-DSA-SHAKE-128f.
pub const SLHDSA128_PUBLICKEYBYTES: usize = 32;
/// Bytes of a private key of SLH-DSA-SHA2-128s, SLH-DSA-SHA2-128f, SLH-DSA-SHAKE-128s and SLH-DSA-SHAKE-128f.
pub const SLHDSA128_PRIVATEKEYBYTES: usize = 64;
/// Bytes of a signature of SLH-DSA-SHA2-128s and SLH-DSA-SHAKE-128s.
pub const SLHDSA128S_SIGNATUREBYTES: usize = 7856;
/// Bytes of a signature of SLH-DSA-SHA2-128f and SLH-DSA-SHAKE-128f.
pub const SLHDSA128F_SIGNATUREBYTES: usize = 17088;
/// Bytes of a seed of SLH-DSA-SHA2-192s, SLH-DSA-SHA2-192f, SLH-DSA-SHAKE-192s and SLH-DSA-SHAKE-192f.
pub const SLHDSA192_SEEDBYTES: usize = 72;
/// Bytes of the randomness of a signature of SLH-DSA-SHA2-192s, SLH-DSA-SHA2-192f, SLH-DSA-SHAKE-192s and SLH-DSA-SHAKE-192f.
pub const SLHDSA192_RANDOMNESSBYTES: usize = 24;
/// Bytes of a public key of SLH-DSA-SHA2-192s, SLH-DSA-SHA2-192f, SLH-DSA-SHAKE-192s and SLH-DSA-SHAKE-192f.
pub const SLHDSA192_PUBLICKEYBYTES: usize = 48;
/// Bytes of a private key of SLH-DSA-SHA2-192s, SLH-DSA-SHA2-192f, SLH-DSA-SHAKE-192s and SLH-DSA-SHAKE-192f.
pub const SLHDSA192_PRIVATEKEYBYTES: usize = 96;
/// Bytes of a signature of SLH-DSA-SHA2-192s and SLH-DSA-SHAKE-192s.
pub const SLHDSA192S_SIGNATUREBYTES: usize = 16224;
/// Bytes of a signature of SLH-DSA-SHA2-192f and SLH-DSA-SHAKE-192f.
pub const SLHDSA192F_SIGNATUREBYTES: usize = 35664;
/// Bytes of a seed of SLH-DSA-SHA2-256s, SLH-DSA-SHA2-256f, SLH-DSA-SHAKE-256s and SLH-DSA-SHAKE-256f.
pub const SLHDSA256_SEEDBYTES: usize = 96;
/// Bytes of the randomness of a signature of SLH-DSA-SHA2-256s, SLH-DSA-SHA2-256f, SLH-DSA-SHAKE-256s and SLH-DSA-SHAKE-256f.
pub const SLHDSA256_RANDOMNESSBYTES: usize = 32;
/// Bytes of a public key of SLH-DSA-SHA2-256s, SLH-DSA-SHA2-256f, SLH-DSA-SHAKE-256s and SLH-DSA-SHAKE-256f.
pub const SLHDSA256_PUBLICKEYBYTES: usize = 64;
/// Bytes of a private key of SLH-DSA-SHA2-256s, SLH-DSA-SHA2-256f, SLH-DSA-SHAKE-256s and SLH-DSA-SHAKE-256f.
pub const SLHDSA256_PRIVATEKEYBYTES: usize = 128;
/// Bytes of a signature of SLH-DSA-SHA2-256s and SLH-DSA-SHAKE-256s.
pub const SLHDSA256S_SIGNATUREBYTES: usize = 29792;
/// Bytes of a signature of SLH-DSA-SHA2-256f and SLH-DSA-SHAKE-256f.
pub const SLHDSA256F_SIGNATUREBYTES: usize = 49856;
