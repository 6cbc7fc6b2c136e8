//! The roles of arguments: which values are worth a try, and which status each of them must lead to.

use super::api::*;
use super::data::Data;
use super::keys::Algorithm;
use pqc_core::CodePath;

/// The algorithms of the keys that a function takes or makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    Any,
    Kem,
    Signature,
    /// Algorithms with seeds of private keys.
    Seeded,
    /// Algorithms with seeds and another encoding of private keys.
    Both,
    /// Algorithms with an object identifier.
    WithFiles,
    MlKem,
    /// Hybrid KEMs of ML-KEM and a group: each stands for the key exchange of the same two, which has its sizes.
    Exchange,
    MlDsa,
    /// ML-DSA and SLH-DSA, which sign a formatted message M'.
    MPrime,
    /// The function is the same for all algorithms, and is called with the fixture of one.
    Process,
}

impl Keys {
    pub(crate) fn have(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Any | Self::Process => true,
            Self::Kem => algorithm.is_kem(),
            Self::Signature => !algorithm.is_kem(),
            Self::Seeded => algorithm.has_seed(),
            Self::Both => algorithm.forms().len() > 1,
            Self::WithFiles => algorithm.has_files,
            Self::MlKem => algorithm.is_mlkem(),
            Self::Exchange => algorithm.exchange().is_some(),
            Self::MlDsa => algorithm.is_mldsa(),
            Self::MPrime => algorithm.signs_m_prime(),
        }
    }

    fn have_id(self, id: u64) -> Option<bool> {
        Algorithm::rows().into_iter().find(|algorithm| u64::from(algorithm.id) == id).map(|found| self.have(found))
    }

    /// The same for the id of the algorithm of a key: the fixtures have no keys of the slow sets of SLH-DSA.
    fn have_key(self, id: u64) -> Option<bool> {
        Algorithm::all().into_iter().find(|algorithm| u64::from(algorithm.id) == id).map(|found| self.have(found))
    }
}

/// The kind of an argument, or of a field of a struct behind it. Its values are numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// 0 is NULL.
    Pointer,
    /// A pointer that may be NULL.
    OptionalPointer,
    /// 0 is NULL, another number the algorithm of a key.
    Key(Keys),
    Algorithm(Keys),
    /// The algorithm of encoded keys.
    EncodedAlgorithm,
    /// The flags that are known.
    Flags(u32),
    /// The flags of a key to make, or only the settings among them.
    KeyFlags(u32),
    /// A number from the first to the last one, or this status.
    Number(u32, u32, PqcStatus),
    Length(Data),
    /// The capacity of an output that takes this many bytes.
    Capacity(usize),
    /// The number of items of a batch.
    Count,
    /// The number of its keys.
    KeyCount,
    Threads,
    /// The length of a new buffer.
    NewLength,
    /// The size of a struct.
    StructSize,
}

const PATHS: u32 = PQC_KEY_PORTABLE | PQC_KEY_AVX2 | PQC_KEY_NEON | PQC_KEY_BEST | PQC_KEY_AVX512 | PQC_KEY_NEON_SHA3;
/// The flags of a key that have a meaning as settings too.
pub(crate) const SETTING_FLAGS: u32 = PATHS | PQC_KEY_LOCKED_MEMORY | PRECOMPUTES;
/// The flags of a key.
pub(crate) const KEY_FLAGS: u32 = SETTING_FLAGS | PQC_KEY_NO_FAULT_CHECK | PQC_KEY_PARALLEL;
const PRECOMPUTES: u32 = PQC_KEY_PRECOMPUTE | PQC_KEY_NO_PRECOMPUTE;

/// Lengths that no object has.
pub(crate) const HUGE: [u64; 3] = [(usize::MAX / 2 + 1) as u64, (usize::MAX - 1) as u64, usize::MAX as u64];

fn is_huge(value: u64) -> bool {
    isize::try_from(value).is_err()
}

impl Role {
    /// Values to try in place of the right one.
    pub(crate) fn values(self, right: u64) -> Vec<u64> {
        let bits = (0..u32::BITS).map(|bit| 1 << bit);
        match self {
            Self::Pointer | Self::OptionalPointer => vec![0],
            Self::Key(keys) => {
                let others = Algorithm::all().into_iter().filter(|algorithm| !keys.have(*algorithm));
                others.map(|algorithm| algorithm.id.into()).chain([0]).collect()
            }
            Self::Algorithm(_) | Self::EncodedAlgorithm => {
                let strange = [0, 1, right - 1, right + 1, right | 1 << 16, right | 1 << 31, u32::MAX.into()];
                let ids = Algorithm::rows().into_iter().map(|algorithm| algorithm.id.into());
                ids.chain(strange).filter(|id| *id != right).collect()
            }
            Self::Flags(known) => bits.flat_map(|bit| [bit, bit | known, u32::MAX]).map(u64::from).collect(),
            Self::KeyFlags(_) => {
                let pairs = bits.clone().flat_map(|bit| bits.clone().map(move |other| u64::from(bit | other)));
                Self::Flags(KEY_FLAGS).values(right).into_iter().chain(pairs).collect()
            }
            Self::Number(first, last, _) => {
                let strange = (last + 1..=256).chain([first.wrapping_sub(1), u32::MAX]).map(u64::from);
                strange.chain([8, 16, 31].map(|bit| right | 1 << bit)).collect()
            }
            Self::Length(data) => lengths(data, right),
            Self::Capacity(needed) => {
                let needed = needed as u64;
                (0..needed).chain([HUGE[0], HUGE[2], needed, needed + 1, needed + 1000]).collect()
            }
            Self::Count => {
                let max = usize::MAX as u64;
                vec![max, max - 1, max / 2 + 1, max / 2, max / 4, max / 8 + 1]
            }
            Self::KeyCount => vec![0, 2, 4],
            Self::Threads => vec![0, 2, 256, 257, u32::MAX.into()],
            Self::NewLength => HUGE.to_vec(),
            Self::StructSize => [0, 8].into_iter().chain(HUGE).collect(),
        }
    }

