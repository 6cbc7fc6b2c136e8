//! No memory that the library frees holds a secret.
//!
//! Each test first sees the secret in memory, so that it cannot pass for want of a place to look.
#![allow(unsafe_code, reason = "the allocator of this test is a global one")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::allocator::{
    Secrets, TestAllocator, live_blocks_with_secrets, sizes_allocated_during, with_failing_allocations,
};
use common::batch::{decapsulate, one};
use common::call::Fault;
use common::formats::{ENCRYPTED, PASSWORD, load_any, load_pkcs8};
use common::functions::{FUNCTIONS, Fixture, Function};
use common::mldsa::{DSA_SETS, DsaSet};
use common::mlkem::{KEM_SETS, KemSet};
use common::xwing::XWING;
use pqc_ffi::formats::*;
use pqc_ffi::key_flags::{PQC_KEY_LIBCRUX, PQC_KEY_LOCKED_MEMORY, PQC_KEY_PRECOMPUTE, PQC_KEY_SIMD};
use pqc_ffi::mldsa_ffi::MlDsaKeyPair;
use pqc_ffi::mlkem_ffi::MlKemKeyPair;
use pqc_ffi::status::PqcStatus;
use shake::{ExtendableOutput, Shake256, Update, XofReader};

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

const M: [u8; 32] = Fixture::RANDOMNESS;

/// The keys of both engines, without a second form and with it; z and K are in both.
const ENGINES: [u32; 4] =
    [PQC_KEY_LIBCRUX, PQC_KEY_LIBCRUX | PQC_KEY_PRECOMPUTE, PQC_KEY_SIMD, PQC_KEY_SIMD | PQC_KEY_PRECOMPUTE];

/// Makes something that holds a secret, sees the secret, ends the thing and sees no trace of it.
fn assert_wiped<T>(secrets: &[&[u8]], make: impl FnOnce() -> Result<T, PqcStatus>) -> Result<(), PqcStatus> {
    let mut outcome = Ok(());
    let unwiped = Secrets::new(secrets).unwiped_during(|| {
        outcome = make().map(|thing| {
            assert!(live_blocks_with_secrets() > 0, "the secret is somewhere");
            drop(thing);
        });
        assert_eq!(live_blocks_with_secrets(), 0, "the secret is nowhere");
    });
    assert_eq!(unwiped, 0, "blocks were freed with a secret in them");
    outcome
}

/// Does something that has no result, and sees no trace of the secret.
fn assert_no_trace(secrets: &[&[u8]], act: impl FnOnce()) {
    assert_eq!(Secrets::new(secrets).unwiped_during(act), 0, "blocks were freed with a secret in them");
}

/// An expanded private key, and the parts of it that are secret: `dk_PKE` and `z`.
fn kem_private_key(set: KemSet) -> Result<Vec<u8>, PqcStatus> {
    Ok(set.load_seed(&Fixture::KEM_SEED)?.private_key_bytes()?.to_vec())
}

fn kem_secrets(set: KemSet, private: &[u8]) -> [&[u8]; 2] {
    let [ek, _, z] = set.private_key_offsets();
    [&private[..ek], &private[z..]]
}

/// What an X-Wing seed expands to: `d`, `z` and the scalar of X25519.
fn xwing_expanded() -> [[u8; 32]; 3] {
    let mut hash = Shake256::default();
    hash.update(&Fixture::XWING_SEED);
    let mut output = hash.finalize_xof();
    [(); 3].map(|()| {
        let mut part = [0; 32];
        output.read(&mut part);
        part
    })
}

/// The coefficients that `ByteEncode12` packed, as they are in memory.
fn decoded(packed: &[u8]) -> Vec<u8> {
    let pairs = packed.chunks_exact(3).map(|three| u32::from_le_bytes([three[0], three[1], three[2], 0]));
    pairs.flat_map(|pair| (pair & 0xfff | pair >> 12 << 16).to_le_bytes()).collect()
}

/// An expanded private key, and the parts of it that are secret: `K`, and s1, s2 and t0. Between them is `tr`.
fn dsa_private_key(set: DsaSet) -> Result<Vec<u8>, PqcStatus> {
    Ok(set.load_seed(&Fixture::DSA_SEED)?.private_key_bytes()?.to_vec())
}

fn dsa_secrets(private: &[u8]) -> [&[u8]; 2] {
    [&private[32..64], &private[128..]]
}

