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
/// known to debuggers and sanitizers. On Unix the thread blocks all signals, so that no handler of the program
/// runs there.
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

/// Makes threads that block all signals, so that no handler of the program runs there: a thread begins with the signal mask of the
/// thread that makes it. Windows and WebAssembly have no such mask.
pub fn with_signals_blocked<R>(make: impl FnOnce() -> R) -> R {
    #[cfg(unix)]
    return system::with_signals_blocked(make);
    #[cfg(not(unix))]
    make()
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
    use super::{Error, Job, c_void};
    use core::mem::MaybeUninit;
    use core::ptr;

    /// The signals that the calling thread blocked before. It blocks all signals until this is dropped.
    struct Blocked(libc::sigset_t);

    impl Blocked {
        fn all() -> Self {
            let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            // SAFETY: each function writes the object that the following ones read.
            unsafe {
                libc::sigfillset(all.as_mut_ptr());
                libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
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
        let _blocked = Blocked::all();
        make()
    }

    /// The function that the thread runs.
    pub(super) extern "C" fn start<F: FnOnce() -> R, R>(job: *mut c_void) -> *mut c_void {
        // SAFETY: the job of `on_own_stack`, which waits for this thread before it uses the job again.
        unsafe { Job::<F, R>::run(job) };
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
            let mut failure = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), bytes);
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
