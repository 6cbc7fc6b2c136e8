//! No memory that the library frees holds a secret.
//!
//! Each test first sees the secret in memory, so that it cannot pass for lack of a place to look.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the allocator of this test is a global one; tests assert")]

mod common;

use common::Owned;
use common::allocator::{
    Secrets, TestAllocator, live_blocks_with_secrets, sizes_allocated_during, with_failing_allocations,
};
use common::api::*;
use common::batch::{decapsulate, one, rows};
use common::call::Mode;
use common::composite::Halves;
use common::fixture::{ENCRYPTED, ENCRYPTED_SEED, Fixture, PASSWORD};
use common::functions::{FUNCTIONS, Function};
use common::keys::{Algorithm, load_pkcs8};
use shake::{ExtendableOutput, Shake256, Update, XofReader};

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

/// The keys without a second form and with it; z and K are in both.
const FORMS: [u32; 2] = [0, PQC_KEY_PRECOMPUTE];

/// Each algorithm, with keys in each form.
fn algorithms_and_forms() -> impl Iterator<Item = Algorithm> {
    Algorithm::all().into_iter().flat_map(|algorithm| FORMS.map(|flags| algorithm.with(flags)))
}

/// Makes an object that holds a secret, sees the secret, frees the object and sees no trace of it.
fn assert_wiped<T>(secrets: &[&[u8]], make: impl FnOnce() -> Result<T, PqcStatus>) -> Result<(), PqcStatus> {
    let mut outcome = Ok(());
    let unwiped = Secrets::new(secrets).unwiped_during(|| {
        outcome = make().map(|object| {
            assert!(live_blocks_with_secrets() > 0, "the secret is somewhere");
            drop(object);
        });
        assert_eq!(live_blocks_with_secrets(), 0, "the secret is nowhere");
    });
    assert_eq!(unwiped, 0, "blocks were freed with a secret in them");
    outcome
}

/// Acts without a result, and sees no trace of the secret.
fn assert_no_trace(secrets: &[&[u8]], act: impl FnOnce()) {
    assert_eq!(Secrets::new(secrets).unwiped_during(act), 0, "blocks were freed with a secret in them");
}

/// The secrets of the key of an algorithm's fixture.
struct KeySecrets {
    /// The seed, or the seed of ML-DSA and the classical secret of a composite.
    seed: Vec<u8>,
    /// The encoded private key, with fields that are secret.
    private: Vec<u8>,
    /// The secrets that a key in use has.
    kept: Vec<Vec<u8>>,
    /// The secrets that are needed only while a key is made.
    temporary: Vec<Vec<u8>>,
}

impl KeySecrets {
    fn of(algorithm: Algorithm) -> Result<Self, PqcStatus> {
        let seed = Fixture::seed(&algorithm).to_vec();
        let private = algorithm.load_secrets(&seed)?.bytes()?.to_vec();
        let (kept, temporary) = if algorithm.is_composite() {
            let (halves, classical) = (Halves::of(algorithm), seed[32..].to_vec());
            let of_mldsa = halves.mldsa.load_seed(&seed[..32])?.bytes()?.to_vec();
            // The values of the seed in the other half, and the scalar of ECDSA with its limbs as in memory.
            let limbs = classical.iter().rev().copied().collect();
            (vec![seed[..32].to_vec(), classical, of_mldsa[32..64].to_vec(), of_mldsa[128..].to_vec()], vec![limbs])
        } else if algorithm.is_mlkem() {
            let [ek, _, z] = algorithm.mlkem_private_key_offsets();
            // dk_PKE and z.
            (vec![private[..ek].to_vec(), private[z..].to_vec()], vec![])
        } else if algorithm.is_mldsa() {
            // K, and s1, s2 and t0; between them is tr.
            (vec![private[32..64].to_vec(), private[128..].to_vec()], vec![])
        } else if algorithm.is_slhdsa() {
            // SK.seed and SK.prf.
            (vec![private[..algorithm.public_key].to_vec()], vec![])
        } else {
            let [d, z, scalar] = xwing_expanded(&seed);
            (vec![seed.clone(), z, scalar], vec![d])
        };
        Ok(Self { seed, private, kept, temporary })
    }