#[test]
fn the_scanner_sees_a_secret_that_is_not_wiped() {
    let secret = Fixture::KEM_SEED;
    let unwiped = Secrets::new(&[&secret]).unwiped_during(|| {
        let boxes = [Box::new([0; 64]), Box::new(secret)];
        assert_eq!(live_blocks_with_secrets(), 1);
        drop(boxes);
        assert_eq!(live_blocks_with_secrets(), 0);
    });
    assert_eq!(unwiped, 1);
}

#[test]
fn the_scanner_sees_a_part_of_a_secret_between_other_bytes() {
    let secret: Vec<u8> = (0..2000_u16).flat_map(u16::to_le_bytes).collect();
    for part in [&secret[..16], &secret[3_584..3_600]] {
        let unwiped = Secrets::new(&[&secret]).unwiped_during(|| drop([&[0; 7], part, &[0; 9]].concat()));
        assert_eq!(unwiped, 1);
    }
}

#[test]
fn mlkem_key_pairs_are_wiped() -> Result<(), PqcStatus> {
    for (set, flags) in KEM_SETS.into_iter().flat_map(|set| ENGINES.map(|flags| (set, flags))) {
        let set = KemSet { flags, ..set };
        let private = kem_private_key(set)?;
        let (d, z) = Fixture::KEM_SEED.split_at(32);
        for secret in [d, z] {
            assert_wiped(&[secret], || set.load_seed(&Fixture::KEM_SEED))?;
        }
        // Both engines keep the secret vector as it is, and libcrux decodes it for its second form.
        let decoded = decoded(&private[..384]);
        let second_form = (flags == PQC_KEY_LIBCRUX | PQC_KEY_PRECOMPUTE).then_some(decoded.as_slice());
        for secret in [z, &private[..384]].into_iter().chain(second_form) {
            assert_wiped(&[secret], || set.load_private_key(&private))?;
        }
    }
    Ok(())
}

#[test]
fn xwing_key_pairs_and_shared_secrets_are_wiped() -> Result<(), PqcStatus> {
    let [d, z, scalar] = xwing_expanded();
    let pair = XWING.load_seed(&Fixture::XWING_SEED)?;
    for secret in [Fixture::XWING_SEED, z, scalar] {
        assert_wiped(&[&secret], || XWING.load_seed(&Fixture::XWING_SEED))?;
    }
    // `d` is needed while the key is made only.
    assert_no_trace(&[&d], || drop(XWING.load_seed(&Fixture::XWING_SEED)));
    assert_wiped(&[&Fixture::XWING_SEED], || pair.seed_bytes())?;
    let key = pair.public_key()?;
    let (ciphertext, secret) = key.encapsulate_derand(&Fixture::XWING_RANDOMNESS)?;
    assert_wiped(&[&secret], || key.encapsulate_derand(&Fixture::XWING_RANDOMNESS))?;
    assert_wiped(&[&secret], || pair.decapsulate(&ciphertext))?;
    assert_no_trace(&[&Fixture::XWING_RANDOMNESS], || drop(key.encapsulate_derand(&Fixture::XWING_RANDOMNESS)));
    Ok(())
}

#[test]
fn mldsa_key_pairs_are_wiped() -> Result<(), PqcStatus> {
    for (set, flags) in DSA_SETS.into_iter().flat_map(|set| ENGINES.map(|flags| (set, flags))) {
        let set = DsaSet { flags, ..set };
        let private = dsa_private_key(set)?;
        let [k, vectors] = dsa_secrets(&private);
        assert_wiped(&[&Fixture::DSA_SEED], || set.load_seed(&Fixture::DSA_SEED))?;
        for secret in [k, vectors] {
            assert_wiped(&[secret], || set.load_seed(&Fixture::DSA_SEED))?;
            assert_wiped(&[secret], || set.load_private_key(&private))?;
        }
    }
    Ok(())
}

#[test]
fn exported_secrets_are_wiped() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.load_seed(&Fixture::KEM_SEED)?;
        let private = kem_private_key(set)?;
        for secret in kem_secrets(set, &private) {
            assert_wiped(&[secret], || pair.private_key_bytes())?;
        }
        assert_wiped(&[&Fixture::KEM_SEED], || pair.seed_bytes())?;
    }
    for set in DSA_SETS {
        let pair = set.load_seed(&Fixture::DSA_SEED)?;
        let private = dsa_private_key(set)?;
        for secret in dsa_secrets(&private) {
            assert_wiped(&[secret], || pair.private_key_bytes())?;
        }
        assert_wiped(&[&Fixture::DSA_SEED], || pair.seed_bytes())?;
    }
    Ok(())
}

