//! The exported functions used rightly, with every parameter set.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mldsa::{DSA_SETS, m_prime};
use common::mlkem::KEM_SETS;
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::status::PqcStatus;

const KEM_SEED: [u8; MLKEM_SEEDBYTES] = [5; MLKEM_SEEDBYTES];
const DSA_SEED: [u8; MLDSA_SEEDBYTES] = [6; MLDSA_SEEDBYTES];
const M: [u8; MLKEM_RANDOMNESSBYTES] = [7; MLKEM_RANDOMNESSBYTES];
const RND: [u8; MLDSA_RANDOMNESSBYTES] = [8; MLDSA_RANDOMNESSBYTES];

/// Contexts of every kind of length: none, the shortest, one in between and the longest.
const CONTEXTS: [&[u8]; 4] = [b"", b"c", b"a context", &[9; MLDSA_MAXCONTEXTBYTES]];

#[test]
fn mlkem_both_sides_get_the_same_secret() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let (ciphertext, sent) = pair.public_key()?.encapsulate()?;
        let received = pair.decapsulate(&ciphertext)?;
        assert_eq!((ciphertext.len(), sent.len()), (set.ciphertext, MLKEM_SHAREDSECRETBYTES), "{set:?}");
        assert_eq!(*received, *sent, "{set:?}");
    }
    Ok(())
}

#[test]
fn mlkem_every_call_is_fresh() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let (pair, other) = (set.generate()?, set.generate()?);
        assert_ne!(*pair.seed_bytes()?, *other.seed_bytes()?, "{set:?}");
        assert_ne!(*pair.public_key_bytes()?, *other.public_key_bytes()?, "{set:?}");
        let key = pair.public_key()?;
        let ((ciphertext, secret), (next_ciphertext, next_secret)) = (key.encapsulate()?, key.encapsulate()?);
        assert_ne!(*ciphertext, *next_ciphertext, "{set:?}");
        assert_ne!(*secret, *next_secret, "{set:?}");
    }
    Ok(())
}

#[test]
fn mlkem_exports_have_the_sizes_of_the_header_and_load_again() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let (seed, public, private) = (pair.seed_bytes()?, pair.public_key_bytes()?, pair.private_key_bytes()?);
        let sizes = (MLKEM_SEEDBYTES, set.public_key, set.private_key);
        assert_eq!((seed.len(), public.len(), private.len()), sizes, "{set:?}");
        assert_eq!(*set.load_public_key(&public)?.bytes()?, *public, "{set:?}");
        for loaded in [set.load_seed(&seed)?, set.load_private_key(&private)?] {
            assert_eq!(*loaded.private_key_bytes()?, *private, "{set:?}");
            assert_eq!(*loaded.public_key_bytes()?, *public, "{set:?}");
            assert_eq!(*loaded.public_key()?.bytes()?, *public, "{set:?}");
        }
    }
    Ok(())
}

#[test]
fn mlkem_loaded_keys_do_what_the_original_does() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let (ciphertext, secret) = set.load_public_key(&pair.public_key_bytes()?)?.encapsulate()?;
        for loaded in [set.load_seed(&pair.seed_bytes()?)?, set.load_private_key(&pair.private_key_bytes()?)?] {
            assert_eq!(*loaded.decapsulate(&ciphertext)?, *secret, "{set:?}");
        }
    }
    Ok(())
}

#[test]
fn mlkem_derandomised_encapsulation_is_a_function_of_key_and_m() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.load_seed(&KEM_SEED)?;
        let (ciphertext, secret) = pair.public_key()?.encapsulate_derand(&M)?;
        let (again, same) = set.load_public_key(&pair.public_key_bytes()?)?.encapsulate_derand(&M)?;
        assert_eq!((&*again, &*same), (&*ciphertext, &*secret), "{set:?}");
        assert_eq!(*pair.decapsulate(&ciphertext)?, *secret, "{set:?}");
        let (other, _) = pair.public_key()?.encapsulate_derand(&[0; MLKEM_RANDOMNESSBYTES])?;
        assert_ne!(*other, *ciphertext, "{set:?}");
    }
    Ok(())
}

#[test]
fn mlkem_tampered_ciphertext_gives_another_secret_that_is_always_the_same() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let (ciphertext, secret) = pair.public_key()?.encapsulate()?;
        for position in [0, set.ciphertext / 2, set.ciphertext - 1] {
            let mut tampered = ciphertext.to_vec();
            tampered[position] ^= 1;
            let rejected = pair.decapsulate(&tampered)?;
            assert_ne!(*rejected, *secret, "{set:?} {position}");
            assert_eq!(*pair.decapsulate(&tampered)?, *rejected, "{set:?} {position}");
        }
    }
    Ok(())
}

