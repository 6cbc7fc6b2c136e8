//! The arguments of one call, each of them right or wrong as the fuzzer decides, and what follows for the status.
//!
//! Where the input of the fuzzer ends, every argument is right. Outputs that are NULL are left to misuse.rs, which tries
//! each of them.

use crate::common::{Handle, Owned};
use crate::edit::edited;
use core::ptr;
use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};
use pqc_core::{CodePath, Engine};
use pqc_ffi::formats::PQC_MAXENCODEDKEYBYTES;
use pqc_ffi::key_flags::*;
use pqc_ffi::status::PqcStatus;

const PATHS: u32 = PQC_KEY_PORTABLE | PQC_KEY_AVX2 | PQC_KEY_NEON | PQC_KEY_BEST | PQC_KEY_AVX512;
const ENGINES: u32 = PQC_KEY_LIBCRUX | PQC_KEY_SIMD;
const PRECOMPUTES: u32 = PQC_KEY_PRECOMPUTE | PQC_KEY_NO_PRECOMPUTE;

const KEM_IDS: [u32; 3] = [512, 768, 1024];
const DSA_IDS: [u32; 3] = [44, 65, 87];

/// The digest length of each hash function, in the order of their numbers, which begin at 1.
const DIGEST_LENGTHS: [usize; 12] = [32, 48, 64, 28, 28, 32, 28, 32, 48, 64, 32, 64];

/// What else than an encoding a private key in PKCS#8 may be refused for, with no password given.
pub(crate) const PRIVATE_KEY_REFUSALS: [PqcStatus; 9] = [
    PqcStatus::KeyAlgorithm,
    PqcStatus::PasswordRequired,
    PqcStatus::SeedLength,
    PqcStatus::PrivateKeyLength,
    PqcStatus::PrivateKeyRange,
    PqcStatus::PrivateKeyHash,
    PqcStatus::PublicKeyModulus,
    PqcStatus::SeedMismatch,
    PqcStatus::KeyPairMismatch,
];

/// The same for a public key.
pub(crate) const PUBLIC_KEY_REFUSALS: [PqcStatus; 3] =
    [PqcStatus::KeyAlgorithm, PqcStatus::PublicKeyLength, PqcStatus::PublicKeyModulus];

/// A pointer and a length for C.
#[derive(Clone, Copy)]
pub(crate) struct Input {
    pub(crate) data: *const u8,
    pub(crate) len: usize,
}