    /// The key, without a copy of its seed.
    fn load(&self, algorithm: Algorithm) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
        if algorithm.has_seed() { algorithm.load_seed(&self.seed) } else { algorithm.load_private_key(&self.private) }
    }

    /// The key from its encoding.
    fn load_encoded(&self, algorithm: Algorithm) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
        algorithm.load_private_key(&self.private)
    }

    /// The secrets of a key, in use and while it is made.
    fn of_key(&self) -> Vec<&[u8]> {
        self.kept.iter().chain(&self.temporary).map(Vec::as_slice).collect()
    }

    /// Fragments of all of them, and of the secret that the fixture's ciphertext carries.
    fn all(&self, algorithm: Algorithm) -> Result<Secrets, PqcStatus> {
        let mut all = vec![self.seed.clone()];
        all.extend(self.kept.iter().chain(&self.temporary).cloned());
        if algorithm.is_kem() {
            let key = algorithm.load_secrets(&self.seed)?.public_key()?;
            all.push(key.encapsulate_derand(Fixture::randomness(&algorithm))?.1.to_vec());
        }
        Ok(Secrets::new(&all.iter().map(Vec::as_slice).collect::<Vec<_>>()))
    }
}

/// The expansion of an X-Wing seed: `d`, `z` and the scalar of X25519.
fn xwing_expanded(seed: &[u8]) -> [Vec<u8>; 3] {
    let mut hash = Shake256::default();
    hash.update(seed);
    let mut output = hash.finalize_xof();
    [(); 3].map(|()| {
        let mut expanded = vec![0; 32];
        output.read(&mut expanded);
        expanded
    })
}

/// The coefficients that `ByteEncode12` packed, as they are in the second form: coefficient i is at i3 i2 i1 | i7 | i6 i5 i4 | i0.
fn decoded(packed: &[u8]) -> Vec<u8> {
    let pair = |three: &[u8]| {
        let [a, b, c] = [0, 1, 2].map(|number| u16::from(three[number]));
        [a | (b & 0xf) << 8, b >> 4 | c << 4]
    };
    let mut ordered = [0; 256];
    for (i, coefficient) in packed.chunks_exact(3).flat_map(pair).enumerate() {
        ordered[(i >> 1 & 7) << 5 | (i >> 7) << 4 | (i >> 4 & 7) << 1 | i & 1] = coefficient;
    }
    ordered.into_iter().flat_map(u16::to_ne_bytes).collect()
}

#[test]
fn the_scanner_sees_a_secret_that_is_not_wiped() {
    let secret = *b"a secret of sixty-four bytes, which no other memory has by luck.";
    let unwiped = Secrets::new(&[&secret]).unwiped_during(|| {
        let boxes = [Box::new([0; 64]), Box::new(secret)];
        assert_eq!(live_blocks_with_secrets(), 1);
        drop(boxes);
        assert_eq!(live_blocks_with_secrets(), 0);
    });
    assert_eq!(unwiped, 1);
}

#[test]
fn the_scanner_sees_a_fragment_of_a_secret_between_other_bytes() {
    let secret: Vec<u8> = (0..2000_u16).flat_map(u16::to_le_bytes).collect();
    for fragment in [&secret[..16], &secret[3_584..3_600]] {
        let unwiped = Secrets::new(&[&secret]).unwiped_during(|| drop([&[0; 7], fragment, &[0; 9]].concat()));
        assert_eq!(unwiped, 1);
    }
}

