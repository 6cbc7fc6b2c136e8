//! Every backend has the results of the portable one, and a changed signature is invalid.

mod faults;
mod hashes;

use super::params::Numbers;
use super::{Fault, Job, ParameterSet, Signer, Verification, keygen, top_leaves, verify, verify_batch};
use crate::backend::Backend;
use std::sync::Mutex;
use std::thread;

/// The sets f, which sign fast; the sets s differ only in their numbers.
fn fast_sets() -> impl Iterator<Item = ParameterSet> {
    ParameterSet::ALL.into_iter().filter(|set| set.numbers().height < 8)
}

/// A private key from seeds that count up.
pub(super) fn key_of(set: ParameterSet, first: u8) -> Vec<u8> {
    let seeds: Vec<u8> = (0..set.seed_bytes()).map(|i| first.wrapping_add(i as u8)).collect();
    let mut key = vec![0; set.private_key_bytes()];
    keygen(Backend::best(), set, &seeds, &mut key);
    key
}

pub(super) fn signature_of(backend: Backend, set: ParameterSet, key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; set.signature_bytes()];
    let signer = Signer { backend, set, private_key: key, top_leaves: None, check_faults: true };
    assert_eq!(signer.sign(&[message], None, &mut signature), Ok(()));
    signature
}

#[test]
fn every_backend_makes_the_keys_and_signatures_of_the_portable_one() {
    for set in fast_sets() {
        let (key, message) = (key_of(set, 3), [0x5a; 300]);
        let expected = signature_of(Backend::Portable, set, &key, &message);
        for backend in Backend::available() {
            let mut again = vec![0; set.private_key_bytes()];
            keygen(backend, set, &key[..set.seed_bytes()], &mut again);
            assert_eq!(again, key, "{set:?} {}", backend.name());
            assert!(signature_of(backend, set, &key, &message) == expected, "{set:?} {}", backend.name());
            assert!(verify(backend, set, &key[2 * set.n()..], &[&message[..7], &message[7..]], &expected));
        }
    }
}

#[test]
fn the_additional_randomness_changes_the_signature_and_its_absence_means_the_public_seed() {
    for set in [ParameterSet::Sha2_128f, ParameterSet::Shake128f] {
        let (n, key) = (set.n(), key_of(set, 3));
        let sign_with = |random: Option<&[u8]>| {
            let mut signature = vec![0; set.signature_bytes()];
            let signer =
                Signer { backend: Backend::best(), set, private_key: &key, top_leaves: None, check_faults: false };
            assert_eq!(signer.sign(&[b"message"], random, &mut signature), Ok(()));
            assert!(verify(Backend::best(), set, &key[2 * n..], &[b"message"], &signature));
            signature
        };
        assert!(sign_with(None) == sign_with(Some(&key[2 * n..3 * n])));
        assert!(sign_with(None) != sign_with(Some(&[0; 16])));
    }
}

/// Signs in jobs: `threads` threads take them one after the other, and one thread the last job first.
fn divided_signature_of(signer: &Signer<'_>, message: &[u8], threads: usize) -> Result<Vec<u8>, Fault> {
    let mut signature = vec![0; signer.set.signature_bytes()];
    signer.sign_divided(&[message], None, &mut signature, |jobs| match threads {
        1 => jobs.collect::<Vec<_>>().into_iter().rev().for_each(Job::run),
        _ => {
            let jobs = Mutex::new(jobs);
            let next = || jobs.lock().expect("not poisoned").next();
            thread::scope(|scope| {
                (0..threads).for_each(|_| drop(scope.spawn(|| std::iter::from_fn(next).for_each(Job::run))));
            });
        }
    })?;
    Ok(signature)
}

/// With and without the check, by a number of threads.
const CHOICES: [(bool, usize); 5] = [(true, 2), (false, 3), (true, 1), (false, 1), (true, 7)];

fn check_divided(backend: Backend, set: ParameterSet, choices: &[(bool, usize)]) {
    let (key, message) = (key_of(set, 5), [0x42; 99]);
    let expected = signature_of(backend, set, &key, &message);
    for &(check_faults, threads) in choices {
        let signer = Signer { backend, set, private_key: &key, top_leaves: None, check_faults };
        let made = divided_signature_of(&signer, &message, threads);
        assert!(made.as_ref() == Ok(&expected), "{set:?} on {}, {threads} threads", backend.name());
        if set.top_leaves_bytes() > 0 {
            check_kept(&signer, &message, &expected);
        }
    }
}

/// Signs with the leaves of the highest tree, which no bit may change: then the tree is computed.
fn check_kept(signer: &Signer<'_>, message: &[u8], expected: &[u8]) {
    let mut kept = vec![0; signer.set.top_leaves_bytes()];
    top_leaves(signer.backend, signer.set, signer.private_key, &mut kept);
    for flipped in [None, Some(0), Some(8 * kept.len() - 1)] {
        let (mut leaves, mut signature) = (kept.clone(), vec![0; expected.len()]);
        flipped.into_iter().for_each(|bit| leaves[bit / 8] ^= 1 << (bit % 8));
        let signer = Signer { top_leaves: Some(&leaves), ..*signer };
        assert_eq!(signer.sign(&[message], None, &mut signature), Ok(()));
        assert!(signature == expected, "{:?} with kept leaves, bit {flipped:?}", signer.set);
        assert!(divided_signature_of(&signer, message, 2).is_ok_and(|made| made == expected), "{:?}", signer.set);
    }
}