/// See the module.
pub(crate) struct Arguments<'a> {
    source: Unstructured<'a>,
    /// The inputs, each in an allocation of just its size, so that reading beyond it is found.
    memory: Vec<Box<[u8]>>,
    /// The statuses of which one must be returned.
    faults: Vec<PqcStatus>,
    /// The statuses that the contents of the inputs may lead to.
    possible: Vec<PqcStatus>,
    /// Whether an argument is not the one that goes with the others.
    pub(crate) is_changed: bool,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(source: Unstructured<'a>) -> Self {
        Self { source, memory: Vec::new(), faults: Vec::new(), possible: Vec::new(), is_changed: false }
    }

    /// Gives the rest of the fuzzer's input to the next call.
    pub(crate) fn into_source(self) -> Unstructured<'a> {
        self.source
    }

    /// Checks the status of the call against its arguments.
    pub(crate) fn check(&self, name: &str, outcome: Result<(), PqcStatus>) {
        match outcome {
            Ok(()) => assert!(self.faults.is_empty(), "{name} succeeded in spite of {:?}", self.faults),
            Err(status) => {
                let expected = self.faults.contains(&status) || self.possible.contains(&status);
                assert!(expected, "{name}: {status:?} instead of {:?} or {:?}", self.faults, self.possible);
            }
        }
    }

    /// Allows a status that depends on what the inputs hold, if they are not the right ones.
    pub(crate) fn allow_if_changed(&mut self, statuses: &[PqcStatus]) {
        if self.is_changed {
            self.possible.extend(statuses);
        }
    }

    /// Demands a status if any input is not the right one.
    pub(crate) fn demand_if_changed(&mut self, status: PqcStatus) {
        if self.is_changed {
            self.faults.push(status);
        }
    }

    /// Forgets what is wrong with the inputs so far: they are items of a batch, of which each has its own status.
    pub(crate) fn forget(&mut self) {
        self.faults.clear();
        self.possible.clear();
        self.is_changed = false;
    }

    fn draw<T: Arbitrary<'a> + Default>(&mut self) -> T {
        self.source.arbitrary().unwrap_or_default()
    }

    fn fault(&mut self, is_wrong: bool, status: PqcStatus) {
        if is_wrong {
            self.faults.push(status);
        }
    }

    /// Demands a status.
    pub(crate) fn demand(&mut self, status: PqcStatus) {
        self.fault(true, status);
    }

    /// The number of an operation of ML-KEM, or of none.
    pub(crate) fn operation(&mut self) -> u32 {
        let what = self.draw::<u8>();
        if what < 0xf0 {
            return u32::from(what % 4);
        }
        let number = self.draw::<u32>().max(12);
        self.fault(true, PqcStatus::UnknownOperation);
        number
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> i32 {
        self.draw()
    }

    pub(crate) fn key<T: Handle>(&mut self, key: &Owned<T>) -> *const T {
        let is_null = self.is_null();
        self.fault(is_null, PqcStatus::NullPointer);
        if is_null { ptr::null() } else { key.as_ptr() }
    }

    /// Whether a pointer is NULL.
    pub(crate) fn is_null(&mut self) -> bool {
        self.draw::<u8>() == u8::MAX
    }

    /// How many bytes there are for what needs so many.
    pub(crate) fn capacity(&mut self, needed: usize) -> usize {
        match self.draw::<u8>() % 16 {
            0..=9 => needed,
            10..=12 => needed.saturating_add(usize::from(self.draw::<u8>())),
            13 | 14 => needed.saturating_sub(usize::from(self.draw::<u16>())),
            _ => usize::MAX - usize::from(self.draw::<u16>()),
        }
    }

    /// A parameter set, where the one that is right for the other arguments is known.
    pub(crate) fn set(&mut self, right: u32) -> u32 {
        let what = self.draw::<u8>();
        if what < 0xf0 {
            return right;
        }
        let [family, other] = if KEM_IDS.contains(&right) { [KEM_IDS, DSA_IDS] } else { [DSA_IDS, KEM_IDS] };
        let id = if what < 0xf8 { other[usize::from(what % 3)] } else { self.draw() };
        if family.contains(&id) {
            return right;
        }
        self.fault(true, PqcStatus::UnknownParameterSet);
        id
    }

    pub(crate) fn flags(&mut self, known: u32) -> u32 {
        let flags = match self.draw::<u8>() % 4 {
            0 | 1 => 0,
            2 => self.draw::<u32>() & known,
            _ => self.draw(),
        };
        self.fault(flags & !known != 0, PqcStatus::UnknownFlags);
        flags
    }

    /// The flags of a function that makes a key.
    pub(crate) fn key_flags(&mut self) -> u32 {
        let flags = self.path_flags(PQC_KEY_LOCKED_MEMORY | PRECOMPUTES);
        self.fault(flags & PRECOMPUTES == PRECOMPUTES, PqcStatus::UnknownFlags);
        self.allow_locking(flags)
    }

    /// The flags of a function that makes a buffer.
    pub(crate) fn memory_flags(&mut self) -> u32 {
        let flags = self.flags(PQC_KEY_LOCKED_MEMORY);
        self.allow_locking(flags)
    }

    /// Allows that no more memory may be locked, where flags ask for that.
    fn allow_locking(&mut self, flags: u32) -> u32 {
        if flags & PQC_KEY_LOCKED_MEMORY != 0 {
            self.possible.push(PqcStatus::MemoryLockLimit);
        }
        flags
    }

    /// Flags of which some choose a code path and some an engine, one of each at most; and others.
    pub(crate) fn path_flags(&mut self, others: u32) -> u32 {
        let flags = self.flags(PATHS | ENGINES | others);
        self.fault((flags & PATHS).count_ones() > 1 || flags & ENGINES == ENGINES, PqcStatus::UnknownFlags);
        let engine = if flags & PQC_KEY_SIMD == 0 { Engine::Libcrux } else { Engine::Simd };
        for (flag, is_there) in [
            (PQC_KEY_NEON, false),
            (PQC_KEY_AVX2, engine.has(CodePath::Avx2)),
            (PQC_KEY_AVX512, engine.has(CodePath::Avx512)),
        ] {
            self.fault(flags & flag != 0 && !is_there, PqcStatus::CodePathUnavailable);
        }
        flags
    }

    pub(crate) fn hash(&mut self, right: u32) -> u32 {
        let hash = match self.draw::<u8>() % 4 {
            0 | 1 => right,
            2 => u32::from(self.draw::<u8>() % 14),
            _ => self.draw(),
        };
        self.is_changed |= hash != right;
        self.fault(digest_length(hash).is_none(), PqcStatus::UnknownHash);
        hash
    }

    /// A digest for a hash function.
    pub(crate) fn digest(&mut self, right: &[u8], hash: u32) -> Input {
        let input = self.any(right);
        self.fault(digest_length(hash) != Some(input.len), PqcStatus::DigestLength);
        input
    }

    pub(crate) fn context(&mut self, right: &[u8]) -> Input {
        let input = self.any(right);
        self.fault(input.len > 255, PqcStatus::ContextLength);
        input
    }

    /// An input of which another length than the right one gives the status `otherwise`.
    pub(crate) fn exact(&mut self, right: &[u8], otherwise: PqcStatus) -> Input {
        let input = self.any(right);
        self.fault(input.len != right.len(), otherwise);
        input
    }

    /// A key in PEM or DER.
    pub(crate) fn encoded(&mut self, right: &[u8]) -> Input {
        let input = self.any(right);
        self.allow_if_changed(&[PqcStatus::KeyEncoding]);
        self.fault(input.len > PQC_MAXENCODEDKEYBYTES, PqcStatus::EncodedKeyLength);
        input
    }

    pub(crate) fn form(&mut self) -> u32 {
        self.one_of_few(3, PqcStatus::UnknownForm)
    }

    pub(crate) fn encoding(&mut self) -> u32 {
        self.one_of_few(2, PqcStatus::UnknownEncoding)
    }

    /// A number from 1 to the last that is right, or another one.
    fn one_of_few(&mut self, last: u32, otherwise: PqcStatus) -> u32 {
        let what = self.draw::<u8>();
        let number = if what < 0xf0 { 1 + u32::from(what) % last } else { self.draw() };
        self.fault(!(1..=last).contains(&number), otherwise);
        number
    }

    /// An input of any length.
    pub(crate) fn any(&mut self, right: &[u8]) -> Input {
        let what = self.draw::<u8>() % 16;
        if what == 15 {
            let len = usize::from(self.draw::<u16>());
            self.is_changed |= !right.is_empty();
            self.fault(len > 0, PqcStatus::NullPointer);
            return Input { data: ptr::null(), len };
        }
        let data = self.contents(right, what);
        if what == 14 {
            self.is_changed = true;
            self.fault(true, PqcStatus::InputTooLong);
            return Input { data, len: usize::MAX - usize::from(self.draw::<u16>()) };
        }
        Input { data, len: self.memory.last().map_or(0, |bytes| bytes.len()) }
    }

    /// Keeps the right bytes, an edited form of them, or others, and returns where they are.
    fn contents(&mut self, right: &[u8], what: u8) -> *const u8 {
        let bytes = match what {
            0..=6 => right.to_vec(),
            7..=10 => edited(right, &self.draw::<[u8; 4]>()),
            _ => self.draw(),
        };
        self.is_changed |= bytes != right;
        let bytes = bytes.into_boxed_slice();
        let data = bytes.as_ptr();
        self.memory.push(bytes);
        data
    }
}

fn digest_length(hash: u32) -> Option<usize> {
    let index = usize::try_from(hash).ok()?.checked_sub(1)?;
    DIGEST_LENGTHS.get(index).copied()
}
