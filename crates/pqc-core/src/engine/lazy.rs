//! The expanded form of a key, made once, when the key's options say so.

use crate::secret::SecretBox;
use crate::{Error, KeyOptions, Memory, Precompute};
use core::mem;
use pqc_memory::{SetOnce, process_number, try_box};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// No process has this number.
const NOBODY: u32 = 0;

/// An expanded form that may be absent at first. A form with secrets wipes itself when it is dropped.
pub(super) struct Lazy<E: Default> {
    form: SetOnce<SecretBox<E>>,
    memory: Memory,
    precompute: Precompute,
    was_used: AtomicBool,
    /// The process with a thread that is making it, or has made it. A forked child lacks that thread and makes it again.
    maker: AtomicU32,
}

/// The duty to make a form. It passes to the next use if that fails, by an error or a panic.
struct Duty<'a>(&'a AtomicU32);

impl<'a> Duty<'a> {
    /// The duty, unless another thread of this process has it.
    fn take(maker: &'a AtomicU32) -> Option<Self> {
        let (own, found) = (process_number(), maker.load(Relaxed));
        // Not `then_some`: its argument would be dropped, which gives up the duty, if another thread has it.
        (found != own && maker.compare_exchange(found, own, Relaxed, Relaxed).is_ok()).then(|| Self(maker))
    }

    /// Keeps other threads from making the form again.
    fn fulfil(self) {
        mem::forget(self);
    }
}

impl Drop for Duty<'_> {
    fn drop(&mut self) {
        self.0.store(NOBODY, Relaxed);
    }
}

impl<E: Default> Lazy<E> {
    /// The form of a key that is made now, expanded at once if the options say so.
    pub(super) fn new(options: KeyOptions, expand: impl FnOnce(&mut E)) -> Result<Self, Error> {
        let lazy = Self::absent(options);
        if options.precompute == Precompute::Always {
            lazy.make(expand)?;
        }
        Ok(lazy)
    }

    /// The form of a key with checks or a derivation that share most of its expansion: `make` does both. A loaded key
    /// is expanded if there is memory, unless the options forbid it; a generated key only if they say so.
    pub(super) fn with_key(
        options: KeyOptions,
        is_loaded: bool,
        make: impl FnOnce(Option<&mut E>) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let lazy = Self::absent(options);
        let mut form = match options.precompute {
            Precompute::Always => Some(lazy.allocate()?),
            Precompute::OnSecondUse if is_loaded => lazy.allocate().ok(),
            Precompute::OnSecondUse | Precompute::Never => None,
        };
        make(form.as_mut().map(|form| &mut ***form))?;
        form.map(|form| lazy.form.get_or_set(form));
        Ok(lazy)
    }

    /// No form, until a use of the key makes it.
    pub(super) fn absent(options: KeyOptions) -> Self {
        Self {
            form: SetOnce::new(),
            memory: options.memory,
            precompute: options.precompute,
            was_used: AtomicBool::new(false),
            maker: AtomicU32::new(NOBODY),
        }
    }

    /// The form for one use of the key. There is none if this is the first use, the options forbid it, there is no memory for
    /// it, or another thread is making it.
    pub(super) fn for_use(&self, expand: impl FnOnce(&mut E)) -> Option<&E> {
        if let Some(form) = self.get() {
            return Some(form);
        }
        let is_due = self.precompute != Precompute::Never && self.was_used.swap(true, Relaxed);
        if !is_due {
            return None;
        }
        let duty = Duty::take(&self.maker)?;
        if self.make(expand).is_ok() {
            duty.fulfil();
        }
        self.get()
    }

    fn make(&self, expand: impl FnOnce(&mut E)) -> Result<(), Error> {
        let mut form = self.allocate()?;
        expand(&mut form);
        self.form.get_or_set(form);
        Ok(())
    }

    /// A zeroed form. A separate frame, so that the form on its stack is not in the frame of each use.
    #[inline(never)]
    fn allocate(&self) -> Result<Box<SecretBox<E>>, Error> {
        Ok(try_box(SecretBox::new(self.memory, E::default())?)?)
    }

    /// The form, if it is kept now.
    pub(super) fn get(&self) -> Option<&E> {
        self.form.get().map(|form| &**form)
    }

    /// How many bytes the form takes now.
    pub(super) fn bytes(&self) -> usize {
        self.get().map_or(0, size_of_val)
    }
}

#[cfg(test)]
#[allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
mod tests {
    use super::*;
    use crate::CodePath;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    fn lazy(precompute: Precompute) -> Result<Lazy<[u8; 4]>, Error> {
        let options = KeyOptions { precompute, ..CodePath::Portable.into() };
        Lazy::new(options, |form| *form = [1; 4])
    }

    #[test]
    fn options_decide_which_use_makes_the_form() -> Result<(), Error> {
        for (precompute, expected) in [
            (Precompute::OnSecondUse, [0, 0, 4, 4]),
            (Precompute::Always, [4, 4, 4, 4]),
            (Precompute::Never, [0, 0, 0, 0]),
        ] {
            let lazy = lazy(precompute)?;
            let mut found = [lazy.bytes(), 0, 0, 0];
            for bytes in &mut found[1..] {
                let form = lazy.for_use(|form| *form = [1; 4]).copied();
                *bytes = lazy.bytes();
                assert_eq!(form, (*bytes > 0).then_some([1; 4]));
            }
            assert_eq!(found, expected, "{precompute:?}");
        }
        Ok(())
    }

    #[test]
    fn threads_make_it_once() -> Result<(), Error> {
        for _ in 0..100 {
            let (lazy, made) = (lazy(Precompute::OnSecondUse)?, AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..4 {
                            lazy.for_use(|_| {
                                made.fetch_add(1, Relaxed);
                            });
                        }
                    });
                }
            });
            assert_eq!((made.into_inner(), lazy.bytes()), (1, 4));
        }
        Ok(())
    }

    #[test]
    fn a_panic_while_it_is_made_leaves_it_to_the_next_use() -> Result<(), Error> {
        let lazy = lazy(Precompute::OnSecondUse)?;
        assert_eq!(lazy.for_use(|_| ()), None);
        let panicking = || lazy.for_use(|_| panic!("on purpose")).copied();
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        assert_eq!((lazy.for_use(|form| *form = [1; 4]), lazy.bytes()), (Some(&[1; 4]), 4));
        Ok(())
    }

    /// The state in a child that was forked while a thread of its parent was making the form.
    #[test]
    fn a_form_that_another_process_was_making_is_made_here() -> Result<(), Error> {
        let lazy = lazy(Precompute::OnSecondUse)?;
        lazy.was_used.store(true, Relaxed);
        lazy.maker.store(process_number(), Relaxed);
        for _ in 0..2 {
            assert_eq!(lazy.for_use(|form| *form = [1; 4]), None, "another thread is making it");
        }
        lazy.maker.store(process_number() + 1, Relaxed);
        assert_eq!(lazy.for_use(|form| *form = [1; 4]), Some(&[1; 4]));
        Ok(())
    }
}
