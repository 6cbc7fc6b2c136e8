//! The items of a chunk of a batch: the form in which the batch layer passes them to an engine. An engine works on items of
//! its algorithm and code path only.
//!
//! The lengths of inputs are checked when an item is made, the lengths of outputs by [`by_engine`].

use super::{KemPrivate, KemPublic, SignaturePrivate, SignaturePublic};
use crate::algorithm::MAX_SIGNING_RANDOMNESS_BYTES;
use crate::secret::SecretArray;
use crate::{Algorithm, CallerBytes, CodePath, Error, KeyOptions};

/// The most items of a chunk of a KEM. A batch of one chunk stays on the calling thread: waking another thread takes up to
/// 50 us, and a chunk takes several times longer (`bench/batch.py` shows both).
pub const KEM_CHUNK: usize = 64;
/// The most items of a chunk of a signature algorithm: its operations take longer.
pub const SIGNATURE_CHUNK: usize = 16;

/// The most items of a chunk of any algorithm.
pub const CHUNK: usize = if KEM_CHUNK > SIGNATURE_CHUNK { KEM_CHUNK } else { SIGNATURE_CHUNK };

/// A public key: loaded, or encoded and used for one item.
pub(crate) enum PublicKey<'a, K: ?Sized> {
    Loaded(&'a K),
    Encoded(&'a [u8]),
}

/// The algorithm and the options of a key.
pub(crate) type Target = (Algorithm, KeyOptions);

/// The items of a group may share the lanes of vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group(Algorithm, CodePath);

impl Group {
    /// The group of an item with a key of this algorithm and these options.
    pub fn new(algorithm: Algorithm, options: KeyOptions) -> Self {
        Self(algorithm, options.path)
    }
}

/// A signature to be verified.
pub struct Verification<'a> {
    pub(crate) target: Target,
    pub(crate) key: PublicKey<'a, dyn SignaturePublic>,
    pub(crate) message: &'a [u8],
    pub(crate) context: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) outcome: Result<(), Error>,
}

/// The randomness of a signature, and how many bytes of it the algorithm takes.
pub(crate) struct SigningRandomness(pub(crate) SecretArray<MAX_SIGNING_RANDOMNESS_BYTES>, pub(crate) usize);

impl SigningRandomness {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0.0[..self.1]
    }
}

/// A message to be signed, deterministically if there is no randomness.
pub struct Signing<'a> {
    pub(crate) target: Target,
    pub(crate) key: &'a dyn SignaturePrivate,
    pub(crate) message: &'a [u8],
    pub(crate) context: &'a [u8],
    pub(crate) randomness: Option<SigningRandomness>,
    pub(crate) signature: &'a mut [u8],
    pub(crate) outcome: Result<usize, Error>,
}

/// A shared secret to be encapsulated.
pub struct Encapsulation<'a> {
    pub(crate) target: Target,
    pub(crate) key: PublicKey<'a, dyn KemPublic>,
    /// Where its randomness begins in the randomness of all items.
    pub(crate) drawn_at: usize,
    pub(crate) ciphertext: &'a mut [u8],
    pub(crate) shared_secret: &'a mut [u8; 32],
    pub(crate) outcome: Result<(), Error>,
}

impl Encapsulation<'_> {
    /// The randomness of this item in the randomness of all items.
    pub(crate) fn randomness<'a>(&self, drawn: &'a [u8]) -> Result<&'a [u8], Error> {
        let begun = drawn.get(self.drawn_at..).and_then(|begun| begun.get(..self.target.0.randomness_bytes()));
        begun.ok_or(Error::Internal)
    }
}

/// A ciphertext to be decapsulated. It is copied when its turn comes.
pub struct Decapsulation<'a> {
    pub(crate) target: Target,
    pub(crate) key: &'a dyn KemPrivate,
    pub(crate) ciphertext: CallerBytes<'a>,
    pub(crate) shared_secret: &'a mut [u8; 32],
    pub(crate) outcome: Result<(), Error>,
}

