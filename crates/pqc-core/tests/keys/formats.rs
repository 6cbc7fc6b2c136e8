//! The structures that are read as a key, and the allowed cost of decryption.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
#![allow(clippy::expect_used, reason = "what a test puts together is right, or the test is wrong")]

use crate::common;
use common::{MLDSA, MLKEM};
use pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, ScryptParams};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::oid::ObjectIdentifier;
use pkcs8::der::{Encode, SliceWriter, Tag};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use pqc_core::{
    Algorithm, CodePath, DEFAULT_KDF_COST, EncodedKey, Encoding, Error, Pkcs8, PrivateKey, PrivateKeyForm, PublicKey,
};

const PATH: CodePath = CodePath::Portable;
const KEM: Algorithm = Algorithm::MlKem512;
const PASSWORD: &[u8] = b"password";

fn kem_pair() -> Result<PrivateKey, Error> {
    PrivateKey::from_seed(KEM, PATH, &[3; 64])
}

fn load(data: &[u8], password: &[u8], max_kdf_cost: u64) -> Result<PrivateKey, Error> {
    PrivateKey::from_pkcs8(&Pkcs8::open(PATH, data, password, max_kdf_cost)?)
}

/// Why a key is refused.
fn refused(data: &[u8]) -> Option<Error> {
    load(data, b"", 0).err()
}

fn der(structure: &impl Encode) -> Vec<u8> {
    let mut bytes = vec![0; 16384];
    let mut writer = SliceWriter::new(&mut bytes);
    structure.encode(&mut writer).expect("the buffer is long enough");
    writer.finish().expect("the buffer is long enough").to_vec()
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
    for oid in ["1.2.840.113549.1.1.1", "2.16.840.1.101.3.4.4.4", "2.16.840.1.101.3.4.4"] {
        assert_eq!(refused(&pkcs8(oid, None, &seed, None)), Some(Error::KeyAlgorithm), "{oid}");
    }
    let as_mldsa = pkcs8("2.16.840.1.101.3.4.3.17", None, &seed, None);
    assert_eq!(refused(&as_mldsa), Some(Error::SeedLength), "ML-DSA-44 has shorter seeds");
}

