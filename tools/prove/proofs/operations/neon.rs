//! The rows on the operations of NEON.

use super::*;
use crate::backend::NeonSha3;
use crate::backend::neon::v64::{NeonX2, Sha3};

pub(in super::super) const ROWS: &[Row] = &[
    proved(
        "NEON, 32-bit lanes: add, subtract, multiply, canonical and sums of products are as documented",
        &[
            "backend/neon/v32.rs::multiply",
            "backend/neon/v32.rs::canonical",
            "backend/neon/v32.rs::reduce",
            "backend/neon/v32.rs::Lanes32::add",
            "backend/neon/v32.rs::Lanes32::subtract",
            "backend/neon/v32.rs::Lanes32::multiply",
            "backend/neon/v32.rs::Lanes32::canonical",
            "backend/neon/v32.rs::Lanes32::factor",
            "backend/neon/v32.rs::Lanes32::no_sums",
            "backend/neon/v32.rs::Lanes32::multiply_add",
            "backend/neon/v32.rs::Lanes32::reduce",
        ],
        || arithmetic_32(token::<Neon>()),
    ),
    proved(
        "NEON, 32-bit lanes: load, store, transpose and unpack (3, 4, 10, 13, 18, 20, 23 of 24 bits) move the right bits",
        &[
            "backend/neon/v32.rs::transpose_four",
            "backend/neon/v32.rs::unpack",
            "backend/neon/v32.rs::Lanes32::load",
            "backend/neon/v32.rs::Lanes32::load_constants",
            "backend/neon/v32.rs::Lanes32::store",
            "backend/neon/v32.rs::Lanes32::transpose",
            "backend/neon/v32.rs::Lanes32::unpack",
        ],
        || moves_32(token::<Neon>()),
    ),
    proved(
        "NEON, 32-bit lanes: write_below keeps the lanes below q, in order, whichever they are",
        &["backend/neon/v32.rs::mask_of", "backend/neon/v32.rs::moves", "backend/neon/v32.rs::Lanes32::write_below"],
        || write_below(token::<Neon>()),
    ),
    in_part(
        "NEON: splat puts the number into each lane",
        "every 16-bit number; of 32 bits, each bit alone, each bit alone missing, and small numbers",
        &["backend/neon/v16.rs::Lanes16::splat", "backend/neon/v32.rs::Lanes32::splat"],
        || {
            splats_16::<NeonI16x16<Neon>>(token());
            splats_32(token::<Neon>());
        },
    ),
    in_part(
        "NEON: write_nibbles_below keeps the nibbles below the bound, in order",
        "bounds 15 and 9; every mask of each group of eight nibbles, after every count that the nibbles before them \
         can leave",
        &["backend/neon/v32.rs::Lanes32::write_nibbles_below"],
        || write_nibbles_below(token::<Neon>()),
    ),
    proved(
        "NEON, 16-bit lanes: the arithmetic, and reduction by it, is as documented, provided that a factor of \
         multiply_round, and the constant of multiply, is not -2^15",
        &[
            "backend/neon/v16.rs::Lanes16::add",
            "backend/neon/v16.rs::Lanes16::sub",
            "backend/neon/v16.rs::Lanes16::and",
            "backend/neon/v16.rs::Lanes16::greater",
            "backend/neon/v16.rs::Lanes16::shift_right",
            "backend/neon/v16.rs::Lanes16::multiply_low",
            "backend/neon/v16.rs::Lanes16::multiply_high",
            "backend/neon/v16.rs::Lanes16::multiply_round",
            "backend/neon/v16.rs::Lanes16::multiply",
            "backend/neon/v16.rs::Lanes16::multiply_pairs",
            "backend/neon/v16.rs::Lanes16::add_wide",
            "backend/neon/v16.rs::Lanes16::halves",
            "backend/neon/v16.rs::Lanes16::swap_pairs",
            "vec/v16.rs::Lanes16::wrapping_sub",
            "vec/v16.rs::Lanes16::reduce",
            "vec/v16.rs::Lanes16::reduce_wide",
        ],
        || {
            arithmetic_16::<NeonI16x16<Neon>>(token());
            products_of_neon();
        },
    ),
    proved(
        "NEON, 16-bit lanes: load, store and transpose move the right lanes",
        &[
            "backend/neon/v32.rs::transpose_four",
            "backend/neon/v16.rs::Lanes16::load",
            "backend/neon/v16.rs::Lanes16::load_constants",
            "backend/neon/v16.rs::Lanes16::store",
            "backend/neon/v16.rs::Lanes16::transpose",
            "vec/v16.rs::Lanes16::rows_to_vectors",
            "vec/v16.rs::Lanes16::vectors_to_rows",
        ],
        || moves_16::<NeonI16x16<Neon>>(token()),
    ),
    proved(
        "NEON: load_bits and store_bits of 1, 4, 5, 6, 10, 11, 12 bits are ByteDecode and ByteEncode (FIPS 203, 4.2.1)",
        &[
            "backend/neon/v16.rs::Packing::bytes",
            "backend/neon/v16.rs::Packing::distances",
            "backend/neon/v16.rs::ones",
            "backend/neon/v16.rs::load_to_end",
            "backend/neon/v16.rs::unpack",
            "backend/neon/v16.rs::pack",
            "backend/neon/v16.rs::Lanes16::load_bits",
            "backend/neon/v16.rs::Lanes16::store_bits",
        ],
        || all_bits::<NeonI16x16<Neon>>(token()),
    ),
    proved(
        "NEON, 16-bit lanes: append_below keeps the lanes in 0..q, in order, whichever they are",
        &["backend/neon/v32.rs::mask_of", "backend/neon/v32.rs::moves", "backend/neon/v16.rs::Lanes16::append_below"],
        || append_below::<NeonI16x16<Neon>>(token(), 0..1 << 16),
    ),
    proved(
        "NEON, two Keccak states, and one and two with the SHA-3 instructions: load, store, xor, xor3, chi, iota's constants, \
         all rotations, and their sums in theta and rho (FIPS 202, 3.2)",
        &[
            "backend/neon/v64.rs::Lanes64::load",
            "backend/neon/v64.rs::Lanes64::store",
            "backend/neon/v64.rs::Lanes64::xor_constant",
            "backend/neon/v64.rs::Lanes64::xor",
            "backend/neon/v64.rs::Lanes64::xor3",
            "backend/neon/v64.rs::Lanes64::chi",
            "backend/neon/v64.rs::Lanes64::rotate_left",
            "backend/neon/v64.rs::Lanes64::xor_rotated",
            "backend/neon/v64.rs::Lanes64::xor_rotate",
            "vec/v64.rs::Lanes64::xor_rotated",
            "vec/v64.rs::Lanes64::xor_rotate",
        ],
        || {
            let m = token::<NeonSha3>();
            let with_upper_half = |words: Vec<Word>| [words, vec![constant(0, 64)]].concat();
            lanes_64(token::<Neon>(), |words| NeonX2(Reg::new(words)), |lane| lane.0.words(64));
            lanes_64(m, |words| Sha3::<1>(Reg::new(with_upper_half(words))), |lane| lane.0.words(64));
            lanes_64(m, |words| Sha3::<2>(Reg::new(words)), |lane| lane.0.words(64));
        },
    ),
];
