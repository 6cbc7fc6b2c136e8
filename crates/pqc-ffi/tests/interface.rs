//! The results and refusals of the exported functions, by subject. One program, since each takes as long to link as all
//! of these to run; a test that replaces the allocator, or changes or counts state of the process, is a separate
//! program.

mod common;
mod composites;
mod interface {
    mod composite;
    mod composite_keys;
    #[cfg(feature = "inject-panic")]
    mod copied_inputs;
    mod exchange;
    mod formats;
    mod key_flags;
    mod library;
    mod mu;
    mod overlap;
    mod prehash;
    mod xwing;
}
