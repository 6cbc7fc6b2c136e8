//! Operations on a stack of their own, for what needs more of it than the calling thread may have.

use crate::Error;

/// Runs an operation on a new stack of at least `bytes` bytes, and waits for it. A panic of the operation continues here.
///
/// The stack belongs to a thread that lives for the operation. No other portable kind of stack is guarded against overflow and
/// known to debuggers and sanitizers. The thread blocks all signals, so that no handler of the program
/// runs there.
///
/// # Errors
/// [`Error::OutOfMemory`] if the system cannot create the thread, for lack of memory or because of a limit of the process.
#[cfg(unix)]
pub fn on_own_stack<R: Send>(bytes: usize, operation: impl FnOnce() -> R + Send) -> Result<R, Error> {
    unix::on_own_stack(bytes, operation)
}

/// As above, but with a thread of the standard library, which ends the process if the few bytes for its handle are unavailable.
#[cfg(not(any(unix, target_family = "wasm")))]
pub fn on_own_stack<R: Send>(bytes: usize, operation: impl FnOnce() -> R + Send) -> Result<R, Error> {
    use std::thread::{Builder, scope};

    let ended = scope(|scope| {
        let thread = Builder::new().stack_size(bytes).spawn_scoped(scope, operation).map_err(|_| Error::OutOfMemory)?;
        Ok(thread.join())
    });
    Ok(ended?.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// As above, but on the stack of the caller: WebAssembly has one stack and no threads.
#[cfg(target_family = "wasm")]
pub fn on_own_stack<R: Send>(_bytes: usize, operation: impl FnOnce() -> R + Send) -> Result<R, Error> {
    Ok(operation())
}

#[cfg(unix)]
mod unix {
    use super::Error;
    use core::ffi::c_void;
    use core::mem::MaybeUninit;
    use core::ptr;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::thread;

    /// An operation, and how it ended.
    struct Job<F, R> {
        operation: Option<F>,
        outcome: Option<thread::Result<R>>,
    }

    /// What the thread runs.
    extern "C" fn run<F: FnOnce() -> R, R>(job: *mut c_void) -> *mut c_void {
        // SAFETY: the job of `on_own_stack`, which waits for this thread before it looks at the job again.
        let job = unsafe { &mut *job.cast::<Job<F, R>>() };
        job.outcome = job.operation.take().map(|operation| catch_unwind(AssertUnwindSafe(operation)));
        ptr::null_mut()
    }

    pub(super) fn on_own_stack<R: Send, F: FnOnce() -> R + Send>(bytes: usize, operation: F) -> Result<R, Error> {
        let mut job = Job { operation: Some(operation), outcome: None };
        let thread = create(bytes, run::<F, R>, (&raw mut job).cast())?;
        // SAFETY: the thread was created joinable, and is joined once.
        unsafe { libc::pthread_join(thread, ptr::null_mut()) };
        match job.outcome {
            Some(Ok(result)) => Ok(result),
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(Error::OutOfMemory),
        }
    }

    /// Creates a thread without the standard library, which would allocate and end the process where that fails.
    fn create(
        bytes: usize,
        start: extern "C" fn(*mut c_void) -> *mut c_void,
        job: *mut c_void,
    ) -> Result<libc::pthread_t, Error> {
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        let (mut all, mut before) = (MaybeUninit::<libc::sigset_t>::uninit(), MaybeUninit::<libc::sigset_t>::uninit());
        let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
        // SAFETY: each function writes the object that the following ones read: the attributes are destroyed only if they were
        // initialised, and the thread is returned only if it was created. It begins with the signal mask of its creator.
        unsafe {
            if libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
                return Err(Error::OutOfMemory);
            }
            let mut failure = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), bytes);
            if failure == 0 {
                libc::sigfillset(all.as_mut_ptr());
                libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
                failure = libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), start, job);
                libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
            }
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            if failure == 0 { Ok(thread.assume_init()) } else { Err(Error::OutOfMemory) }
        }
    }
}
