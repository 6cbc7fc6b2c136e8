//! Pages of the system, and where in them the data lies: `guard | ... data | guard`.

use crate::Error;
use core::ptr::NonNull;

/// A stretch of locked pages between two guard pages, with `size` bytes of data at its end.
pub(crate) struct Region {
    data: NonNull<u8>,
    size: usize,
}

impl Region {
    /// The data: writable and zeroed when the region is new.
    pub(crate) fn data(&self) -> NonNull<u8> {
        self.data
    }

    /// Bytes of the data.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The region whose data is at `data`.
    ///
    /// # Safety
    /// They came from a region that was forgotten, and are not used again.
    pub(crate) unsafe fn from_raw(data: NonNull<u8>, size: usize) -> Self {
        Self { data, size }
    }
}

#[cfg(unix)]
mod unix {
    use super::{Error, NonNull, Region};
    use core::ptr;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// Bytes of a page, asked for once. Not behind a lock, which a fork could leave locked for ever.
    fn page() -> usize {
        static PAGE: AtomicUsize = AtomicUsize::new(0);
        let known = PAGE.load(Relaxed);
        if known > 0 {
            return known;
        }
        // SAFETY: a query without side effects.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        PAGE.store(page, Relaxed);
        page
    }

    /// Bytes of the pages that hold `size` bytes.
    fn locked_bytes(size: usize) -> Option<usize> {
        size.max(1).checked_next_multiple_of(page())
    }

    impl Region {
        /// Locked, zeroed pages for `size` bytes at an address that `align` (at most a page) divides.
        pub(crate) fn new(size: usize, align: usize) -> Result<Self, Error> {
            let padded = size.checked_next_multiple_of(align).ok_or(Error::OutOfMemory)?;
            let inner = locked_bytes(padded).ok_or(Error::OutOfMemory)?;
            let total = inner.checked_add(2 * page()).ok_or(Error::OutOfMemory)?;
            // SAFETY: a new private mapping at an address that the system chooses.
            let base = unsafe {
                libc::mmap(ptr::null_mut(), total, libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
            };
            if base == libc::MAP_FAILED {
                return Err(Error::OutOfMemory);
            }
            // SAFETY: inside the mapping.
            let start = unsafe { base.add(page()) };
            // The data ends where the guard page begins; from here on, dropping the region unmaps it.
            // SAFETY: inside the mapping, since `padded` is at most `inner`.
            let data = unsafe { start.cast::<u8>().add(inner - padded) };
            let region = Self { data: NonNull::new(data).ok_or(Error::OutOfMemory)?, size };
            // SAFETY: whole pages of the mapping.
            let (writable, locked) = unsafe {
                let writable = libc::mprotect(start, inner, libc::PROT_READ | libc::PROT_WRITE) == 0;
                (writable, writable && libc::mlock(start, inner) == 0)
            };
            if !locked {
                // SAFETY: the mapping is not used again; the region must not wipe pages that may not be writable.
                unsafe { libc::munmap(base, total) };
                core::mem::forget(region);
                return Err(if writable { Error::Limit } else { Error::OutOfMemory });
            }
            #[cfg(target_os = "linux")]
            // SAFETY: whole pages of the mapping. It cannot fail on private anonymous memory.
            unsafe {
                libc::madvise(start, inner, libc::MADV_DONTDUMP);
            }
            Ok(region)
        }

        /// The whole pages around the data, without the guard pages.
        fn pages(&self) -> (NonNull<u8>, usize) {
            let inside = self.data.as_ptr().addr() % page();
            // SAFETY: the data begins in the first of the pages, `inside` bytes after its start.
            (unsafe { self.data.sub(inside) }, (inside + self.size.max(1)).next_multiple_of(page()))
        }
    }

    impl Drop for Region {
        fn drop(&mut self) {
            let (start, inner) = self.pages();
            // SAFETY: writable pages of this region, which is not used again; the mapping has a guard page on each side.
            unsafe {
                zeroize::zeroize_bytes(core::slice::from_raw_parts_mut(start.as_ptr(), inner));
                libc::munmap(start.as_ptr().sub(page()).cast(), inner + 2 * page());
            }
        }
    }
}

#[cfg(not(unix))]
impl Region {
    /// No locked memory here.
    pub(crate) fn new(_size: usize, _align: usize) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }
}
