//! The vector registers of aarch64, written before an operation and read after it.
#![allow(unsafe_code, reason = "no intrinsic names a register")]

use std::arch::asm;

/// `v0` to `v31`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Registers([[u64; 2]; 32]);

impl Registers {
    pub(crate) const ZERO: Self = Self([[0; 2]; 32]);

    /// The numbers of the registers that are not zero; there are no mask registers. A function must preserve the lower
    /// halves of `v8` to `v15`, so only their upper halves count.
    pub(crate) fn used(&self) -> [Vec<usize>; 2] {
        let first = |number: &usize| usize::from((8..16).contains(number));
        [(0..32).filter(|number| self.0[*number][first(number)..].iter().any(|half| *half != 0)).collect(), Vec::new()]
    }
}

/// Every processor has the same registers.
#[derive(Clone, Copy)]
pub(crate) struct Width;

impl Width {
    pub(crate) const fn of_processor() -> Self {
        Self
    }

    /// The numbers of vector registers and of mask registers.
    pub(crate) const fn counts(self) -> [usize; 2] {
        [32, 0]
    }

    /// Fills every register with ones.
    #[inline(always)]
    pub(crate) fn fill(self) {
        // SAFETY: the C ABI lets any function change these registers; the compiler keeps the lower halves of `v8` to `v15`.
        unsafe {
            asm!(
                ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                "movi v\\n\\().2d, #0xffffffffffffffff",
                ".endr",
                ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
                "movi v\\n\\().2d, #0xffffffffffffffff",
                ".endr",
                clobber_abi("C"),
                options(nomem, nostack)
            );
        }
    }

    /// Reads every register.
    #[inline(always)]
    pub(crate) fn read(self, registers: &mut Registers) {
        // SAFETY: the stores stay in the array.
        unsafe {
            asm!(
                ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                "str q\\n, [{to}, #16*\\n]",
                ".endr",
                ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
                "str q\\n, [{to}, #16*\\n]",
                ".endr",
                to = in(reg) registers, options(nostack)
            );
        }
    }
}
