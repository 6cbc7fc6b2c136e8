//! Compression, encoding and noise of ML-KEM (FIPS 203, 4.2) on their whole domain: the kernels as they are compiled for each
//! backend that the processor has.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the stated ranges")]

use super::placement::{Numbers, in_each_position, in_one_position, ordered, small};
use super::standard::{self, Q_KEM};
use super::{Label, Row};
use crate::backend::Backend;
use crate::mldsa::poly::N;
use crate::mlkem::kernels::Coding;
use crate::ntt16::{self, Ntt, PRODUCT, REDUCED, SUM_OF_PRODUCTS};

/// The positions of a kernel are computed alike, but not all polynomials are tried.
const EACH_POSITION: Label = Label::ExhaustedInPart("each number in each position, next to one set of others");

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-KEM kernel compress, as compiled for each backend: ByteEncode_d(Compress_d(x + noise)) (FIPS 203, \
               4.2.1) for d of 4, 5, 10 and 11, every x in -2497..=2497 and every noise in -3..=1668",
        label: Label::ExhaustedInPart("each pair in one position, each sum in each position"),
        covers: &["mlkem/kernels.rs::Coding::compress", "mlkem/kernels.rs::compress", "mlkem/kernels.rs::compressed"],
        is_slow: false,
        check: check_compress,
    },
    Row {
        name: "ML-KEM kernel decompress, as compiled for each backend: Decompress_d(ByteDecode_d) (FIPS 203, 4.2.1) \
               for d of 4, 5, 10 and 11, every number in every position; the results are below q",
        label: EACH_POSITION,
        covers: &[
            "mlkem/kernels.rs::Coding::decompress",
            "mlkem/kernels.rs::decompress",
            "mlkem/kernels.rs::decompressed",
        ],
        is_slow: false,
        check: check_decompress,
    },
    Row {
        name: "ML-KEM kernel message, as compiled for each backend: ByteEncode_1(Compress_1(v - w)) for every v in \
               0..q and every w in -2497..=2497",
        label: Label::ExhaustedInPart("each pair in one position, each difference in each position"),
        covers: &["mlkem/kernels.rs::Coding::message", "mlkem/kernels.rs::message", "mlkem/kernels.rs::compressed"],
        is_slow: false,
        check: check_message,
    },
    Row {
        name: "ML-KEM kernel add_message, as compiled for each backend: e + Decompress_1(ByteDecode_1(m)) for both \
               bits and every e in -3..=3, in every position",
        label: EACH_POSITION,
        covers: &[
            "mlkem/kernels.rs::Coding::add_message",
            "mlkem/kernels.rs::add_message",
            "mlkem/kernels.rs::decompressed",
        ],
        is_slow: false,
        check: check_add_message,
    },
    Row {
        name: "ML-KEM kernel sample_cbd, as compiled for each backend, is algorithm 8 for eta of 2 and 3: all bits of \
               a coefficient, in every position",
        label: EACH_POSITION,
        covers: &["mlkem/kernels.rs::Coding::sample_cbd", "mlkem/kernels.rs::sample_cbd"],
        is_slow: false,
        check: check_noise,
    },
    Row {
        name: "ML-KEM kernel decode, as compiled for each backend, is ByteDecode_12 without reduction, and reorder \
               brings numbers into the stated order: every number of 12 bits, including q and above, in every position",
        label: EACH_POSITION,
        covers: &[
            "mlkem/kernels.rs::Coding::decode",
            "mlkem/kernels.rs::decode",
            "ntt16.rs::Ntt::reorder",
            "ntt16.rs::from_standard",
        ],
        is_slow: false,
        check: check_decode,
    },
    Row {
        name: "ML-KEM kernel encode, as compiled for each backend, is ByteEncode_12 of the residues: every number in \
               -2209..=2209 in every position",
        label: EACH_POSITION,
        covers: &[
            "mlkem/kernels.rs::Coding::encode",
            "mlkem/kernels.rs::encode",
            "mlkem/kernels.rs::encode_residues",
            "ntt16.rs::to_standard",
            "ntt16.rs::canonical",
        ],
        is_slow: false,
        check: check_encode,
    },
    Row {
        name: "ML-KEM kernel encode_sum, as compiled for each backend, is ByteEncode_12 of 2^16 product + polynomial: \
               every product in -2770..=2770 with every coefficient in -2209..=2209",
        label: Label::ExhaustedInPart("each pair in one position, each product in each position"),
        covers: &[
            "mlkem/kernels.rs::Coding::encode_sum",
            "mlkem/kernels.rs::encode_sum",
            "ntt16.rs::from_montgomery",
            "ntt16.rs::reduce",
        ],
        is_slow: false,
        check: check_encode_sum,
    },
];

