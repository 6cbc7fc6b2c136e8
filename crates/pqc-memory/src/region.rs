//! Pages of the system, and the place of the data in them: `guard | ... data | guard`.

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

    /// The region with its data at `data`.
    ///
    /// # Safety
    /// They came from a forgotten region, and are not used again.
    pub(crate) unsafe fn from_raw(data: NonNull<u8>, size: usize) -> Self {
        Self { data, size }
    }
}

#[cfg(any(unix, windows))]
mod pages {
    use super::system::{lock, open, page, release, reserve};
    use super::{Error, NonNull, Region};

    impl Region {
        /// Locked, zeroed pages for `size` bytes at an address that `align` (at most a page) divides.
        pub(crate) fn new(size: usize, align: usize) -> Result<Self, Error> {
            let padded = size.checked_next_multiple_of(align).ok_or(Error::OutOfMemory)?;
            let inner = padded.max(1).checked_next_multiple_of(page()).ok_or(Error::OutOfMemory)?;
            let total = inner.checked_add(2 * page()).ok_or(Error::OutOfMemory)?;
            let base = reserve(total).ok_or(Error::OutOfMemory)?;
            // SAFETY: inside the reserved pages.
            let start = unsafe { base.add(page()) };
            // The data ends where the guard page begins.
            // SAFETY: inside the reserved pages, since `padded` is at most `inner`.
            let data = unsafe { start.add(inner - padded) };
            // SAFETY: whole pages among the reserved ones.
            let (writable, locked) = unsafe {
                let writable = open(start, inner);
                (writable, writable && lock(start, inner))
            };
            if !locked {
                // SAFETY: reserved above, and not used again.
                unsafe { release(base, total) };
                return Err(if writable { Error::Limit } else { Error::OutOfMemory });
            }
            Ok(Self { data, size })
        }

        /// Takes so many bytes for a moment, to be written to or as addresses alone.
        pub(crate) fn probe(size: usize, is_written: bool) -> Result<(), Error> {
            let total = size.checked_next_multiple_of(page()).ok_or(Error::OutOfMemory)?;
            let base = reserve(total).ok_or(Error::OutOfMemory)?;
            // SAFETY: whole pages, reserved here, and not used after they are released.
            let is_available = unsafe {
                let is_available = !is_written || open(base, total);
                release(base, total);
                is_available
            };
            if is_available { Ok(()) } else { Err(Error::OutOfMemory) }
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
            // SAFETY: writable pages of this region, which is not used again; it has a guard page on each side.
            unsafe {
                zeroize::zeroize_bytes(core::slice::from_raw_parts_mut(start.as_ptr(), inner));
                release(start.sub(page()), inner + 2 * page());
            }
        }
    }
}

/// The system's pages. `reserve` returns pages that cannot be accessed, zeroed once they are opened.
#[cfg(unix)]
mod system {
    use super::NonNull;
    use core::ptr;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// Bytes of a page, asked for once. Not behind a lock, which a fork could leave locked for ever.
    pub(super) fn page() -> usize {
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

    pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new private mapping at an address that the system chooses.
        let base = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
        NonNull::new(base.cast()).filter(|_| base != libc::MAP_FAILED)
    }

    /// Makes pages readable and writable.
    ///
    /// # Safety
    /// They are whole and reserved.
    pub(super) unsafe fn open(start: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: by the caller's promise.
        unsafe { libc::mprotect(start.as_ptr().cast(), bytes, libc::PROT_READ | libc::PROT_WRITE) == 0 }
    }

    /// Locks pages, and keeps them out of core dumps.
    ///
    /// # Safety
    /// They are whole and open.
    pub(super) unsafe fn lock(start: NonNull<u8>, bytes: usize) -> bool {
        let start = start.as_ptr().cast();
        #[cfg(target_os = "linux")]
        // SAFETY: by the caller's promise. It cannot fail on private anonymous memory.
        unsafe {
            libc::madvise(start, bytes, libc::MADV_DONTDUMP);
        }
        // SAFETY: by the caller's promise.
        unsafe { libc::mlock(start, bytes) == 0 }
    }

    /// Returns pages to the system.
    ///
    /// # Safety
    /// They are all that `reserve` returned, and not used again.
    pub(super) unsafe fn release(base: NonNull<u8>, bytes: usize) {
        // SAFETY: by the caller's promise.
        unsafe { libc::munmap(base.as_ptr().cast(), bytes) };
    }
}

/// As above. Pages may be in a dump of the process.
#[cfg(windows)]
mod system {
    use super::NonNull;
    use core::ffi::c_void;
    use core::ptr;

    const MEM_COMMIT: u32 = 0x1000;
    const MEM_RESERVE: u32 = 0x2000;
    const MEM_RELEASE: u32 = 0x8000;
    const PAGE_NOACCESS: u32 = 1;
    const PAGE_READWRITE: u32 = 4;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn VirtualAlloc(address: *mut c_void, bytes: usize, kind: u32, protection: u32) -> *mut c_void;
        fn VirtualLock(address: *mut c_void, bytes: usize) -> i32;
        fn VirtualFree(address: *mut c_void, bytes: usize, kind: u32) -> i32;
    }

    /// Bytes of a page: the same on every processor that Windows runs on.
    pub(super) const fn page() -> usize {
        4096
    }

    pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
        // SAFETY: new pages at an address that the system chooses.
        NonNull::new(unsafe { VirtualAlloc(ptr::null_mut(), bytes, MEM_RESERVE, PAGE_NOACCESS) }.cast())
    }

    /// Makes pages readable and writable.
    ///
    /// # Safety
    /// They are whole and reserved.
    pub(super) unsafe fn open(start: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: by the caller's promise.
        unsafe { !VirtualAlloc(start.as_ptr().cast(), bytes, MEM_COMMIT, PAGE_READWRITE).is_null() }
    }

    /// Locks pages, at most as many as the minimum working set of the process has: 50 unless the process asked for more.
    ///
    /// # Safety
    /// They are whole and open.
    pub(super) unsafe fn lock(start: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: by the caller's promise.
        unsafe { VirtualLock(start.as_ptr().cast(), bytes) != 0 }
    }

    /// Returns pages to the system, which knows how many they are.
    ///
    /// # Safety
    /// They are all that `reserve` returned, and not used again.
    pub(super) unsafe fn release(base: NonNull<u8>, _bytes: usize) {
        // SAFETY: by the caller's promise.
        unsafe { VirtualFree(base.as_ptr().cast(), 0, MEM_RELEASE) };
    }
}

#[cfg(not(any(unix, windows)))]
impl Region {
    /// No locked memory here.
    pub(crate) fn new(_size: usize, _align: usize) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    /// Nothing is known of the memory here.
    pub(crate) fn probe(_size: usize, _is_written: bool) -> Result<(), Error> {
        Ok(())
    }
}
