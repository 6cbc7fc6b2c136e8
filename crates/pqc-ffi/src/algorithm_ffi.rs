//! The table of algorithms for C: ids, names and sizes.
#![allow(unsafe_code, reason = "an exported name is an unsafe attribute, and a C string is a pointer")]

use core::ffi::c_char;
use core::ptr;
use pqc_core::{Algorithm, Kind};

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
    /// X-Wing (draft-connolly-cfrg-xwing-kem-10): ML-KEM-768 and X25519, HPKE KEM 0x647a.
    Xwing = 25722,
    /// MLKEM768-P256 (draft-irtf-cfrg-concrete-hybrid-kems-04), HPKE KEM 0x0050, security category 3.
    Mlkem768P256 = 80,
    /// MLKEM1024-P384 (draft-irtf-cfrg-concrete-hybrid-kems-04), HPKE KEM 0x0051, security category 5.
    Mlkem1024P384 = 81,
    /// MLDSA44-Ed25519-SHA512, a composite signature, security category 2.
    Mldsa44Ed25519 = 393255,
    /// MLDSA44-ECDSA-P256-SHA256, a composite signature, security category 2.
    Mldsa44EcdsaP256 = 393256,
    /// MLDSA65-ECDSA-P256-SHA512, a composite signature, security category 3.
    Mldsa65EcdsaP256 = 393261,
    /// MLDSA65-ECDSA-P384-SHA512, a composite signature, security category 3.
    Mldsa65EcdsaP384 = 393262,
    /// MLDSA65-Ed25519-SHA512, a composite signature, security category 3.
    Mldsa65Ed25519 = 393264,
    /// MLDSA87-ECDSA-P384-SHA512, a composite signature, security category 5.
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

/// Kind of an algorithm: encapsulation and decapsulation.
pub const PQC_KIND_KEM: u32 = 1;
/// Kind of an algorithm: signing and verification.
pub const PQC_KIND_SIGNATURE: u32 = 2;

