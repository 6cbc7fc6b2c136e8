//! SHAKE128 and SHAKE256 of several short messages at once.

use super::f1600::{Permute, State};

pub(crate) type Shake128Batch<const N: usize> = XofBatch<N, 168>;
pub(crate) type Shake256Batch<const N: usize> = XofBatch<N, 136>;

/// `N` outputs of the extendable-output function with the given rate in bytes.
pub(crate) struct XofBatch<const N: usize, const RATE: usize> {
    state: State<N>,
    /// The number of outputs that are used.
    used: usize,
}

impl<const N: usize, const RATE: usize> XofBatch<N, RATE> {
    /// Absorbs one message for each output, shorter than a block.
    #[inline]
    pub(crate) fn new<const LENGTH: usize>(messages: &[[u8; LENGTH]; N]) -> Self {
        Self::with_first(messages)
    }

    /// Absorbs up to `N` messages; the other outputs are unspecified.
    #[inline]
    pub(crate) fn with_first<const LENGTH: usize>(messages: &[[u8; LENGTH]]) -> Self {
        const { assert!(LENGTH < RATE) };
        let mut state = State::ZERO;
        for (lane, message) in messages.iter().enumerate() {
            state.add(lane, 0, message);
            state.pad(lane, LENGTH, RATE, 0x1f);
        }
        Self { state, used: messages.len() }
    }

    /// Squeezes the next bytes of each output in whole blocks; the rest of the last block is dropped.
    #[inline]
    pub(crate) fn squeeze<M: Permute<N>, const LENGTH: usize>(&mut self, machine: M, out: &mut [[u8; LENGTH]; N]) {
        self.squeeze_interleaved(machine, LENGTH, out, None);
    }

    /// Squeezes `length` bytes into each row of `out`, as `squeeze` does.
    ///
    /// The first permutation also permutes `other`, the state of another sponge, in an unused lane, which must exist.
    #[inline]
    pub(crate) fn squeeze_interleaved<M: Permute<N>, const LENGTH: usize>(
        &mut self,
        machine: M,
        length: usize,
        out: &mut [[u8; LENGTH]],
        other: Option<&mut State<1>>,
    ) {
        let used = self.used;
        if let Some(other) = other {
            debug_assert!(used < N);
            self.state.set(used, other);
            machine.permute_first(&mut self.state, used + 1);
            self.state.get(used, other);
        } else {
            machine.permute_first(&mut self.state, used);
        }
        for from in (0..length).step_by(RATE) {
            if from > 0 {
                machine.permute_first(&mut self.state, used);
            }
            let end = length.min(from + RATE);
            for (lane, out) in out.iter_mut().enumerate().take(used) {
                self.state.copy_to(lane, 0, &mut out[from..end]);
            }
        }
    }
}
