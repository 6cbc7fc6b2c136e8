//! The backends, the proof that one is available, and how a kernel is compiled once for each.
//!
//! A kernel is an `#[inline(always)]` function that is generic over the backend's token, and [`kernels!`] wraps it in one
//! `#[target_feature]` function for each backend:
//!
//! ```ignore
//! kernels! {
//!     pub(crate) trait Ntt {
//!         /// Its contract, with the bounds of its input and output.
//!         fn ntt(polynomial: &mut Poly) = ntt;            // calls ntt::<Self>(self, polynomial)
//!         fn compress<const D: u32>(polynomial: &Poly, out: &mut [u8]) = compress;
//!     }
//! }
//!
//! #[inline(always)]
//! fn ntt<M: Machine>(machine: M, polynomial: &mut Poly) { ... }
//! ```
//!
//! Every function that a kernel calls is `#[inline(always)]` too, and it passes no closures: the compiler inlines these functions
//! before it checks that the features of caller and callee agree, but may leave a closure alone, with a call for each
//! instruction in it.
//!
//! An operation is an ordinary function over `M: Machine + Ntt + ...` that calls `machine.ntt(...)`; [`dispatch!`] calls it
//! with the token of a [`Backend`]. So only kernels are compiled with the features of a backend, each in a separate
//! function (`#[inline(never)]`), and never the scalar code between them, which AVX-512 makes slower.
//!
//! # The token invariant
//! A token is a value without size that exists only if the processor has the features of its backend, and a vector is
//! made with a token or from another vector. So safe code reaches no missing instruction, and each `unsafe` of a
//! backend rests on this. Slices are cut to the size of a vector before [`arch`](crate::arch) loads or stores it, which
//! debug builds check; they may have any alignment.
//!
//! # Another backend
//! Another backend is a row of [`backends!`], and a module next to the others that implements
//! [`Machine16`](crate::vec::v16::Machine16), [`Lanes32`](crate::vec::v32::Lanes32),
//! [`Machine64`](crate::vec::v64::Machine64) and [`MachineSha2`](crate::sha2::compression::MachineSha2) for its token.

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use std::arch::is_aarch64_feature_detected;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use zeroize::optimization_barrier;

/// The table of backends, the slowest first: passes all rows to a macro.
macro_rules! backends {
    ($callback:ident! $arguments:tt) => {
        $callback! {
            $arguments
            Portable where (true) {
                doc: "Plain Rust, on every processor.",
                name: c"portable",
                flag: 1,
                smallest_group: 8,
                features: undetected [],
            }
            Avx2 where (target_arch = "x86_64") {
                doc: "AVX2 with BMI1, BMI2 and POPCNT: Intel since 2013, AMD since 2015.",
                name: c"avx2",
                flag: 2,
                smallest_group: 7,
                features: is_x86_feature_detected ["avx2" "bmi1" "bmi2" "popcnt"],
            }
            Avx512 where (target_arch = "x86_64") {
                doc: "AVX-512 F, BW, DQ, VL, VBMI and VBMI2, with the features of AVX2: Intel since 2019 (Ice Lake), AMD since 2022 (Zen 4).",
                name: c"avx512",
                flag: 16,
                smallest_group: 6,
                features: is_x86_feature_detected [
                    "avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512vbmi" "avx512vbmi2" "avx2" "bmi1" "bmi2" "popcnt"
                ],
            }
            Neon where (all(target_arch = "aarch64", target_endian = "little")) {
                doc: "NEON: every 64-bit Arm processor.",
                name: c"neon",
                flag: 4,
                smallest_group: 8,
                features: is_aarch64_feature_detected ["neon"],
            }
            NeonSha3 where (all(target_arch = "aarch64", target_endian = "little")) {
                doc: "NEON with the SHA-3 instructions: Apple since 2020 (M1), Arm since 2021 (Neoverse V1, Cortex-A510).",
                name: c"neon-sha3",
                flag: 32,
                smallest_group: 8,
                features: is_aarch64_feature_detected ["neon" "sha3"],
            }
        }
    };
}

pub(crate) mod portable {
    pub(crate) mod v16;
    pub(crate) mod v32;
    pub(crate) mod v64;
    pub(crate) mod word;
}
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2 {
    pub(crate) mod v16;
    pub(crate) mod v32;
    pub(crate) mod v64;
    pub(crate) mod word;
}
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512 {
    pub(crate) mod v16;
    pub(crate) mod v32;
    pub(crate) mod v64;
    pub(crate) mod word;
}

