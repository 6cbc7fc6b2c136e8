//! Clearing the registers that operations on secrets used.

/// Clears every vector and mask register, and the general-purpose registers that a function need not preserve, except
/// `rax` or `x0`.
///
/// A function restores the other registers before it returns, on aarch64 also the lower halves of `v8` to `v15`. On
/// architectures other than x86-64 and aarch64, and in Miri, this does nothing.
///
/// The features of the processor decide which registers are cleared, not the backend: `memcpy` of the C library uses
/// `ymm16` and above if they exist. Where aarch64 has SVE, a zero in a vector register clears the rest of it too; its
/// masks hold no data.
#[allow(unsafe_code, reason = "no intrinsic names a register")]
#[inline(never)]
pub fn clear_registers() {
    if cfg!(miri) {
        return;
    }
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::asm;
        if std::is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has AVX-512 F and VL. Zeros of 128 bits clear the rest of a register too; `vzeroall` takes longer
            // and does not reach the registers from 16 on.
            unsafe {
                asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "vpxor xmm\\n, xmm\\n, xmm\\n",
                    ".endr",
                    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
                    "vpxord xmm\\n, xmm\\n, xmm\\n",
                    ".endr",
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7",
                    "kxorw k\\n, k\\n, k\\n",
                    ".endr",
                    "vzeroupper",
                    clobber_abi("sysv64"),
                    options(nomem, nostack)
                );
            }
        } else if std::is_x86_feature_detected!("avx") {
            // SAFETY: the processor has AVX.
            unsafe { asm!("vzeroall", clobber_abi("sysv64"), options(nomem, nostack, preserves_flags)) };
        } else {
            // SAFETY: every x86-64 processor has SSE2.
            unsafe {
                asm!(
                    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
                    "pxor xmm\\n, xmm\\n",
                    ".endr",
                    clobber_abi("sysv64"),
                    options(nomem, nostack, preserves_flags)
                );
            }
        }
        // SAFETY: the C ABI lets any function change these registers.
        unsafe {
            asm!(
                ".irp r, ecx, edx, esi, edi, r8d, r9d, r10d, r11d",
                "xor \\r, \\r",
                ".endr",
                clobber_abi("sysv64"),
                options(nomem, nostack)
            );
        }
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the C ABI lets any function change these registers; the compiler keeps the lower halves of `v8` to `v15`.
    unsafe {
        core::arch::asm!(
            ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
            "movi v\\n\\().2d, #0",
            ".endr",
            ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
            "movi v\\n\\().2d, #0",
            ".endr",
            ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17",
            "mov x\\n, xzr",
            ".endr",
            clobber_abi("C"),
            options(nomem, nostack, preserves_flags)
        );
        // Other systems reserve it.
        #[cfg(target_os = "linux")]
        core::arch::asm!("mov x18, xzr", clobber_abi("C"), options(nomem, nostack, preserves_flags));
    }
}

#[cfg(test)]
#[cfg(any(all(target_arch = "x86_64", unix), all(target_arch = "aarch64", target_os = "linux")))]
#[allow(unsafe_code, reason = "no intrinsic names a register")]
mod tests {
    use super::clear_registers;
    use std::arch::asm;

    /// The tests of whole operations look only at the vector and mask registers.
    #[test]
    fn general_purpose_registers_are_cleared() {
        #[cfg(target_arch = "x86_64")]
        let mut after = [1_u64; 8];
        #[cfg(target_arch = "aarch64")]
        let mut after = [1_u64; 18];
        // SAFETY: the C ABI lets any function change these registers; the stores fill the array.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            asm!(
                ".irp r, rcx, rdx, rsi, rdi, r8, r9, r10, r11",
                "mov \\r, -1",
                ".endr",
                "call {clear}",
                ".irp r, rcx, rdx, rsi, rdi, r8, r9, r10, r11",
                "mov [r12], \\r",
                "add r12, 8",
                ".endr",
                clear = sym clear_registers,
                inout("r12") after.as_mut_ptr() => _,
                clobber_abi("sysv64"),
            );
        }
        // SAFETY: as above; `x19` belongs to the caller, and the compiler allows no such operand, so it is kept in `x20`.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            asm!(
                "mov x20, x19",
                "mov x19, {to}",
                ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18",
                "mov x\\n, #-1",
                ".endr",
                "bl {clear}",
                ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18",
                "str x\\n, [x19], #8",
                ".endr",
                "mov x19, x20",
                to = in(reg) after.as_mut_ptr(),
                clear = sym clear_registers,
                out("x20") _,
                clobber_abi("C"),
            );
        }
        assert!(after.iter().all(|register| *register == 0), "left: {after:x?}");
    }
}
