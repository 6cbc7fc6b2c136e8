//! What a structure must be to be read as a key, and what the encryption of one may cost.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
#![allow(clippy::expect_used, reason = "what a test puts together is right, or the test is wrong")]

use pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, ScryptParams};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::oid::ObjectIdentifier;
use pkcs8::der::{Encode, SliceWriter, Tag};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use pqc_core::{
    CodePath, Encoding, Error, MlDsaKeyPair, MlDsaParameterSet, MlKemKeyPair, MlKemParameterSet, MlKemPublicKey,
    PrivateKeyForm,
};

const PATH: CodePath = CodePath::Portable;
const KEM: MlKemParameterSet = MlKemParameterSet::MlKem512;
const PASSWORD: &[u8] = b"password";

fn kem_pair() -> Result<MlKemKeyPair, Error> {
    MlKemKeyPair::from_seed(KEM, PATH, &[3; 64])
}

/// Why a key is refused.
fn refused(data: &[u8]) -> Option<Error> {
    MlKemKeyPair::from_pkcs8(PATH, data, b"").err()
}

fn der(structure: &impl Encode) -> Vec<u8> {
    let mut bytes = vec![0; 16384];
    let mut writer = SliceWriter::new(&mut bytes);
    structure.encode(&mut writer).expect("there is room");
    writer.finish().expect("there is room").to_vec()
}

/// PKCS#8 of some algorithm, with this for a private key.
fn pkcs8(oid: &str, parameters: Option<AnyRef<'_>>, private_key: &[u8], public_key: Option<&[u8]>) -> Vec<u8> {
    let algorithm = AlgorithmIdentifierRef { oid: ObjectIdentifier::new_unwrap(oid), parameters };
    let mut info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(private_key).expect("it is short"));
    info.public_key = public_key.map(|bytes| BitStringRef::from_bytes(bytes).expect("it is short"));
    der(&info)
}

const ML_KEM_512: &str = "2.16.840.1.101.3.4.4.1";

fn seed_choice(length: u8) -> Vec<u8> {
    [vec![0x80, length], vec![3; usize::from(length)]].concat()
}

#[test]
fn algorithm_must_be_known_and_without_parameters() {
    let seed = seed_choice(64);
    assert_eq!(refused(&pkcs8(ML_KEM_512, None, &seed, None)), None);
    let null = AnyRef::new(Tag::Null, &[]).expect("NULL is short");
    assert_eq!(refused(&pkcs8(ML_KEM_512, Some(null), &seed, None)), Some(Error::KeyEncoding));
    for oid in ["1.2.840.113549.1.1.1", "2.16.840.1.101.3.4.4.4", "2.16.840.1.101.3.4.4", "2.16.840.1.101.3.4.3.17"] {
        assert_eq!(refused(&pkcs8(oid, None, &seed, None)), Some(Error::KeyAlgorithm), "{oid}");
    }
}

#[test]
fn parts_of_wrong_lengths_are_refused_by_their_name() -> Result<(), Error> {
    let mut expanded = vec![0; KEM.private_key_bytes()];
    kem_pair()?.write_private_key(&mut expanded)?;
    let string = |bytes: &[u8]| der(&OctetStringRef::new(bytes).expect("it is short"));
    let both = |seed: &[u8], expanded: &[u8]| {
        let content = [string(seed), string(expanded)].concat();
        der(&AnyRef::new(Tag::Sequence, &content).expect("it is short"))
    };
    for (choice, error) in [
        (seed_choice(64), None),
        (seed_choice(63), Some(Error::SeedLength)),
        (seed_choice(32), Some(Error::SeedLength)),
        (string(&expanded), None),
        (string(&expanded[1..]), Some(Error::PrivateKeyLength)),
        (string(&[]), Some(Error::PrivateKeyLength)),
        (both(&[3; 64], &expanded), None),
        (both(&[3; 63], &expanded), Some(Error::SeedLength)),
        (both(&[3; 64], &expanded[1..]), Some(Error::PrivateKeyLength)),
        (both(&[4; 64], &expanded), Some(Error::SeedMismatch)),
        (both(&expanded, &[3; 64]), Some(Error::SeedLength)),
        (vec![3; 64], Some(Error::KeyEncoding)),
        (vec![], Some(Error::KeyEncoding)),
        ([seed_choice(64), vec![0]].concat(), Some(Error::KeyEncoding)),
        ([string(&expanded), seed_choice(64)].concat(), Some(Error::KeyEncoding)),
        ([vec![0xa0, 66, 4, 64], vec![3; 64]].concat(), Some(Error::KeyEncoding)),
        ([vec![0x81, 64], vec![3; 64]].concat(), Some(Error::KeyEncoding)),
    ] {
        assert_eq!(refused(&pkcs8(ML_KEM_512, None, &choice, None)), error, "{:02x?}", &choice[..choice.len().min(8)]);
    }
    Ok(())
}

