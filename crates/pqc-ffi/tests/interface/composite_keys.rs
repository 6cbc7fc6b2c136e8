//! Keys of composite signatures (draft-ietf-lamps-pq-composite-sigs-19, 4 and 5): the points, scalars and files that are refused.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use crate::composites;
use common::api::*;
use common::composite::Halves;
use common::keys::{Algorithm, load_pkcs8, load_spki};
use composites::der;
use composites::{CONTEXT, MESSAGE, composites, is_ecdsa, pair_of, sign};

/// Points of low order of Ed25519 without the sign of x: orders 1, 2, 4, 8 and 8.
const LOW_ORDER: [&[u8; 32]; 5] = [
    b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
];

/// Encodings of the numbers p to 2^255 - 1, which repeat the numbers 0 to 18.
fn not_canonical() -> impl Iterator<Item = [u8; 32]> {
    (0xed..=0xff).map(|first| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (first, 0x7f);
        bytes
    })
}

/// The status of a public key with a replaced classical half.
fn with_point(algorithm: Algorithm, point: &[u8]) -> Result<(), PqcStatus> {
    let public = pair_of(algorithm, 7)?.1.bytes()?.to_vec();
    let mut changed = public[..Halves::of(algorithm).mldsa.public_key].to_vec();
    changed.extend_from_slice(point);
    assert_eq!(changed.len(), public.len());
    let key = algorithm.load_public_key(&changed)?;
    assert_eq!(*key.bytes()?, *changed);
    Ok(())
}

#[test]
fn points_of_ed25519_of_low_order_or_not_canonical_are_refused() -> Result<(), PqcStatus> {
    for algorithm in composites().filter(|algorithm| !is_ecdsa(algorithm)) {
        for mut point in LOW_ORDER.into_iter().copied().chain(not_canonical()) {
            for sign in [0, 0x80] {
                point[31] = point[31] & 0x7f | sign;
                assert_eq!(with_point(algorithm, &point), Err(PqcStatus::PublicKeyPoint), "{point:02x?}");
            }
        }
        // Half of the numbers are no coordinate of a point.
        let outcomes = (2..=101).map(|first| {
            let mut point = [0; 32];
            point[0] = first;
            with_point(algorithm, &point)
        });
        let refused = outcomes.filter(|outcome| *outcome == Err(PqcStatus::PublicKeyPoint)).count();
        assert!((30..70).contains(&refused), "{refused}");
    }
    Ok(())
}

#[test]
fn points_of_ecdsa_that_are_not_uncompressed_points_of_the_curve_are_refused() -> Result<(), PqcStatus> {
    for algorithm in composites().filter(is_ecdsa) {
        let public = pair_of(algorithm, 7)?.1.bytes()?;
        let point = &public[Halves::of(algorithm).mldsa.public_key..];
        assert_eq!((with_point(algorithm, point), point[0]), (Ok(()), 4));
        let parity = point[point.len() - 1] & 1;
        // Infinity, compressed, compact and hybrid, each as long as the right one.
        let mut wrong: Vec<_> = [0, 1, 2 + parity, 3 - parity, 5, 6 + parity, 7 - parity, 0xff]
            .map(|first| [&[first], &point[1..]].concat())
            .into();
        wrong.extend([vec![0; point.len()], [&[4], vec![0; point.len() - 1].as_slice()].concat()]);
        wrong.extend([[&[4], vec![0xff; point.len() - 1].as_slice()].concat()]);
        wrong.extend([1, point.len() / 2, point.len() - 1].map(|position| {
            let mut changed = point.to_vec();
            changed[position] ^= 1;
            changed
        }));
        for point in wrong {
            assert_eq!(with_point(algorithm, &point), Err(PqcStatus::PublicKeyPoint), "{algorithm:?} {point:02x?}");
        }
        let compressed = [&public[..public.len() - point.len()], &[2 + parity], &point[1..=point.len() / 2]].concat();
        assert_eq!(algorithm.load_public_key(&compressed).err(), Some(PqcStatus::PublicKeyLength));
    }
    Ok(())
}

#[test]
fn scalars_of_ecdsa_are_1_to_the_order_less_1() -> Result<(), PqcStatus> {
    for algorithm in composites().filter(is_ecdsa) {
        let halves = Halves::of(algorithm);
        let order = halves.order_bytes();
        let [mut zero, mut one] = [vec![0; halves.secret], vec![0; halves.secret]];
        (zero[0], one[halves.secret - 1]) = (0, 1);
        let [below, above] = [der::difference(&order, &one), der::sum(&order, &one)];
        for (scalar, status) in [
            (&zero, Some(PqcStatus::PrivateKeyRange)),
            (&one, None),
            (&below, None),
            (&order, Some(PqcStatus::PrivateKeyRange)),
            (&above, Some(PqcStatus::PrivateKeyRange)),
            (&vec![0xff; halves.secret], Some(PqcStatus::PrivateKeyRange)),
        ] {
            let private = [&[7; 32], &halves.classical_private_key(scalar)[..]].concat();
            let pair = algorithm.load_private_key(&private);
            assert_eq!(pair.as_ref().err().copied(), status, "{algorithm:?} {scalar:02x?}");
            if let Ok(pair) = pair {
                pair.public_key()?.verify(MESSAGE, CONTEXT, &sign(&pair)?)?;
            }
        }
    }
    Ok(())
}

