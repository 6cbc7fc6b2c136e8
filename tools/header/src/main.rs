//! `pqc-header CRATE OUTPUT`: writes the C header of the crate in folder CRATE to the file OUTPUT.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(folder), Some(output), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: pqc-header CRATE OUTPUT".into());
    };
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    cbindgen::generate_with_config(folder, config)?.write_to_file(output);
    Ok(())
}
