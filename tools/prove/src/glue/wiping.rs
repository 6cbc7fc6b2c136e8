//! What operations leave behind.

use pqc_simd::proofs::Row;

pub(crate) const ROWS: &[Row] = &[];