#[test]
fn public_key_beside_the_private_one_must_be_its_own() -> Result<(), Error> {
    let mut public = vec![0; KEM.public_key_bytes()];
    kem_pair()?.write_public_key(&mut public)?;
    let load = |public: &[u8]| refused(&pkcs8(ML_KEM_512, None, &seed_choice(64), Some(public)));
    assert_eq!(load(&public), None);
    assert_eq!(load(&public[1..]), Some(Error::KeyPairMismatch));
    assert_eq!(load(&[]), Some(Error::KeyPairMismatch));
    public[799] ^= 1;
    assert_eq!(load(&public), Some(Error::KeyPairMismatch));
    Ok(())
}

#[test]
fn every_cut_and_every_changed_length_is_refused() -> Result<(), Error> {
    let key = kem_pair()?.to_pkcs8(PrivateKeyForm::Seed, Encoding::Der, b"")?;
    for length in 0..key.len() {
        assert_eq!(refused(&key[..length]), Some(Error::KeyEncoding), "{length}");
    }
    assert_eq!(refused(&[&key[..], &[0]].concat()), Some(Error::KeyEncoding));
    // A length in two bytes where one will do, and one of unknown end: BER, not DER.
    assert_eq!(refused(&[&[0x30, 0x81], &key[1..]].concat()), Some(Error::KeyEncoding));
    assert_eq!(refused(&[&[0x30, 0x80], &key[2..], &[0, 0]].concat()), Some(Error::KeyEncoding));
    Ok(())
}

#[test]
fn pem_is_one_block_with_its_label() -> Result<(), Error> {
    let pem = kem_pair()?.to_pkcs8(PrivateKeyForm::Seed, Encoding::Pem, b"")?;
    let pem = core::str::from_utf8(&pem).expect("PEM is text");
    for (text, error) in [
        (pem.to_owned(), None),
        (pem.replace('\n', "\r\n"), None),
        (pem.trim_end().to_owned(), None),
        (format!("{pem}\n \n"), None),
        (format!("Whose key this is\n{pem}"), None),
        (pem.replace("PRIVATE KEY", "PUBLIC KEY"), Some(Error::KeyEncoding)),
        (pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), Some(Error::KeyEncoding)),
        (pem.replace("PRIVATE KEY", "EC PRIVATE KEY"), Some(Error::KeyEncoding)),
        (pem.replace("END PRIVATE", "END PUBLIC"), Some(Error::KeyEncoding)),
        (pem.replacen('M', "!", 1), Some(Error::KeyEncoding)),
        (pem.repeat(2), Some(Error::KeyEncoding)),
        (format!("{pem}text"), Some(Error::KeyEncoding)),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".to_owned(), Some(Error::KeyEncoding)),
        (String::new(), Some(Error::KeyEncoding)),
    ] {
        assert_eq!(refused(text.as_bytes()), error, "{text}");
    }
    Ok(())
}

#[test]
fn pem_may_have_lines_of_any_one_length() -> Result<(), Error> {
    let key = kem_pair()?.to_pkcs8(PrivateKeyForm::Both, Encoding::Pem, b"")?;
    let text = core::str::from_utf8(&key).expect("PEM is text");
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let body = lines[1..lines.len() - 1].concat();
    for length in [4, 60, 63, 65, 76, body.len()] {
        let wrapped: Vec<&str> =
            (0..body.len()).step_by(length).map(|at| &body[at..body.len().min(at + length)]).collect();
        let pem = [lines[0], &wrapped.join("\n"), lines[lines.len() - 1], ""].join("\n");
        assert_eq!(refused(pem.as_bytes()), None, "{length}");
    }
    let uneven = text.replacen(&body[..32], &format!("{}\n", &body[..32]), 1);
    assert_eq!(refused(uneven.as_bytes()), Some(Error::KeyEncoding));
    Ok(())
}

#[test]
fn every_bit_of_t0_is_checked() -> Result<(), Error> {
    for set in MlDsaParameterSet::ALL {
        let pair = MlDsaKeyPair::from_seed(set, PATH, &[3; 32])?;
        let key = pair.to_pkcs8(PrivateKeyForm::Expanded, Encoding::Der, b"")?;
        let load = |key: &[u8]| MlDsaKeyPair::from_pkcs8(PATH, key, b"").err();
        assert_eq!(load(&key), None);
        let t0_bytes = set.private_key_bytes() * 416 / 1000;
        for position in (key.len() - t0_bytes..key.len()).step_by(97) {
            let mut changed = key.to_vec();
            changed[position] ^= 1 << (position % 8);
            assert_eq!(load(&changed), Some(Error::KeyPairMismatch), "{} {position}", set.name());
        }
    }
    Ok(())
}

#[test]
fn every_part_of_the_secret_vector_is_checked() -> Result<(), Error> {
    for set in MlKemParameterSet::ALL {
        let pair = MlKemKeyPair::from_seed(set, PATH, &[3; 64])?;
        let key = pair.to_pkcs8(PrivateKeyForm::Expanded, Encoding::Der, b"")?;
        let start = key.len() - set.private_key_bytes();
        for position in (start..start + set.public_key_bytes() - 32).step_by(96) {
            let mut changed = key.to_vec();
            changed[position] ^= 1;
            let error = MlKemKeyPair::from_pkcs8(PATH, &changed, b"").err();
            let is_refused = matches!(error, Some(Error::KeyPairMismatch | Error::PrivateKeyRange));
            assert!(is_refused, "{} {position}: {error:?}", set.name());
        }
    }
    Ok(())
}