/// Bytes of the shared secret of every KEM.
pub const PQC_SHAREDSECRETBYTES: usize = 32;
/// Bytes of an ML-KEM seed `d || z`.
pub const MLKEM_SEEDBYTES: usize = 64;
/// Bytes of an ML-KEM shared secret.
pub const MLKEM_SHAREDSECRETBYTES: usize = 32;
/// Bytes of the randomness `m` of an ML-KEM encapsulation.
pub const MLKEM_RANDOMNESSBYTES: usize = 32;
/// Bytes of an ML-KEM-512 encapsulation key.
pub const MLKEM512_PUBLICKEYBYTES: usize = 800;
/// Bytes of an ML-KEM-512 expanded decapsulation key.
pub const MLKEM512_PRIVATEKEYBYTES: usize = 1632;
/// Bytes of an ML-KEM-512 ciphertext.
pub const MLKEM512_CIPHERTEXTBYTES: usize = 768;
/// Bytes of an ML-KEM-768 encapsulation key.
pub const MLKEM768_PUBLICKEYBYTES: usize = 1184;
/// Bytes of an ML-KEM-768 expanded decapsulation key.
pub const MLKEM768_PRIVATEKEYBYTES: usize = 2400;
/// Bytes of an ML-KEM-768 ciphertext.
pub const MLKEM768_CIPHERTEXTBYTES: usize = 1088;
/// Bytes of an ML-KEM-1024 encapsulation key.
pub const MLKEM1024_PUBLICKEYBYTES: usize = 1568;
/// Bytes of an ML-KEM-1024 expanded decapsulation key.
pub const MLKEM1024_PRIVATEKEYBYTES: usize = 3168;
/// Bytes of an ML-KEM-1024 ciphertext.
pub const MLKEM1024_CIPHERTEXTBYTES: usize = 1568;
/// Bytes of an ML-DSA seed `xi`.
pub const MLDSA_SEEDBYTES: usize = 32;
/// Bytes of the randomness `rnd` of an ML-DSA signature.
pub const MLDSA_RANDOMNESSBYTES: usize = 32;
/// The longest context, in bytes.
pub const MLDSA_MAXCONTEXTBYTES: usize = 255;
/// Bytes of `mu`.
pub const MLDSA_MUBYTES: usize = 64;
/// Bytes of an ML-DSA-44 public key.
pub const MLDSA44_PUBLICKEYBYTES: usize = 1312;
/// Bytes of an ML-DSA-44 expanded private key.
pub const MLDSA44_PRIVATEKEYBYTES: usize = 2560;
/// Bytes of an ML-DSA-44 signature.
pub const MLDSA44_SIGNATUREBYTES: usize = 2420;
/// Bytes of an ML-DSA-65 public key.
pub const MLDSA65_PUBLICKEYBYTES: usize = 1952;
/// Bytes of an ML-DSA-65 expanded private key.
pub const MLDSA65_PRIVATEKEYBYTES: usize = 4032;
/// Bytes of an ML-DSA-65 signature.
pub const MLDSA65_SIGNATUREBYTES: usize = 3309;
/// Bytes of an ML-DSA-87 public key.
pub const MLDSA87_PUBLICKEYBYTES: usize = 2592;
/// Bytes of an ML-DSA-87 expanded private key.
pub const MLDSA87_PRIVATEKEYBYTES: usize = 4896;
/// Bytes of an ML-DSA-87 signature.
pub const MLDSA87_SIGNATUREBYTES: usize = 4627;
/// Bytes of an X-Wing seed, which is the decapsulation key of the draft.
pub const XWING_SEEDBYTES: usize = 32;
/// Bytes of the randomness `eseed` of an X-Wing encapsulation.
pub const XWING_RANDOMNESSBYTES: usize = 64;
/// Bytes of an X-Wing encapsulation key.
pub const XWING_PUBLICKEYBYTES: usize = 1216;
/// Bytes of an X-Wing ciphertext.
pub const XWING_CIPHERTEXTBYTES: usize = 1120;
/// Bytes of an X-Wing shared secret.
pub const XWING_SHAREDSECRETBYTES: usize = 32;
/// Bytes of a seed of MLKEM768-P256 and MLKEM1024-P384, which is the decapsulation key of the draft.
pub const HYBRIDKEM_SEEDBYTES: usize = 32;
/// Bytes of the randomness of an encapsulation of MLKEM768-P256.
pub const MLKEM768_P256_RANDOMNESSBYTES: usize = 160;
/// Bytes of an encapsulation key of MLKEM768-P256.
pub const MLKEM768_P256_PUBLICKEYBYTES: usize = 1249;
/// Bytes of a ciphertext of MLKEM768-P256.
pub const MLKEM768_P256_CIPHERTEXTBYTES: usize = 1153;
/// Bytes of the randomness of an encapsulation of MLKEM1024-P384.
pub const MLKEM1024_P384_RANDOMNESSBYTES: usize = 80;
/// Bytes of an encapsulation key of MLKEM1024-P384.
pub const MLKEM1024_P384_PUBLICKEYBYTES: usize = 1665;
/// Bytes of a ciphertext of MLKEM1024-P384.
pub const MLKEM1024_P384_CIPHERTEXTBYTES: usize = 1665;
/// Bytes of a public key of MLDSA44-Ed25519-SHA512.
pub const MLDSA44_ED25519_PUBLICKEYBYTES: usize = 1344;
/// Bytes of a private key of MLDSA44-Ed25519-SHA512.
pub const MLDSA44_ED25519_PRIVATEKEYBYTES: usize = 64;
/// Bytes of the longest signature of MLDSA44-Ed25519-SHA512.
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
/// Bytes of the longest signature of MLDSA65-Ed25519-SHA512.
pub const MLDSA65_ED25519_SIGNATUREBYTES: usize = 3373;
/// Bytes of a public key of MLDSA87-ECDSA-P384-SHA512.
pub const MLDSA87_ECDSA_P384_PUBLICKEYBYTES: usize = 2689;
/// Bytes of a private key of MLDSA87-ECDSA-P384-SHA512.
pub const MLDSA87_ECDSA_P384_PRIVATEKEYBYTES: usize = 96;
/// Bytes of the longest signature of MLDSA87-ECDSA-P384-SHA512.
pub const MLDSA87_ECDSA_P384_SIGNATUREBYTES: usize = 4731;