#[test]
fn fields_of_wrong_lengths_are_refused_by_their_name() -> Result<(), Error> {
    let mut expanded = vec![0; KEM.private_key_bytes()];
    kem_pair()?.write(&mut expanded)?;
    let string = |bytes: &[u8]| der(&OctetStringRef::new(bytes).expect("it is short"));
    let both = |seed: &[u8], expanded: &[u8]| {
        let content = [string(seed), string(expanded)].concat();
        der(&AnyRef::new(Tag::Sequence, &content).expect("it is short"))
    };
    for (choice, error) in [
        (seed_choice(64), None),
        (seed_choice(63), Some(Error::SeedLength)),
        // As long as a seed, and taken for one.
        (seed_choice(62), None),
        (seed_choice(32), Some(Error::SeedLength)),
        (string(&expanded), None),
        (string(&expanded[1..]), Some(Error::PrivateKeyLength)),
        (string(&[]), Some(Error::PrivateKeyLength)),
        (both(&[3; 64], &expanded), None),
        (both(&[3; 63], &expanded), Some(Error::SeedLength)),
        (both(&[3; 64], &expanded[1..]), Some(Error::PrivateKeyLength)),
        (both(&[4; 64], &expanded), Some(Error::SeedMismatch)),
        (both(&expanded, &[3; 64]), Some(Error::SeedLength)),
        (vec![3; 65], Some(Error::KeyEncoding)),
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

/// The public key of a key that these fields of PKCS#8 hold.
fn public_key_of(oid: &str, field: &[u8]) -> Result<Vec<u8>, Error> {
    let key = load(&pkcs8(oid, None, field, None), b"", 0)?;
    let mut public_key = vec![0; key.algorithm().public_key_bytes()];
    key.write_public_key(&mut public_key)?;
    Ok(public_key)
}

#[test]
fn forms_from_before_the_standards_are_read_and_checked() -> Result<(), Error> {
    for (set, oid) in [(KEM, ML_KEM_512), (Algorithm::MlDsa65, "2.16.840.1.101.3.4.3.18")] {
        let (seed, mut expanded) = (vec![0x80; set.seed_bytes()], vec![0; set.private_key_bytes()]);
        let (key, mut public) = (PrivateKey::from_seed(set, PATH, &seed)?, vec![0; set.public_key_bytes()]);
        key.write(&mut expanded)?;
        key.write_public_key(&mut public)?;
        let pair = |public: &[u8]| der(&OctetStringRef::new(&[&expanded, public].concat()).expect("it is short"));
        for field in [&seed, &expanded, &pair(&public)] {
            assert_eq!(public_key_of(oid, field)?, public, "{} {}", set.name(), field.len());
        }
        let mut other = public.clone();
        other[0] ^= 1;
        assert_eq!(public_key_of(oid, &pair(&other)), Err(Error::KeyPairMismatch));
        assert_eq!(public_key_of(oid, &pair(&public[1..])), Err(Error::PrivateKeyLength));
        assert_eq!(public_key_of(oid, &[&expanded[..], &public].concat()), Err(Error::KeyEncoding));
        let hash_end = if set == KEM { expanded.len() - 32 } else { 128 };
        expanded[hash_end - 1] ^= 1;
        assert_eq!(public_key_of(oid, &expanded), Err(Error::PrivateKeyHash));
    }
    Ok(())
}

#[test]
fn public_key_next_to_the_private_one_must_match_it() -> Result<(), Error> {
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
    // A length in two bytes where one suffices, and an indefinite length: BER, not DER.
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
    for set in MLDSA {
        let pair = PrivateKey::from_seed(set, PATH, &[3; 32])?;
        let key = pair.to_pkcs8(PrivateKeyForm::Expanded, Encoding::Der, b"")?;
        let load = |key: &[u8]| Pkcs8::open(PATH, key, b"", 0).and_then(|key| PrivateKey::from_pkcs8(&key)).err();
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
fn the_whole_secret_vector_is_checked() -> Result<(), Error> {
    for set in MLKEM {
        let pair = PrivateKey::from_seed(set, PATH, &[3; 64])?;
        let key = pair.to_pkcs8(PrivateKeyForm::Expanded, Encoding::Der, b"")?;
        let start = key.len() - set.private_key_bytes();
        for position in (start..start + set.public_key_bytes() - 32).step_by(96) {
            let mut changed = key.to_vec();
            changed[position] ^= 1;
            let error = refused(&changed);
            let is_refused = matches!(error, Some(Error::KeyPairMismatch | Error::PrivateKeyRange));
            assert!(is_refused, "{} {position}: {error:?}", set.name());
        }
    }
    Ok(())
}

#[test]
fn public_keys_are_read_strictly() -> Result<(), Error> {
    let key = kem_pair()?.public_key()?.to_spki(Encoding::Der)?;
    let load = |key: &[u8]| PublicKey::from_spki(PATH, key).err();
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

const XWING: &str = "1.3.6.1.4.1.62253.25722";

#[test]
fn private_key_of_xwing_is_the_seed_and_nothing_else() -> Result<(), Error> {
    let key = PrivateKey::from_seed(Algorithm::XWing, PATH, &[3; 32])?;
    assert_eq!(key.to_pkcs8(PrivateKeyForm::Seed, Encoding::Der, b"")?[..], pkcs8(XWING, None, &[3; 32], None));
    let mut public = vec![0; Algorithm::XWing.public_key_bytes()];
    key.write_public_key(&mut public)?;
    let null = AnyRef::new(Tag::Null, &[]).expect("NULL is short");
    for (file, error) in [
        (pkcs8(XWING, None, &[3; 32], None), None),
        (pkcs8(XWING, None, &[3; 31], None), Some(Error::SeedLength)),
        (pkcs8(XWING, None, &[], None), Some(Error::SeedLength)),
        (pkcs8(XWING, None, &seed_choice(32), None), Some(Error::SeedLength)),
        (pkcs8(XWING, None, &[3; 32], Some(&public)), Some(Error::KeyEncoding)),
        (pkcs8(XWING, Some(null), &[3; 32], None), Some(Error::KeyEncoding)),
    ] {
        assert_eq!(refused(&file), error, "{:02x?}", &file[..24]);
    }
    for form in [PrivateKeyForm::Expanded, PrivateKeyForm::Both] {
        assert_eq!(key.to_pkcs8(form, Encoding::Der, PASSWORD).err(), Some(Error::WrongAlgorithm));
    }
    Ok(())
}

/// A key that is encrypted with these parameters.
fn encrypted(parameters: &Parameters) -> Result<Vec<u8>, Error> {
    let key = kem_pair()?.to_pkcs8(PrivateKeyForm::Seed, Encoding::Der, b"")?;
    let mut bytes = [&key[..], &[0; 16]].concat();
    let len = parameters.encrypt_in_place(PASSWORD, &mut bytes, key.len()).expect("the parameters are supported").len();
    Ok(info(parameters, &bytes[..len]))
}

/// An `EncryptedPrivateKeyInfo`.
fn info(parameters: &Parameters, data: &[u8]) -> Vec<u8> {
    let encrypted_data = OctetStringRef::new(data).expect("it is short");
    der(&EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.clone().into(), encrypted_data })
}

/// The reason to refuse a key with parameters of an encryption, before anything is decrypted: it need not be encrypted.
fn refused_encryption(kdf: Kdf, encryption: EncryptionScheme) -> Option<Error> {
    load(&info(&Parameters { kdf, encryption }, &[0; 16]), PASSWORD, u64::MAX).err()
}

const AES: EncryptionScheme = EncryptionScheme::Aes256Cbc { iv: [5; 16] };

fn pbkdf2(change: impl FnOnce(&mut Pbkdf2Params)) -> Kdf {
    let mut parameters = Pbkdf2Params::hmac_sha256(2, &[7; 16]).expect("they are valid");
    change(&mut parameters);
    parameters.into()
}

fn scrypt_with(n: u64, r: u16, p: u16, change: impl FnOnce(&mut ScryptParams)) -> Kdf {
    let parameters = pkcs5::scrypt::Params::new(4, 8, 1).expect("they are valid");
    let mut parameters = ScryptParams::from_params_and_salt(parameters, &[7; 16]).expect("they are valid");
    (parameters.cost_parameter, parameters.block_size, parameters.parallelization) = (n, r, p);
    change(&mut parameters);
    parameters.into()
}

fn scrypt(n: u64, r: u16, p: u16) -> Kdf {
    scrypt_with(n, r, p, |_| ())
}

#[test]
fn encryptions_that_are_supported_open_for_what_they_cost() -> Result<(), Error> {
    for (kdf, cost) in [
        (pbkdf2(|_| ()), 2),
        (pbkdf2(|kdf| kdf.prf = Pbkdf2Prf::HmacWithSha224), 4),
        (pbkdf2(|kdf| kdf.prf = Pbkdf2Prf::HmacWithSha384), 4),
        (pbkdf2(|kdf| kdf.prf = Pbkdf2Prf::HmacWithSha512), 4),
        (pbkdf2(|kdf| kdf.key_length = Some(32)), 2),
        (scrypt(2, 1, 1), 10),
        (scrypt(16, 8, 2), 2 * 19 * 8 * 2),
        (scrypt_with(16, 8, 2, |kdf| kdf.key_length = Some(32)), 2 * 19 * 8 * 2),
    ] {
        let key = encrypted(&Parameters { kdf: kdf.clone(), encryption: AES })?;
        assert_eq!(EncodedKey::kdf_cost(&key), Ok(cost), "{kdf:?}");
        assert_eq!(load(&key, PASSWORD, cost - 1).err(), Some(Error::KeyEncryptionCost), "{kdf:?}");
        assert_eq!(load(&key, PASSWORD, cost).err(), None, "{kdf:?}");
    }
    Ok(())
}

#[test]
fn encryptions_that_are_not_supported_are_refused() {
    for (kdf, encryption) in [
        (pbkdf2(|kdf| kdf.prf = Pbkdf2Prf::HmacWithSha1), AES),
        (pbkdf2(|_| ()), EncryptionScheme::Aes128Cbc { iv: [5; 16] }),
        (pbkdf2(|_| ()), EncryptionScheme::Aes256Gcm { nonce: [5; 12] }),
    ] {
        assert_eq!(refused_encryption(kdf, encryption), Some(Error::KeyEncryption));
    }
}

#[test]
fn parameters_that_derive_no_key_are_refused() {
    let lengths = [0, 1, 16, 31, 33, 64, u16::MAX];
    let wrong_lengths = lengths.into_iter().flat_map(|length| {
        [pbkdf2(|kdf| kdf.key_length = Some(length)), scrypt_with(2, 1, 1, |kdf| kdf.key_length = Some(length))]
    });
    let no_powers = [0, 1, 3, 5, 6, 7, (1 << 14) - 1, (1 << 63) + 1, u64::MAX].map(|n| scrypt(n, 8, 1));
    let zeros = [scrypt(16, 0, 1), scrypt(16, 1, 0), scrypt(0, 0, 0), pbkdf2(|kdf| kdf.iteration_count = 0)];
    for kdf in wrong_lengths.chain(no_powers).chain(zeros) {
        assert_eq!(refused_encryption(kdf.clone(), AES), Some(Error::KeyEncryption), "{kdf:?}");
    }
}

#[test]
fn costs_beyond_every_number_and_memory_beyond_every_machine_are_refused() {
    for kdf in [scrypt(1 << 63, u16::MAX, u16::MAX), scrypt(1 << 50, 8, 1), scrypt(2, u16::MAX, u16::MAX)] {
        let key = info(&Parameters { kdf: kdf.clone(), encryption: AES }, &[0; 16]);
        assert_eq!(load(&key, PASSWORD, DEFAULT_KDF_COST).err(), Some(Error::KeyEncryptionCost), "{kdf:?}");
    }
    assert_eq!(refused_encryption(scrypt(1 << 63, u16::MAX, u16::MAX), AES), Some(Error::OutOfMemory));
    assert_eq!(refused_encryption(scrypt(1 << 50, 8, 1), AES), Some(Error::OutOfMemory));
}

#[test]
fn parameters_in_common_use_are_allowed_by_default_and_more_is_not() {
    for (kdf, allowed) in [
        (pbkdf2(|kdf| kdf.iteration_count = 2048), true),
        (pbkdf2(|kdf| kdf.iteration_count = 1_300_000), true),
        (pbkdf2(|kdf| (kdf.iteration_count, kdf.prf) = (600_000, Pbkdf2Prf::HmacWithSha512)), true),
        (scrypt(1 << 14, 8, 1), true),
        (scrypt(1 << 17, 8, 1), true),
        (pbkdf2(|kdf| kdf.iteration_count = 10_000_000), false),
        (scrypt(1 << 18, 8, 1), false),
        (scrypt(1 << 17, 8, 2), false),
        (scrypt(2, 8, 32768), false),
    ] {
        let cost = EncodedKey::kdf_cost(&info(&Parameters { kdf: kdf.clone(), encryption: AES }, &[0; 16]));
        assert_eq!(cost.map(|cost| cost <= DEFAULT_KDF_COST), Ok(allowed), "{kdf:?}");
    }
}

/// A value in DER.
fn value(tag: u8, fields: &[&[u8]]) -> Vec<u8> {
    let content = fields.concat();
    let length = u8::try_from(content.len()).expect("it is short");
    let header = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [header, content].concat()
}

/// INTEGERs that a file may hold: in range, negative, too long for any type, not minimal, empty, and none.
fn integers() -> Vec<Vec<u8>> {
    let contents: [&[u8]; 16] = [
        &[0],
        &[1],
        &[2],
        &[3],
        &[4],
        &[16],
        &[0x7f],
        &[0x80],
        &[0xff],
        &[0x40, 0],
        &[0, 0x80, 0, 0, 0],
        &[0x7f; 9],
        &[0xff; 9],
        &[0x7f; 40],
        &[0, 1],
        &[],
    ];
    let integers = contents.iter().map(|content| value(2, &[content]));
    integers.chain([vec![], value(4, &[&[16]]), value(5, &[])]).collect()
}

/// Loads a key with these parameters of PBKDF2 (12) or scrypt, and checks that it is refused without a panic.
fn sweep(scheme: &[u8], parameters: &[u8]) {
    let oid = |content: &[u8]| value(6, &[content]);
    let kdf = value(0x30, &[&oid(scheme), parameters]);
    let aes = value(0x30, &[&oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]), &value(4, &[&[5; 16]])]);
    let pbes2 = value(0x30, &[&oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 5, 13]), &value(0x30, &[&kdf, &aes])]);
    let error = load(&value(0x30, &[&pbes2, &value(4, &[&[0; 16]])]), PASSWORD, 1 << 16).err();
    let errors = [Error::KeyEncoding, Error::KeyEncryption, Error::KeyEncryptionCost, Error::PasswordWrong];
    assert!(error.is_some_and(|error| errors.contains(&error)), "{parameters:02x?}: {error:?}");
}

