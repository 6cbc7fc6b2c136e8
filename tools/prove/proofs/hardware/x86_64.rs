//! The instructions of x86-64.

use super::super::model::LaneMask;
use super::super::terms::check::check_terms;
use super::*;
use crate::backend::Backend;
use core::arch::x86_64::{__m128i, __m256, __m256i, __m512i, _mm512_castsi512_si128};

/// The file of the instructions.
macro_rules! arch {
    () => {
        "arch/x86_64.rs"
    };
}

pub(in super::super) const ROWS: &[Row] = &[
    row("the model of each instruction of one operand agrees with the processor", || all_of(1..=1)),
    row(
        "the model of each instruction of two operands agrees with the processor, and terms agree with their \
         operations",
        || {
            check_terms();
            all_of(2..=2);
        },
    ),
    row("the model of each instruction of more operands agrees with the processor", || all_of(3..=8)),
    row(
        "the model of each load and store, and of each instruction with undefined bits or without operands, agrees \
         with the processor",
        others,
    ),
];

registers! { __m128i 128 __m256i 256 __m256 256 __m512i 512 }

impl Operand<u32> for LaneMask {
    fn draw(random: &mut Random) -> (Self, u32) {
        let mask = u32::from_le_bytes(random.bytes());
        (Self(std::array::from_fn(|lane| constant((mask >> lane & 1).into(), 1)[0])), mask)
    }
}

impl Outcome<u32> for LaneMask {
    fn agrees(&self, real: u32) -> bool {
        value(&self.0) == Some(real.into())
    }
}

tests_of_arity! {
    test_4(A RA B RB C RC D RD);
    test_8(A RA B RB C RC D RD E RE F RF G RG H RH);
}

instructions!(tests);

/// The two functions that a macro defines.
pub(super) fn function_of(name: &'static str) -> &'static str {
    if name.contains("::multiply_even_lanes_") { "arch/x86_64.rs::$name" } else { name }
}

/// Whether the processor has an instruction. Fails if it does not; if QYNAUTH_PQC_PROVE_WITHOUT_AVX512 is set, only
/// reports it.
pub(super) fn has_instruction(name: &str) -> bool {
    let is_of_avx512 = ["512", "ternarylogic", "_rol_", "_mask"].iter().any(|part| name.contains(part));
    let is_of_sha = name.contains("sha256");
    let has_it = if is_of_sha {
        crate::sha2::ni::ShaNi::detect().is_some()
    } else if is_of_avx512 {
        Backend::Avx512.is_available()
    } else {
        Backend::Avx2.is_available()
    };
    if !has_it {
        println!("NOT TESTED: this processor lacks {name}");
        let is_allowed = (is_of_avx512 || is_of_sha) && std::env::var_os("QYNAUTH_PQC_PROVE_WITHOUT_AVX512").is_some();
        claim(is_allowed, || {
            format!("this processor lacks {name}; QYNAUTH_PQC_PROVE_WITHOUT_AVX512=1 leaves AVX-512 and SHA untested")
        });
    }
    has_it
}

/// The instructions that are not in [`instructions`](super::super::instructions): on memory, with undefined bits, or
/// without operands.
pub(super) const OTHERS: &[Others] = &[
    (
        &[
            "arch/x86_64.rs::$load",
            "arch/x86_64.rs::_mm_loadl_epi64",
            "arch/x86_64.rs::$store",
            "arch/x86_64.rs::_mm_storel_epi64",
        ],
        || of_size!(8 load_64 store_64),
    ),
    (&["arch/x86_64.rs::_mm_loadu_si128", "arch/x86_64.rs::_mm_storeu_si128"], || of_size!(16 load_128 store_128)),
    (
        &["arch/x86_64.rs::_mm256_loadu_si256", "arch/x86_64.rs::_mm256_storeu_si256"],
        || of_size!(32 load_256 store_256),
    ),
    (
        &["arch/x86_64.rs::_mm512_loadu_si512", "arch/x86_64.rs::_mm512_storeu_si512"],
        || of_size!(64 load_512 store_512),
    ),
    (
        &["arch/x86_64.rs::load_first_512", "arch/x86_64.rs::first_bytes", "arch/x86_64.rs::_mm512_maskz_loadu_epi8"],
        || {
            test_2(
                "load_first_512",
                |bytes: [u8; 64], count: u8| {
                    filled(&bytes, |memory| unsafe { model::load_first_512(&memory[..usize::from(count) % 65]) })
                },
                |bytes: [u8; 64], count: u8| unsafe { real::load_first_512(&bytes[..usize::from(count) % 65]) },
            );
        },
    ),
    (
        &["arch/x86_64.rs::store_first_512", "arch/x86_64.rs::first_bytes", "arch/x86_64.rs::_mm512_mask_storeu_epi8"],
        || {
            const fn end(count: u8) -> usize {
                1 + count as usize % 65
            }
            test_3(
                "store_first_512",
                |bytes, register, count: u8| {
                    after(&bytes, |memory| unsafe { model::store_first_512(&mut memory[1..end(count)], register) })
                },
                |bytes: [u8; 66], register, count: u8| {
                    changed(bytes, |memory| unsafe { real::store_first_512(&mut memory[1..end(count)], register) })
                },
            );
        },
    ),
    (&["arch/x86_64.rs::copy_bytes"], copies),
    (&["arch/x86_64.rs::_mm512_castsi128_si512"], || {
        test_1(
            "the defined bits of _mm512_castsi128_si512",
            |a| unsafe { Reg::<128>::new([model::_mm512_castsi128_si512(a).0[..128].into()]) },
            |a| unsafe { _mm512_castsi512_si128(real::_mm512_castsi128_si512(a)) },
        );
    }),
    (&["arch/x86_64.rs::_mm_setzero_si128"], || {
        test_1(
            "_mm_setzero_si128",
            |_: u8| unsafe { model::_mm_setzero_si128() },
            |_: u8| unsafe { real::_mm_setzero_si128() },
        );
    }),
    (&["arch/x86_64.rs::_mm256_setzero_si256"], || {
        test_1(
            "_mm256_setzero_si256",
            |_: u8| unsafe { model::_mm256_setzero_si256() },
            |_: u8| unsafe { real::_mm256_setzero_si256() },
        );
    }),
    (&["arch/x86_64.rs::_mm512_setzero_si512"], || {
        test_1(
            "_mm512_setzero_si512",
            |_: u8| unsafe { model::_mm512_setzero_si512() },
            |_: u8| unsafe { real::_mm512_setzero_si512() },
        );
    }),
];