/// Bytes of a seed `SK.seed || SK.prf || PK.seed` of SLH-DSA of 128 bits.
pub const SLHDSA128_SEEDBYTES: usize = 48;
/// Bytes of the randomness `addrnd` of a signature of SLH-DSA of 128 bits.
pub const SLHDSA128_RANDOMNESSBYTES: usize = 16;
/// Bytes of a public key of SLH-DSA of 128 bits.
pub const SLHDSA128_PUBLICKEYBYTES: usize = 32;
/// Bytes of a private key of SLH-DSA of 128 bits.
pub const SLHDSA128_PRIVATEKEYBYTES: usize = 64;
/// Bytes of a signature of SLH-DSA-SHA2-128s and SLH-DSA-SHAKE-128s.
pub const SLHDSA128S_SIGNATUREBYTES: usize = 7856;
/// Bytes of a signature of SLH-DSA-SHA2-128f and SLH-DSA-SHAKE-128f.
pub const SLHDSA128F_SIGNATUREBYTES: usize = 17088;
/// Bytes of a seed `SK.seed || SK.prf || PK.seed` of SLH-DSA of 192 bits.
pub const SLHDSA192_SEEDBYTES: usize = 72;
/// Bytes of the randomness `addrnd` of a signature of SLH-DSA of 192 bits.
pub const SLHDSA192_RANDOMNESSBYTES: usize = 24;
/// Bytes of a public key of SLH-DSA of 192 bits.
pub const SLHDSA192_PUBLICKEYBYTES: usize = 48;
/// Bytes of a private key of SLH-DSA of 192 bits.
pub const SLHDSA192_PRIVATEKEYBYTES: usize = 96;
/// Bytes of a signature of SLH-DSA-SHA2-192s and SLH-DSA-SHAKE-192s.
pub const SLHDSA192S_SIGNATUREBYTES: usize = 16224;
/// Bytes of a signature of SLH-DSA-SHA2-192f and SLH-DSA-SHAKE-192f.
pub const SLHDSA192F_SIGNATUREBYTES: usize = 35664;
/// Bytes of a seed `SK.seed || SK.prf || PK.seed` of SLH-DSA of 256 bits.
pub const SLHDSA256_SEEDBYTES: usize = 96;
/// Bytes of the randomness `addrnd` of a signature of SLH-DSA of 256 bits.
pub const SLHDSA256_RANDOMNESSBYTES: usize = 32;
/// Bytes of a public key of SLH-DSA of 256 bits.
pub const SLHDSA256_PUBLICKEYBYTES: usize = 64;
/// Bytes of a private key of SLH-DSA of 256 bits.
pub const SLHDSA256_PRIVATEKEYBYTES: usize = 128;
/// Bytes of a signature of SLH-DSA-SHA2-256s and SLH-DSA-SHAKE-256s.
pub const SLHDSA256S_SIGNATUREBYTES: usize = 29792;
/// Bytes of a signature of SLH-DSA-SHA2-256f and SLH-DSA-SHAKE-256f.
pub const SLHDSA256F_SIGNATUREBYTES: usize = 49856;

/// The facts about an algorithm in C: id; bytes of public key, private key, and ciphertext or signature; of seed and
/// randomness.
type Known = (PqcAlgorithm, [usize; 3], [usize; 2]);

