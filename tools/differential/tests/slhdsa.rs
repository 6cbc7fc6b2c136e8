//! SLH-DSA against RustCrypto: the same keys and signatures of random inputs.
//!
//! A signature takes as long as hundreds of ML-DSA: of `QYNAUTH_PQC_CASES`, one in 4,000 is tried with a set that signs fast, on every
//! backend, and one in 40,000 with one that signs slowly, on the fastest.

use libcrux_sha3::shake256;
use pqc_differential::cases;
use pqc_simd::Backend;
use pqc_simd::slhdsa::{ParameterSet, Signer, keygen, verify};
use slh_dsa::{Signature, SigningKey};

fn check_case<P: slh_dsa::ParameterSet>(set: ParameterSet, case: u32, backends: impl Iterator<Item = Backend>) {
    let (name, n) = (format!("{set:?} {case}"), set.n());
    let bytes: [u8; 1024] = shake256(&[name.as_bytes(), &case.to_le_bytes()].concat());
    let (seeds, rest) = bytes.split_at(3 * n);
    let (opt_rand, message) = rest.split_at(n);
    let opt_rand = (case % 3 > 0).then_some(opt_rand);
    let message = &message[usize::from(message[0])..];
    let key = SigningKey::<P>::slh_keygen_internal(&seeds[..n], &seeds[n..2 * n], &seeds[2 * n..]);
    let (expected_key, expected) = (key.to_bytes(), key.slh_sign_internal(&[message], opt_rand).to_bytes());
    for backend in backends {
        let (mut private_key, mut signature) = (vec![0; set.private_key_bytes()], vec![0; set.signature_bytes()]);
        keygen(backend, set, seeds, &mut private_key);
        assert_eq!(private_key, expected_key.as_slice(), "{name} {}", backend.name());
        let signer = Signer { backend, set, private_key: &private_key, top_leaves: None, check_faults: true };
        let outcome = signer.sign(&[message], opt_rand, &mut signature);
        assert!(outcome.is_ok() && signature == expected.as_slice(), "{name} {}", backend.name());
        let is_valid = |signature: &[u8]| verify(backend, set, &private_key[2 * n..], &[message], signature);
        assert!(is_valid(&signature), "{name} {}", backend.name());
        let place = usize::from(u16::from_le_bytes([bytes[0], bytes[1]])) % signature.len();
        signature[place] ^= 1 << (case % 8);
        assert!(!is_valid(&signature), "{name} {}, byte {place}", backend.name());
        let theirs = Signature::<P>::try_from(signature.as_slice());
        let accepted = theirs.is_ok_and(|signature| key.as_ref().slh_verify_internal(&[message], &signature).is_ok());
        assert!(!accepted, "{name}, byte {place}");
    }
}

macro_rules! check_sets {
    ($($test:ident: $small:ident $fast:ident;)*) => {$(
        #[test]
        fn $test() {
            for case in 0..cases().div_ceil(4_000) {
                check_case::<slh_dsa::$fast>(ParameterSet::$fast, case, Backend::available());
            }
            for case in 0..cases() / 40_000 {
                check_case::<slh_dsa::$small>(ParameterSet::$small, case, std::iter::once(Backend::best()));
            }
        }
    )*};
}

check_sets! {
    sha2_128_agrees_with_rustcrypto: Sha2_128s Sha2_128f;
    sha2_192_agrees_with_rustcrypto: Sha2_192s Sha2_192f;
    sha2_256_agrees_with_rustcrypto: Sha2_256s Sha2_256f;
    shake_128_agrees_with_rustcrypto: Shake128s Shake128f;
    shake_192_agrees_with_rustcrypto: Shake192s Shake192f;
    shake_256_agrees_with_rustcrypto: Shake256s Shake256f;
}