#[test]
fn keys_in_pkcs8_are_wiped() -> Result<(), PqcStatus> {
    let forms = [PQC_PRIVATE_KEY_SEED, PQC_PRIVATE_KEY_EXPANDED, PQC_PRIVATE_KEY_BOTH];
    for form in forms {
        let (kem, dsa) = (KEM_SETS[0].load_seed(&Fixture::KEM_SEED)?, DSA_SETS[0].load_seed(&Fixture::DSA_SEED)?);
        let z = &Fixture::KEM_SEED[32..];
        assert_wiped(&[z], || kem.to_pkcs8(form, PQC_ENCODING_DER, b""))?;
        let [der, pem] = [PQC_ENCODING_DER, PQC_ENCODING_PEM].map(|encoding| dsa.to_pkcs8(form, encoding, b""));
        let (der, pem) = (der?.to_vec(), pem?.to_vec());
        let (end, line) = (&der[der.len() - 32..], &pem[60..92]);
        for secret in [end, line] {
            assert_wiped(&[secret], || {
                dsa.to_pkcs8(form, PQC_ENCODING_PEM, b"")
                    .and_then(|pem| Ok((pem, dsa.to_pkcs8(form, PQC_ENCODING_DER, b"")?)))
            })?;
        }
        assert_no_trace(&[end], || assert!(load_pkcs8::<MlDsaKeyPair>(&pem, b"", 0).is_ok()));
        assert_no_trace(&[end], || assert!(dsa.to_pkcs8(form, PQC_ENCODING_PEM, PASSWORD).is_ok()));
    }
    Ok(())
}

#[test]
fn keys_that_were_encrypted_leave_no_trace() {
    assert_no_trace(&[&Fixture::DSA_SEED], || assert!(load_pkcs8::<MlDsaKeyPair>(&ENCRYPTED, PASSWORD, 0).is_ok()));
    assert_no_trace(&[&Fixture::DSA_SEED], || assert!(load_pkcs8::<MlKemKeyPair>(&ENCRYPTED, PASSWORD, 0).is_err()));
}

/// Loads a key into locked memory, sees no trace of its secret on the heap, and returns the sizes of all that was there.
fn heap_of_load<T>(secret: &[u8], load: impl FnOnce() -> Result<T, PqcStatus>) -> Vec<usize> {
    let mut sizes = Vec::new();
    assert_no_trace(&[secret], || {
        sizes = sizes_allocated_during(|| {
            let key = load();
            assert!(key.is_ok() && live_blocks_with_secrets() == 0, "the key is loaded, and not on the heap");
        });
    });
    sizes
}

/// A copy that is wiped before it is freed leaves no trace either, but it is one more allocation.
#[test]
fn locked_load_of_a_file_has_nothing_on_the_heap_that_the_load_of_its_seed_has_not() -> Result<(), PqcStatus> {
    let (kem, dsa) = (KEM_SETS[0].load_seed(&Fixture::KEM_SEED)?, DSA_SETS[0].load_seed(&Fixture::DSA_SEED)?);
    let (mut kem_keys, mut dsa_keys) = (Vec::new(), vec![(ENCRYPTED.to_vec(), PASSWORD)]);
    for password in [b"", PASSWORD] {
        kem_keys.push((kem.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, password)?.to_vec(), password));
        dsa_keys.push((dsa.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, password)?.to_vec(), password));
    }
    for flags in ENGINES.map(|flags| flags | PQC_KEY_LOCKED_MEMORY) {
        let bare = KemSet { flags, ..KEM_SETS[0] };
        let bare = heap_of_load(&Fixture::KEM_SEED, || bare.load_seed(&Fixture::KEM_SEED));
        for (key, password) in &kem_keys {
            assert_eq!(heap_of_load(&Fixture::KEM_SEED, || load_any(key, password, flags, 0)), bare);
        }
        let bare = DsaSet { flags, ..DSA_SETS[0] };
        let bare = heap_of_load(&Fixture::DSA_SEED, || bare.load_seed(&Fixture::DSA_SEED));
        for (key, password) in &dsa_keys {
            assert_eq!(heap_of_load(&Fixture::DSA_SEED, || load_any(key, password, flags, 0)), bare);
        }
    }
    Ok(())
}