#[test]
fn mlkem_public_key_handles_outlive_the_pair_and_each_other() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.load_seed(&KEM_SEED)?;
        let (first, second) = (pair.public_key()?, pair.public_key()?);
        assert_eq!(first.as_ptr(), second.as_ptr(), "{set:?}: one counted object");
        drop(first);
        let third = pair.public_key()?;
        drop(pair);
        let (ciphertext, secret) = second.encapsulate()?;
        drop(second);
        assert_eq!(*set.load_seed(&KEM_SEED)?.decapsulate(&ciphertext)?, *secret, "{set:?}");
        assert_eq!(third.bytes()?.len(), set.public_key, "{set:?}");
    }
    Ok(())
}

#[test]
fn mlkem_keys_know_their_set_and_seed() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.load_seed(&KEM_SEED)?;
        let loaded = set.load_private_key(&pair.private_key_bytes()?)?;
        assert_eq!((pair.parameter_set()?, loaded.parameter_set()?), (set.id, set.id));
        assert_eq!(pair.public_key()?.parameter_set()?, set.id);
        assert_eq!(set.load_public_key(&pair.public_key_bytes()?)?.parameter_set()?, set.id);
        assert_eq!(*pair.seed_bytes()?, KEM_SEED, "{set:?}");
        assert_eq!(loaded.seed_bytes().err(), Some(PqcStatus::SeedUnavailable), "{set:?}");
    }
    Ok(())
}

#[test]
fn mldsa_signatures_verify_with_every_kind_of_context() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.generate()?;
        let key = pair.public_key()?;
        for context in CONTEXTS {
            for message in [&b""[..], b"m", &[1; 10_000]] {
                let signature = pair.sign(message, context, 0)?;
                assert_eq!(signature.len(), set.signature, "{set:?}");
                key.verify(message, context, &signature)?;
            }
        }
    }
    Ok(())
}

#[test]
fn mldsa_hedged_signatures_differ_and_deterministic_ones_do_not() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let (pair, other) = (set.generate()?, set.generate()?);
        assert_ne!(*pair.seed_bytes()?, *other.seed_bytes()?, "{set:?}");
        assert_ne!(*pair.sign(b"m", b"", 0)?, *pair.sign(b"m", b"", 0)?, "{set:?}");
        let fixed = pair.sign(b"m", b"", MLDSA_SIGN_DETERMINISTIC)?;
        assert_eq!(*pair.sign(b"m", b"", MLDSA_SIGN_DETERMINISTIC)?, *fixed, "{set:?}");
        assert_eq!(*pair.sign_derand(b"m", b"", &[0; MLDSA_RANDOMNESSBYTES])?, *fixed, "{set:?}: FIPS 204, 5.2");
        assert_ne!(*pair.sign_derand(b"m", b"", &RND)?, *fixed, "{set:?}");
    }
    Ok(())
}

#[test]
fn mldsa_internal_functions_agree_with_the_external_ones() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.load_seed(&DSA_SEED)?;
        let key = pair.public_key()?;
        for context in CONTEXTS {
            let m_prime = m_prime(b"message", context);
            let signature = pair.sign_derand(b"message", context, &RND)?;
            assert_eq!(*pair.sign_internal(&m_prime, &RND)?, *signature, "{set:?}");
            key.verify(b"message", context, &signature)?;
            key.verify_internal(&m_prime, &signature)?;
        }
    }
    Ok(())
}

#[test]
fn mldsa_refuses_what_was_not_signed() -> Result<(), PqcStatus> {
    let invalid = Err(PqcStatus::InvalidSignature);
    for set in DSA_SETS {
        let pair = set.generate()?;
        let key = pair.public_key()?;
        let mut signature = pair.sign(b"message", b"context", 0)?.to_vec();
        assert_eq!(key.verify(b"massage", b"context", &signature), invalid, "{set:?}");
        assert_eq!(key.verify(b"message", b"contest", &signature), invalid, "{set:?}");
        assert_eq!(key.verify(b"message", b"", &signature), invalid, "{set:?}");
        assert_eq!(key.verify(b"", b"context", &signature), invalid, "{set:?}");
        assert_eq!(key.verify(b"essage", b"contextm", &signature), invalid, "{set:?}: the border counts");
        assert_eq!(key.verify_internal(b"message", &signature), invalid, "{set:?}: M' is not the message");
        assert_eq!(set.generate()?.public_key()?.verify(b"message", b"context", &signature), invalid, "{set:?}");
        for position in [0, set.signature / 2, set.signature - 1] {
            signature[position] ^= 1;
            assert_eq!(key.verify(b"message", b"context", &signature), invalid, "{set:?} {position}");
            assert_eq!(key.verify_internal(&m_prime(b"message", b"context"), &signature), invalid, "{set:?}");
            signature[position] ^= 1;
        }
    }
    Ok(())
}

