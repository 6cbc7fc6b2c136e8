//! The sponge, FIPS 202 sections 4 to 6: messages of any length, in any number of pieces, of one or several at once.

use super::f1600::{Permute, State};

/// The sizes of a block in bytes.
pub(crate) const SHA3_512_RATE: usize = 72;
pub(crate) const SHAKE128_RATE: usize = 168;
pub(crate) const SHAKE256_RATE: usize = 136;

/// What the functions append to a message, with the first bit of the padding.
pub(crate) const SHA3_SUFFIX: u8 = 0x06;
pub(crate) const SHAKE_SUFFIX: u8 = 0x1f;

pub(crate) type Sha3_256<const N: usize = 1> = Sponge<SHAKE256_RATE, SHA3_SUFFIX, N>;
pub(crate) type Sha3_512<const N: usize = 1> = Sponge<SHA3_512_RATE, SHA3_SUFFIX, N>;
pub(crate) type Shake128<const N: usize = 1> = Sponge<SHAKE128_RATE, SHAKE_SUFFIX, N>;
pub(crate) type Shake256<const N: usize = 1> = Sponge<SHAKE256_RATE, SHAKE_SUFFIX, N>;

/// A function of the given rate in bytes, on `N` messages of the same length.
#[derive(Clone)]
pub(crate) struct Sponge<const RATE: usize, const SUFFIX: u8, const N: usize = 1> {
    state: State<N>,
    /// The next byte of the block to absorb to, or to squeeze.
    at: usize,
}

impl<const RATE: usize, const SUFFIX: u8, const N: usize> Sponge<RATE, SUFFIX, N> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { state: State::ZERO, at: 0 }
    }

    /// Takes a piece of each message, all of the same length.
    #[inline]
    pub(crate) fn absorb_each<M: Permute<N>>(&mut self, machine: M, messages: &[&[u8]; N]) {
        let (mut from, end) = (0, messages[0].len());
        while self.at + (end - from) >= RATE {
            let block = RATE - self.at;
            self.add(messages, from, from + block);
            machine.permute(&mut self.state);
            (self.at, from) = (0, from + block);
        }
        self.add(messages, from, end);
        self.at += end - from;
    }

    #[inline(always)]
    fn add(&mut self, messages: &[&[u8]; N], from: usize, end: usize) {
        for (lane, message) in messages.iter().enumerate() {
            self.state.add(lane, self.at, &message[from..end]);
        }
    }

    /// Ends the message; from here on, only output may be asked for.
    #[inline]
    pub(crate) fn finish(&mut self) {
        for lane in 0..N {
            self.state.pad(lane, self.at, RATE, SUFFIX);
        }
        self.at = RATE;
    }

    /// Gives the first bytes of each output, at most a block.
    #[inline]
    pub(crate) fn squeeze_each<M: Permute<N>, const LENGTH: usize>(&mut self, machine: M, out: &mut [[u8; LENGTH]; N]) {
        const { assert!(LENGTH <= RATE) };
        machine.permute(&mut self.state);
        for (lane, out) in out.iter_mut().enumerate() {
            self.state.copy_to(lane, 0, out);
        }
        self.at = LENGTH;
    }

    /// The hash of each message, at most a block of output.
    #[inline]
    pub(crate) fn hash_each<M: Permute<N>, const LENGTH: usize>(
        machine: M,
        messages: &[&[&[u8]; N]],
        out: &mut [[u8; LENGTH]; N],
    ) {
        let mut sponge = Self::new();
        for pieces in messages {
            sponge.absorb_each(machine, pieces);
        }
        sponge.finish();
        sponge.squeeze_each(machine, out);
    }
}

impl<const RATE: usize, const SUFFIX: u8> Sponge<RATE, SUFFIX> {
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
    pub(crate) fn absorb<M: Permute<1>>(&mut self, machine: M, message: &[u8]) {
        self.absorb_each(machine, &[message]);
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

    /// Writes a message and its padding to as many blocks as they take, which hold zeros.
    #[inline(always)]
    pub(crate) fn pad(message: &[&[u8]], blocks: &mut [[u8; RATE]]) {
        let (bytes, mut length) = (blocks.as_flattened_mut(), 0);
        for piece in message {
            bytes[length..length + piece.len()].copy_from_slice(piece);
            length += piece.len();
        }
        debug_assert_eq!(length / RATE + 1, bytes.len() / RATE);
        bytes[length] = SUFFIX;
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
    }

    /// The state, for a permutation beside others.
    #[inline(always)]
    pub(crate) const fn state(&mut self) -> &mut State<1> {
        &mut self.state
    }
}
