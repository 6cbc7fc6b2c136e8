//! An allocator that fails on request, and that looks for secrets in the memory it gets back.
//!
//! Requests and findings concern the calling thread only, so that tests can run in parallel.

use core::cell::Cell;
use core::ops::Range;
use core::slice;
use std::alloc::{GlobalAlloc, Layout, System};

/// Sixteen bytes of a secret, little-endian: enough not to occur by chance.
type Fragment = u128;

/// Blocks that can be alive at once while secrets are watched, and that can be allocated while sizes are recorded.
const MAX_BLOCKS: usize = 64;

/// An allocated block; the default, an empty one, is none.
#[derive(Clone, Copy)]
struct Block(*const u8, usize);

const NO_BLOCK: Block = Block(core::ptr::null(), 0);

thread_local! {
    // No initialisation and no destructor: either would allocate, inside the allocator.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static FAILING: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    static LIVE_BYTES: Cell<usize> = const { Cell::new(0) };
    static SIZES: [Cell<usize>; MAX_BLOCKS] = const { [const { Cell::new(0) }; MAX_BLOCKS] };
    static WATCHED: Cell<&'static [Fragment]> = const { Cell::new(&[]) };
    static UNWIPED: Cell<usize> = const { Cell::new(0) };
    static BLOCKS: [Cell<Block>; MAX_BLOCKS] = const { [const { Cell::new(NO_BLOCK) }; MAX_BLOCKS] };
}

/// To be made the `#[global_allocator]` of a test.
pub(crate) struct TestAllocator;

// SAFETY: memory comes from the system's allocator and goes back to it, with the caller's layout.
unsafe impl GlobalAlloc for TestAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if must_fail() {
            return core::ptr::null_mut();
        }
        SIZES.with(|sizes| sizes.get(ALLOCATIONS.get().wrapping_sub(1)).map(|size| size.set(layout.size())));
        // Zeroed, so that the whole block may be read when it is freed.
        // SAFETY: by the caller's promise.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            LIVE_BYTES.set(LIVE_BYTES.get().wrapping_add(layout.size()));
            remember(Block(memory, layout.size()));
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE_BYTES.set(LIVE_BYTES.get().wrapping_sub(layout.size()));
        let block = Block(memory, layout.size());
        forget(block);
        if holds_a_secret(block) {
            UNWIPED.set(UNWIPED.get() + 1);
        }
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Counts an allocation, and returns whether it is to fail.
fn must_fail() -> bool {
    let (n, (start, end)) = (ALLOCATIONS.get(), FAILING.get());
    ALLOCATIONS.set(n.wrapping_add(1));
    (start..end).contains(&n)
}

fn remember(block: Block) {
    if !WATCHED.get().is_empty() {
        BLOCKS.with(|blocks| {
            let free = blocks.iter().find(|known| known.get().0.is_null());
            free.map(|free| free.set(block)).unwrap_or_else(|| std::process::abort());
        });
    }
}

fn forget(block: Block) {
    BLOCKS.with(|blocks| {
        if let Some(known) = blocks.iter().find(|known| known.get().0 == block.0) {
            known.set(NO_BLOCK);
        }
    });
}

fn holds_a_secret(block: Block) -> bool {
    let watched = WATCHED.get();
    if watched.is_empty() || block.0.is_null() {
        return false;
    }
    // SAFETY: the block is allocated, zeroed when it was, and nothing else writes to it on this thread.
    let bytes = unsafe { slice::from_raw_parts(block.0, block.1) };
    let mut last_bytes: Fragment = 0;
    bytes.iter().any(|byte| {
        last_bytes = last_bytes >> 8 | Fragment::from(*byte) << 120;
        watched.binary_search(&last_bytes).is_ok()
    })
}

/// Runs `body` with these of its allocations failing, counted from 0.
pub(crate) fn with_failing_allocations<T>(failing: Range<usize>, body: impl FnOnce() -> T) -> T {
    ALLOCATIONS.set(0);
    FAILING.set((failing.start, failing.end));
    let outcome = body();
    FAILING.set((0, 0));
    outcome
}

/// The sizes of the blocks that `body` allocates, in their order.
pub(crate) fn sizes_allocated_during(body: impl FnOnce()) -> Vec<usize> {
    ALLOCATIONS.set(0);
    body();
    let count = ALLOCATIONS.get();
    assert!(count <= MAX_BLOCKS, "each size is recorded");
    SIZES.with(|sizes| sizes[..count].iter().map(Cell::get).collect())
}

/// The bytes that this thread has allocated and not freed. Only differences have a meaning: another thread may free memory.
pub(crate) fn live_bytes() -> usize {
    LIVE_BYTES.get()
}

/// Fragments of secrets, sorted. They are never freed, and so never found themselves.
#[derive(Clone, Copy)]
pub(crate) struct Secrets(&'static [Fragment]);

impl Secrets {
    /// Up to eight fragments of each secret, spread over its length.
    pub(crate) fn new(secrets: &[&[u8]]) -> Self {
        let fragments = secrets.iter().flat_map(|secret| {
            let step = (secret.len() / size_of::<Fragment>()).div_ceil(8);
            secret
                .chunks_exact(size_of::<Fragment>())
                .step_by(step)
                .filter_map(|fragment| fragment.try_into().ok().map(Fragment::from_le_bytes))
        });
        let mut fragments: Vec<Fragment> = fragments.collect();
        fragments.sort_unstable();
        Self(fragments.leak())
    }

    /// Runs `body` and counts the blocks that were freed with a fragment of a secret in them.
    pub(crate) fn unwiped_during(self, body: impl FnOnce()) -> usize {
        UNWIPED.set(0);
        WATCHED.set(self.0);
        body();
        WATCHED.set(&[]);
        BLOCKS.with(|blocks| blocks.iter().for_each(|block| block.set(NO_BLOCK)));
        UNWIPED.get()
    }
}

/// Counts the blocks, allocated since the watch began, that hold a fragment of a secret now.
pub(crate) fn live_blocks_with_secrets() -> usize {
    BLOCKS.with(|blocks| blocks.iter().filter(|block| holds_a_secret(block.get())).count())
}