#[test]
fn mldsa_exports_have_the_sizes_of_the_header_and_load_again() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.generate()?;
        let (seed, public, private) = (pair.seed_bytes()?, pair.public_key_bytes()?, pair.private_key_bytes()?);
        let sizes = (MLDSA_SEEDBYTES, set.public_key, set.private_key);
        assert_eq!((seed.len(), public.len(), private.len()), sizes, "{set:?}");
        assert_eq!(*set.load_public_key(&public)?.bytes()?, *public, "{set:?}");
        for loaded in [set.load_seed(&seed)?, set.load_private_key(&private)?] {
            assert_eq!(*loaded.private_key_bytes()?, *private, "{set:?}");
            assert_eq!(*loaded.public_key_bytes()?, *public, "{set:?}");
            assert_eq!(*loaded.public_key()?.bytes()?, *public, "{set:?}");
            assert_eq!(*loaded.sign_derand(b"m", b"", &RND)?, *pair.sign_derand(b"m", b"", &RND)?, "{set:?}");
        }
    }
    Ok(())
}

#[test]
fn mldsa_public_key_handles_outlive_the_pair_and_each_other() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.generate()?;
        let signature = pair.sign(b"m", b"c", 0)?;
        let (first, second) = (pair.public_key()?, pair.public_key()?);
        assert_eq!(first.as_ptr(), second.as_ptr(), "{set:?}: one counted object");
        drop(first);
        let third = pair.public_key()?;
        drop(pair);
        second.verify(b"m", b"c", &signature)?;
        drop(second);
        third.verify(b"m", b"c", &signature)?;
    }
    Ok(())
}

#[test]
fn mldsa_keys_know_their_set_and_seed() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.load_seed(&DSA_SEED)?;
        let loaded = set.load_private_key(&pair.private_key_bytes()?)?;
        assert_eq!((pair.parameter_set()?, loaded.parameter_set()?), (set.id, set.id));
        assert_eq!(pair.public_key()?.parameter_set()?, set.id);
        assert_eq!(set.load_public_key(&pair.public_key_bytes()?)?.parameter_set()?, set.id);
        assert_eq!(*pair.seed_bytes()?, DSA_SEED, "{set:?}");
        assert_eq!(loaded.seed_bytes().err(), Some(PqcStatus::SeedUnavailable), "{set:?}");
    }
    Ok(())
}

#[test]
fn results_in_memory_of_the_caller_are_the_same() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let (ciphertext, sent) = pair.public_key()?.encapsulate_into()?;
        assert_eq!(*pair.decapsulate(&ciphertext)?, *sent, "{set:?}");
        assert_eq!(pair.decapsulate_into(&ciphertext)?, sent, "{set:?}");
        let (other_ciphertext, other) = pair.public_key()?.encapsulate_into()?;
        assert!(other_ciphertext != ciphertext && other != sent, "{set:?}");
    }
    for set in DSA_SETS {
        let pair = set.generate()?;
        let signature = pair.sign_into(b"message", b"context", 0)?;
        pair.public_key()?.verify(b"message", b"context", &signature)?;
        let fixed = pair.sign_into(b"m", b"c", MLDSA_SIGN_DETERMINISTIC)?;
        assert_eq!(*fixed, *pair.sign(b"m", b"c", MLDSA_SIGN_DETERMINISTIC)?, "{set:?}");
        assert_ne!(signature, pair.sign_into(b"message", b"context", 0)?, "{set:?}");
    }
    Ok(())
}

#[test]
fn sizes_are_those_of_the_header_and_0_for_no_set() {
    for set in KEM_SETS {
        let sizes = [mlkem_public_key_size, mlkem_private_key_size, mlkem_ciphertext_size].map(|size| size(set.id));
        assert_eq!(sizes, [set.public_key, set.private_key, set.ciphertext], "{set:?}");
    }
    for set in DSA_SETS {
        let sizes = [mldsa_public_key_size, mldsa_private_key_size, mldsa_signature_size].map(|size| size(set.id));
        assert_eq!(sizes, [set.public_key, set.private_key, set.signature], "{set:?}");
    }
    for size in [mlkem_public_key_size, mlkem_private_key_size, mlkem_ciphertext_size] {
        assert_eq!([0, 44, 65, 87, 513, u32::MAX].map(|set| size(set)), [0; 6]);
    }
    for size in [mldsa_public_key_size, mldsa_private_key_size, mldsa_signature_size] {
        assert_eq!([0, 512, 768, 1024, 45, u32::MAX].map(|set| size(set)), [0; 6]);
    }
}