fn check_compress() {
    fn check<M: Coding, const BITS: usize>(machine: M) {
        let expected = |sum: i32| standard::compress(BITS as u32, i64::from(sum).rem_euclid(Q_KEM)) as u64;
        let (low, high) = (-3 - i32::from(PRODUCT), 1668 + i32::from(PRODUCT));
        let table: Vec<u64> = (low..=high).map(expected).collect();
        let mut bytes = vec![0; 32 * BITS];
        for noise in -3..=1668 {
            in_one_position(-i32::from(PRODUCT)..=PRODUCT.into(), &mut |numbers| {
                machine.compress::<BITS>(&small(numbers), &small(&[noise; N]), &mut bytes);
                let expected = standard::encode(BITS, &numbers.map(|x| table[(x + noise - low) as usize]));
                assert!(bytes == expected, "{BITS} bits of {} + {noise}", numbers[0]);
            });
        }
        in_each_position(low..=high, &mut |numbers| {
            let noise = numbers.map(|sum| if sum < 0 { -3 } else { 1668 });
            let x: Numbers = std::array::from_fn(|i| numbers[i] - noise[i]);
            machine.compress::<BITS>(&small(&x), &small(&noise), &mut bytes);
            let expected = standard::encode(BITS, &numbers.map(|sum| table[(sum - low) as usize]));
            assert!(bytes == expected, "{BITS} bits of {}", numbers[0]);
        });
    }
    on_each_backend!(machine => {
        check::<_, 4>(machine);
        check::<_, 5>(machine);
        check::<_, 10>(machine);
        check::<_, 11>(machine);
    });
}

fn check_decompress() {
    fn check<M: Coding, const BITS: usize>(machine: M) {
        in_each_position(0..=(1 << BITS) - 1, &mut |numbers| {
            let mut out = ntt16::Poly::ZERO;
            machine.decompress::<BITS>(&standard::encode(BITS, &numbers.map(|number| number as u64)), &mut out);
            let expected = numbers.map(|y| standard::decompress(BITS as u32, y.into()) as i16);
            assert!(out.0 == expected && out.0.iter().all(|x| i64::from(*x) < Q_KEM), "{BITS} bits of {}", numbers[0]);
        });
    }
    on_each_backend!(machine => {
        check::<_, 4>(machine);
        check::<_, 5>(machine);
        check::<_, 10>(machine);
        check::<_, 11>(machine);
    });
}

fn check_message() {
    let expected = |difference: i32| standard::compress(1, i64::from(difference).rem_euclid(Q_KEM)) as u64;
    let low = -i32::from(PRODUCT);
    let table: Vec<u64> = (low..=Q_KEM as i32 - 1 - low).map(expected).collect();
    on_each_backend!(machine => {
        for v in 0..Q_KEM as i32 {
            in_one_position(-i32::from(PRODUCT)..=PRODUCT.into(), &mut |numbers| {
                let mut out = [0; 32];
                machine.message(&small(&[v; N]), &small(numbers), &mut out);
                let expected = standard::encode(1, &numbers.map(|w| table[(v - w - low) as usize]));
                assert!(out[..] == expected, "v = {v}, w = {}", numbers[0]);
            });
        }
        in_each_position(low..=Q_KEM as i32 - 1 + i32::from(PRODUCT), &mut |numbers| {
            let v = numbers.map(|difference| if difference < 832 { 0 } else { 3328 });
            let w: Numbers = std::array::from_fn(|i| (v[i] - numbers[i]).clamp(low, -low));
            let v: Numbers = std::array::from_fn(|i| numbers[i] + w[i]);
            let mut out = [0; 32];
            machine.message(&small(&v), &small(&w), &mut out);
            assert!(out[..] == standard::encode(1, &numbers.map(|x| table[(x - low) as usize])), "v - w = {}", numbers[0]);
        });
    });
}

