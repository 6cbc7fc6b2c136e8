//! SLH-DSA leaves nothing on the stack; see [`stack`].

use crate::stack::{check, stack_after};
use pqc_simd::Backend;
use pqc_simd::slhdsa::{Job, ParameterSet, Signer, Verification, keygen, top_leaves, verify_batch};

fn check_all(backend: Backend, set: ParameterSet) {
    let name = |operation: &str| format!("SLH-DSA {set:?} {operation} on {}", backend.name());
    let (seeds, mut private_key) = (vec![0x5a; set.seed_bytes()], vec![0; set.private_key_bytes()]);
    check(&name("keygen"), || keygen(backend, set, &seeds, &mut private_key));
    let (random, mut signature) = (vec![0x69; set.n()], vec![0; set.signature_bytes()]);
    for check_faults in [false, true] {
        let signer = Signer { backend, set, private_key: &private_key, top_leaves: None, check_faults };
        check(&name("sign"), || {
            assert!(signer.sign(&[&[0x3c; 200]], Some(&random), &mut signature).is_ok());
        });
        check(&name("sign in jobs"), || {
            let run = |jobs: &mut (dyn Iterator<Item = Job<'_>> + Send)| jobs.for_each(Job::run);
            assert!(signer.sign_divided(&[&[0x3c; 200]], Some(&random), &mut signature, run).is_ok());
        });
    }
    if set.top_leaves_bytes() > 0 {
        let mut leaves = vec![0; set.top_leaves_bytes()];
        check(&name("top_leaves"), || top_leaves(backend, set, &private_key, &mut leaves));
        let signer = Signer { backend, set, private_key: &private_key, top_leaves: Some(&leaves), check_faults: false };
        check(&name("sign with leaves"), || {
            assert!(signer.sign(&[&[0x3c; 200]], Some(&random), &mut signature).is_ok());
        });
    }
    let mut damaged = private_key.clone();
    damaged[0] ^= 1;
    let signer = Signer { backend, set, private_key: &damaged, top_leaves: None, check_faults: true };
    check(&name("refused sign"), || {
        assert!(signer.sign(&[&[0x3c; 200]], Some(&random), &mut signature).is_err());
    });
    assert!(signature.iter().all(|byte| *byte == 0));
    check(&name("refused sign in jobs"), || {
        let run = |jobs: &mut (dyn Iterator<Item = Job<'_>> + Send)| jobs.for_each(Job::run);
        assert!(signer.sign_divided(&[&[0x3c; 200]], Some(&random), &mut signature, run).is_err());
    });
    assert!(signature.iter().all(|byte| *byte == 0));
}

#[test]
fn no_operation_leaves_anything_on_the_stack() {
    for backend in Backend::available() {
        // The sets s differ from these only in heights, and take long.
        for set in ParameterSet::ALL.into_iter().filter(|set| format!("{set:?}").ends_with('f')) {
            check_all(backend, set);
        }
    }
    check_all(Backend::best(), ParameterSet::Sha2_256s);
    check_all(Backend::best(), ParameterSet::Shake256s);
}

/// Nothing there is secret, but a caller must know how much stack its threads need.
#[test]
fn a_verification_uses_no_more_stack_than_it_says() {
    for backend in Backend::available() {
        for set in [ParameterSet::Sha2_256f, ParameterSet::Shake256f] {
            let (public_key, signature) = (vec![0x5a; set.public_key_bytes()], vec![0x5a; set.signature_bytes()]);
            let item = Verification { public_key: &public_key, message: &[&[1; 100]], signature: &signature };
            let mut verdicts = [true; 16];
            for count in [1, 16] {
                let (items, verdicts) = (&[item; 16][..count], &mut verdicts[..count]);
                let used = stack_after(|| verify_batch(backend, set, items, verdicts)).len();
                println!("SLH-DSA {set:?} verify_batch of {count} on {}: {used} bytes", backend.name());
                assert!(used <= 72 << 10 && verdicts.iter().all(|verdict| !verdict), "{used} bytes");
            }
        }
    }
}
