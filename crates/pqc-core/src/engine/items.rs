//! Items of a batch, as callers make them and an engine gets them: their lengths are checked, and an engine gets only such as
//! are of its parameter set and code path.
//!
//! The lengths of inputs are checked when an item is made, and those of outputs by [`by_engine`].

use super::{MlDsaPrivate, MlDsaPublic, MlKemPrivate, MlKemPublic};
use crate::{Error, KeyOptions, MlDsaParameterSet, MlKemParameterSet};
use zeroize::Zeroizing;

/// A public key: ready for use, or encoded and used this once.
pub(crate) enum PublicKey<'a, K: ?Sized> {
    Ready(&'a K),
    Encoded(&'a [u8]),
}

/// A signature to be verified.
pub struct Verification<'a> {
    pub(crate) kind: (MlDsaParameterSet, KeyOptions),
    pub(crate) key: PublicKey<'a, dyn MlDsaPublic>,
    pub(crate) message: &'a [u8],
    pub(crate) context: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) outcome: Result<(), Error>,
}

/// A message to be signed.
pub struct Signing<'a> {
    pub(crate) kind: (MlDsaParameterSet, KeyOptions),
    pub(crate) key: &'a dyn MlDsaPrivate,
    pub(crate) message: &'a [u8],
    pub(crate) context: &'a [u8],
    pub(crate) rnd: Zeroizing<[u8; 32]>,
    pub(crate) signature: &'a mut [u8],
    pub(crate) outcome: Result<(), Error>,
}

/// A shared secret to be made, with its ciphertext.
pub struct Encapsulation<'a> {
    pub(crate) kind: (MlKemParameterSet, KeyOptions),
    pub(crate) key: PublicKey<'a, dyn MlKemPublic>,
    pub(crate) m: Zeroizing<[u8; 32]>,
    pub(crate) ciphertext: &'a mut [u8],
    pub(crate) shared_secret: &'a mut [u8; 32],
    pub(crate) outcome: Result<(), Error>,
}

/// A shared secret to be recovered.
pub struct Decapsulation<'a> {
    pub(crate) kind: (MlKemParameterSet, KeyOptions),
    pub(crate) key: &'a dyn MlKemPrivate,
    pub(crate) ciphertext: &'a [u8],
    pub(crate) shared_secret: &'a mut [u8; 32],
    pub(crate) outcome: Result<(), Error>,
}

/// A key pair to be made of a seed.
pub(crate) struct Generation<'a, K: ?Sized, const N: usize> {
    pub(crate) seed: &'a [u8; N],
    pub(crate) key: Result<Box<K>, Error>,
}

/// What all items have in common.
pub(crate) trait Item {
    type Set: Copy + PartialEq;

    /// What decides which engine works on the item.
    fn kind(&self) -> (Self::Set, KeyOptions);

    /// Whether the output has as many bytes as the engine writes.
    fn has_right_output(&self) -> bool {
        true
    }

    fn set_outcome(&mut self, outcome: Result<(), Error>);
}

/// Has the engine of each kind work on the items that follow one another and are of that kind. Those whose output has a wrong
/// length get [`Error::Internal`] instead; their neighbours are not affected.
pub(crate) fn by_engine<I: Item>(items: &mut [I], work: impl Fn((I::Set, KeyOptions), &mut [I]) -> Result<(), Error>) {
    let is_alike = |one: &I, next: &I| one.kind() == next.kind() && one.has_right_output() == next.has_right_output();
    for group in items.chunk_by_mut(is_alike) {
        let Some((kind, is_right)) = group.first().map(|item| (item.kind(), item.has_right_output())) else { continue };
        if let Err(error) = if is_right { work(kind, group) } else { Err(Error::Internal) } {
            group.iter_mut().for_each(|item| item.set_outcome(Err(error)));
        }
    }
}

/// Implements [`Item`] for an item without an output of variable length, or with the one that is named.
macro_rules! item {
    ($name:ident, $set:ty $(, $output:ident: $bytes:ident)?) => {
        impl Item for $name<'_> {
            type Set = $set;

            fn kind(&self) -> (Self::Set, KeyOptions) {
                self.kind
            }

            $(fn has_right_output(&self) -> bool {
                self.$output.len() == self.kind.0.$bytes()
            })?

            fn set_outcome(&mut self, outcome: Result<(), Error>) {
                self.outcome = outcome;
            }
        }
    };
}

item!(Verification, MlDsaParameterSet);
item!(Signing, MlDsaParameterSet, signature: signature_bytes);
item!(Encapsulation, MlKemParameterSet, ciphertext: ciphertext_bytes);
item!(Decapsulation, MlKemParameterSet);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CodePath, Engine};

    /// An item for an engine that checks nothing.
    struct Slot {
        set: MlKemParameterSet,
        has_right_output: bool,
        outcome: Result<(), Error>,
    }

    impl Item for Slot {
        type Set = MlKemParameterSet;

        fn kind(&self) -> (Self::Set, KeyOptions) {
            (self.set, (Engine::Simd, CodePath::Portable).into())
        }

        fn has_right_output(&self) -> bool {
            self.has_right_output
        }

        fn set_outcome(&mut self, outcome: Result<(), Error>) {
            self.outcome = outcome;
        }
    }

    #[test]
    fn no_engine_sees_an_output_of_a_wrong_length_or_an_item_of_another_kind() {
        let [first, second, _] = MlKemParameterSet::ALL;
        let slot = |(set, has_right_output)| Slot { set, has_right_output, outcome: Err(Error::SelfTest) };
        let mut slots =
            [(first, true), (first, false), (first, true), (second, true), (second, false), (first, true)].map(slot);
        by_engine(&mut slots, |(set, _), slots| {
            assert!(slots.iter().all(|slot| slot.set == set && slot.has_right_output));
            if set == second {
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