fn check_add_message() {
    on_each_backend!(machine => in_each_position(0..=13, &mut |numbers| {
        let (bits, noise) = (numbers.map(|number| (number % 2) as u64), numbers.map(|number| number / 2 - 3));
        let (mut message, mut polynomial) = ([0; 32], small(&noise));
        message.copy_from_slice(&standard::encode(1, &bits));
        machine.add_message(&message, &mut polynomial);
        let expected: [i16; N] =
            std::array::from_fn(|i| (i64::from(noise[i]) + standard::decompress(1, bits[i].cast_signed())) as i16);
        assert!(polynomial.0 == expected, "messages added to {}", noise[0]);
    }));
}

fn check_noise() {
    on_each_backend!(machine => for (eta, bits) in [(2, 4), (3, 6)] {
        in_each_position(0..=(1 << bits) - 1, &mut |numbers| {
            let (bytes, mut out) = (standard::encode(bits, &numbers.map(|number| number as u64)), ntt16::Poly::ZERO);
            if eta == 2 { machine.sample_cbd::<4>(&bytes, &mut out) } else { machine.sample_cbd::<6>(&bytes, &mut out) }
            let expected = numbers.map(|bits| standard::centred_binomial(eta, bits as u64) as i16);
            assert!(out.0 == expected, "eta = {eta}, bits {:b}", numbers[0]);
        });
    });
}

fn check_decode() {
    on_each_backend!(machine => in_each_position(0..=4095, &mut |numbers| {
        let mut out = ntt16::Poly::ZERO;
        machine.decode(&standard::encode(12, &numbers.map(|number| number as u64)), &mut out);
        let expected = ordered(&small(numbers));
        assert!(out.0 == expected.0, "decode of {} on", numbers[0]);
        let mut again = small(numbers);
        machine.reorder(&mut again);
        assert!(again.0 == expected.0, "reorder of {} on", numbers[0]);
    }));
}

fn check_encode() {
    on_each_backend!(machine => in_each_position(-i32::from(REDUCED)..=REDUCED.into(), &mut |numbers| {
        let mut out = [0; 384];
        machine.encode(&ordered(&small(numbers)), &mut out);
        let expected = standard::encode(12, &numbers.map(|x| i64::from(x).rem_euclid(Q_KEM) as u64));
        assert!(out[..] == expected, "encode of {} on", numbers[0]);
    }));
}

fn check_encode_sum() {
    let residue = |product: i32, other: i32| ((i64::from(product) << 16) + i64::from(other)).rem_euclid(Q_KEM) as u64;
    let (products, others) = (i32::from(SUM_OF_PRODUCTS), i32::from(REDUCED));
    on_each_backend!(machine => {
        let mut out = [0; 384];
        for product in -products..=products {
            in_one_position(-others..=others, &mut |numbers| {
                machine.encode_sum(&small(&[product; N]), &ordered(&small(numbers)), &mut out);
                let expected = standard::encode(12, &numbers.map(|other| residue(product, other)));
                assert!(out[..] == expected, "{product} and {} on", numbers[0]);
            });
        }
        in_each_position(-products..=products, &mut |numbers| {
            let other: Numbers = std::array::from_fn(|i| if i % 2 == 0 { others } else { -others });
            machine.encode_sum(&ordered(&small(numbers)), &ordered(&small(&other)), &mut out);
            let expected: [u64; N] = std::array::from_fn(|i| residue(numbers[i], other[i]));
            assert!(out[..] == standard::encode(12, &expected), "products of {} on", numbers[0]);
        });
    });
}
