//! The vector engine against libcrux: the choices of a fuzzer input, for both families.

use crate::common::bytes::edited;
use libfuzzer_sys::arbitrary::Unstructured;
use pqc_simd::{Backend, Bytes};

/// The choices of an input. Where it ends, they are zeros and empty strings.
pub(crate) struct Case<'a> {
    /// The parameter set, from the weakest (0) to the strongest (2).
    pub(crate) level: u8,
    pub(crate) seed: [u8; 32],
    pub(crate) randomness: [u8; 32],
    pub(crate) context: Vec<u8>,
    pub(crate) message: Vec<u8>,
    kind: u8,
    edits: &'a [u8],
}

impl<'a> Case<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        let mut input = Unstructured::new(data);
        let mut byte = || input.arbitrary::<u8>().unwrap_or_default();
        let (level, kind) = (byte() % 3, byte());
        let mut string = |length: usize| {
            let length = length.min(input.len());
            input.bytes(length).unwrap_or_default().to_vec()
        };
        let mut array = || {
            let mut array = [0; 32];
            let bytes = string(32);
            array[..bytes.len()].copy_from_slice(&bytes);
            array
        };
        let (seed, randomness) = (array(), array());
        let length = string(1).first().copied().unwrap_or_default();
        let context = string(length.into());
        let length = string(1).first().copied().unwrap_or_default();
        let message = string(3 * usize::from(length));
        Self { level, kind, seed, randomness, context, message, edits: input.take_rest() }
    }

    /// encodings of a key and of a result, one with the edits, at their lengths.
    pub(crate) fn edit_one<const N: usize>(&self, valid: [&[u8]; N]) -> [Vec<u8>; N] {
        let mut all = valid.map(<[u8]>::to_vec);
        let (chosen, length) = (usize::from(self.kind) % N, valid[usize::from(self.kind) % N].len());
        all[chosen] = edited(valid[chosen], self.edits);
        all[chosen].resize(length, 0);
        all
    }
}

/// Bytes of the right length.
pub(crate) fn sized<B: Bytes>(bytes: &[u8]) -> &B {
    B::from_slice(bytes).expect("a length")
}

/// The one outcome that `act` has on every backend of this machine.
pub(crate) fn on_every_backend<T: PartialEq + core::fmt::Debug>(act: impl Fn(Backend) -> T) -> T {
    let first = act(Backend::Portable);
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        assert_eq!(act(backend), first, "the backend {} disagrees", backend.name());
    }
    first
}
