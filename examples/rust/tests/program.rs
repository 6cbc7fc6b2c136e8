//! The commands of the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// Returns a new folder with a seed for each kind and a message.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    for (file, size) in [("kem.seed", 64), ("signer.seed", 32), ("message", 10)] {
        fs::write(folder.join(file), vec![0; size]).unwrap();
    }
    folder
}

/// Runs a command in a folder in which new files are open to everybody, and returns its exit code.
fn run(folder: &PathBuf, arguments: &str) -> Option<i32> {
    let line = format!("umask 0; exec {} {arguments}", env!("CARGO_BIN_EXE_pqc-demo-rust"));
    Command::new("sh").args(["-c", &line]).current_dir(folder).status().unwrap().code()
}

#[test]
fn shared_secrets_are_in_private_files() {
    let folder = folder("private");
    assert_eq!(run(&folder, "public 768 kem.seed public"), Some(0));
    fs::write(folder.join("received"), b"open to others").unwrap();
    assert_eq!(run(&folder, "encapsulate 768 public ciphertext sent"), Some(0));
    assert_eq!(run(&folder, "decapsulate 768 kem.seed ciphertext received"), Some(0));
    for file in ["sent", "received"] {
        assert_eq!(fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read(folder.join("sent")).unwrap(), fs::read(folder.join("received")).unwrap());
}

#[test]
fn exit_code_says_whether_the_signature_is_valid() {
    let folder = folder("signature");
    assert_eq!(run(&folder, "public 65 signer.seed public"), Some(0));
    assert_eq!(run(&folder, "sign 65 signer.seed message context signature"), Some(0));
    assert_eq!(run(&folder, "verify 65 public message context signature"), Some(0));
    assert_eq!(run(&folder, "verify 65 public message another signature"), Some(1));
    assert_eq!(run(&folder, "sign 768 kem.seed message context signature"), Some(2));
}
