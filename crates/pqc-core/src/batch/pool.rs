//! The threads that batches share: made when they are first needed, and again after a fork.

use crate::Error;
use core::hint::black_box;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use pqc_memory::{
    ALTERNATE_STACK_BYTES, probe_address_space, probe_memory, process_number, with_alternate_stack,
    with_signals_blocked,
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::env;
use std::num::NonZero;
use std::sync::{Arc, RwLock, TryLockError};
use std::thread;

/// The most threads of a batch.
pub const MAX_THREADS: usize = 256;

/// The stack of a thread, eight times as much as an operation needs.
const STACK_BYTES: usize = 1 << 20;

/// More than a thread takes: its stack, and what rayon and the standard library allocate for it, if need be a page at a time.
const THREAD_BYTES: usize = STACK_BYTES + ALTERNATE_STACK_BYTES + (256 << 10);

/// The address space that glibc takes for the heap of a thread. If another thread gets the last of it meanwhile, the process ends.
const HEAP_ADDRESSES: usize = if size_of::<usize>() == 8 { 128 << 20 } else { 2 << 20 };

/// More than rayon allocates to hand work to threads.
const RUN_BYTES: usize = 32 << 10;

/// The environment variable with the default number of threads of a batch.
const VARIABLE: &str = "QYNAUTH_PQC_THREADS";

/// How many threads a batch uses, the calling one included: `requested`, or if that is 0, the number in the environment
/// variable, or else the number of processors of this process.
pub(super) fn thread_count(requested: usize) -> Result<usize, Error> {
    if requested == 0 { default_count() } else { checked(Some(requested)) }
}

fn checked(count: Option<usize>) -> Result<usize, Error> {
    count.filter(|count| (1..=MAX_THREADS).contains(count)).ok_or(Error::ThreadCount)
}

/// Reads it once, since reading the limits of the process takes as long as an operation. Not behind a lock, which a
/// fork could leave locked for ever: two threads that read at once find the same.
fn default_count() -> Result<usize, Error> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let known = COUNT.load(Relaxed);
    if known > 0 {
        return Ok(known);
    }
    let count = match env::var(VARIABLE) {
        Ok(text) => checked(text.trim().parse().ok())?,
        Err(env::VarError::NotUnicode(_)) => return Err(Error::ThreadCount),
        Err(env::VarError::NotPresent) => thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS),
    };
    COUNT.store(count, Relaxed);
    Ok(count)
}

/// Threads, and how many of them are in use or will be.
pub(super) struct Threads {
    pool: ThreadPool,
    used: AtomicUsize,
}

impl Threads {
    /// Makes threads with enough stack for every operation, whatever the environment says. There are none if the system refuses them,
    /// or if the address space is too small for the heaps that they may have.
    fn new(count: usize) -> Result<Option<Self>, Error> {
        probe_memory(count.saturating_mul(THREAD_BYTES))?;
        if probe_address_space(count.saturating_mul(THREAD_BYTES + HEAP_ADDRESSES)).is_err() {
            return Ok(None);
        }
        let threads = ThreadPoolBuilder::new().num_threads(count).spawn_handler(|thread| {
            let named = thread::Builder::new().name(format!("pqc-batch-{}", thread.index()));
            let sized = named.stack_size(STACK_BYTES + ALTERNATE_STACK_BYTES);
            sized.spawn(|| with_alternate_stack(|| thread.run())).map(drop)
        });
        let Ok(pool) = with_signals_blocked(|| threads.build()) else { return Ok(None) };
        // Each thread begins to run while there is memory: what it first allocates would end the process later.
        pool.broadcast(|_| ());
        Ok(Some(Self { pool, used: AtomicUsize::new(0) }))
    }

    /// Runs `worker` on this thread and on at most `others` of these: as many as are idle, since this thread would wait for one
    /// that has other work even if nothing is left to do.
    pub(super) fn run(&self, others: usize, worker: impl Fn() + Sync) {
        let reserved = self.reserve(others);
        self.pool.in_place_scope(|scope| {
            for _ in 0..reserved.count {
                scope.spawn(|_| worker());
            }
            worker();
        });
    }

    pub(super) fn idle(&self) -> usize {
        self.pool.current_num_threads() - self.used.load(Relaxed)
    }

    fn reserve(&self, most: usize) -> Reservation<'_> {
        let mut used = self.used.load(Relaxed);
        loop {
            let count = most.min(self.pool.current_num_threads() - used);
            match self.used.compare_exchange_weak(used, used + count, Relaxed, Relaxed) {
                Ok(_) => return Reservation { used: &self.used, count },
                Err(current) => used = current,
            }
        }
    }
}

/// A number of threads in use, also until a panic.
struct Reservation<'a> {
    used: &'a AtomicUsize,
    count: usize,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.used.fetch_sub(self.count, Relaxed);
    }
}

/// The threads of a process: a forked child inherits the memory and not the threads.
struct Pool {
    process: u32,
    threads: Arc<Threads>,
}

static POOL: RwLock<Option<Pool>> = RwLock::new(None);

/// How often to try a lock that others hold for some instructions only, unless a fork has left it locked.
const ATTEMPTS: usize = 1000;

