//! The parameter sets, FIPS 203 section 8.

use crate::bytes::{Bytes, Sealed, Vector};
use crate::ntt16::{Factor, Poly};
use crate::wipe;

/// A parameter set of ML-KEM; there are [`MlKem512`], [`MlKem768`] and [`MlKem1024`].
pub trait ParameterSet: Sealed + Copy + Send + Sync + 'static {
    /// k, the number of polynomials in a vector.
    const K: usize;
    /// η1, the bound of the coefficients of s, e and y.
    const ETA1: usize;
    /// d_u, the bits of a coefficient of u in a ciphertext.
    const DU: usize;
    /// d_v, the bits of a coefficient of v in a ciphertext.
    const DV: usize;
    /// The size of an encapsulation key in bytes.
    const PUBLIC_KEY_BYTES: usize = 384 * Self::K + 32;
    /// The size of a decapsulation key in bytes.
    const PRIVATE_KEY_BYTES: usize = 768 * Self::K + 96;
    /// The size of a ciphertext in bytes.
    const CIPHERTEXT_BYTES: usize = 32 * (Self::DU * Self::K + Self::DV);

    /// An encoded encapsulation key.
    type PublicKey: Bytes;
    /// An encoded decapsulation key: dk_PKE || ek || H(ek) || z (FIPS 203, algorithm 16).
    type PrivateKey: Bytes;
    /// A ciphertext.
    type Ciphertext: Bytes;

    #[doc(hidden)]
    type Vector: Vector<Poly>;
    #[doc(hidden)]
    type Matrix: Vector<Self::Vector>;
    #[doc(hidden)]
    type Factors: Vector<Factor>;
}

/// [`wipe::on_wiped_stack`] with the bytes that an operation uses for k = 2, 3 and 4, with headroom; the test `wiping::mlkem`
/// checks that they suffice.
#[inline(always)]
pub(super) fn on_wiped_stack<P: ParameterSet, const TWO: usize, const THREE: usize, const FOUR: usize>(
    operation: impl FnOnce(),
) {
    match P::K {
        2 => wipe::on_wiped_stack::<TWO, _>(operation),
        3 => wipe::on_wiped_stack::<THREE, _>(operation),
        _ => wipe::on_wiped_stack::<FOUR, _>(operation),
    }
}

/// The table of parameter sets: passes all rows to a macro.
#[macro_export]
macro_rules! mlkem_parameter_sets {
    ($callback:ident) => {
        $callback! {
                MlKem512 "ML-KEM-512" { k: 2, eta1: 3, du: 10, dv: 4 }
                MlKem768 "ML-KEM-768" { k: 3, eta1: 2, du: 10, dv: 4 }
                MlKem1024 "ML-KEM-1024" { k: 4, eta1: 2, du: 11, dv: 5 }
        }
    };
}

macro_rules! define {
    ($($name:ident $title:literal { k: $k:literal, eta1: $eta1:literal, du: $du:literal, dv: $dv:literal })+) => { $(
        #[doc = concat!($title, ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Sealed for $name {}

        impl ParameterSet for $name {
            const K: usize = $k;
            const ETA1: usize = $eta1;
            const DU: usize = $du;
            const DV: usize = $dv;
            type PublicKey = [u8; <$name as ParameterSet>::PUBLIC_KEY_BYTES];
            type PrivateKey = [u8; <$name as ParameterSet>::PRIVATE_KEY_BYTES];
            type Ciphertext = [u8; <$name as ParameterSet>::CIPHERTEXT_BYTES];
            type Vector = [Poly; $k];
            type Matrix = [[Poly; $k]; $k];
            type Factors = [Factor; $k];
        }

        // The values that the operations support.
        const _: () = assert!(matches!(($k, $eta1), (2, 2 | 3) | (3 | 4, 2)) && matches!(($du, $dv), (10 | 11, 4 | 5)));
    )+ };
}

mlkem_parameter_sets!(define);
