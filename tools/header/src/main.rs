//! `pqc-header CRATE OUTPUT`: writes the C header of the crate in folder CRATE to the file OUTPUT.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

/// The sections of the functions: the first function of each, and its title.
const SECTIONS: [(&str, &str); 12] = [
    ("ffi_status_message", "Statuses"),
    ("pqc_algorithm_info", "Algorithms"),
    ("pqc_private_key_generate", "Private keys"),
    ("pqc_public_key_from_bytes", "Public keys"),
    ("ffi_key_algorithm", "Encoded keys, before they are loaded"),
    ("pqc_encapsulate", "Encapsulation and decapsulation"),
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
    let (Some(folder), Some(output), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: pqc-header CRATE OUTPUT".into());
    };
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    let mut header = Vec::new();
    cbindgen::generate_with_config(folder, config)?.write(&mut header);
    let mut header = String::from_utf8(header)?;
    for (function, title) in SECTIONS {
        let declaration = header.find(&format!("{function}(")).ok_or("a section begins with no function")?;
        let comment = header[..declaration].rfind("\n\n").ok_or("a function has no comment")? + 2;
        header.insert_str(comment, &format!("// ---- {title} ----\n\n"));
    }
    Ok(fs::write(output, header)?)
}