#[test]
fn hostile_parameters_of_scrypt_are_refused_without_a_panic() {
    let salt = value(4, &[b"salt"]);
    let integers = integers();
    for (n, r) in integers.iter().flat_map(|n| integers.iter().map(move |r| (n, r))) {
        for (p, length) in integers.iter().flat_map(|p| [&[][..], &[2, 1, 32], &[2, 1, 0]].map(|length| (p, length))) {
            sweep(&[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11], &value(0x30, &[&salt, n, r, p, length]));
        }
    }
}

#[test]
fn hostile_parameters_of_pbkdf2_are_refused_without_a_panic() {
    let prf = |number: u8| value(0x30, &[&value(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 2, number]]), &[5, 0]]);
    let prfs = [vec![], prf(7), prf(8), prf(9), prf(10), prf(11), prf(12), value(5, &[]), value(0x30, &[])];
    let salts = [value(4, &[]), value(4, &[b"salt"]), value(4, &[&[7; 33]]), value(0x30, &[]), vec![]];
    let integers = integers();
    for (count, length) in integers.iter().flat_map(|count| integers.iter().map(move |length| (count, length))) {
        for (salt, prf) in salts.iter().flat_map(|salt| prfs.iter().map(move |prf| (salt, prf))) {
            sweep(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 5, 12], &value(0x30, &[salt, count, length, prf]));
        }
    }
}
