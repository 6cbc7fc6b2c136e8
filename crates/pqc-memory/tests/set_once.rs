//! A value that is set once.

use pqc_memory::SetOnce;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// Counts its values that are dropped.
struct Counted<'a>(usize, &'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.1.fetch_add(1, Relaxed);
    }
}

#[test]
fn the_first_value_is_kept_and_every_value_is_dropped_once() {
    let dropped = AtomicUsize::new(0);
    let place = SetOnce::new();
    assert!(place.get().is_none());
    for number in [1, 2] {
        assert_eq!(place.get_or_set(Box::new(Counted(number, &dropped))).0, 1);
        assert_eq!((place.get().map(|kept| kept.0), dropped.load(Relaxed)), (Some(1), number - 1));
    }
    drop(place);
    assert_eq!(dropped.load(Relaxed), 2);
    drop(SetOnce::<Counted<'_>>::default());
    assert_eq!(dropped.load(Relaxed), 2);
}

#[test]
fn threads_that_set_it_at_once_find_one_value() {
    for _ in 0..100 {
        let (dropped, start) = (AtomicUsize::new(0), Barrier::new(4));
        let place = SetOnce::new();
        let set = |number| {
            start.wait();
            place.get_or_set(Box::new(Counted(number, &dropped))).0
        };
        let found: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|number| scope.spawn(move || set(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!((found.iter().all(|number| *number == found[0]), dropped.load(Relaxed)), (true, 3));
    }
}
