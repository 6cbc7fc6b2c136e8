//! What the library says about itself, and whether these tests know every function of the header.

mod common;

use common::functions::FUNCTIONS;
use common::text;
use pqc_core::Engine;
use pqc_ffi::status::ffi_status_message;
use pqc_ffi::version::{PQC_ABI_VERSION, ffi_abi_version, ffi_code_path, ffi_engine, ffi_version};
use std::collections::HashSet;

const HEADER: &str = include_str!("../../../include/pqc_ffi.h");

/// The numbers of the statuses in the header.
fn statuses() -> Vec<i32> {
    let constants = HEADER.lines().filter_map(|line| line.trim().strip_prefix("PQC_STATUS_"));
    constants.filter_map(|line| line.split_once(" = ")?.1.trim_end_matches(',').parse().ok()).collect()
}

#[test]
fn every_status_has_its_own_text() {
    let texts: HashSet<_> = statuses().into_iter().map(|status| text(ffi_status_message(status))).collect();
    assert_eq!(texts.len(), HEADER.matches("    PQC_STATUS_").count());
    assert!(!texts.contains(c"unknown status"));
    assert!(texts.iter().all(|text| !text.is_empty()));
}

#[test]
fn a_number_that_is_no_status_has_a_text_too() {
    let known = statuses();
    for status in (-1000..1000).chain([i32::MIN, i32::MAX]).filter(|status| !known.contains(status)) {
        assert_eq!(text(ffi_status_message(status)), c"unknown status", "{status}");
    }
}

#[test]
fn versions_are_those_of_the_package_and_the_header() {
    assert_eq!(text(ffi_version()).to_str(), Ok(env!("CARGO_PKG_VERSION")));
    assert_eq!(ffi_abi_version(), PQC_ABI_VERSION);
    assert!(HEADER.contains(&format!("#define PQC_ABI_VERSION {}\n", ffi_abi_version())));
}

#[test]
fn the_code_path_is_the_best_of_the_engine_on_this_processor() {
    let engine = text(ffi_engine()).to_str().ok().and_then(Engine::from_name);
    assert_eq!(text(ffi_code_path()).to_str().ok(), engine.map(|engine| engine.best_path().name()));
}

#[test]
fn the_table_of_functions_has_every_one_of_the_header() {
    let declarations =
        HEADER.lines().filter_map(|line| line.trim_start_matches("PQC_MUST_USE ").strip_prefix("PqcStatus "));
    let in_header: Vec<_> = declarations.filter_map(|line| Some(line.split_once('(')?.0)).collect();
    let in_table: Vec<_> = FUNCTIONS.iter().map(|function| function.0).collect();
    assert_eq!(in_table, in_header);
}
