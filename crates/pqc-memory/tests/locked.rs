//! Locked memory: it holds its value, it is locked, and touching a guard page ends the process.
#![cfg(any(target_os = "linux", windows))]
#![allow(unsafe_code, reason = "the tests set limits and touch guard pages")]
#![allow(clippy::expect_used, reason = "a test that cannot set itself up has failed")]

use pqc_memory::{Locked, LockedBytes};
#[cfg(unix)]
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

/// Set for a child of this test that must die.
const CHILD: &str = "PQC_MEMORY_TEST_CHILD";

/// The signal or status of a process that touches a guard page: SIGSEGV, or STATUS_ACCESS_VIOLATION.
#[cfg(unix)]
const ACCESS_VIOLATION: Option<i32> = Some(libc::SIGSEGV);
#[cfg(windows)]
const ACCESS_VIOLATION: Option<i32> = Some(0xc000_0005_u32.cast_signed());

/// The value of a field of /proc/self/smaps for the mapping with this address.
#[cfg(target_os = "linux")]
fn smaps(address: usize, field: &str) -> String {
    let text = std::fs::read_to_string("/proc/self/smaps").expect("smaps");
    let mut inside = false;
    for line in text.lines() {
        if let Some((low, rest)) = line.split_once('-').filter(|_| !line.contains(": ")) {
            let high = rest.split(' ').next().unwrap_or_default();
            let bounds = [low, high].map(|hex| usize::from_str_radix(hex, 16).unwrap_or(0));
            inside = (bounds[0]..bounds[1]).contains(&address);
        } else if inside && line.starts_with(field) {
            return line[field.len()..].trim().to_owned();
        }
    }
    String::new()
}

#[test]
#[cfg(target_os = "linux")]
fn value_is_kept_locked_and_out_of_dumps() {
    let mut locked = Locked::try_new([0_u8; 100]).expect("locked memory");
    locked.fill(7);
    assert_eq!(*locked, [7; 100]);
    let address = locked.as_ptr().addr();
    assert_eq!(smaps(address, "Locked:"), "4 kB");
    let flags = smaps(address, "VmFlags:");
    assert!(flags.split(' ').any(|flag| flag == "dd"), "not kept out of core dumps: {flags}");
}

#[test]
fn value_is_aligned_and_dropped_once() {
    #[repr(align(64))]
    struct Aligned(u8, std::rc::Rc<()>);
    let counter = std::rc::Rc::new(());
    let locked = Locked::try_new(Aligned(9, counter.clone())).expect("locked memory");
    assert_eq!((locked.0, std::ptr::from_ref(&*locked).addr() % 64), (9, 0));
    assert_eq!(std::rc::Rc::strong_count(&locked.1), 2);
    drop(locked);
    assert_eq!(std::rc::Rc::strong_count(&counter), 1);
}

#[test]
fn bytes_of_every_size_survive_a_round_trip_through_a_pointer() {
    for size in [1, 31, 4095, 4096, 4097, 10_000] {
        let mut bytes = LockedBytes::zeroed(size).expect("locked memory");
        assert!(bytes.as_mut_slice().iter().all(|byte| *byte == 0));
        bytes.as_mut_slice().fill(0xa5);
        let (data, len) = bytes.into_raw();
        // SAFETY: they came from into_raw, and are not used again.
        let mut bytes = unsafe { LockedBytes::from_raw(data, len) };
        assert_eq!(bytes.as_mut_slice(), vec![0xa5; size]);
    }
}

/// This test program, run again, by the emulator that runs it if a variable names one.
fn again() -> Command {
    let program = std::env::current_exe().expect("the path of this program");
    let Ok(emulator) = std::env::var("QYNAUTH_PQC_EMULATOR") else { return Command::new(program) };
    let mut words = emulator.split(' ');
    let mut command = Command::new(words.next().expect("a name"));
    command.args(words).arg(program);
    command
}

/// Runs this test program again for one test, which finds the variable set and makes the fatal access.
fn killed_by(test: &str) -> Option<i32> {
    let status = again().args(["--exact", test, "--nocapture"]).env(CHILD, "1").output().expect("a child").status;
    #[cfg(unix)]
    return status.signal();
    #[cfg(windows)]
    return status.code();
}

#[test]
fn reading_behind_the_data_is_fatal() {
    if std::env::var_os(CHILD).is_some() {
        let mut bytes = LockedBytes::zeroed(100).expect("locked memory");
        let end = bytes.as_mut_slice().as_mut_ptr_range().end;
        // SAFETY: none; the guard page is there to stop this.
        std::process::exit(i32::from(unsafe { end.read_volatile() }));
    }
    assert_eq!(killed_by("reading_behind_the_data_is_fatal"), ACCESS_VIOLATION);
}

#[test]
fn writing_before_the_pages_is_fatal() {
    if std::env::var_os(CHILD).is_some() {
        let mut bytes = LockedBytes::zeroed(4096).expect("locked memory");
        let start = bytes.as_mut_slice().as_mut_ptr();
        // SAFETY: none; the guard page is there to stop this.
        unsafe { start.sub(1).write_volatile(1) };
        std::process::exit(0);
    }
    assert_eq!(killed_by("writing_before_the_pages_is_fatal"), ACCESS_VIOLATION);
}

#[test]
#[cfg(target_os = "linux")]
fn limit_is_an_error() {
    if std::env::var_os(CHILD).is_some() {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: sets a limit of this process, and drops the right to exceed it (CAP_IPC_LOCK, number 14).
        unsafe {
            assert_eq!(libc::setrlimit(libc::RLIMIT_MEMLOCK, &none), 0);
            drop_capability(14);
        }
        assert_eq!(LockedBytes::zeroed(1).err(), Some(pqc_memory::Error::Limit));
        std::process::abort();
    }
    assert_eq!(killed_by("limit_is_an_error"), Some(libc::SIGABRT), "the child aborts if the error was the right one");
}

/// Drops one capability of this thread.
///
/// # Safety
/// A system call without pointers that outlive it.
#[cfg(target_os = "linux")]
unsafe fn drop_capability(number: u32) {
    let mut header = [0x2008_0522_u32, 0];
    let mut data = [[0_u32; 3]; 2];
    // SAFETY: version 3 of the interface takes a header of two words and two structs of three.
    unsafe {
        assert_eq!(libc::syscall(libc::SYS_capget, header.as_mut_ptr(), data.as_mut_ptr()), 0);
        for set in &mut data[0] {
            *set &= !(1 << number);
        }
        assert_eq!(libc::syscall(libc::SYS_capset, header.as_mut_ptr(), data.as_mut_ptr()), 0);
    }
}