/// The same with the copy of the ciphertext.
pub(crate) struct CopiedDecapsulation<'a> {
    pub(crate) key: &'a dyn KemPrivate,
    pub(crate) ciphertext: &'a [u8],
    pub(crate) shared_secret: &'a mut [u8; 32],
    pub(crate) outcome: Result<(), Error>,
}

/// The common part of all items.
pub(crate) trait Item {
    fn target(&self) -> Target;

    /// Whether the output has as many bytes as the engine writes.
    fn has_right_output(&self) -> bool {
        true
    }

    fn fail(&mut self, error: Error);
}

/// Passes each run of items of the same group to `work`, which finds the engine. Items with an output of a wrong length
/// get [`Error::Internal`] instead; their neighbours are not affected.
pub(crate) fn by_engine<I: Item>(items: &mut [I], work: impl Fn(Target, &mut [I]) -> Result<(), Error>) {
    let kind = |item: &I| {
        let (algorithm, options) = item.target();
        (Group::new(algorithm, options), item.has_right_output())
    };
    let is_alike = |one: &I, next: &I| kind(one) == kind(next);
    for group in items.chunk_by_mut(is_alike) {
        let Some((target, is_right)) = group.first().map(|item| (item.target(), item.has_right_output())) else {
            continue;
        };
        if let Err(error) = if is_right { work(target, group) } else { Err(Error::Internal) } {
            group.iter_mut().for_each(|item| item.fail(error));
        }
    }
}

/// Implements [`Item`] for an item without an output of variable length, or with the named one.
macro_rules! item {
    ($name:ident -> $outcome:ty $(, $output:ident: $bytes:ident)?) => {
        impl Item for $name<'_> {
            fn target(&self) -> Target {
                self.target
            }

            $(fn has_right_output(&self) -> bool {
                self.$output.len() == self.target.0.$bytes()
            })?

            fn fail(&mut self, error: Error) {
                self.outcome = Err(error);
            }
        }

        impl $name<'_> {
            /// The algorithm of the key.
            pub fn algorithm(&self) -> Algorithm {
                self.target.0
            }

            /// The result, once the batch function of the operation has processed the item.
            pub fn outcome(&self) -> Result<$outcome, Error> {
                self.outcome
            }
        }
    };
}

item!(Verification -> ());
item!(Signing -> usize, signature: signature_bytes);
item!(Encapsulation -> (), ciphertext: ciphertext_bytes);
item!(Decapsulation -> ());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CodePath;

    /// An item for an engine that checks nothing.
    struct Slot {
        algorithm: Algorithm,
        has_right_output: bool,
        outcome: Result<(), Error>,
    }

    impl Item for Slot {
        fn target(&self) -> Target {
            (self.algorithm, CodePath::Portable.into())
        }

        fn has_right_output(&self) -> bool {
            self.has_right_output
        }

        fn fail(&mut self, error: Error) {
            self.outcome = Err(error);
        }
    }

    #[test]
    fn no_engine_sees_an_output_of_a_wrong_length_or_an_item_of_another_algorithm() {
        let (first, second) = (Algorithm::MlKem512, Algorithm::XWing);
        let slot = |(algorithm, has_right_output)| Slot { algorithm, has_right_output, outcome: Err(Error::SelfTest) };
        let mut slots =
            [(first, true), (first, false), (first, true), (second, true), (second, false), (first, true)].map(slot);
        by_engine(&mut slots, |(algorithm, _), slots| {
            assert!(slots.iter().all(|slot| slot.algorithm == algorithm && slot.has_right_output));
            if algorithm == second {
                return Err(Error::CodePathUnavailable);
            }
            slots.iter_mut().for_each(|slot| slot.outcome = Ok(()));
            Ok(())
        });
        let unavailable = Err(Error::CodePathUnavailable);
        let expected = [Ok(()), Err(Error::Internal), Ok(()), unavailable, Err(Error::Internal), Ok(())];
        assert_eq!(slots.map(|slot| slot.outcome), expected);
    }
}
