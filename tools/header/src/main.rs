//! `pqc-header OUTPUT`: writes the names and sizes of the table of algorithms for C and C++, and the header of the C interface, all
//! below the folder OUTPUT at their places in this repository, from which it is run.

#[allow(dead_code, reason = "the library needs the rest of the table")]
#[path = "../../../crates/pqc-core/src/algorithm/mod.rs"]
mod algorithm;
mod parameter_sets;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

const CRATE: &str = "crates/pqc-ffi";
const PARAMETER_SETS: &str = "crates/pqc-ffi/src/parameter_sets.rs";
const HEADER: &str = "include/pqc_ffi.h";
const CPP_HEADER: &str = "include/pqc_ffi.hpp";

/// The sections of the functions: the first function of each, and its title.
const SECTIONS: [(&str, &str); 13] = [
    ("ffi_status_message", "Statuses"),
    ("pqc_algorithm_info", "Algorithms"),
    ("pqc_private_key_generate", "Private keys"),
    ("pqc_public_key_from_bytes", "Public keys"),
    ("ffi_key_algorithm", "Encoded keys, before they are loaded"),
    ("pqc_encapsulate", "Encapsulation and decapsulation"),
    ("pqc_exchange_at", "Key exchanges for protocols with their own key schedule"),
    ("pqc_sign", "Signatures"),
    ("pqc_private_key_generate_batch", "Batches"),
    ("ffi_buffer_zeroed", "Buffers"),
    ("ffi_action_name", "Metrics, settings and version"),
    ("mlkem_keypair_generate", "The names of the first version, each for its own family"),
    (
        "pqc_encapsulate_derand",
        "Known answers: for tests only, with the caller's randomness. Never use them with a real key",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(output), None) = (arguments.next(), arguments.next()) else {
        return Err("usage: pqc-header OUTPUT".into());
    };
    let write = |path: &str, text: String| {
        let path = output.join(path);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(()); // a newer file would be compiled again
        }
        fs::create_dir_all(path.parent().ok_or("a file has a folder")?)?;
        Ok::<_, Box<dyn Error>>(fs::write(path, text)?)
    };
    write(PARAMETER_SETS, parameter_sets::for_rust())?;
    write(CPP_HEADER, parameter_sets::in_cpp(&fs::read_to_string(CPP_HEADER)?)?)?;
    write(HEADER, header()?)
}

/// The header for C, from the crate as it is in this repository.
fn header() -> Result<String, Box<dyn Error>> {
    let config = cbindgen::Config::from_file(PathBuf::from(CRATE).join("cbindgen.toml"))?;
    let mut header = Vec::new();
    cbindgen::generate_with_config(CRATE, config)?.write(&mut header);
    let mut header = String::from_utf8(header)?;
    for (function, title) in SECTIONS {
        let declaration = header.find(&format!("{function}(")).ok_or("a section begins with no function")?;
        let comment = header[..declaration].rfind("\n\n").ok_or("a function has no comment")? + 2;
        header.insert_str(comment, &format!("// ---- {title} ----\n\n"));
    }
    Ok(header)
}