#[test]
fn keys_are_wiped() -> Result<(), PqcStatus> {
    for algorithm in algorithms_and_forms() {
        let secrets = KeySecrets::of(algorithm)?;
        // The tests search for d and z of ML-KEM separately.
        for half in secrets.seed.chunks(32).filter(|half| half.len() >= 16) {
            assert_wiped(&[half], || secrets.load(algorithm))?;
        }
        for secret in &secrets.kept {
            assert_wiped(&[secret], || secrets.load(algorithm))?;
            assert_wiped(&[secret], || secrets.load_encoded(algorithm))?;
        }
        for secret in &secrets.temporary {
            assert_no_trace(&[secret], || drop(secrets.load(algorithm)));
        }
    }
    Ok(())
}

/// The temporary values of signing with a composite are on the stack, which `tests/stack_residue.rs` of pqc-core
/// checks.
#[test]
fn signing_with_a_composite_leaves_no_trace() -> Result<(), PqcStatus> {
    for algorithm in algorithms_and_forms().filter(|algorithm| algorithm.is_composite()) {
        let secrets = KeySecrets::of(algorithm)?;
        let (pair, secrets) = (secrets.load(algorithm)?, secrets.of_key());
        assert_no_trace(&secrets, || assert!(pair.sign(b"message", b"", 0).is_ok()));
        let verify = || pair.public_key()?.verify(b"message", b"", &[0; 2484]);
        assert_no_trace(&secrets, || assert_eq!(verify(), Err(PqcStatus::InvalidSignature)));
        assert_no_trace(&secrets, || drop(pair));
    }
    Ok(())
}

/// Nothing of a locked key is on the heap while it is there, nor while a composite is in use.
#[test]
fn secrets_of_a_locked_key_are_not_on_the_heap() -> Result<(), PqcStatus> {
    for algorithm in algorithms_and_forms().map(|algorithm| algorithm.with(algorithm.flags | PQC_KEY_LOCKED_MEMORY)) {
        let secrets = KeySecrets::of(algorithm)?;
        let assert_nowhere = || assert_eq!(live_blocks_with_secrets(), 0, "{algorithm:?}");
        let mut outcome = Ok::<(), PqcStatus>(());
        let unwiped = Secrets::new(&secrets.of_key()).unwiped_during(|| {
            outcome = [KeySecrets::load, KeySecrets::load_encoded].into_iter().try_for_each(|load| {
                let pair = load(&secrets, algorithm)?;
                assert_nowhere();
                let encoded = pair.bytes()?;
                assert_nowhere();
                assert_eq!(encoded.reserved(), 1, "{algorithm:?}");
                if algorithm.is_composite() {
                    let signature = pair.sign(b"m", b"", 0)?;
                    assert_nowhere();
                    pair.public_key()?.verify(b"m", b"", &signature)?;
                }
                Ok(())
            });
        });
        assert_eq!((unwiped, outcome), (0, Ok(())), "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn the_second_form_of_an_mlkem_key_is_wiped() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems().into_iter().filter(|algorithm| algorithm.is_mlkem()) {
        let algorithm = algorithm.with(PQC_KEY_PRECOMPUTE);
        let private = KeySecrets::of(algorithm)?.private;
        assert_wiped(&[&decoded(&private[..384])], || algorithm.load_private_key(&private))?;
    }
    Ok(())
}

#[test]
fn exported_secrets_are_wiped() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        let secrets = KeySecrets::of(algorithm)?;
        let pair = algorithm.load_secrets(&secrets.seed)?;
        if algorithm.has_seed() {
            assert_wiped(&[&secrets.seed], || pair.seed())?;
        }
        if algorithm.is_composite() {
            assert_wiped(&[&secrets.seed[..32]], || pair.bytes())?;
            assert_wiped(&[&secrets.seed[32..]], || pair.bytes())?;
            continue;
        }
        for secret in secrets.kept.iter().filter(|_| algorithm.has_expanded_key()) {
            assert_wiped(&[secret], || pair.bytes())?;
        }
    }
    Ok(())
}

