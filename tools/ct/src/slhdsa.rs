//! SLH-DSA on secret keys and randomness. valgrind.c declares the digest of a message and the digits of WOTS+ public.

use crate::failed;
use crate::valgrind::{mark_public, mark_secret};
use pqc_core::{Algorithm, Family, KeyOptions, PrivateKey, Randomness};

const MESSAGE: &[u8] = b"Transfer 100 to Alice";

/// Runs an operation and returns the options of its key.
pub(crate) fn run(operation: &str, id: u32, options: KeyOptions) -> Result<KeyOptions, String> {
    let set = Algorithm::from_id(id)
        .filter(|set| set.family() == Family::SlhDsa)
        .ok_or_else(|| format!("SLH-DSA has no set {id}"))?;
    let expected = key(set, options, |_| ())?;
    let private = private_key(&expected)?;
    match operation {
        "keygen" => {
            let mut made = private_key(&key(set, options, mark_secret)?)?;
            mark_public(&mut made);
            if made != private {
                return Err("the marks changed the key".into());
            }
        }
        "sign" => {
            let mut secret = private;
            mark_secret(&mut secret[..2 * n(set)]);
            let expected = signature(&expected, |_| ())?;
            for parallel in [false, true] {
                let loaded =
                    PrivateKey::from_bytes(set, KeyOptions { parallel, ..options }, &secret).map_err(failed)?;
                let mut made = signature(&loaded, mark_secret)?;
                mark_public(&mut made);
                if made != expected {
                    return Err("the marks changed the signature".into());
                }
            }
        }
        _ => return Err(format!("SLH-DSA has no operation {operation}")),
    }
    Ok(expected.options())
}

/// The bytes of a node, and of SK.seed, SK.prf, PK.seed and PK.root each.
fn n(set: Algorithm) -> usize {
    set.private_key_bytes() / 4
}

/// A key with marked SK.seed and SK.prf; PK.seed is public.
fn key(set: Algorithm, options: KeyOptions, mark: impl Fn(&mut [u8])) -> Result<PrivateKey, String> {
    let mut seeds: Vec<u8> = (0..).take(3 * n(set)).collect();
    mark(&mut seeds[..2 * n(set)]);
    PrivateKey::from_seed(set, options, &seeds).map_err(failed)
}

fn private_key(key: &PrivateKey) -> Result<Vec<u8>, String> {
    let mut private = vec![0; key.algorithm().private_key_bytes()];
    key.write(&mut private).map_err(failed)?;
    Ok(private)
}

/// A signature with randomness that is marked.
fn signature(key: &PrivateKey, mark: impl Fn(&mut [u8])) -> Result<Vec<u8>, String> {
    let (set, mut rnd) = (key.algorithm(), vec![0x3a; n(key.algorithm())]);
    mark(&mut rnd);
    let mut signature = vec![0; set.signature_bytes()];
    key.sign(MESSAGE, b"context", Randomness::Given(rnd.as_slice().into()), &mut signature).map_err(failed)?;
    Ok(signature)
}
