//! Finds the installed library by pkg-config, and lets the programs of this package find it when they run.

fn main() {
    let library = match pkg_config::Config::new().atleast_version("0.1").probe("pqc_ffi") {
        Ok(library) => library,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    };
    for folder in &library.link_paths {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}