/// cbindgen copies literals only, so the constants are written above and compared with pqc-core's table here.
#[rustfmt::skip]
const KNOWN: [Known; Algorithm::ALL.len()] = {
    const MLKEM: [usize; 2] = [MLKEM_SEEDBYTES, MLKEM_RANDOMNESSBYTES];
    const MLDSA: [usize; 2] = [MLDSA_SEEDBYTES, MLDSA_RANDOMNESSBYTES];
    const COMPOSITE: [usize; 2] = [0, MLDSA_RANDOMNESSBYTES];
    const SLHDSA128: [usize; 2] = [SLHDSA128_SEEDBYTES, SLHDSA128_RANDOMNESSBYTES];
    const SLHDSA192: [usize; 2] = [SLHDSA192_SEEDBYTES, SLHDSA192_RANDOMNESSBYTES];
    const SLHDSA256: [usize; 2] = [SLHDSA256_SEEDBYTES, SLHDSA256_RANDOMNESSBYTES];
    [
        (PqcAlgorithm::Mlkem512, [MLKEM512_PUBLICKEYBYTES, MLKEM512_PRIVATEKEYBYTES, MLKEM512_CIPHERTEXTBYTES], MLKEM),
        (PqcAlgorithm::Mlkem768, [MLKEM768_PUBLICKEYBYTES, MLKEM768_PRIVATEKEYBYTES, MLKEM768_CIPHERTEXTBYTES], MLKEM),
        (PqcAlgorithm::Mlkem1024, [MLKEM1024_PUBLICKEYBYTES, MLKEM1024_PRIVATEKEYBYTES, MLKEM1024_CIPHERTEXTBYTES], MLKEM),
        (PqcAlgorithm::Mldsa44, [MLDSA44_PUBLICKEYBYTES, MLDSA44_PRIVATEKEYBYTES, MLDSA44_SIGNATUREBYTES], MLDSA),
        (PqcAlgorithm::Mldsa65, [MLDSA65_PUBLICKEYBYTES, MLDSA65_PRIVATEKEYBYTES, MLDSA65_SIGNATUREBYTES], MLDSA),
        (PqcAlgorithm::Mldsa87, [MLDSA87_PUBLICKEYBYTES, MLDSA87_PRIVATEKEYBYTES, MLDSA87_SIGNATUREBYTES], MLDSA),
        (PqcAlgorithm::Xwing, [XWING_PUBLICKEYBYTES, XWING_SEEDBYTES, XWING_CIPHERTEXTBYTES], [XWING_SEEDBYTES, XWING_RANDOMNESSBYTES]),
        (PqcAlgorithm::Mlkem768P256, [MLKEM768_P256_PUBLICKEYBYTES, HYBRIDKEM_SEEDBYTES, MLKEM768_P256_CIPHERTEXTBYTES], [HYBRIDKEM_SEEDBYTES, MLKEM768_P256_RANDOMNESSBYTES]),
        (PqcAlgorithm::Mlkem1024P384, [MLKEM1024_P384_PUBLICKEYBYTES, HYBRIDKEM_SEEDBYTES, MLKEM1024_P384_CIPHERTEXTBYTES], [HYBRIDKEM_SEEDBYTES, MLKEM1024_P384_RANDOMNESSBYTES]),
        (PqcAlgorithm::Mldsa44Ed25519, [MLDSA44_ED25519_PUBLICKEYBYTES, MLDSA44_ED25519_PRIVATEKEYBYTES, MLDSA44_ED25519_SIGNATUREBYTES], COMPOSITE),
        (PqcAlgorithm::Mldsa44EcdsaP256, [MLDSA44_ECDSA_P256_PUBLICKEYBYTES, MLDSA44_ECDSA_P256_PRIVATEKEYBYTES, MLDSA44_ECDSA_P256_SIGNATUREBYTES], COMPOSITE),
        (PqcAlgorithm::Mldsa65EcdsaP256, [MLDSA65_ECDSA_P256_PUBLICKEYBYTES, MLDSA65_ECDSA_P256_PRIVATEKEYBYTES, MLDSA65_ECDSA_P256_SIGNATUREBYTES], COMPOSITE),
        (PqcAlgorithm::Mldsa65EcdsaP384, [MLDSA65_ECDSA_P384_PUBLICKEYBYTES, MLDSA65_ECDSA_P384_PRIVATEKEYBYTES, MLDSA65_ECDSA_P384_SIGNATUREBYTES], COMPOSITE),
        (PqcAlgorithm::Mldsa65Ed25519, [MLDSA65_ED25519_PUBLICKEYBYTES, MLDSA65_ED25519_PRIVATEKEYBYTES, MLDSA65_ED25519_SIGNATUREBYTES], COMPOSITE),
        (PqcAlgorithm::Mldsa87EcdsaP384, [MLDSA87_ECDSA_P384_PUBLICKEYBYTES, MLDSA87_ECDSA_P384_PRIVATEKEYBYTES, MLDSA87_ECDSA_P384_SIGNATUREBYTES], COMPOSITE),
        (PqcAlgorithm::SlhdsaSha2_128s, [SLHDSA128_PUBLICKEYBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128S_SIGNATUREBYTES], SLHDSA128),
        (PqcAlgorithm::SlhdsaSha2_128f, [SLHDSA128_PUBLICKEYBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128F_SIGNATUREBYTES], SLHDSA128),
        (PqcAlgorithm::SlhdsaSha2_192s, [SLHDSA192_PUBLICKEYBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192S_SIGNATUREBYTES], SLHDSA192),
        (PqcAlgorithm::SlhdsaSha2_192f, [SLHDSA192_PUBLICKEYBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192F_SIGNATUREBYTES], SLHDSA192),
        (PqcAlgorithm::SlhdsaSha2_256s, [SLHDSA256_PUBLICKEYBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256S_SIGNATUREBYTES], SLHDSA256),
        (PqcAlgorithm::SlhdsaSha2_256f, [SLHDSA256_PUBLICKEYBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256F_SIGNATUREBYTES], SLHDSA256),
        (PqcAlgorithm::SlhdsaShake_128s, [SLHDSA128_PUBLICKEYBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128S_SIGNATUREBYTES], SLHDSA128),
        (PqcAlgorithm::SlhdsaShake_128f, [SLHDSA128_PUBLICKEYBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128F_SIGNATUREBYTES], SLHDSA128),
        (PqcAlgorithm::SlhdsaShake_192s, [SLHDSA192_PUBLICKEYBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192S_SIGNATUREBYTES], SLHDSA192),
        (PqcAlgorithm::SlhdsaShake_192f, [SLHDSA192_PUBLICKEYBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192F_SIGNATUREBYTES], SLHDSA192),
        (PqcAlgorithm::SlhdsaShake_256s, [SLHDSA256_PUBLICKEYBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256S_SIGNATUREBYTES], SLHDSA256),
        (PqcAlgorithm::SlhdsaShake_256f, [SLHDSA256_PUBLICKEYBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256F_SIGNATUREBYTES], SLHDSA256),
    ]
};