#[test]
fn private_keys_of_ecdsa_have_one_encoding() -> Result<(), PqcStatus> {
    for algorithm in composites().filter(is_ecdsa) {
        let (pair, halves) = (pair_of(algorithm, 7)?.0, Halves::of(algorithm));
        let private = pair.bytes()?.to_vec();
        let secret = halves.classical_secret(&private);
        let start = secret.as_ptr().addr() - private.as_ptr().addr();
        // Tags, lengths, the version and the curve.
        for position in (32..start).chain(start + halves.secret..private.len()) {
            for value in [private[position] ^ 1, private[position] ^ 0x80, 2, 0, 0xff] {
                let mut changed = private.clone();
                changed[position] = value;
                let expected = (changed != private).then_some(PqcStatus::KeyEncoding);
                assert_eq!(algorithm.load_private_key(&changed).err(), expected, "{algorithm:?} {position} {value}");
            }
        }
        let public = [&[4], vec![1; 2 * halves.secret].as_slice()].concat();
        let with_public_key = der::with_public_key(&private[32..], &public);
        let long_form = [&[0x30, 0x81], &private[33..]].concat();
        for other in [with_public_key, long_form, private[32..private.len() - 1].to_vec(), vec![]] {
            let other = [&private[..32], &other].concat();
            let status = Some(PqcStatus::PrivateKeyLength);
            assert_eq!(algorithm.load_private_key(&other).err(), status, "{algorithm:?}");
            assert_eq!(load_pkcs8(&der::pkcs8(&der::oid(algorithm.id), &other), b"", 0).err(), status, "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn pkcs8_of_a_component_is_no_composite_and_the_reverse() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let (pair, halves) = (pair_of(algorithm, 7)?.0, Halves::of(algorithm));
        let (private, oid) = (pair.bytes()?.to_vec(), der::oid(algorithm.id));
        assert_eq!(load_pkcs8(&der::pkcs8(&oid, &private), b"", 0)?.algorithm()?, algorithm.id);
        let classical = if halves.is_ecdsa { private[32..].to_vec() } else { der::string(&private[32..]) };
        for identifier in [der::ED25519, der::P256, der::P384] {
            // The key of the component, and the composite under the component's name.
            for content in [&classical, &private] {
                let refused = load_pkcs8(&der::pkcs8(identifier, content), b"", 0).err();
                assert_eq!(refused, Some(PqcStatus::KeyAlgorithm), "{algorithm:?}");
            }
        }
        assert_eq!(load_pkcs8(&der::pkcs8(&oid, &classical), b"", 0).err(), Some(PqcStatus::PrivateKeyLength));
        let mldsa = halves.mldsa.load_seed(&[7; 32])?;
        for form in halves.mldsa.forms() {
            let file = mldsa.to_pkcs8(*form, PQC_ENCODING_DER, b"")?;
            assert_eq!(load_pkcs8(&file, b"", 0)?.algorithm()?, halves.mldsa.id, "it is a key of ML-DSA");
            let content = der::content_of(&file);
            for content in [content, &private[..32]] {
                let refused = load_pkcs8(&der::pkcs8(&oid, content), b"", 0).err();
                assert_eq!(refused, Some(PqcStatus::PrivateKeyLength), "{algorithm:?}");
            }
            let renamed = der::pkcs8(der::identifier_of(&file), &private);
            assert_eq!(load_pkcs8(&renamed, b"", 0).err(), Some(PqcStatus::KeyEncoding), "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn pkcs8_of_a_composite_has_no_parameters_and_perhaps_its_public_key() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let (pair, key) = pair_of(algorithm, 7)?;
        let (private, public, oid) = (pair.bytes()?.to_vec(), key.bytes()?.to_vec(), der::oid(algorithm.id));
        let other = pair_of(algorithm, 8)?.1.bytes()?.to_vec();
        for (public, status) in [
            (&public, None),
            (&other, Some(PqcStatus::KeyPairMismatch)),
            (&public[1..].to_vec(), Some(PqcStatus::KeyPairMismatch)),
            (&vec![], Some(PqcStatus::KeyPairMismatch)),
        ] {
            let file = der::pkcs8_with_public_key(&oid, &private, public);
            assert_eq!(load_pkcs8(&file, b"", algorithm.flags).err(), status, "{algorithm:?}");
        }
        let with_null = der::pkcs8(&[&oid[..], &[5, 0]].concat(), &private);
        assert_eq!(load_pkcs8(&with_null, b"", 0).err(), Some(PqcStatus::KeyEncoding), "{algorithm:?}");
        // A CHOICE, which other algorithms have.
        let in_a_string = der::pkcs8(&oid, &der::string(&private));
        assert_eq!(load_pkcs8(&in_a_string, b"", 0).err(), Some(PqcStatus::PrivateKeyLength), "{algorithm:?}");
        let spki = key.to_spki(PQC_ENCODING_DER)?;
        assert_eq!(*spki, der::spki(&oid, &public), "{algorithm:?}");
        let with_null = der::spki(&[&oid[..], &[5, 0]].concat(), &public);
        assert_eq!(load_spki(&with_null, 0).err(), Some(PqcStatus::KeyEncoding), "{algorithm:?}");
    }
    Ok(())
}

/// Keys of another composite of the same size say which one they are for, and load as no other.
#[test]
fn a_file_is_of_the_composite_that_its_identifier_names() -> Result<(), PqcStatus> {
    let all = Algorithm::composites();
    for (algorithm, other) in all.iter().flat_map(|first| all.iter().map(move |second| (*first, *second))) {
        let private = pair_of(algorithm, 7)?.0.bytes()?.to_vec();
        let loaded = load_pkcs8(&der::pkcs8(&der::oid(other.id), &private), b"", 0).and_then(|key| key.algorithm());
        let expected =
            if algorithm.private_key == other.private_key { Ok(other.id) } else { Err(PqcStatus::PrivateKeyLength) };
        assert_eq!(loaded, expected, "{algorithm:?} {other:?}");
    }
    Ok(())
}
