//! The vector and mask registers, written before an operation and read after it.
#![allow(unsafe_code, reason = "no intrinsic names a register")]

use std::arch::asm;

/// `zmm0` to `zmm31` and `k0` to `k7`, or as much of them as the processor has.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Registers {
    vectors: [[u64; 8]; 32],
    masks: [u64; 8],
}

impl Registers {
    pub(crate) const ZERO: Self = Self { vectors: [[0; 8]; 32], masks: [0; 8] };

    /// The numbers of the vector registers and of the mask registers that are not zero.
    pub(crate) fn used(&self) -> [Vec<usize>; 2] {
        let vectors = (0..32).filter(|number| self.vectors[*number] != [0; 8]).collect();
        [vectors, (0..8).filter(|number| self.masks[*number] != 0).collect()]
    }
}

/// The features of the processor, read before the registers are filled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Xmm,
    Ymm,
    Zmm,
}

impl Width {
    pub(crate) fn of_processor() -> Self {
        if is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512bw") {
            Self::Zmm
        } else if is_x86_feature_detected!("avx") {
            Self::Ymm
        } else {
            Self::Xmm
        }
    }

    /// The numbers of vector registers and of mask registers.
    pub(crate) const fn counts(self) -> [usize; 2] {
        if matches!(self, Self::Zmm) { [32, 8] } else { [16, 0] }
    }

    /// Fills every register with ones.
    #[inline(always)]
    pub(crate) fn fill(self) {
        const ONES: &[u64; 8] = &[u64::MAX; 8];
        // SAFETY: the processor has these registers, and the loads stay in the array.
        unsafe {
            match self {
                Self::Zmm => asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "vmovdqu64 zmm\\n, [{ones}]",
                    ".endr",
                    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
                    "vmovdqu64 zmm\\n, [{ones}]",
                    ".endr",
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7",
                    "kmovq k\\n, [{ones}]",
                    ".endr",
                    ones = in(reg) ONES, clobber_abi("sysv64"), options(nostack)
                ),
                Self::Ymm => asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "vmovdqu ymm\\n, [{ones}]",
                    ".endr",
                    ones = in(reg) ONES, clobber_abi("sysv64"), options(nostack)
                ),
                Self::Xmm => asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "movdqu xmm\\n, [{ones}]",
                    ".endr",
                    ones = in(reg) ONES, clobber_abi("sysv64"), options(nostack)
                ),
            }
        }
    }

    /// Reads every register.
    #[inline(always)]
    pub(crate) fn read(self, registers: &mut Registers) {
        // SAFETY: the processor has these registers, and the stores stay in the struct.
        unsafe {
            match self {
                Self::Zmm => asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "vmovdqu64 [{to} + 64*\\n], zmm\\n",
                    ".endr",
                    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
                    "vmovdqu64 [{to} + 64*\\n], zmm\\n",
                    ".endr",
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7",
                    "kmovq [{to} + 2048 + 8*\\n], k\\n",
                    ".endr",
                    to = in(reg) registers, options(nostack)
                ),
                Self::Ymm => asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "vmovdqu [{to} + 64*\\n], ymm\\n",
                    ".endr",
                    to = in(reg) registers, options(nostack)
                ),
                Self::Xmm => asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "movdqu [{to} + 64*\\n], xmm\\n",
                    ".endr",
                    to = in(reg) registers, options(nostack)
                ),
            }
        }
    }
}