/// A short message is in the words of the state of the hash, since nothing has permuted it yet.
#[test]
fn messages_in_hashers_and_their_copies_are_wiped() -> Result<(), PqcStatus> {
    let key = Algorithm::of(44).generate()?.public_key()?;
    let message = b"a message of 38 bytes, in whole words...";
    let words = message[14..38].as_chunks().0;
    let state: Vec<u8> = words.iter().flat_map(|word| u64::from_le_bytes(*word).to_ne_bytes()).collect();
    let hasher = || {
        let hasher = key.mu_hasher(b"")?;
        hasher.update(message)?;
        Ok(hasher)
    };
    assert_wiped(&[&state], hasher)?;
    assert_wiped(&[&state], || hasher()?.copy())
}

#[test]
fn keys_in_pkcs8_are_wiped() -> Result<(), PqcStatus> {
    let with_forms = |algorithm: Algorithm| algorithm.forms().iter().map(move |form| (algorithm, *form));
    let with_files = Algorithm::all().into_iter().filter(|algorithm| algorithm.has_files);
    for (algorithm, form) in with_files.flat_map(with_forms) {
        let pair = algorithm.load_secrets(Fixture::seed(&algorithm))?;
        let [der, pem] = [PQC_ENCODING_DER, PQC_ENCODING_PEM].map(|encoding| pair.to_pkcs8(form, encoding, b""));
        let (der, pem) = (der?.to_vec(), pem?.to_vec());
        // The last field, which ends with z or t0 or has the classical secret, and a line of the text.
        let (end, line) = (&der[der.len() - 32..], &pem[60..92]);
        assert_wiped(&[end], || pair.to_pkcs8(form, PQC_ENCODING_DER, b""))?;
        assert_wiped(&[line], || pair.to_pkcs8(form, PQC_ENCODING_PEM, b""))?;
        assert_no_trace(&[end, line], || {
            assert!(pair.to_pkcs8(form, PQC_ENCODING_PEM, b"").is_ok());
            assert!(load_pkcs8(&pem, b"", 0).is_ok());
        });
    }
    let pair = Algorithm::of(44).load_seed(&ENCRYPTED_SEED)?;
    let whole = pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_DER, b"")?;
    let encrypt = || pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, PASSWORD);
    assert_no_trace(&[&whole[whole.len() - 32..]], || assert!(encrypt().is_ok()));
    Ok(())
}

#[test]
fn keys_that_were_encrypted_leave_no_trace() {
    assert_no_trace(&[&ENCRYPTED_SEED], || assert!(load_pkcs8(&ENCRYPTED, PASSWORD, 0).is_ok()));
    assert_no_trace(&[&ENCRYPTED_SEED], || assert!(load_pkcs8(&ENCRYPTED, b"wrong", 0).is_err()));
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
    for (algorithm, seed) in
        [(Algorithm::of(512), Fixture::seed(&Algorithm::of(512))), (Algorithm::of(44), &ENCRYPTED_SEED)]
    {
        let pair = algorithm.load_seed(seed)?;
        let mut files = Vec::new();
        for password in [b"", PASSWORD] {
            files.push((pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, password)?.to_vec(), password));
        }
        if algorithm.is_mldsa() {
            files.push((ENCRYPTED.to_vec(), PASSWORD));
        }
        for flags in FORMS.map(|flags| flags | PQC_KEY_LOCKED_MEMORY) {
            // Values that are made once for the process.
            drop(algorithm.with(flags).load_seed(seed)?);
            let bare = heap_of_load(seed, || algorithm.with(flags).load_seed(seed));
            for (file, password) in &files {
                assert_eq!(heap_of_load(seed, || load_pkcs8(file, password, flags)), bare, "{algorithm:?} {flags}");
            }
        }
    }
    Ok(())
}

