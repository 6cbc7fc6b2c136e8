//! The parameter sets of ML-DSA (FIPS 204, section 4, tables 1 and 2).

use super::poly::{N, Poly};
use crate::bytes::{Bytes, Sealed, Vector};
use crate::ntt16::Factor;
use crate::vec::v32::Q;
use crate::wipe::on_wiped_stack;

/// A parameter set: [`MlDsa44`], [`MlDsa65`] or [`MlDsa87`].
pub trait ParameterSet: Sealed + Copy + Send + Sync + 'static {
    /// Rows of the matrix A.
    const K: usize;
    /// Columns of the matrix A.
    const L: usize;
    /// Bound on the coefficients of the secret vectors s1 and s2.
    const ETA: i32;
    /// Coefficients of the challenge c that are 1 or -1.
    const TAU: i32;
    /// The bits of gamma1, the power of two that bounds the coefficients of the mask y.
    const GAMMA1_BITS: usize;
    /// Half the range of low bits.
    const GAMMA2: i32;
    /// The maximum number of hints in a signature.
    const OMEGA: usize;
    /// Bytes of the commitment hash c~: lambda / 4.
    const COMMITMENT_BYTES: usize;

    #[doc(hidden)]
    type VectorK: Vector<Poly>;
    #[doc(hidden)]
    type VectorL: Vector<Poly>;
    #[doc(hidden)]
    type FactorsK: Vector<Factor>;
    #[doc(hidden)]
    type FactorsL: Vector<Factor>;
    /// L + 1 polynomials.
    #[doc(hidden)]
    type Response: Vector<Poly>;
    /// K rows of L polynomials.
    #[doc(hidden)]
    type Matrix: Vector<Poly>;
    /// K rows of L + 1 polynomials.
    #[doc(hidden)]
    type WideMatrix: Vector<Poly>;

    /// Bound on the coefficients of c s1 and c s2.
    const BETA: i32 = Self::TAU * Self::ETA;
    /// Bound on the coefficients of y.
    const GAMMA1: i32 = 1 << Self::GAMMA1_BITS;
    /// The number of values of high bits.
    const HIGH: i32 = (Q - 1) / (2 * Self::GAMMA2);

    /// Bits of a packed coefficient of s1 or s2.
    const ETA_BITS: usize = if Self::ETA == 2 { 3 } else { 4 };
    /// Bits of a packed coefficient of the response z.
    const Z_BITS: usize = Self::GAMMA1_BITS + 1;
    /// Bits of packed high bits.
    const W1_BITS: usize = if Self::HIGH == 16 { 4 } else { 6 };

    /// Bytes of a packed polynomial of s1 or s2.
    const ETA_BYTES: usize = N * Self::ETA_BITS / 8;
    /// Bytes of a packed polynomial of z.
    const Z_BYTES: usize = N * Self::Z_BITS / 8;
    /// Bytes of a packed polynomial of high bits.
    const W1_BYTES: usize = N * Self::W1_BITS / 8;

    /// Bytes of a public key: 1312, 1952 or 2592.
    const PUBLIC_KEY_BYTES: usize = 32 + Self::K * T1_BYTES;
    /// Bytes of an expanded private key: 2560, 4032 or 4896.
    const PRIVATE_KEY_BYTES: usize = 128 + (Self::K + Self::L) * Self::ETA_BYTES + Self::K * T0_BYTES;
    /// Bytes of a signature: 2420, 3309 or 4627.
    const SIGNATURE_BYTES: usize = Self::COMMITMENT_BYTES + Self::L * Self::Z_BYTES + Self::OMEGA + Self::K;

    /// An encoded public key.
    type PublicKey: Bytes;
    /// An encoded private key: rho || K || tr || s1 || s2 || t0 (algorithm 24).
    type PrivateKey: Bytes;
    /// An encoded signature.
    type Signature: Bytes;
}

/// The bits of a coefficient of t in the public key.
pub(crate) const T1_BITS: usize = 10;
/// d, the bits of a coefficient of t that the public key drops.
pub(crate) const T0_BITS: usize = 13;
/// Bytes of a packed polynomial of t1.
pub(crate) const T1_BYTES: usize = N * T1_BITS / 8;
/// Bytes of a packed polynomial of t0.
pub(crate) const T0_BYTES: usize = N * T0_BITS / 8;

// The maxima over the parameter sets, for buffers of one size.
pub(crate) const MAX_W1_BYTES: usize = 8 * N * 4 / 8;
pub(crate) const MAX_K: usize = 8;

/// Implements a set, with its constants in the order of the trait.
macro_rules! parameter_set {
    (
        $(#[$attribute:meta])*
        $name:ident, $k:literal, $l:literal, $eta:literal, $tau:literal, $gamma1_bits:literal, $gamma2:expr, $omega:literal,
        $commitment_bytes:literal
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Sealed for $name {}

        impl ParameterSet for $name {
            const K: usize = $k;
            const L: usize = $l;
            const ETA: i32 = $eta;
            const TAU: i32 = $tau;
            const GAMMA1_BITS: usize = $gamma1_bits;
            const GAMMA2: i32 = $gamma2;
            const OMEGA: usize = $omega;
            const COMMITMENT_BYTES: usize = $commitment_bytes;
            type VectorK = [Poly; $k];
            type VectorL = [Poly; $l];
            type FactorsK = [Factor; $k];
            type FactorsL = [Factor; $l];
            type Response = [Poly; $l + 1];
            type Matrix = [Poly; $k * $l];
            type WideMatrix = [Poly; $k * ($l + 1)];
            type PublicKey = [u8; <$name as ParameterSet>::PUBLIC_KEY_BYTES];
            type PrivateKey = [u8; <$name as ParameterSet>::PRIVATE_KEY_BYTES];
            type Signature = [u8; <$name as ParameterSet>::SIGNATURE_BYTES];
        }
    };
}

parameter_set!(
    /// Security category 2.
    MlDsa44, 4, 4, 2, 39, 17, (Q - 1) / 88, 80, 32
);
parameter_set!(
    /// Security category 3.
    MlDsa65, 6, 5, 4, 49, 19, (Q - 1) / 32, 55, 48
);
parameter_set!(
    /// Security category 5.
    MlDsa87, 8, 7, 2, 60, 19, (Q - 1) / 32, 75, 64
);

/// [`on_wiped_stack`] with the bytes of stack that an operation uses in ML-DSA-44, ML-DSA-65 and ML-DSA-87, with headroom; the
/// test `wiping::mldsa` checks that they suffice.
#[inline(always)]
pub(crate) fn on_wiped_stack_of<P: ParameterSet, const IN_44: usize, const IN_65: usize, const IN_87: usize, R>(
    operation: impl FnOnce() -> R,
) -> R {
    match P::K {
        4 => on_wiped_stack::<IN_44, _>(operation),
        6 => on_wiped_stack::<IN_65, _>(operation),
        _ => on_wiped_stack::<IN_87, _>(operation),
    }
}
