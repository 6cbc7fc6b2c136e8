//! Builds the C shim around valgrind's client requests, which are macros of inline assembly.

fn main() {
    println!("cargo::rerun-if-changed=src/valgrind.c");
    cc::Build::new().file("src/valgrind.c").warnings(true).compile("pqc_ct_valgrind");
}