#[test]
fn refused_keys_in_pkcs8_leave_no_trace() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let seed = Fixture::seed(&algorithm);
        let both = algorithm.load_seed(seed)?.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_DER, b"")?;
        let mut changed = both.to_vec();
        changed[both.len() - 1] ^= 1;
        assert_no_trace(&[seed, &both[200..both.len() - 1]], || {
            assert_eq!(load_pkcs8(&changed, b"", 0).err(), Some(PqcStatus::SeedMismatch));
        });
    }
    Ok(())
}

#[test]
fn refused_private_keys_leave_no_trace() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all().into_iter().filter(|algorithm| algorithm.has_expanded_key()) {
        let KeySecrets { mut private, kept, .. } = KeySecrets::of(algorithm)?;
        let kept: Vec<_> = kept.iter().map(Vec::as_slice).collect();
        let positions = if algorithm.is_composite() {
            // A tag and the curve of ECDSA; all of a key of Ed25519 is secret.
            if Halves::of(algorithm).is_ecdsa { vec![32, private.len() - 1] } else { vec![] }
        } else if algorithm.is_mlkem() {
            // A coefficient of either key that is too large, and a wrong hash of the public key.
            let [ek, hash, _] = algorithm.mlkem_private_key_offsets();
            vec![ek - 1, hash - 33, hash]
        } else if algorithm.is_slhdsa() {
            vec![] // only its length is checked
        } else {
            // A coefficient of s1 that is too large, and a wrong tr.
            vec![128, 64]
        };
        for position in positions {
            let right = core::mem::replace(&mut private[position], 0xff);
            assert_no_trace(&kept, || assert!(algorithm.load_private_key(&private).is_err()));
            private[position] = right;
        }
        assert_no_trace(&kept, || assert!(algorithm.load_private_key(&private[1..]).is_err()));
    }
    Ok(())
}

#[test]
fn shared_secrets_are_wiped() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let (pair, randomness) = (algorithm.load_secrets(Fixture::seed(&algorithm))?, Fixture::randomness(&algorithm));
        let key = pair.public_key()?;
        let (ciphertext, secret) = key.encapsulate_derand(randomness)?;
        assert_wiped(&[&secret], || key.encapsulate_derand(randomness))?;
        assert_wiped(&[&secret], || pair.decapsulate(&ciphertext))?;
        assert_no_trace(&[&secret], || {
            let mut secrets = vec![0; 70 * 32];
            let slots = rows(&mut secrets, 32, 0);
            assert_eq!(decapsulate(&[pair.as_ptr()], one(&ciphertext), 70, 1, &slots).0, PqcStatus::Ok);
            // The caller wipes its own memory, which is watched too.
            secrets.fill(0);
        });
        let mut tampered = ciphertext.to_vec();
        tampered[..32].fill(1);
        let rejected = pair.decapsulate(&tampered)?;
        assert_wiped(&[&rejected], || pair.decapsulate(&tampered))?;
        if !algorithm.is_mlkem() {
            assert_no_trace(&[randomness], || drop(key.encapsulate_derand(randomness)));
        }
    }
    Ok(())
}

/// Calls a function while its `n`-th allocation fails, sees no trace of the secrets, and returns whether it failed.
fn fails_without_trace(secrets: Secrets, function: &Function, fixture: &Fixture, n: usize) -> bool {
    let mut call = function.prepare(fixture, Mode::NoMemory, false);
    let unwiped = secrets.unwiped_during(|| with_failing_allocations(n..n + 1, || function.run(&mut call)));
    assert_eq!(unwiped, 0, "{} without allocation {n}", function.name);
    call.status == PqcStatus::OutOfMemory
}

#[test]
fn no_function_leaves_a_trace_when_memory_runs_out() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        let secrets = KeySecrets::of(algorithm)?.all(algorithm)?;
        let known = Fixture::new(algorithm)?;
        for function in FUNCTIONS.iter().filter(|function| function.is_for(&known)) {
            let mut n = 0;
            // A key that has not yet made its kept forms.
            while fails_without_trace(secrets, function, &Fixture::new(algorithm)?, n) {
                n += 1;
            }
        }
    }
    Ok(())
}
