//! The operations that are counted, and the entry of the metrics that each call belongs to.

use crate::status::PqcStatus;
use core::ffi::CStr;
use pqc_core::{Algorithm, Family};

use PqcOperation as Operation;

/// What is counted. An operation keeps its number in every later version.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PqcOperation {
    /// Making an ML-KEM key from the system's randomness.
    MlkemKeygen = 0,
    /// Encapsulation.
    MlkemEncapsulate = 1,
    /// Decapsulation. Implicit rejection is a success like any other.
    MlkemDecapsulate = 2,
    /// Loading an ML-KEM key: a seed, a private or a public key.
    MlkemImport = 3,
    /// Making an ML-DSA key from the system's randomness.
    MldsaKeygen = 4,
    /// Signing.
    MldsaSign = 5,
    /// Verification. A bad signature counts as the error PQC_STATUS_INVALID_SIGNATURE.
    MldsaVerify = 6,
    /// Loading an ML-DSA key: a seed, a private or a public key.
    MldsaImport = 7,
    /// Making an X-Wing key from the system's randomness.
    XwingKeygen = 8,
    /// Encapsulation of X-Wing; the encapsulation of ML-KEM inside it is not counted again.
    XwingEncapsulate = 9,
    /// Decapsulation of X-Wing.
    XwingDecapsulate = 10,
    /// Loading an X-Wing key: a seed or a public key.
    XwingImport = 11,
    /// Making a key of a composite from the system's randomness.
    CompositeKeygen = 12,
    /// Signing with a composite; the signature of ML-DSA inside it is not counted again.
    CompositeSign = 13,
    /// Verification of a composite signature. A bad one counts as the error PQC_STATUS_INVALID_SIGNATURE.
    CompositeVerify = 14,
    /// Loading a key of a composite: a private or a public key.
    CompositeImport = 15,
}

/// What the functions of this library do with a key, whatever its algorithm.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    Generate,
    Import,
    Encapsulate,
    Decapsulate,
    Sign,
    Verify,
}

/// Every operation in the order of the numbers, with its name, its family and its action.
const OPERATIONS: [(Operation, &CStr, Family, Action); 16] = [
    (Operation::MlkemKeygen, c"mlkem_keygen", Family::MlKem, Action::Generate),
    (Operation::MlkemEncapsulate, c"mlkem_encapsulate", Family::MlKem, Action::Encapsulate),
    (Operation::MlkemDecapsulate, c"mlkem_decapsulate", Family::MlKem, Action::Decapsulate),
    (Operation::MlkemImport, c"mlkem_import", Family::MlKem, Action::Import),
    (Operation::MldsaKeygen, c"mldsa_keygen", Family::MlDsa, Action::Generate),
    (Operation::MldsaSign, c"mldsa_sign", Family::MlDsa, Action::Sign),
    (Operation::MldsaVerify, c"mldsa_verify", Family::MlDsa, Action::Verify),
    (Operation::MldsaImport, c"mldsa_import", Family::MlDsa, Action::Import),
    (Operation::XwingKeygen, c"xwing_keygen", Family::XWing, Action::Generate),
    (Operation::XwingEncapsulate, c"xwing_encapsulate", Family::XWing, Action::Encapsulate),
    (Operation::XwingDecapsulate, c"xwing_decapsulate", Family::XWing, Action::Decapsulate),
    (Operation::XwingImport, c"xwing_import", Family::XWing, Action::Import),
    (Operation::CompositeKeygen, c"composite_keygen", Family::Composite, Action::Generate),
    (Operation::CompositeSign, c"composite_sign", Family::Composite, Action::Sign),
    (Operation::CompositeVerify, c"composite_verify", Family::Composite, Action::Verify),
    (Operation::CompositeImport, c"composite_import", Family::Composite, Action::Import),
];

/// What is counted apart: an operation with an algorithm, or its calls that failed before they named one.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) operation: PqcOperation,
    pub(crate) algorithm: Option<Algorithm>,
}