/// A pool of at least `threads` threads, with memory to hand work to them; or `None` if none is available: the calling thread does all
/// the work then.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory runs out, which rayon and the standard library would answer by ending the process.
pub(super) fn pool(threads: usize) -> Result<Option<Arc<Threads>>, Error> {
    check_allocation(RUN_BYTES)?;
    let process = process_number();
    match existing(process, threads) {
        None => return Ok(None),
        Some(Some(pool)) => return Ok(Some(pool)),
        Some(None) => (),
    }
    let Some(threads) = Threads::new(threads)?.map(Arc::new) else { return Ok(None) };
    let Some(mut pool) = attempt(|| POOL.try_write()) else { return Ok(None) };
    let before = pool.replace(Pool { process, threads: Arc::clone(&threads) });
    drop(pool);
    // Dropping a pool signals its threads to end, and the threads of another process do not exist here.
    if let Some(before) = before.filter(|before| before.process != process) {
        mem::forget(before);
    }
    Ok(Some(threads))
}

/// Checks that this thread can allocate `bytes` bytes.
fn check_allocation(bytes: usize) -> Result<(), Error> {
    let mut memory = Vec::<u8>::new();
    memory.try_reserve_exact(bytes).map_err(|_| Error::OutOfMemory)?;
    black_box(memory.as_ptr()); // the compiler may remove an unused allocation
    Ok(())
}

/// The pool of this process, if it has enough threads; `None` if its lock stays locked.
fn existing(process: u32, threads: usize) -> Option<Option<Arc<Threads>>> {
    let pool = attempt(|| POOL.try_read())?;
    let fits = |pool: &&Pool| pool.process == process && pool.threads.pool.current_num_threads() >= threads;
    Some(pool.as_ref().filter(fits).map(|pool| Arc::clone(&pool.threads)))
}

/// The value behind a lock, or `None` if it stays locked: the thread that held it when the process forked does not
/// exist here.
fn attempt<G>(lock: impl Fn() -> Result<G, TryLockError<G>>) -> Option<G> {
    for _ in 0..ATTEMPTS {
        match lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Barrier, Mutex};

    fn new_threads(count: usize) -> Threads {
        Threads::new(count).expect("memory").expect("threads")
    }

    #[test]
    fn counts_outside_of_the_bounds_are_refused() {
        assert_eq!(thread_count(1), Ok(1));
        assert_eq!(thread_count(MAX_THREADS), Ok(MAX_THREADS));
        assert_eq!(thread_count(MAX_THREADS + 1), Err(Error::ThreadCount));
    }

    /// Other tests of the process share the pool and may need a larger one.
    #[test]
    fn a_pool_has_as_many_threads_as_requested() {
        for threads in [1, 3, 2] {
            assert!(pool(threads).expect("memory").expect("threads").pool.current_num_threads() >= threads);
        }
    }

    #[test]
    fn threads_are_idle_before_and_after_their_work_and_after_a_panic() {
        let threads = new_threads(3);
        for panics in [false, true] {
            assert_eq!(threads.idle(), 3);
            let work = || {
                assert_eq!(threads.idle(), 1);
                assert!(!panics, "on purpose");
            };
            assert_eq!(catch_unwind(AssertUnwindSafe(|| threads.run(2, work))).is_err(), panics);
        }
        assert_eq!(threads.idle(), 3);
    }

    #[test]
    fn as_many_threads_work_as_were_requested() {
        let (seen, all) = (Mutex::new(HashSet::new()), Barrier::new(3));
        new_threads(2).run(2, || {
            seen.lock().expect("not poisoned").insert(thread::current().id());
            all.wait();
        });
        let seen = seen.into_inner().expect("not poisoned");
        assert_eq!((seen.len(), seen.contains(&thread::current().id())), (3, true));
    }

    #[test]
    fn work_does_not_wait_for_threads_that_have_other_work() {
        let (threads, caller) = (new_threads(1), thread::current().id());
        let inner = AtomicUsize::new(0);
        let count = || {
            inner.fetch_add(1, Relaxed);
        };
        threads.run(1, || {
            if thread::current().id() == caller {
                assert_eq!(threads.idle(), 0);
                threads.run(1, count);
            }
        });
        assert_eq!(inner.into_inner(), 1);
    }

    /// SIGHUP, SIGINT, SIGUSR1, SIGALRM and SIGTERM; and SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV and SIGSYS.
    #[cfg(target_os = "linux")]
    #[test]
    fn threads_block_signals_that_no_instruction_raises() {
        let blocked = || {
            let status = std::fs::read_to_string("/proc/thread-self/status").expect("Linux");
            let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).expect("a mask");
            u64::from_str_radix(line.trim(), 16).expect("hexadecimal")
        };
        for mask in new_threads(2).pool.broadcast(|_| blocked()) {
            let is_blocked = |signal: &u64| mask >> (signal - 1) & 1 == 1;
            assert!([1, 2, 10, 14, 15].iter().all(is_blocked), "{mask:#x}");
            assert!(![4, 5, 6, 7, 8, 11, 31].iter().any(is_blocked), "{mask:#x}");
        }
    }

    #[test]
    fn a_lock_that_stays_locked_is_abandoned() {
        let lock = RwLock::new(());
        let _held = lock.write().expect("not poisoned");
        assert!(attempt(|| lock.try_read()).is_none());
    }
}
