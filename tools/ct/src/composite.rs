//! Composite signatures on secret keys and randomness. Their rows differ only in their halves, so one row of each classical
//! algorithm is checked, each with another ML-DSA.

use crate::failed;
use crate::valgrind::{mark_public, mark_secret, with_secret_randomness};
use pqc_core::{Algorithm, Family, KeyOptions, MLDSA_RANDOMNESS_BYTES, PrivateKey, Randomness};

/// The identifiers of composites, without the last number of the object identifier.
const FIRST_ID: u32 = 0x6_0000;

/// The bytes of the ML-DSA seed at the start of a private key.
const SEED_BYTES: usize = 32;

const RND: [u8; MLDSA_RANDOMNESS_BYTES] = [0x3a; MLDSA_RANDOMNESS_BYTES];

/// Messages to sign, so that the DER of ECDSA signatures has several lengths.
const MESSAGES: [&[u8]; 3] = [b"Transfer 100 to Alice", b"", b"Transfer 300 to Carol"];

/// Runs an operation and returns the options of its key. `number` is the last one of the object identifier.
pub(crate) fn run(operation: &str, number: u32, options: KeyOptions) -> Result<KeyOptions, String> {
    let set = Algorithm::from_id(FIRST_ID | number)
        .filter(|set| set.family() == Family::Composite)
        .ok_or_else(|| format!("no composite has the number {number}"))?;
    match operation {
        "keygen" => keygen(set, options),
        "sign" => sign(set, options),
        "import" => import(set, options),
        _ => Err(format!("composites have no operation {operation}")),
    }
}

/// A private key in the draft's encoding, `mldsaSeed || tradSK`. All of it varies for Ed25519; for ECDSA, all but the DER of the
/// ECPrivateKey around the scalar.
struct Encoded {
    bytes: Vec<u8>,
    secret: core::ops::Range<usize>,
}

impl Encoded {
    fn new(set: Algorithm) -> Result<Self, String> {
        let (prefix, secret_bytes, suffix): (&[u8], usize, &[u8]) = match set.private_key_bytes() - SEED_BYTES {
            32 => (b"", 32, b""),
            51 => (b"\x30\x31\x02\x01\x01\x04\x20", 32, b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
            64 => (b"\x30\x3e\x02\x01\x01\x04\x30", 48, b"\xa0\x07\x06\x05\x2b\x81\x04\x00\x22"),
            _ => return Err("a classical private key of an unknown size".into()),
        };
        let begin = SEED_BYTES + prefix.len();
        let bytes = [&[0x5d; SEED_BYTES], prefix, &vec![0x71; secret_bytes], suffix].concat();
        Ok(Self { bytes, secret: begin..begin + secret_bytes })
    }

    /// Marks the secrets of both halves.
    fn mark_secret(&mut self) {
        mark_secret(&mut self.bytes[..SEED_BYTES]);
        mark_secret(&mut self.bytes[self.secret.clone()]);
    }
}

/// A key with secret halves, so that everything in it is secret, even values that are published later.
fn secret_pair(set: Algorithm, options: KeyOptions) -> Result<PrivateKey, String> {
    let mut encoded = Encoded::new(set)?;
    encoded.mark_secret();
    PrivateKey::from_bytes(set, options, &encoded.bytes).map_err(failed)
}

/// The same key, unmarked for valgrind.
fn public_pair(set: Algorithm, options: KeyOptions) -> Result<PrivateKey, String> {
    PrivateKey::from_bytes(set, options, &Encoded::new(set)?.bytes).map_err(failed)
}

fn private_key(pair: &PrivateKey) -> Result<Vec<u8>, String> {
    let mut private = vec![0; pair.algorithm().private_key_bytes()];
    pair.write(&mut private).map_err(failed)?;
    Ok(private)
}

fn public_key(pair: &PrivateKey) -> Result<Vec<u8>, String> {
    let mut public = vec![0; pair.algorithm().public_key_bytes()];
    pair.write_public_key(&mut public).map_err(failed)?;
    Ok(public)
}

/// A signature and its length, which follows from it, both unmarked for valgrind.
fn signature(pair: &PrivateKey, message: &[u8], randomness: Randomness<'_>) -> Result<Vec<u8>, String> {
    let mut signature = vec![0; pair.algorithm().signature_bytes()];
    let mut len = pair.sign(message, b"context", randomness, &mut signature).map_err(failed)?.to_le_bytes();
    mark_public(&mut signature);
    mark_public(&mut len);
    signature.truncate(usize::from_le_bytes(len));
    Ok(signature)
}

/// Draws a key from secret randomness, and encodes both of its keys.
fn keygen(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let drawn = with_secret_randomness(|| PrivateKey::generate(set, options)).map_err(failed)?;
    let (mut private, mut public) = (private_key(&drawn)?, public_key(&drawn)?);
    mark_public(&mut private);
    mark_public(&mut public);
    let again = PrivateKey::from_bytes(set, options, &private).map_err(failed)?;
    if public != public_key(&again)? {
        return Err("the marks changed the key".into());
    }
    Ok(drawn.options())
}

/// Signs with a secret key, with secret randomness and without.
fn sign(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let (pair, expected) = (secret_pair(set, options)?, public_pair(set, options)?);
    let key = expected.public_key().map_err(failed)?;
    let mut rnd = RND;
    mark_secret(&mut rnd);
    for message in MESSAGES {
        let hedged = signature(&pair, message, Randomness::Given((&rnd).into()))?;
        key.verify(message, b"context", &hedged).map_err(failed)?;
        if hedged != signature(&expected, message, Randomness::Given((&RND).into()))? {
            return Err("the marks changed the signature".into());
        }
    }
    if signature(&pair, b"", Randomness::Deterministic)? != signature(&expected, b"", Randomness::Deterministic)? {
        return Err("the marks changed the signature without randomness".into());
    }
    Ok(pair.options())
}

/// Loads a secret private key, and encodes it and its public key.
fn import(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = secret_pair(set, options)?;
    let (mut private, mut public) = (private_key(&pair)?, public_key(&pair)?);
    mark_public(&mut private);
    mark_public(&mut public);
    let expected = public_pair(set, options)?;
    if (private, public) != (private_key(&expected)?, public_key(&expected)?) {
        return Err("the marks changed the key".into());
    }
    Ok(pair.options())
}