#[test]
fn refused_keys_in_pkcs8_leave_no_trace() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let both = set.load_seed(&Fixture::DSA_SEED)?.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_DER, b"")?;
        let mut changed = both.to_vec();
        changed[both.len() - 1] ^= 1;
        assert_no_trace(&[&Fixture::DSA_SEED, &both[200..both.len() - 1]], || {
            let refused = load_pkcs8::<MlDsaKeyPair>(&changed, b"", 0).err();
            assert_eq!(refused, Some(PqcStatus::SeedMismatch));
        });
    }
    Ok(())
}

#[test]
fn shared_secrets_are_wiped() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.load_seed(&Fixture::KEM_SEED)?;
        let key = pair.public_key()?;
        let (ciphertext, secret) = key.encapsulate_derand(&M)?;
        assert_wiped(&[&secret], || key.encapsulate_derand(&M))?;
        assert_wiped(&[&secret], || pair.decapsulate(&ciphertext))?;
        assert_wiped(&[&secret], || Ok(decapsulate(&[pair.as_ptr()], one(&ciphertext), 70, 1)))?;
        let tampered = vec![1; ciphertext.len()];
        let rejected = pair.decapsulate(&tampered)?;
        assert_wiped(&[&rejected], || pair.decapsulate(&tampered))?;
    }
    Ok(())
}

#[test]
fn mlkem_refused_private_keys_leave_no_trace() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let mut private = kem_private_key(set)?;
        let [ek, hash, _] = set.private_key_offsets();
        for position in [ek - 1, hash - 33, hash] {
            let right = core::mem::replace(&mut private[position], 0xff);
            assert_no_trace(&kem_secrets(set, &private), || assert!(set.load_private_key(&private).is_err()));
            private[position] = right;
        }
        assert_no_trace(&kem_secrets(set, &private), || assert!(set.load_private_key(&private[1..]).is_err()));
    }
    Ok(())
}

#[test]
fn mldsa_refused_private_keys_leave_no_trace() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let mut private = dsa_private_key(set)?;
        // One too large a coefficient of s1; another `tr`.
        for position in [128, 64] {
            let right = core::mem::replace(&mut private[position], 0xff);
            assert_no_trace(&dsa_secrets(&private), || assert!(set.load_private_key(&private).is_err()));
            private[position] = right;
        }
        assert_no_trace(&dsa_secrets(&private), || assert!(set.load_private_key(&private[1..]).is_err()));
    }
    Ok(())
}

/// Calls a function while its `n`-th allocation fails, sees no trace of the secrets, and tells whether it failed.
fn fails_without_trace(secrets: Secrets, function: &Function, level: usize, n: usize) -> Result<bool, PqcStatus> {
    let fixture = Fixture::new(level)?;
    let mut status = PqcStatus::Internal as i32;
    let unwiped = secrets.unwiped_during(|| {
        status = with_failing_allocations(n..n + 1, || function.call(&fixture, Fault::None)).reason();
    });
    assert_eq!(unwiped, 0, "{} without allocation {n}", function.0);
    Ok(status == PqcStatus::OutOfMemory as i32)
}

#[test]
fn no_function_leaves_a_trace_when_memory_runs_out() -> Result<(), PqcStatus> {
    for level in 0..KEM_SETS.len() {
        let (kem, dsa) = (kem_private_key(KEM_SETS[level])?, dsa_private_key(DSA_SETS[level])?);
        let (_, shared) = KEM_SETS[level].load_seed(&Fixture::KEM_SEED)?.public_key()?.encapsulate_derand(&M)?;
        let [[dk, z], [k, vectors]] = [kem_secrets(KEM_SETS[level], &kem), dsa_secrets(&dsa)];
        let hybrid = XWING.load_seed(&Fixture::XWING_SEED)?.public_key()?;
        let (_, hybrid) = hybrid.encapsulate_derand(&Fixture::XWING_RANDOMNESS)?;
        let [d, rejection, scalar] = xwing_expanded();
        let xwing: [&[u8]; 5] = [&Fixture::XWING_SEED, &d, &rejection, &scalar, &hybrid];
        let others: [&[u8]; 7] = [&Fixture::KEM_SEED, &Fixture::DSA_SEED, &shared, dk, z, k, vectors];
        let secrets = Secrets::new(&[xwing.as_slice(), &others].concat());
        for function in FUNCTIONS {
            let mut n = 0;
            while fails_without_trace(secrets, function, level, n)? {
                n += 1;
            }
        }
    }
    Ok(())
}
