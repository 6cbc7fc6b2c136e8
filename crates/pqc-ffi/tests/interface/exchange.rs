//! Key exchanges: which half of a value is where, and the points that are refused.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

use crate::common;
use common::Owned;
use common::api::*;
use common::ffi;
use common::keys::Algorithm;
use core::ops::Range;

/// An exchange, where the ML-KEM half of its share, its ciphertext and its secret are, and the rest of each.
struct Layout {
    exchange: u32,
    mlkem: Algorithm,
    kem: [Range<usize>; 3],
    group: [Range<usize>; 3],
}

/// The layouts of draft-ietf-tls-ecdhe-mlkem-05, sections 4.1 to 4.3.
fn layouts() -> [Layout; 3] {
    let layout = |exchange, set, kem, group| Layout { exchange, mlkem: Algorithm::of(set), kem, group };
    [
        layout(0x11ec, 768, [0..1184, 0..1088, 0..32], [1184..1216, 1088..1120, 32..64]),
        layout(0x11eb, 768, [65..1249, 65..1153, 32..64], [0..65, 0..65, 0..32]),
        layout(0x11ed, 1024, [97..1665, 97..1665, 48..80], [0..97, 0..97, 0..48]),
    ]
}

fn infos() -> impl Iterator<Item = &'static PqcExchangeInfo> {
    (0..).map_while(|index| ffi!(pqc_exchange_at(index).as_ref()))
}

#[test]
fn sizes_are_those_of_the_layouts() {
    assert_eq!(infos().count(), 3);
    for layout in layouts() {
        let info = infos().find(|info| info.exchange == layout.exchange).expect("a known exchange");
        let total = |part: usize| layout.kem[part].len() + layout.group[part].len();
        assert_eq!([info.share_bytes, info.ciphertext_bytes, info.shared_secret_bytes], [0, 1, 2].map(total));
        assert_eq!(info.algorithm, layout.mlkem.id);
    }
}

#[test]
fn the_halves_are_those_of_mlkem_and_of_the_group() -> Result<(), PqcStatus> {
    for Layout { exchange, mlkem, kem, group } in layouts() {
        let key = Owned::<PqcExchangeKey>::generate(exchange)?;
        let share = key.share()?;
        let (ciphertext, secret) = Owned::<PqcExchangeShare>::load(exchange, &share)?.encapsulate()?;
        assert_eq!(key.decapsulate(&ciphertext)?, secret);
        // Another ciphertext of ML-KEM next to the same point changes the half of ML-KEM alone.
        let (own, own_secret) = mlkem.load_public_key(&share[kem[0].clone()])?.encapsulate()?;
        let mut mixed = ciphertext.clone();
        mixed[kem[1].clone()].copy_from_slice(&own);
        let opened = key.decapsulate(&mixed)?;
        assert_eq!(opened[kem[2].clone()], *own_secret);
        assert_eq!(opened[group[2].clone()], secret[group[2].clone()]);
        // The reverse: the point of another answer.
        let (other, other_secret) = Owned::<PqcExchangeShare>::load(exchange, &share)?.encapsulate()?;
        let mut mixed = ciphertext;
        mixed[group[1].clone()].copy_from_slice(&other[group[1].clone()]);
        let opened = key.decapsulate(&mixed)?;
        assert_eq!(opened[group[2].clone()], other_secret[group[2].clone()]);
        assert_eq!(opened[kem[2].clone()], secret[kem[2].clone()]);
    }
    Ok(())
}

