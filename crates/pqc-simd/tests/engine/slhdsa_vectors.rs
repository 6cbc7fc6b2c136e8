//! The published vectors of SLH-DSA (ACVP), from `QYNAUTH_PQC_VECTORS`.

use crate::vectors::{Case, HASH_OID, cases, folder, load, prehash};
use pqc_simd::Backend;
use pqc_simd::slhdsa::{ParameterSet, Signer, keygen, verify};

/// The set of a case.
fn set(case: &Case) -> ParameterSet {
    let named = case.text(&["parameterSet"]).strip_prefix("SLH-DSA-").expect("a set of SLH-DSA").replace("-", "");
    let is_named = |set: &ParameterSet| format!("{set:?}").replace('_', "").eq_ignore_ascii_case(&named);
    ParameterSet::ALL.into_iter().find(is_named).expect("one of the twelve")
}

/// The message M' of FIPS 205, sections 10.2 and 10.3, or of the internal interface.
fn message(case: &Case) -> Vec<u8> {
    let message = case.bytes(&["message"]).unwrap_or_default();
    let context = case.bytes(&["context"]).unwrap_or_default();
    let length = u8::try_from(context.len()).expect("a short context");
    if case.text(&["signatureInterface"]) == "internal" {
        message
    } else if case.text(&["hashAlg"]).is_empty() {
        [&[0, length], &*context, &*message].concat()
    } else {
        let (number, digest) = prehash(case.text(&["hashAlg"]), &message);
        [&[1, length], &*context, &HASH_OID, &[number], &*digest].concat()
    }
}

fn check(backend: Backend, case: &Case) -> bool {
    let set = set(case);
    match case.text(&["mode"]) {
        "keyGen" => {
            let seeds = ["skSeed", "skPrf", "pkSeed"].map(|name| case.bytes(&[name]).expect("a seed")).concat();
            let mut private_key = vec![0; set.private_key_bytes()];
            keygen(backend, set, &seeds, &mut private_key);
            private_key == case.private_key() && Some(&private_key[2 * set.n()..]) == case.public_key().as_deref()
        }
        "sigGen" => {
            let (key, message, random) = (case.private_key(), message(case), case.bytes(&["additionalRandomness"]));
            let (first, second) = message.split_at(message.len() / 3);
            let mut signature = vec![0; set.signature_bytes()];
            let signer = Signer { backend, set, private_key: &key, top_leaves: None, check_faults: false };
            let signed = signer.sign(&[first, second], random.as_deref(), &mut signature);
            signed.is_ok() && signature == case.signature()
        }
        "sigVer" => {
            let (key, message) = (case.public_key().expect("a key"), message(case));
            verify(backend, set, &key, &[&message], &case.signature())
        }
        other => panic!("unknown kind: {other}"),
    }
}

/// Checks the chosen cases of a file, and returns the number of all cases. Signatures take long: the fastest backend
/// makes all signatures of the sets f and the first of each group of the sets s. The other backends, and every backend
/// under an emulator, make the first of each group of the sets f. Every backend makes all keys of the sets f, and the
/// first of each group of the sets s.
fn check_file(name: &str) -> Option<usize> {
    let content = load(&folder()?.join(format!("acvp/SLH-DSA-{name}-FIPS205.json.gz")));
    let (mut count, mut last_group) = (0, String::new());
    let best = std::env::var_os("QYNAUTH_PQC_EMULATOR").is_none().then(Backend::best);
    for case in cases(&content) {
        let group = case.value(&["tgId"]).expect("a group").to_string();
        let is_first = group != last_group;
        last_group = group;
        let is_fast = case.text(&["parameterSet"]).ends_with('f');
        for backend in Backend::available() {
            let is_chosen = match (name, Some(backend) == best) {
                ("sigGen", true) => is_fast || is_first,
                ("sigGen", false) => is_fast && is_first,
                ("keyGen", _) => is_fast || is_first,
                _ => true,
            };
            if is_chosen {
                let is_right = check(backend, &case);
                assert_eq!(is_right, case.is_valid(), "{} {}", backend.name(), case.0[1]["tcId"]);
            }
        }
        count += 1;
    }
    Some(count)
}

#[test]
fn acvp_keys_are_made_on_every_backend() {
    assert!(check_file("keyGen").is_none_or(|count| count == 60));
}

#[test]
fn acvp_signatures_are_made_on_every_backend() {
    assert!(check_file("sigGen").is_none_or(|count| count == 336));
}

#[test]
fn acvp_signatures_are_verified_on_every_backend() {
    assert!(check_file("sigVer").is_none_or(|count| count == 252));
}
