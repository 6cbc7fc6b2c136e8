//! Rejection sampling of single polynomials (FIPS 204, 7.3, algorithms 30 and 31), as kernels.

use super::poly::{N, Poly};
use crate::keccak::{SHAKE128_RATE, SHAKE256_RATE};
use crate::vec::v32::{Numbers32, Q};

/// Five blocks of SHAKE128: 280 candidates of three bytes; one in a thousand is rejected.
pub(crate) const UNIFORM_BYTES: usize = 5 * SHAKE128_RATE;
/// Two blocks of SHAKE256: 544 candidates of four bits; 9 or 15 in 16 are accepted.
pub(crate) const SMALL_BYTES: usize = 2 * SHAKE256_RATE;
/// Algorithm 30, `RejNTTPoly`, as far as these bytes go; returns whether they suffice.
///
/// There are always 17 steps, over 272 candidates; the last eight in `bytes` are ignored. Before step n there are at most 16 n
/// numbers, so all steps but the last write in place. Rows and columns are not exchanged yet.
#[inline(always)]
pub(crate) fn uniform<M: Numbers32>(machine: M, bytes: &[u8; UNIFORM_BYTES], out: &mut Poly) -> bool {
    let out = out.coefficients_mut();
    let mut count = 0;
    for step in 0..16 {
        let (Some(bytes), Some(to)) = (bytes[48 * step..].first_chunk(), out[count..].first_chunk_mut()) else {
            return false;
        };
        count += machine.write_below(machine.unpack::<24, 23>(bytes), Q, to);
    }
    let (Some(bytes), mut last) = (bytes[48 * 16..].first_chunk(), [0; 16]) else { return false };
    let last_count = machine.write_below(machine.unpack::<24, 23>(bytes), Q, &mut last);
    let is_enough = count + last_count >= N;
    for (to, number) in out[count..].iter_mut().zip(last) {
        *to = number;
    }
    is_enough
}

/// Algorithm 31, `RejBoundedPoly`, as far as these bytes go; returns whether they suffice.
///
/// A candidate below 15 is `eta - (candidate mod 5)` for eta = 2, and one below 9 is `eta - candidate` for eta = 4. The
/// remainder needs no division: `205 n >> 10` is `floor(n / 5)` for n below 15.
#[inline(always)]
pub(crate) fn small<M: Numbers32>(machine: M, bytes: &[u8; SMALL_BYTES], eta: i32, out: &mut Poly) -> bool {
    let mut accepted = [0; 2 * SMALL_BYTES];
    let mut count = 0;
    for sixteen in bytes.as_chunks::<16>().0 {
        let Some(to) = accepted[count..].first_chunk_mut() else { return false };
        count += machine.write_nibbles_below(sixteen, if eta == 2 { 15 } else { 9 }, to);
    }
    for (c, candidate) in out.coefficients_mut().iter_mut().zip(accepted) {
        *c = small_coefficient(candidate.into(), eta);
    }
    count >= N
}

/// The coefficient of an accepted candidate.
#[inline(always)]
pub(crate) fn small_coefficient(candidate: i32, eta: i32) -> i32 {
    if eta == 2 { 2 - (candidate - 5 * ((205 * candidate) >> 10)) } else { 4 - candidate }
}
