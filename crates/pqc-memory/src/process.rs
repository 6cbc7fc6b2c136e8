//! The number of this process, in memory that a fork clears.

/// A number that no ancestor of this process has, never 0: a value in memory that names another is a copy, made by a fork, of a value
/// of an ancestor, or was written by a child that shared the memory, as a child of `vfork` does.
///
/// The process ID alone is no such number: the first process of a PID namespace has the ID 1, as its first child has in a namespace
/// that it creates, and the system assigns the ID of a dead process again. A process has a new number after a child that shared its
/// memory took one.
#[cfg(unix)]
pub fn process_number() -> u32 {
    system::number()
}

/// As above. Without `fork` there is one process.
#[cfg(not(unix))]
pub fn process_number() -> u32 {
    1
}

#[cfg(unix)]
mod system {
    use core::ptr;
    use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering::*};

    /// The place of the number if the system cannot clear memory in a child. `fork` clears it then, by `pthread_atfork`. A child that
    /// other functions make, for which that does not run, is known by its process ID.
    static ORDINARY: AtomicU64 = AtomicU64::new(0);

    pub(super) fn number() -> u32 {
        static GENERATIONS: AtomicU32 = AtomicU32::new(0);
        let place = place();
        let known = place.load(Relaxed);
        if known & u64::from(u32::MAX) == id() {
            return generation(known);
        }
        let next = GENERATIONS.fetch_add(1, Relaxed).wrapping_add(1);
        let new = u64::from(next) << 32 | id();
        // The first of several threads decides.
        generation(place.compare_exchange(known, new, Relaxed, Relaxed).map_or_else(|first| first, |_| new))
    }

    /// The upper half of what a place holds: the lower one is the process ID.
    fn generation(held: u64) -> u32 {
        (held >> 32) as u32
    }

    fn id() -> u64 {
        std::process::id().into()
    }

    /// Where the number and the process ID are, or 0 in a child that has no number yet.
    fn place() -> &'static AtomicU64 {
        static PLACE: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
        // SAFETY: NULL, or a place that is never freed.
        if let Some(place) = unsafe { PLACE.load(Acquire).as_ref() } {
            return place;
        }
        let made = wiped_on_fork().unwrap_or_else(|| {
            // SAFETY: the function may run at any time.
            unsafe { libc::pthread_atfork(None, None, Some(forget)) };
            (&raw const ORDINARY).cast_mut()
        });
        // Two threads may make a page. The second one remains unused: there is one at most for each thread.
        let first = PLACE.compare_exchange(ptr::null_mut(), made, AcqRel, Acquire).map_or_else(|first| first, |_| made);
        // SAFETY: as above.
        unsafe { &*first }
    }

    extern "C" fn forget() {
        ORDINARY.store(0, Relaxed);
    }

    /// A page that reads zeros in the child of `fork`, `_Fork` and `clone`: since Linux 4.14.
    #[cfg(target_os = "linux")]
    fn wiped_on_fork() -> Option<*mut AtomicU64> {
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // The system rounds the size up to a page.
        let size = size_of::<AtomicU64>();
        // SAFETY: a new private mapping at an address that the system chooses, and advice about it.
        unsafe {
            let page = libc::mmap(ptr::null_mut(), size, access, flags, -1, 0);
            if page == libc::MAP_FAILED {
                return None;
            }
            // An emulator that accepts advice which does not exist ignores all advice, as QEMU does.
            if libc::madvise(page, size, -1) != 0 && libc::madvise(page, size, libc::MADV_WIPEONFORK) == 0 {
                return Some(page.cast());
            }
            libc::munmap(page, size);
        }
        None
    }

    #[cfg(not(target_os = "linux"))]
    fn wiped_on_fork() -> Option<*mut AtomicU64> {
        None
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn holds_in_child(test: impl FnOnce() -> bool) -> bool {
            // SAFETY: the child ends without running any destructor.
            unsafe {
                let child = libc::fork();
                if child == 0 {
                    libc::_exit(i32::from(!test()));
                }
                let mut status = -1;
                child > 0 && libc::waitpid(child, &raw mut status, 0) == child && status == 0
            }
        }

        /// The number in a child that shares the memory, as a child of `vfork` does.
        #[cfg(target_os = "linux")]
        fn number_in_sharing_child() -> u32 {
            use core::ffi::{c_int, c_void};
            extern "C" fn store_number(place: *mut c_void) -> c_int {
                // SAFETY: the place below.
                unsafe { place.cast::<u32>().write(number()) };
                0
            }
            let (mut number, mut stack) = (0_u32, vec![0_u128; 1 << 12]);
            let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
            // SAFETY: the child has a stack of its own, and this thread waits until it ends.
            unsafe {
                let end = stack.as_mut_ptr_range().end.cast();
                let child = libc::clone(store_number, end, flags, (&raw mut number).cast());
                assert_eq!(libc::waitpid(child, ptr::null_mut(), 0), child);
            }
            number
        }

        #[test]
        fn number_is_the_same_on_each_thread_and_another_in_each_process() {
            let here = number();
            assert_ne!(here, 0);
            assert!((0..4).all(|_| std::thread::spawn(number).join().is_ok_and(|there| there == here)));
            assert!(holds_in_child(|| {
                // Also where the child has the process ID of its parent.
                let is_cleared = place().load(Relaxed) == 0;
                let child = number();
                is_cleared && child != here && holds_in_child(|| ![here, child].contains(&number()))
            }));
            assert_eq!(number(), here);
            #[cfg(target_os = "linux")]
            {
                let child = number_in_sharing_child();
                assert!(![0, here].contains(&child) && ![here, child].contains(&number()));
            }
        }

        #[test]
        fn ordinary_memory_is_cleared_by_fork() {
            // SAFETY: the function may run at any time.
            assert_eq!(unsafe { libc::pthread_atfork(None, None, Some(forget)) }, 0);
            ORDINARY.store(1, Relaxed);
            assert!(holds_in_child(|| ORDINARY.load(Relaxed) == 0));
            assert_eq!(ORDINARY.load(Relaxed), 1);
        }
    }
}
