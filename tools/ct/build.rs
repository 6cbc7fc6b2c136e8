//! Builds the C shim for valgrind's client requests, which are macros of inline assembly, and the system's randomness.

fn main() {
    println!("cargo::rerun-if-changed=src/valgrind.c");
    // In one section: otherwise the linker would drop the functions that only valgrind calls.
    cc::Build::new().file("src/valgrind.c").flag("-fno-function-sections").warnings(true).compile("pqc_ct_valgrind");
    // Otherwise the crate getrandom would not find the shim's function.
    println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=getrandom");
}