/// u-coordinates of low order (RFC 7748, 6.1; cr.yp.to/ecdh.html): 0, 1, p - 1, p, p + 1, and the two of order 8; each also with the
/// high bit, which X25519 ignores.
fn low_order() -> Vec<[u8; 32]> {
    let ends = |first: u8, middle: u8, last: u8| {
        let mut point = [middle; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    let mut points = vec![ends(0, 0, 0), ends(1, 0, 0)];
    points.extend([0xec, 0xed, 0xee].map(|first| ends(first, 0xff, 0x7f)));
    points.push(
        *b"\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
    );
    points.push(
        *b"\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
    );
    let with_high_bit: Vec<_> = points.iter().map(|point| ends_with_high_bit(*point)).collect();
    points.extend(with_high_bit);
    points
}

fn ends_with_high_bit(mut point: [u8; 32]) -> [u8; 32] {
    point[31] |= 0x80;
    point
}

#[test]
fn points_of_low_order_are_refused_on_both_sides() -> Result<(), PqcStatus> {
    let key = Owned::<PqcExchangeKey>::generate(PQC_EXCHANGE_X25519MLKEM768)?;
    let share = key.share()?.to_vec();
    let (ciphertext, _) = Owned::<PqcExchangeShare>::load(PQC_EXCHANGE_X25519MLKEM768, &share)?.encapsulate()?;
    for point in low_order() {
        let (mut share, mut ciphertext) = (share.clone(), ciphertext.clone());
        share[1184..].copy_from_slice(&point);
        ciphertext[1088..].copy_from_slice(&point);
        let loaded = Owned::<PqcExchangeShare>::load(PQC_EXCHANGE_X25519MLKEM768, &share)?;
        assert_eq!(loaded.encapsulate().err(), Some(PqcStatus::PublicKeyPoint), "{point:02x?}");
        assert_eq!(key.decapsulate(&ciphertext).err(), Some(PqcStatus::CiphertextPoint), "{point:02x?}");
    }
    Ok(())
}

#[test]
fn points_that_are_not_on_the_curve_or_not_uncompressed_are_refused() -> Result<(), PqcStatus> {
    for Layout { exchange, group, .. } in layouts().into_iter().skip(1) {
        let key = Owned::<PqcExchangeKey>::generate(exchange)?;
        let share = key.share()?.to_vec();
        let (ciphertext, _) = Owned::<PqcExchangeShare>::load(exchange, &share)?.encapsulate()?;
        let point = group[0].clone();
        let refused = |change: &dyn Fn(&mut [u8])| {
            let (mut share, mut ciphertext) = (share.clone(), ciphertext.clone());
            change(&mut share[point.clone()]);
            change(&mut ciphertext[point.clone()]);
            assert_eq!(Owned::<PqcExchangeShare>::load(exchange, &share).err(), Some(PqcStatus::PublicKeyPoint));
            assert_eq!(key.decapsulate(&ciphertext).err(), Some(PqcStatus::CiphertextPoint));
        };
        refused(&|point| point[point.len() - 1] ^= 1);
        refused(&|point| point[1..].fill(0));
        refused(&|point| point[1..].fill(0xff));
        refused(&|point| point.fill(0));
        for first in [0, 2, 3, 5, 6, 7] {
            refused(&|point| point[0] = first);
        }
    }
    Ok(())
}

#[test]
fn a_share_with_a_coefficient_that_is_not_reduced_is_refused() -> Result<(), PqcStatus> {
    for Layout { exchange, kem, .. } in layouts() {
        let mut share = Owned::<PqcExchangeKey>::generate(exchange)?.share()?.to_vec();
        share[kem[0].clone()][..2].fill(0xff);
        let loaded = Owned::<PqcExchangeShare>::load(exchange, &share);
        assert_eq!(loaded.err(), Some(PqcStatus::PublicKeyModulus));
    }
    Ok(())
}

#[test]
fn each_exchange_is_new() -> Result<(), PqcStatus> {
    for Layout { exchange, group, kem, .. } in layouts() {
        let shares = [(); 2].map(|()| Owned::<PqcExchangeKey>::generate(exchange).and_then(|key| key.share()));
        let [first, second] = shares.map(|share| share.map(|share| share.to_vec()));
        let (first, second) = (first?, second?);
        for half in [&group[0], &kem[0]] {
            assert_ne!(first[half.clone()], second[half.clone()]);
        }
        let share = Owned::<PqcExchangeShare>::load(exchange, &first)?;
        let (answers, others) = (share.encapsulate()?, share.encapsulate()?);
        for half in [&group, &kem] {
            assert_ne!(answers.0[half[1].clone()], others.0[half[1].clone()]);
            assert_ne!(answers.1[half[2].clone()], others.1[half[2].clone()]);
        }
    }
    Ok(())
}