/// The model of `make prove` runs it on any architecture.
#[cfg(any(all(target_arch = "aarch64", target_endian = "little"), model))]
pub(crate) mod neon {
    pub(crate) mod v16;
    pub(crate) mod v32;
    pub(crate) mod v64;
    pub(crate) mod word;

    /// A token of a processor with NEON.
    pub(crate) trait HasNeon: Copy {}

    impl HasNeon for super::Neon {}
    impl HasNeon for super::NeonSha3 {}
}

macro_rules! define {
    (
        {}
        $($backend:ident where ($($exists:tt)+) {
            doc: $doc:literal,
            name: $name:literal,
            flag: $flag:literal,
            smallest_group: $group:literal,
            features: $detected:ident [$($feature:tt)*],
        })+
    ) => {
        /// An implementation of the arithmetic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Backend {
            $(#[doc = $doc] $backend,)+
        }

        impl Backend {
            /// All backends, the slowest first.
            pub const ALL: [Self; [$($flag),+].len()] = [$(Self::$backend),+];

            /// The name of the backend, in lower case, for C.
            #[must_use]
            pub const fn c_name(self) -> &'static CStr {
                match self {
                    $(Self::$backend => $name,)+
                }
            }

            /// The bit of the backend among the options of a key, which never changes.
            #[must_use]
            pub const fn flag(self) -> u32 {
                match self {
                    $(Self::$backend => $flag,)+
                }
            }

            /// The fewest encapsulations, decapsulations or signatures of a batch that share lanes; fewer run one after the other.
            ///
            /// A measured number: from this count on, sharing costs no operation of any parameter set more than 5 %,
            /// and most gain. On NEON it is not measured.
            #[must_use]
            pub const fn smallest_group(self) -> usize {
                match self {
                    $(Self::$backend => $group,)+
                }
            }

            /// The proof that the backend is available; if it is not, the proof of [`Self::Portable`], which has the
            /// same results.
            #[inline]
            pub(crate) fn token(self) -> Token {
                match self {
                    $(
                        #[cfg($($exists)+)]
                        Self::$backend => $backend::detect().map_or(Token::Portable(Portable(())), Token::$backend),
                    )+
                    #[allow(unreachable_patterns, reason = "reached on architectures that lack a backend")]
                    _ => Token::Portable(Portable(())),
                }
            }
        }

        /// The token of some backend. It has every kernel, at the price of a jump: large code that calls few kernels is compiled
        /// for it alone.
        #[derive(Clone, Copy)]
        pub(crate) enum Token {
            $(#[cfg($($exists)+)] $backend($backend),)+
        }

        impl Token {
            const fn backend(&self) -> Backend {
                match self {
                    $(#[cfg($($exists)+)] Self::$backend(_) => Backend::$backend,)+
                }
            }
        }

        $(
            #[doc = concat!("The token of [`Backend::", stringify!($backend), "`].")]
            #[cfg(any($($exists)+, model))]
            #[derive(Clone, Copy)]
            pub(crate) struct $backend(());

            #[cfg($($exists)+)]
            impl $backend {
                /// The token, if the processor has every feature; the standard library caches the answers.
                #[inline]
                fn detect() -> Option<Self> {
                    (true $(&& $detected!($feature))*).then_some(Self(()))
                }
            }
        )+
    };
}

backends!(define! {});

impl Backend {
    /// The name of the backend, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.c_name().to_str() {
            Ok(name) => name,
            Err(_) => unreachable!(),
        }
    }

    /// The backends that this processor has, the slowest first.
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|backend| backend.is_available())
    }

    /// The fastest backend that this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::available().next_back().unwrap_or(Self::Portable)
    }

    /// Whether this processor and its operating system have the features of the backend.
    #[must_use]
    pub fn is_available(self) -> bool {
        self.token().backend() == self
    }
}

/// Calls an expression with the token of a [`Backend`]: `dispatch!(backend, machine => keygen::<_, P>(machine, seed))`.
macro_rules! dispatch {
    ($backend:expr, $machine:ident => $call:expr) => {
        on_token!($crate::backend::Backend::token($backend), $machine => $call)
    };
}