/// Entries of `FFIMetrics.operations`: for each operation of a family with several parameter sets one for calls that named none
/// and one for each set; for each operation of X-Wing one.
pub const FFI_METRICS_OPERATIONS: usize = 64;
pub(crate) const ENTRIES: usize = FFI_METRICS_OPERATIONS;

/// The entries, in the order of `FFIMetrics.operations`. An operation with one algorithm has no entry without.
pub(crate) const TABLE: [Entry; ENTRIES] = {
    let mut table = [Entry { operation: Operation::MlkemKeygen, algorithm: None }; ENTRIES];
    let (mut used, mut number) = (0, 0);
    while number < OPERATIONS.len() {
        let (operation, _, family, _) = OPERATIONS[number];
        assert!(operation as usize == number, "operations stand in the order of their numbers");
        let (mut row, mut of_family) = (0, 0);
        while row < Algorithm::ALL.len() {
            of_family += (Algorithm::ALL[row].family() as u8 == family as u8) as usize;
            row += 1;
        }
        used += (of_family > 1) as usize;
        row = 0;
        while row < Algorithm::ALL.len() {
            let algorithm = Algorithm::ALL[row];
            if algorithm.family() as u8 == family as u8 {
                table[used] = Entry { operation, algorithm: Some(algorithm) };
                used += 1;
            }
            row += 1;
        }
        if of_family > 1 {
            table[used - of_family - 1].operation = operation;
        }
        number += 1;
    }
    assert!(used == ENTRIES && ENTRIES <= u64::BITS as usize);
    table
};

/// The entry of each action with each algorithm, by their numbers: no operation searches [`TABLE`].
const PLACES: [[Option<u8>; Algorithm::ALL.len()]; 6] = {
    let mut places = [[None; Algorithm::ALL.len()]; 6];
    let mut entry: u8 = 0;
    while (entry as usize) < ENTRIES {
        let Entry { operation, algorithm } = TABLE[entry as usize];
        if let Some(algorithm) = algorithm {
            places[OPERATIONS[operation as usize].3 as usize][algorithm as usize] = Some(entry);
        }
        entry += 1;
    }
    places
};

/// The entry of an action with an algorithm, if the algorithm has that operation.
#[inline(always)]
pub(crate) fn entry_of(action: Action, algorithm: Algorithm) -> Option<usize> {
    PLACES[action as usize][algorithm as usize].map(usize::from)
}

/// The entry of calls that failed before they named an algorithm: of the family if the function has one, or else of the first
/// family with such an operation. Keys that are made or loaded without a known algorithm are not counted.
#[cold]
pub(crate) fn entry_without_algorithm(action: Action, family: Option<Family>) -> Option<usize> {
    if family.is_none() && matches!(action, Action::Generate | Action::Import) {
        return None;
    }
    let of_action = |(_, _, of, does): &&(Operation, _, Family, Action)| {
        *does as u8 == action as u8 && family.is_none_or(|family| family == *of)
    };
    let (operation, ..) = OPERATIONS.iter().find(of_action)?;
    TABLE.iter().position(|entry| entry.operation == *operation)
}

impl PqcOperation {
    pub(crate) fn from_number(number: u32) -> Result<(Self, &'static CStr), PqcStatus> {
        let found = OPERATIONS.get(usize::try_from(number).unwrap_or(usize::MAX)).ok_or(PqcStatus::UnknownOperation)?;
        Ok((found.0, found.1))
    }
}

impl Entry {
    /// The number of its parameter set in the metrics, or 0 without one. X-Wing has the number of ML-KEM-768.
    pub(crate) fn parameter_set(self) -> u32 {
        match self.algorithm {
            Some(Algorithm::XWing) => Algorithm::MlKem768.id(),
            algorithm => algorithm.map_or(0, Algorithm::id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_by_its_action_and_its_algorithm() {
        for (place, entry) in TABLE.iter().enumerate() {
            let (_, _, family, action) = OPERATIONS[entry.operation as usize];
            let found = match entry.algorithm {
                Some(algorithm) => entry_of(action, algorithm),
                None => entry_without_algorithm(action, Some(family)),
            };
            assert_eq!(found, Some(place));
        }
    }
}
