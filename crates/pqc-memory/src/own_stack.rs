//! Operations on a separate stack, if they need more than the calling thread may have.

use crate::Error;
#[cfg(not(target_family = "wasm"))]
use {
    core::ffi::c_void,
    std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

/// Runs an operation on a new stack of at least `bytes` bytes, and waits for it. A panic of the operation continues here.
///
/// The stack belongs to a thread that lives for the operation. No other portable kind of stack is guarded against overflow and
/// known to debuggers and sanitizers. On Unix its signals are as in [`with_signals_blocked`] and [`with_alternate_stack`].
///
/// # Errors
/// [`Error::OutOfMemory`] if the system cannot create the thread, for lack of memory or because of a limit of the process.
#[cfg(not(target_family = "wasm"))]
pub fn on_own_stack<R: Send, F: FnOnce() -> R + Send>(bytes: usize, operation: F) -> Result<R, Error> {
    let mut job = Job { operation: Some(operation), outcome: None };
    system::run_in_thread(bytes, system::start::<F, R>, (&raw mut job).cast())?;
    match job.outcome {
        Some(Ok(result)) => Ok(result),
        Some(Err(panic)) => resume_unwind(panic),
        None => Err(Error::OutOfMemory),
    }
}

/// As above, but on the stack of the caller: WebAssembly has one stack and no threads.
#[cfg(target_family = "wasm")]
pub fn on_own_stack<R: Send>(_bytes: usize, operation: impl FnOnce() -> R + Send) -> Result<R, Error> {
    Ok(operation())
}

/// Makes threads that block all signals but those that an instruction raises, so that no other handler of the program runs there: a
/// thread begins with the signal mask of the thread that makes it. Windows and WebAssembly have no such mask.
///
/// SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS and SIGTRAP stay as they are on the thread that makes them: the system ends a
/// process where an instruction raises a blocked signal, although the program has a handler.
pub fn with_signals_blocked<R>(make: impl FnOnce() -> R) -> R {
    #[cfg(unix)]
    return system::with_signals_blocked(make);
    #[cfg(not(unix))]
    make()
}

/// Bytes of the stack that [`with_alternate_stack`] takes.
pub const ALTERNATE_STACK_BYTES: usize = 64 << 10;

/// Runs what a thread does with an alternate stack for handlers of signals, unless the thread has one. It is part of the thread's
/// stack, and takes [`ALTERNATE_STACK_BYTES`] at its beginning, which an overflow of the stack does not reach.
pub fn with_alternate_stack<R>(run: impl FnOnce() -> R) -> R {
    #[cfg(unix)]
    return system::with_alternate_stack(run);
    #[cfg(not(unix))]
    run()
}

/// An operation, and how it ended.
#[cfg(not(target_family = "wasm"))]
struct Job<F, R> {
    operation: Option<F>,
    outcome: Option<std::thread::Result<R>>,
}

#[cfg(not(target_family = "wasm"))]
impl<F: FnOnce() -> R, R> Job<F, R> {
    /// Runs the operation.
    ///
    /// # Safety
    /// `job` points to a job that nothing else uses during the call.
    unsafe fn run(job: *mut c_void) {
        // SAFETY: as above.
        let job = unsafe { &mut *job.cast::<Self>() };
        job.outcome = job.operation.take().map(|operation| catch_unwind(AssertUnwindSafe(operation)));
    }
}

/// Threads without the standard library, which would allocate and end the process if that fails.
#[cfg(unix)]
mod system {
    use super::{ALTERNATE_STACK_BYTES, Error, Job, c_void};
    use core::ffi::c_int;
    use core::mem::MaybeUninit;
    use core::ptr;

    /// The signals that an instruction raises, or `abort`.
    const RAISED: [c_int; 7] =
        [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS, libc::SIGTRAP];

    /// The signals that the calling thread blocked before. It blocks all but [`RAISED`], too, until this is dropped.
    struct Blocked(libc::sigset_t);

    impl Blocked {
        fn new() -> Self {
            let (mut others, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            // SAFETY: each function writes the object that the following ones read.
            unsafe {
                libc::sigfillset(others.as_mut_ptr());
                for signal in RAISED {
                    libc::sigdelset(others.as_mut_ptr(), signal);
                }
                libc::pthread_sigmask(libc::SIG_BLOCK, others.as_ptr(), before.as_mut_ptr());
                Self(before.assume_init())
            }
        }
    }

    impl Drop for Blocked {
        fn drop(&mut self) {
            // SAFETY: the set is initialised.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, ptr::null_mut()) };
        }
    }

    pub(super) fn with_signals_blocked<R>(make: impl FnOnce() -> R) -> R {
        let _blocked = Blocked::new();
        make()
    }

    /// The alternate stack of this thread, until this is dropped.
    struct Alternate;

    impl Drop for Alternate {
        fn drop(&mut self) {
            let none =
                libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: ALTERNATE_STACK_BYTES };
            // SAFETY: no handler runs on the stack that this thread gives up.
            unsafe { libc::sigaltstack(&raw const none, ptr::null_mut()) };
        }
    }

    /// A separate frame, which holds the stack below which `run` works.
    #[inline(never)]
    pub(super) fn with_alternate_stack<R>(run: impl FnOnce() -> R) -> R {
        let mut memory = MaybeUninit::<[u8; ALTERNATE_STACK_BYTES]>::uninit();
        let mut before = MaybeUninit::<libc::stack_t>::uninit();
        // SAFETY: it writes the stack of this thread, which is read if it succeeds.
        let is_needed = unsafe {
            libc::sigaltstack(ptr::null(), before.as_mut_ptr()) == 0
                && before.assume_init().ss_flags & libc::SS_DISABLE != 0
        };
        let alternate = is_needed.then(|| {
            let stack =
                libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: ALTERNATE_STACK_BYTES };
            // SAFETY: the memory lives until the stack is given up.
            unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
            Alternate
        });
        let result = run();
        drop(alternate);
        result
    }

    /// The function that the thread runs.
    pub(super) extern "C" fn start<F: FnOnce() -> R, R>(job: *mut c_void) -> *mut c_void {
        // SAFETY: the job of `on_own_stack`, which waits for this thread before it uses the job again.
        with_alternate_stack(|| unsafe { Job::<F, R>::run(job) });
        ptr::null_mut()
    }

    pub(super) fn run_in_thread(
        bytes: usize,
        start: extern "C" fn(*mut c_void) -> *mut c_void,
        job: *mut c_void,
    ) -> Result<(), Error> {
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
        // SAFETY: each function writes the object that the following ones read: the attributes are destroyed only if they were
        // initialised, and the thread is joined once, if it was created.
        unsafe {
            if libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
                return Err(Error::OutOfMemory);
            }
            let mut failure = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), bytes + ALTERNATE_STACK_BYTES);
            if failure == 0 {
                failure =
                    with_signals_blocked(|| libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), start, job));
            }
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            if failure != 0 {
                return Err(Error::OutOfMemory);
            }
            libc::pthread_join(thread.assume_init(), ptr::null_mut());
        }
        Ok(())
    }
}

