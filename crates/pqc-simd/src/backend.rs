//! The backends, the proof that one is available, and how a kernel is compiled once for each.
//!
//! A kernel is an `#[inline(always)]` function that is generic over the backend's token, and [`kernels!`] wraps it in one
//! `#[target_feature]` function for each backend:
//!
//! ```ignore
//! kernels! {
//!     pub(crate) trait Ntt {
//!         /// What it does, with the bounds of its input and output.
//!         fn ntt(polynomial: &mut Poly) = ntt;            // calls ntt::<Self>(self, polynomial)
//!         fn compress<const D: u32>(polynomial: &Poly, out: &mut [u8]) = compress;
//!     }
//! }
//!
//! #[inline(always)]
//! fn ntt<M: Machine>(machine: M, polynomial: &mut Poly) { ... }
//! ```
//!
//! What a kernel calls is `#[inline(always)]` too, and it passes no closures: the compiler inlines all these before it asks whether
//! the features of caller and called agree, but may leave a closure alone, with a call for each instruction in it.
//!
//! An operation is an ordinary function over `M: Machine + Ntt + ...` that calls `machine.ntt(...)`; [`dispatch!`] calls it
//! with the token of a [`Backend`]. So only kernels are compiled with the features of a backend, each in a function of
//! its own (`#[inline(never)]`), and never the scalar code between them, which AVX-512 makes slower.
//!
//! A token is a value without size that exists only where the processor has the features: vectors are loaded and splatted
//! through it, so safe code can reach no instruction that is missing.

#[cfg(target_arch = "x86_64")]
use {std::mem::MaybeUninit, zeroize::optimization_barrier};

/// An implementation of the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// Plain Rust, on every processor.
    Portable,
    /// AVX2 with BMI1, BMI2 and POPCNT: Intel since 2013, AMD since 2015.
    Avx2,
    /// AVX-512 F, BW, DQ, VL, VBMI and VBMI2, with what [`Self::Avx2`] needs: Intel since 2019 (Ice Lake), AMD since 2022 (Zen 4).
    Avx512,
}

impl Backend {
    /// All backends, the slowest first.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The fastest backend that this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|backend| backend.is_available()).unwrap_or(Self::Portable)
    }

    /// Whether this processor and its operating system have what the backend needs.
    #[must_use]
    pub fn is_available(self) -> bool {
        self.token().backend() == self
    }

    /// The name of the backend, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// The proof that the backend is available; where it is not, that of [`Self::Portable`], which gives the same results.
    #[inline]
    pub(crate) fn token(self) -> Token {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::detect().map_or(Token::Portable(Portable), Token::Avx512),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::detect().map_or(Token::Portable(Portable), Token::Avx2),
            _ => Token::Portable(Portable),
        }
    }
}

/// The token of some backend.
pub(crate) enum Token {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Token {
    const fn backend(&self) -> Backend {
        match self {
            Self::Portable(_) => Backend::Portable,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Backend::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => Backend::Avx512,
        }
    }
}

/// The token of [`Backend::Portable`].
#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// The token of [`Backend::Avx2`]; it exists only where its features do.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

/// The token of [`Backend::Avx512`]; it exists only where its features do.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

/// Whether the processor has every one of the features; the standard library remembers what it found.
#[cfg(target_arch = "x86_64")]
macro_rules! detected {
    ($($feature:tt),+) => { $(is_x86_feature_detected!($feature))&&+ };
}

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    #[inline]
    fn detect() -> Option<Self> {
        detected!("avx2", "bmi1", "bmi2", "popcnt").then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    #[inline]
    fn detect() -> Option<Self> {
        let has_vectors = detected!("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vbmi", "avx512vbmi2");
        (has_vectors && Avx2::detect().is_some()).then_some(Self(()))
    }
}

/// Calls an expression with the token of a [`Backend`]: `dispatch!(backend, machine => keygen::<_, P>(machine, seed))`.
macro_rules! dispatch {
    ($backend:expr, $machine:ident => $call:expr) => {
        match $crate::backend::Backend::token($backend) {
            $crate::backend::Token::Portable($machine) => $call,
            #[cfg(target_arch = "x86_64")]
            $crate::backend::Token::Avx2($machine) => $call,
            #[cfg(target_arch = "x86_64")]
            $crate::backend::Token::Avx512($machine) => $call,
        }
    };
}

/// A cache line, which is as long as the longest vector.
#[cfg(target_arch = "x86_64")]
#[repr(align(64))]
struct Line(#[allow(dead_code, reason = "only its place matters")] [u8; 64]);

/// Makes the frame of the function that it is compiled into begin with a cache line.
///
/// The compiler does not align a frame for the vectors that it spills; of those that lie across two lines, a store and the
/// load after it are slow, so the time of a kernel would depend on where the stack happens to be.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn align_frame() {
    optimization_barrier(&MaybeUninit::<Line>::uninit());
}

/// Declares a trait of kernels and implements it for the token of each backend; see the [module](self).
macro_rules! kernels {
    (
        $(#[$trait_attribute:meta])*
        $visibility:vis trait $trait:ident {
            $(
                $(#[$attribute:meta])*
                fn $name:ident $(<$(const $constant:ident: $kind:ty),+>)? ($($argument:ident: $type:ty),* $(,)?)
                    $(-> $result:ty)? = $body:ident;
            )+
        }
    ) => {
        $(#[$trait_attribute])*
        $visibility trait $trait: Copy {
            $(
                $(#[$attribute])*
                fn $name $(<$(const $constant: $kind),+>)? (self, $($argument: $type),*) $(-> $result)?;
            )+
        }

        impl $trait for $crate::backend::Portable {
            $(
                #[inline(never)]
                fn $name $(<$(const $constant: $kind),+>)? (self, $($argument: $type),*) $(-> $result)? {
                    $body::<Self $($(, $constant)+)?>(self, $($argument),*)
                }
            )+
        }

        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "a token proves that its backend's features are there")]
        impl $trait for $crate::backend::Avx2 {
            $(
                #[inline(always)]
                fn $name $(<$(const $constant: $kind),+>)? (self, $($argument: $type),*) $(-> $result)? {
                    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
                    #[inline(never)]
                    fn kernel $(<$(const $constant: $kind),+>)? (
                        machine: $crate::backend::Avx2, $($argument: $type),*
                    ) $(-> $result)? {
                        $crate::backend::align_frame();
                        $body::<$crate::backend::Avx2 $($(, $constant)+)?>(machine, $($argument),*)
                    }
                    // SAFETY: `self` exists only where `Avx2::detect` has found these features.
                    unsafe { kernel $(::<$($constant),+>)? (self, $($argument),*) }
                }
            )+
        }

        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "a token proves that its backend's features are there")]
        impl $trait for $crate::backend::Avx512 {
            $(
                #[inline(always)]
                fn $name $(<$(const $constant: $kind),+>)? (self, $($argument: $type),*) $(-> $result)? {
                    #[target_feature(
                        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,popcnt"
                    )]
                    #[inline(never)]
                    fn kernel $(<$(const $constant: $kind),+>)? (
                        machine: $crate::backend::Avx512, $($argument: $type),*
                    ) $(-> $result)? {
                        $crate::backend::align_frame();
                        $body::<$crate::backend::Avx512 $($(, $constant)+)?>(machine, $($argument),*)
                    }
                    // SAFETY: `self` exists only where `Avx512::detect` has found these features.
                    unsafe { kernel $(::<$($constant),+>)? (self, $($argument),*) }
                }
            )+
        }
    };
}