    /// The status that a value leads to, or none if the function succeeds.
    pub(crate) fn refusal(self, value: u64, right: u64, context: &Context) -> Option<PqcStatus> {
        let number = u32::try_from(value).unwrap_or(u32::MAX);
        let refused = |is_refused, status| if is_refused { Some(status) } else { None };
        match self {
            Self::Pointer => refused(value == 0, PqcStatus::NullPointer),
            Self::Key(_) | Self::Algorithm(_) | Self::EncodedAlgorithm if value == right => None,
            Self::Key(_) if value == 0 => Some(PqcStatus::NullPointer),
            Self::Key(Keys::Seeded) => refused(Keys::Seeded.have_key(value) == Some(false), PqcStatus::SeedUnavailable),
            Self::Algorithm(Keys::Seeded) if Keys::Seeded.have_id(value) == Some(false) => {
                Some(PqcStatus::WrongAlgorithm)
            }
            Self::Key(keys) => refused(keys.have_key(value) != Some(true), PqcStatus::WrongAlgorithm),
            Self::Algorithm(keys) => refused(keys.have_id(value) != Some(true), PqcStatus::UnknownAlgorithm),
            Self::EncodedAlgorithm => {
                let all = Algorithm::rows();
                let Some(other) = all.iter().find(|algorithm| u64::from(algorithm.id) == value) else {
                    return Some(PqcStatus::UnknownAlgorithm);
                };
                let own = context.algorithm;
                Some(if other.is_kem() != own.is_kem() {
                    PqcStatus::WrongAlgorithm
                } else if other.public_key == own.public_key {
                    PqcStatus::InvalidSignature
                } else {
                    PqcStatus::PublicKeyLength
                })
            }
            Self::Flags(known) => refused(number & !known != 0, PqcStatus::UnknownFlags),
            Self::KeyFlags(known) => key_flags_refusal(number, known),
            Self::Number(first, last, status) => refused(!(first..=last).contains(&number), status),
            Self::Length(_) | Self::NewLength if is_huge(value) => Some(PqcStatus::InputTooLong),
            Self::Length(data) => {
                let [right, length] = [right, value].map(|value| usize::try_from(value).unwrap_or(usize::MAX));
                data.refusal(&context.algorithm, context.hash, right, length)
            }
            Self::Capacity(needed) => refused(value < needed as u64 || is_huge(value), PqcStatus::OutputLength),
            Self::Count => refused(value != right, PqcStatus::InputTooLong),
            Self::KeyCount => refused(value != 1 && value != context.items, PqcStatus::BatchCount),
            Self::Threads => refused(value > 256, PqcStatus::ThreadCount),
            Self::StructSize => refused(value != right, PqcStatus::OutputLength),
            Self::OptionalPointer | Self::NewLength => None,
        }
    }
}

/// The information of the other arguments about the right value of one.
pub(crate) struct Context {
    pub(crate) algorithm: Algorithm,
    pub(crate) hash: u32,
    pub(crate) items: u64,
}

/// Lengths around the limits of the data.
fn lengths(data: Data, right: u64) -> Vec<u64> {
    let around: Vec<u64> = match data {
        Data::Context => vec![0, 255, 256, 257, 511, 512, 65_536, 65_537],
        Data::Message | Data::MPrime => vec![0, 1, right + 1],
        Data::Password => vec![],
        _ if data.is_encoded_key() => {
            let bound = PQC_MAXENCODEDKEYBYTES as u64;
            (0..=right + 2).chain([bound, bound + 1]).filter(|length| *length != right).collect()
        }
        _ => (0..=right + 2).filter(|length| *length != right).collect(),
    };
    around.into_iter().chain(HUGE).collect()
}

fn key_flags_refusal(flags: u32, known: u32) -> Option<PqcStatus> {
    let has_two = (flags & PATHS).count_ones() > 1 || flags & PRECOMPUTES == PRECOMPUTES;
    let is_lacking = |(flag, is_there): &(u32, bool)| flags & flag != 0 && !is_there;
    let paths = [
        (PQC_KEY_NEON, CodePath::Neon.is_available()),
        (PQC_KEY_NEON_SHA3, CodePath::NeonSha3.is_available()),
        (PQC_KEY_AVX2, CodePath::Avx2.is_available()),
        (PQC_KEY_AVX512, CodePath::Avx512.is_available()),
    ];
    match flags {
        _ if flags & !known != 0 || has_two => Some(PqcStatus::UnknownFlags),
        _ if paths.iter().any(is_lacking) => Some(PqcStatus::CodePathUnavailable),
        _ => None,
    }
}