/// As above.
#[cfg(windows)]
mod system {
    use super::{Error, Job, c_void};
    use core::ptr;

    type Start = extern "system" fn(*mut c_void) -> u32;

    const STACK_SIZE_PARAM_IS_A_RESERVATION: u32 = 0x1_0000;
    const INFINITE: u32 = u32::MAX;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn CreateThread(
            attributes: *const c_void,
            stack: usize,
            start: Start,
            argument: *mut c_void,
            flags: u32,
            number: *mut u32,
        ) -> *mut c_void;
        fn WaitForSingleObject(handle: *mut c_void, milliseconds: u32) -> u32;
        fn CloseHandle(handle: *mut c_void) -> i32;
    }

    /// The function that the thread runs.
    pub(super) extern "system" fn start<F: FnOnce() -> R, R>(job: *mut c_void) -> u32 {
        // SAFETY: the job of `on_own_stack`, which waits for this thread before it uses the job again.
        unsafe { Job::<F, R>::run(job) };
        0
    }

    pub(super) fn run_in_thread(bytes: usize, start: Start, job: *mut c_void) -> Result<(), Error> {
        // SAFETY: neither attributes nor a place for the number are needed; the handle is the new thread's, and closed
        // once.
        unsafe {
            let thread =
                CreateThread(ptr::null(), bytes, start, job, STACK_SIZE_PARAM_IS_A_RESERVATION, ptr::null_mut());
            if thread.is_null() {
                return Err(Error::OutOfMemory);
            }
            WaitForSingleObject(thread, INFINITE);
            CloseHandle(thread);
        }
        Ok(())
    }
}