const _: () = {
    let mut row = 0;
    while row < KNOWN.len() {
        let (algorithm, (known, [public, private, made], [seed, randomness])) = (Algorithm::ALL[row], KNOWN[row]);
        assert!(algorithm.id() == known as u32);
        assert!(algorithm.public_key_bytes() == public && algorithm.private_key_bytes() == private);
        assert!(algorithm.ciphertext_bytes() + algorithm.signature_bytes() == made);
        assert!(algorithm.seed_bytes() == seed && algorithm.randomness_bytes() == randomness);
        row += 1;
    }
    assert!(pqc_core::SHARED_SECRET_BYTES == PQC_SHAREDSECRETBYTES);
    assert!(pqc_core::SHARED_SECRET_BYTES == MLKEM_SHAREDSECRETBYTES);
    assert!(pqc_core::SHARED_SECRET_BYTES == XWING_SHAREDSECRETBYTES);
    assert!(pqc_core::MLDSA_MAX_CONTEXT_BYTES == MLDSA_MAXCONTEXTBYTES && pqc_core::MLDSA_MU_BYTES == MLDSA_MUBYTES);
};

/// An algorithm and its sizes in bytes. A size is 0 where the kind has no such value.
#[repr(C)]
pub struct PqcAlgorithmInfo {
    /// PQC_ALGORITHM_*.
    pub algorithm: u32,
    /// PQC_KIND_*.
    pub kind: u32,
    /// Name in the standard, such as "ML-KEM-768".
    pub name: *const c_char,
    /// Security category of NIST, 1 to 5; for X-Wing and a hybrid KEM the category of its ML-KEM, for a composite of its ML-DSA.
    pub security_category: u32,
    /// About how many microseconds its slowest operation takes at worst, without vector instructions.
    pub slowest_us: u32,
    /// Object identifier of its keys, such as "2.16.840.1.101.3.4.4.2"; empty if it has none, and so no PKCS#8.
    pub oid: *const c_char,
    /// Seed; 0 for a composite, which has none.
    pub seed_bytes: usize,
    /// Encoded private key, as `pqc_private_key_bytes` returns it.
    pub private_key_bytes: usize,
    /// Encoded public key, as `pqc_public_key_bytes` returns it.
    pub public_key_bytes: usize,
    /// Ciphertext.
    pub ciphertext_bytes: usize,
    /// Shared secret.
    pub shared_secret_bytes: usize,
    /// Longest signature.
    pub signature_bytes: usize,
    /// 1 if a signature may be shorter than that, or else 0.
    pub signature_varies: u32,
    /// Randomness that `pqc_encapsulate_derand` or `pqc_sign_derand` takes.
    pub randomness_bytes: usize,
}

