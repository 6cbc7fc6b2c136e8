//! The fallible box: it holds its value, and a failed allocation is an error that drops the value.
#![allow(unsafe_code, reason = "a test allocator")]
#![allow(clippy::expect_used, reason = "a test that cannot set itself up has failed")]

use pqc_memory::{Error, try_box};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::rc::Rc;

thread_local! {
    static FAILS: Cell<bool> = const { Cell::new(false) };
}

/// Fails on a thread that has set [`FAILS`].
struct TestAllocator;

// SAFETY: memory comes from the system's allocator and returns to it with the same layout.
unsafe impl GlobalAlloc for TestAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if FAILS.get() {
            return core::ptr::null_mut();
        }
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

#[test]
fn value_is_aligned_and_dropped_once() {
    #[repr(align(64))]
    struct Aligned(u8, Rc<()>);
    let counter = Rc::new(());
    let boxed = try_box(Aligned(9, counter.clone())).expect("memory");
    assert_eq!((boxed.0, std::ptr::from_ref(&*boxed).addr() % 64, Rc::strong_count(&boxed.1)), (9, 0, 2));
    drop(boxed);
    assert_eq!(Rc::strong_count(&counter), 1);
}

#[test]
fn a_box_coerces_to_a_trait_object() {
    let boxed: Box<dyn Fn() -> u8> = try_box(|| 7).expect("memory");
    assert_eq!(boxed(), 7);
}

#[test]
fn a_failed_allocation_is_an_error_and_drops_the_value() {
    let counter = Rc::new(());
    let value = counter.clone();
    FAILS.set(true);
    let error = try_box(value).err();
    let empty = try_box(());
    FAILS.set(false);
    assert_eq!((error, empty.is_ok(), Rc::strong_count(&counter)), (Some(Error::OutOfMemory), true, 1));
}
