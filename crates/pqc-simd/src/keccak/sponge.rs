//! The sponge on one state, FIPS 202 sections 4 to 6: messages of any length, in any number of pieces.

use super::f1600::{Permute, State};
use zeroize::Zeroize;

pub(crate) type Sha3_256 = Sponge<136, 0x06>;
pub(crate) type Sha3_512 = Sponge<72, 0x06>;
pub(crate) type Shake128 = Sponge<168, 0x1f>;
pub(crate) type Shake256 = Sponge<136, 0x1f>;

/// A function of the given rate in bytes; `SUFFIX` is what it appends to a message, with the first bit of the padding.
#[derive(Clone)]
pub(crate) struct Sponge<const RATE: usize, const SUFFIX: u8> {
    state: State<1>,
    /// The next byte of the block to absorb to, or to squeeze.
    at: usize,
}

impl<const RATE: usize, const SUFFIX: u8> Sponge<RATE, SUFFIX> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { state: State::ZERO, at: 0 }
    }

    /// The hash of the pieces of a message.
    #[inline]
    pub(crate) fn hash<M: Permute<1>>(machine: M, message: &[&[u8]], out: &mut [u8]) {
        let mut sponge = Self::new();
        for piece in message {
            sponge.absorb(machine, piece);
        }
        sponge.finish();
        sponge.squeeze(machine, out);
    }

    /// Takes a piece of the message.
    #[inline]
    pub(crate) fn absorb<M: Permute<1>>(&mut self, machine: M, mut message: &[u8]) {
        while self.at + message.len() >= RATE {
            let (block, rest) = message.split_at(RATE - self.at);
            self.state.add(0, self.at, block);
            machine.permute(&mut self.state);
            (self.at, message) = (0, rest);
        }
        self.state.add(0, self.at, message);
        self.at += message.len();
    }

    /// Ends the message; from here on, only `squeeze` may be called.
    #[inline]
    pub(crate) fn finish(&mut self) {
        self.state.pad(0, self.at, RATE, SUFFIX);
        self.at = RATE;
    }

    /// Gives the next bytes of the output.
    #[inline]
    pub(crate) fn squeeze<M: Permute<1>>(&mut self, machine: M, mut out: &mut [u8]) {
        while !out.is_empty() {
            if self.at == RATE {
                machine.permute(&mut self.state);
                self.at = 0;
            }
            let (piece, rest) = out.split_at_mut(out.len().min(RATE - self.at));
            self.state.copy_to(0, self.at, piece);
            self.at += piece.len();
            out = rest;
        }
    }
}

impl<const RATE: usize, const SUFFIX: u8> Zeroize for Sponge<RATE, SUFFIX> {
    fn zeroize(&mut self) {
        self.state.zeroize();
        self.at = 0;
    }
}