// SAFETY: the name and the identifier are constant strings.
unsafe impl Sync for PqcAlgorithmInfo {}

static TABLE: [PqcAlgorithmInfo; Algorithm::ALL.len()] = {
    let mut table = [const { info(0) }; Algorithm::ALL.len()];
    let mut row = 1;
    while row < table.len() {
        table[row] = info(row);
        row += 1;
    }
    table
};

const fn info(row: usize) -> PqcAlgorithmInfo {
    let algorithm = Algorithm::ALL[row];
    PqcAlgorithmInfo {
        algorithm: algorithm.id(),
        kind: match algorithm.kind() {
            Kind::Kem => PQC_KIND_KEM,
            Kind::Signature => PQC_KIND_SIGNATURE,
        },
        name: algorithm.c_name().as_ptr(),
        security_category: algorithm.security_category(),
        slowest_us: algorithm.slowest_us(),
        oid: algorithm.c_oid().as_ptr(),
        seed_bytes: algorithm.seed_bytes(),
        private_key_bytes: algorithm.private_key_bytes(),
        public_key_bytes: algorithm.public_key_bytes(),
        ciphertext_bytes: algorithm.ciphertext_bytes(),
        shared_secret_bytes: algorithm.shared_secret_bytes(),
        signature_bytes: algorithm.signature_bytes(),
        signature_varies: algorithm.signature_varies() as u32,
        randomness_bytes: algorithm.randomness_bytes(),
    }
}

/// Returns the row of an algorithm in the table of algorithms, constant and never freed, or NULL if there is none.
///
/// @param algorithm  PQC_ALGORITHM_*
#[unsafe(no_mangle)]
pub extern "C" fn pqc_algorithm_info(algorithm: u32) -> *const PqcAlgorithmInfo {
    TABLE.iter().find(|row| row.algorithm == algorithm).map_or(ptr::null(), ptr::from_ref)
}

/// Returns the rows of the table of algorithms in turn, constant and never freed, and NULL behind the last one.
///
/// @param index  0 for the first row
#[unsafe(no_mangle)]
pub extern "C" fn pqc_algorithm_at(index: usize) -> *const PqcAlgorithmInfo {
    TABLE.get(index).map_or(ptr::null(), ptr::from_ref)
}

/// Returns 1 if this build computes the algorithm, or 0 if it does not know it or refuses it with PQC_STATUS_NOT_APPROVED, as a
/// build with a FIPS module does.
///
/// @param algorithm  PQC_ALGORITHM_*
#[unsafe(no_mangle)]
pub extern "C" fn pqc_algorithm_is_offered(algorithm: u32) -> u32 {
    Algorithm::from_id(algorithm).is_some_and(Algorithm::is_offered).into()
}