#[test]
fn public_keys_are_read_strictly() -> Result<(), Error> {
    let key = kem_pair()?.public_key()?.to_spki(Encoding::Der)?;
    let load = |key: &[u8]| MlKemPublicKey::from_spki(PATH, key).err();
    assert_eq!(load(&key), None);
    let start = key.len() - KEM.public_key_bytes();
    let changed = |position: usize, value: u8| {
        let mut changed = key.to_vec();
        changed[position] = value;
        load(&changed)
    };
    assert_eq!(changed(start - 1, 1), Some(Error::KeyEncoding), "unused bits");
    let mut overflow = key.to_vec();
    overflow[start..start + 3].fill(0xff);
    assert_eq!(load(&overflow), Some(Error::PublicKeyModulus));
    assert_eq!(load(&key[..key.len() - 1]), Some(Error::KeyEncoding));
    Ok(())
}

/// An encrypted key, and why it is refused.
fn refused_encryption(parameters: Parameters) -> Result<Option<Error>, Error> {
    let key = kem_pair()?.to_pkcs8(PrivateKeyForm::Seed, Encoding::Der, b"")?;
    let mut bytes = [&key[..], &[0; 16]].concat();
    // What is refused before anything is decrypted need not be encrypted.
    let len = parameters.encrypt_in_place(PASSWORD, &mut bytes, key.len()).map_or(16, <[u8]>::len);
    let encrypted_data = OctetStringRef::new(&bytes[..len]).expect("it is short");
    let encrypted = der(&EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data });
    Ok(MlKemKeyPair::from_pkcs8(PATH, &encrypted, PASSWORD).err())
}

const AES: EncryptionScheme = EncryptionScheme::Aes256Cbc { iv: [5; 16] };

fn pbkdf2(change: impl FnOnce(&mut Pbkdf2Params)) -> Kdf {
    let mut parameters = Pbkdf2Params::hmac_sha256(2, &[7; 16]).expect("they are valid");
    change(&mut parameters);
    parameters.into()
}

fn scrypt(n: u64, r: u16, p: u16) -> Kdf {
    let parameters = pkcs5::scrypt::Params::new(4, 8, 1).expect("they are valid");
    let mut parameters = ScryptParams::from_params_and_salt(parameters, &[7; 16]).expect("they are valid");
    (parameters.cost_parameter, parameters.block_size, parameters.parallelization) = (n, r, p);
    parameters.into()
}

#[test]
fn encryptions_that_are_supported_open() -> Result<(), Error> {
    for kdf in [
        pbkdf2(|_| ()),
        pbkdf2(|kdf| kdf.prf = Pbkdf2Prf::HmacWithSha384),
        pbkdf2(|kdf| kdf.prf = Pbkdf2Prf::HmacWithSha512),
        pbkdf2(|kdf| kdf.key_length = Some(32)),
        scrypt(16384, 8, 1),
        scrypt(16, 8, 2),
    ] {
        assert_eq!(refused_encryption(Parameters { kdf: kdf.clone(), encryption: AES })?, None, "{kdf:?}");
    }
    Ok(())
}

#[test]
fn encryptions_that_are_not_supported_are_refused() -> Result<(), Error> {
    for (kdf, encryption) in [
        (pbkdf2(|kdf| kdf.prf = Pbkdf2Prf::HmacWithSha1), AES),
        (pbkdf2(|kdf| kdf.key_length = Some(16)), AES),
        (pbkdf2(|_| ()), EncryptionScheme::Aes128Cbc { iv: [5; 16] }),
        (pbkdf2(|_| ()), EncryptionScheme::Aes256Gcm { nonce: [5; 12] }),
    ] {
        assert_eq!(refused_encryption(Parameters { kdf, encryption })?, Some(Error::KeyEncryption));
    }
    Ok(())
}

#[test]
fn costs_above_the_bounds_are_refused_at_once() -> Result<(), Error> {
    for kdf in [
        pbkdf2(|kdf| kdf.iteration_count = 10_000_001),
        scrypt(1 << 18, 8, 1),
        scrypt(1 << 17, 8, 5),
        scrypt(2, 8, 1025),
        scrypt(1 << 63, u16::MAX, u16::MAX),
    ] {
        let parameters = Parameters { kdf: kdf.clone(), encryption: AES };
        // Not by `refused_encryption`, which would encrypt at that cost.
        let encrypted_data = OctetStringRef::new(&[0; 16]).expect("it is short");
        let encrypted = der(&EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data });
        let error = MlKemKeyPair::from_pkcs8(PATH, &encrypted, PASSWORD).err();
        assert_eq!(error, Some(Error::KeyEncryptionCost), "{kdf:?}");
    }
    Ok(())
}