#[test]
fn a_signature_in_jobs_is_the_same_whatever_threads_run_them() {
    for set in fast_sets() {
        for backend in Backend::available() {
            check_divided(backend, set, if backend == Backend::best() { &CHOICES } else { &CHOICES[..1] });
        }
    }
    check_divided(Backend::best(), ParameterSet::Sha2_128s, &CHOICES[..2]);
}

#[test]
#[ignore = "takes minutes: run by `make nightly`"]
fn a_signature_of_every_set_in_jobs_is_the_same() {
    for set in ParameterSet::ALL {
        check_divided(Backend::best(), set, &CHOICES);
    }
}

/// The check finds that a job was left out, since its roots are still zeros.
#[test]
fn a_job_that_is_left_out_is_a_fault() {
    let (set, mut left_out) = (ParameterSet::Sha2_128f, 0);
    let key = key_of(set, 5);
    let signer = Signer { backend: Backend::best(), set, private_key: &key, top_leaves: None, check_faults: true };
    loop {
        let (mut signature, mut is_left_out) = (vec![1; set.signature_bytes()], false);
        let outcome = signer.sign_divided(&[b"message"], None, &mut signature, |jobs| {
            for (i, job) in jobs.enumerate() {
                if i == left_out {
                    is_left_out = true;
                } else {
                    job.run();
                }
            }
        });
        if !is_left_out {
            assert!(left_out > 22 && outcome.is_ok());
            break;
        }
        assert!(outcome == Err(Fault::Computation) && signature.iter().all(|byte| *byte == 0), "job {left_out}");
        left_out += 1;
    }
}

/// The offsets of a signature at which a part begins: R, the value and each node of the first and last FORS trees, the chains and the
/// authentication path of each layer.
fn parts(numbers: &Numbers) -> Vec<usize> {
    let (n, tree) = (numbers.n, 1 + numbers.a);
    let fors = [0, numbers.k - 1].into_iter().flat_map(|i| (i * tree..(i + 1) * tree).map(move |node| (1 + node) * n));
    let layers = (0..numbers.d).flat_map(|layer| {
        let begin = n + numbers.fors_bytes() + layer * numbers.layer_bytes();
        let path = (0..numbers.height).map(move |node| begin + (numbers.chains() + node) * n);
        [0, numbers.chains() - 1].map(|chain| begin + chain * n).into_iter().chain(path)
    });
    std::iter::once(0).chain(fors).chain(layers).collect()
}

#[test]
fn a_changed_bit_in_any_part_of_a_signature_is_refused() {
    for set in fast_sets() {
        let (numbers, key) = (set.numbers(), key_of(set, 9));
        let (public_key, mut signature) = (&key[2 * numbers.n..], signature_of(Backend::best(), set, &key, b"message"));
        for (i, at) in parts(&numbers).into_iter().enumerate() {
            let bit = 1 << (i % 8);
            signature[at + i % numbers.n] ^= bit;
            assert!(!verify(Backend::best(), set, public_key, &[b"message"], &signature), "{set:?}, byte {at}");
            signature[at + i % numbers.n] ^= bit;
        }
        assert!(verify(Backend::best(), set, public_key, &[b"message"], &signature));
        assert!(!verify(Backend::best(), set, public_key, &[b"massage"], &signature));
        for length in [0, numbers.n, signature.len() - numbers.n, signature.len() - 1] {
            assert!(!verify(Backend::best(), set, public_key, &[b"message"], &signature[..length]));
        }
        signature.push(0);
        assert!(!verify(Backend::best(), set, public_key, &[b"message"], &signature));
        signature.pop();
        for length in [0, public_key.len() - 1] {
            assert!(!verify(Backend::best(), set, &public_key[..length], &[b"message"], &signature));
        }
        for at in 0..2 {
            let mut other = public_key.to_vec();
            other[at * numbers.n] ^= 1;
            assert!(!verify(Backend::best(), set, &other, &[b"message"], &signature));
        }
    }
}

#[test]
fn a_signature_of_a_set_with_the_same_lengths_is_refused() {
    let (set, other) = (ParameterSet::Sha2_128f, ParameterSet::Shake128f);
    let key = key_of(set, 9);
    let signature = signature_of(Backend::best(), set, &key, b"message");
    assert!(!verify(Backend::best(), other, &key[32..], &[b"message"], &signature));
}

#[test]
fn a_batch_of_any_size_has_the_verdicts_of_its_items() {
    for set in [ParameterSet::Sha2_192f, ParameterSet::Shake128f] {
        let n = set.n();
        let made: Vec<_> = (0..5_u8)
            .map(|i| {
                let (key, message) = (key_of(set, 50 * i), vec![i; 100 * usize::from(i)]);
                let signature = signature_of(Backend::best(), set, &key, &message);
                (key, message, signature)
            })
            .collect();
        for backend in Backend::available() {
            for count in [0, 1, 2, 7, 8, 9, 16, 17, 35] {
                let messages: Vec<[&[u8]; 1]> = (0..count).map(|i| [&*made[i % 5].1]).collect();
                let items: Vec<_> = (0..count)
                    .map(|i| {
                        // Some with another key, some with a truncated signature.
                        let (key, signature) = (&made[(i + usize::from(i % 7 == 3)) % 5].0, &made[i % 5].2);
                        let length = signature.len() - usize::from(i % 11 == 5);
                        let (public_key, signature) = (&key[2 * n..], &signature[..length]);
                        Verification { public_key, message: &messages[i], signature }
                    })
                    .collect();
                let mut verdicts = vec![true; count];
                verify_batch(backend, set, &items, &mut verdicts);
                let expected: Vec<_> = (0..count).map(|i| i % 7 != 3 && i % 11 != 5).collect();
                assert_eq!(verdicts, expected, "{count} on {}", backend.name());
            }
        }
    }
}