/// Calls an expression with the token of a backend, given one of some backend.
macro_rules! on_token {
    ($token:expr, $machine:ident => $call:expr) => {
        backends!(dispatch_rows! { $token, $machine => $call })
    };
}

macro_rules! dispatch_rows {
    (
        { $token:expr, $machine:ident => $call:expr }
        $($row:ident where ($($exists:tt)+) { $($_:tt)* })+
    ) => {
        match $token {
            $(#[cfg($($exists)+)] $crate::backend::Token::$row($machine) => $call,)+
        }
    };
}

/// A cache line, which is as long as the longest vector.
#[repr(align(64))]
struct Line(#[allow(dead_code, reason = "only its alignment matters")] [u8; 64]);

/// Makes the stack frame of the surrounding function begin with a cache line.
///
/// The compiler does not align a frame for the vectors that it spills. If a vector lies across two lines, a store and the
/// load after it are slow, so the time of a kernel would depend on the address of the stack.
#[allow(dead_code, reason = "the portable backend has no vectors, and may be the only one")]
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

        backends!(implement_kernels! {
            $trait { $(fn $name ($(<$(const $constant: $kind),+>)?) ($($argument: $type),*) ($(-> $result)?) = $body;)+ }
        });
    };
}

macro_rules! implement_kernels {
    (
        { $trait:ident $kernels:tt }
        $($backend:ident where ($($exists:tt)+) {
            doc: $_doc:literal,
            name: $_name:literal,
            flag: $_flag:literal,
            smallest_group: $_group:literal,
            features: $_detected:ident [$($feature:tt)*],
        })+
    ) => {
        $(
            #[cfg($($exists)+)]
            #[allow(unsafe_code, reason = "the token invariant")]
            impl $trait for $crate::backend::$backend {
                compile_kernels! { $backend ($(enable = $feature),*) $kernels }
            }
        )+

        impl $trait for $crate::backend::Token {
            dispatch_kernels! { $kernels }
        }
    };
}

/// The kernels of the backend of a token.
macro_rules! dispatch_kernels {
    ({ $(
        fn $name:ident ($(<$(const $constant:ident: $kind:ty),+>)?) ($($argument:ident: $type:ty),*) ($(-> $result:ty)?)
            = $body:ident;
    )+ }) => {
        $(
            #[inline(always)]
            fn $name $(<$(const $constant: $kind),+>)? (self, $($argument: $type),*) $(-> $result)? {
                on_token!(self, machine => machine.$name $(::<$($constant),+>)? ($($argument),*))
            }
        )+
    };
}

/// The kernels of a backend: each is compiled with its features, in a separate function.
macro_rules! compile_kernels {
    ($backend:ident () { $(
        fn $name:ident ($(<$(const $constant:ident: $kind:ty),+>)?) ($($argument:ident: $type:ty),*) ($(-> $result:ty)?)
            = $body:ident;
    )+ }) => {
        $(
            #[inline(never)]
            fn $name $(<$(const $constant: $kind),+>)? (self, $($argument: $type),*) $(-> $result)? {
                $body::<Self $($(, $constant)+)?>(self, $($argument),*)
            }
        )+
    };
    ($backend:ident $features:tt { $(
        fn $name:ident ($(<$(const $constant:ident: $kind:ty),+>)?) ($($argument:ident: $type:ty),*) ($(-> $result:ty)?)
            = $body:ident;
    )+ }) => {
        $(
            #[inline(always)]
            fn $name $(<$(const $constant: $kind),+>)? (self, $($argument: $type),*) $(-> $result)? {
                #[target_feature $features]
                #[inline(never)]
                fn kernel $(<$(const $constant: $kind),+>)? (
                    machine: $crate::backend::$backend, $($argument: $type),*
                ) $(-> $result)? {
                    $crate::backend::align_frame();
                    $body::<$crate::backend::$backend $($(, $constant)+)?>(machine, $($argument),*)
                }
                // SAFETY: the token invariant, for `self`.
                unsafe { kernel $(::<$($constant),+>)? (self, $($argument),*) }
            }
        )+
    };
}

impl Portable {
    /// Plain Rust needs no proof.
    pub(crate) const fn new() -> Self {
        Self(())
    }
}
