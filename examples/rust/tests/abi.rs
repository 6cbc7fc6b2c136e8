//! A library of another binary interface: the function that reports the version is replaced in this program.

use pqc::{Algorithm, Error, KeyOptions, PrivateKey, PublicKey};

const OTHER: Option<Error> = Some(Error::ABI_MISMATCH);

#[unsafe(no_mangle)]
extern "C" fn ffi_abi_version() -> u32 {
    99
}

#[test]
fn every_entry_refuses_the_library() {
    for algorithm in Algorithm::ALL {
        assert_eq!(PrivateKey::generate(algorithm, KeyOptions::NONE).err(), OTHER);
        assert_eq!(PrivateKey::from_seed(algorithm, KeyOptions::NONE, b"").err(), OTHER);
        assert_eq!(PrivateKey::from_bytes(algorithm, KeyOptions::NONE, b"").err(), OTHER);
        assert_eq!(PublicKey::from_bytes(algorithm, KeyOptions::NONE, b"").err(), OTHER);
        assert_eq!(algorithm.info().err(), OTHER);
    }
    assert_eq!(pqc::metrics().err(), OTHER);
    assert_eq!(Error::ABI_MISMATCH.to_string(), "the library has another ABI version than this program");
}
