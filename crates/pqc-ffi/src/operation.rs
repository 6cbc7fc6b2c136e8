//! The operations that are counted: actions, each with an algorithm.

use core::ffi::CStr;
use pqc_core::{Algorithm, Kind};

pub(crate) use PqcAction as Action;

/// The actions of the functions of this library with a key. An action keeps its number in every later version.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PqcAction {
    /// Making a key from the system's randomness.
    Generate = 0,
    /// Loading a key: a seed, a private or a public key.
    Import = 1,
    /// Encapsulation.
    Encapsulate = 2,
    /// Decapsulation. Implicit rejection is a success like any other.
    Decapsulate = 3,
    /// Signing.
    Sign = 4,
    /// Verification. A bad signature counts as the error PQC_STATUS_INVALID_SIGNATURE.
    Verify = 5,
}

impl PqcAction {
    /// Every action in the order of the numbers, with its name and the kind of algorithm that has it, or none if all have it.
    const ALL: [(Self, &CStr, Option<Kind>); 6] = [
        (Self::Generate, c"generate", None),
        (Self::Import, c"import", None),
        (Self::Encapsulate, c"encapsulate", Some(Kind::Kem)),
        (Self::Decapsulate, c"decapsulate", Some(Kind::Kem)),
        (Self::Sign, c"sign", Some(Kind::Signature)),
        (Self::Verify, c"verify", Some(Kind::Signature)),
    ];

    pub(crate) fn name(number: u32) -> Option<&'static CStr> {
        Self::ALL.get(usize::try_from(number).ok()?).map(|(_, name, _)| *name)
    }

    /// Whether an algorithm has the action.
    #[inline(always)]
    pub(crate) const fn is_of(self, algorithm: Algorithm) -> bool {
        match Self::ALL[self as usize].2 {
            Some(kind) => kind as u8 == algorithm.kind() as u8,
            None => true,
        }
    }
}

const _: () = {
    let mut number = 0;
    while number < PqcAction::ALL.len() {
        assert!(PqcAction::ALL[number].0 as usize == number, "actions stand in the order of their numbers");
        number += 1;
    }
};

/// An action with an algorithm, or with none: calls that failed before they named one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) action: PqcAction,
    pub(crate) algorithm: Option<Algorithm>,
}

/// Operations of each action: one without an algorithm, and one for each algorithm.
const EACH: usize = Algorithm::ALL.len() + 1;

impl Operation {
    /// Above the number of every operation.
    pub(crate) const NUMBERS: usize = PqcAction::ALL.len() * EACH;

    /// The operations that there are, in the order of their numbers.
    pub(crate) const ALL: [Self; Self::COUNT] = {
        let mut all = [Self { action: PqcAction::Generate, algorithm: None }; Self::COUNT];
        let (mut number, mut found) = (0, 0);
        while number < Self::NUMBERS {
            if let Some(operation) = Self::from_number(number) {
                all[found] = operation;
                found += 1;
            }
            number += 1;
        }
        all
    };

    const COUNT: usize = {
        let (mut number, mut count) = (0, 0);
        while number < Self::NUMBERS {
            count += Self::from_number(number).is_some() as usize;
            number += 1;
        }
        count
    };

    /// Where it is counted.
    #[inline(always)]
    pub(crate) const fn number(self) -> usize {
        let column = match self.algorithm {
            Some(algorithm) => algorithm as usize + 1,
            None => 0,
        };
        self.action as usize * EACH + column
    }

    pub(crate) const fn from_number(number: usize) -> Option<Self> {
        if number >= Self::NUMBERS {
            return None;
        }
        let (action, _, _) = PqcAction::ALL[number / EACH];
        let Some(column) = (number % EACH).checked_sub(1) else { return Some(Self { action, algorithm: None }) };
        let algorithm = Algorithm::ALL[column];
        if action.is_of(algorithm) { Some(Self { action, algorithm: Some(algorithm) }) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_its_number() {
        for operation in Operation::ALL {
            assert_eq!(Operation::from_number(operation.number()), Some(operation));
        }
        assert!(Operation::ALL.is_sorted_by_key(|operation| operation.number()));
        let found = (0..2 * Operation::NUMBERS).filter_map(Operation::from_number).count();
        assert_eq!(found, PqcAction::ALL.len() + 4 * Algorithm::ALL.len(), "each algorithm has four actions");
    }
}
