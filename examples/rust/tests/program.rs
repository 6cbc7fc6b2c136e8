//! The commands of the program.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use pqc::Algorithm;

/// Returns a new folder with a seed for each kind and a message.
fn folder(name: &str) -> io::Result<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir(&folder)?;
    for (file, size) in [("kem.seed", 64), ("signer.seed", 32), ("message", 10)] {
        fs::write(folder.join(file), vec![0; size])?;
    }
    Ok(folder)
}

/// Runs a command in a folder in which new files are open to everybody.
fn run(folder: &PathBuf, arguments: &str) -> io::Result<Output> {
    let line = format!("umask 0; exec {} {arguments}", env!("CARGO_BIN_EXE_pqc-demo-rust"));
    Command::new("sh").args(["-c", &line]).current_dir(folder).output()
}

#[test]
fn shared_secrets_are_in_private_files() -> io::Result<()> {
    let folder = folder("private")?;
    assert!(run(&folder, "public 768 kem.seed public")?.status.success());
    fs::write(folder.join("received"), b"open to others")?;
    assert!(run(&folder, "encapsulate --locked 768 public ciphertext sent")?.status.success());
    assert!(run(&folder, "decapsulate --locked 768 kem.seed ciphertext received")?.status.success());
    for file in ["sent", "received"] {
        assert_eq!(fs::metadata(folder.join(file))?.permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read(folder.join("sent"))?, fs::read(folder.join("received"))?);
    Ok(())
}

#[test]
fn exit_code_says_whether_the_signature_is_valid() -> io::Result<()> {
    let folder = folder("signature")?;
    for (arguments, expected) in [
        ("public 65 signer.seed public", 0),
        ("sign 65 signer.seed message context signature", 0),
        ("verify 65 public message context signature", 0),
        ("verify 65 public message another signature", 1),
        ("sign 768 kem.seed message context signature", 2),
        ("sign 66 signer.seed message context signature", 2),
    ] {
        assert_eq!(run(&folder, arguments)?.status.code(), Some(expected), "{arguments}");
    }
    Ok(())
}

#[test]
fn locked_keys_are_in_locked_memory() -> io::Result<()> {
    let folder = folder("locked")?;
    let all = Algorithm::ALL.len();
    for (arguments, keys) in [("demo", 0), ("demo --locked", all)] {
        let printed = String::from_utf8_lossy(&run(&folder, arguments)?.stdout).into_owned();
        assert!(printed.contains(&format!("{keys} of {all} keys in locked memory\n")), "{printed}");
    }
    Ok(())
}
