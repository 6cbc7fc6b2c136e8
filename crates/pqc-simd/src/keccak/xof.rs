//! SHAKE128 and SHAKE256 of several short messages at once.

use super::f1600::{Permute, State};

pub(crate) type Shake128Batch<const N: usize> = XofBatch<N, 168>;
pub(crate) type Shake256Batch<const N: usize> = XofBatch<N, 136>;

/// `N` outputs of the extendable-output function with the given rate in bytes.
pub(crate) struct XofBatch<const N: usize, const RATE: usize> {
    state: State<N>,
}

impl<const N: usize, const RATE: usize> XofBatch<N, RATE> {
    /// Takes one message for each output, shorter than a block.
    #[inline]
    pub(crate) fn new<const LENGTH: usize>(messages: &[[u8; LENGTH]; N]) -> Self {
        const { assert!(LENGTH < RATE) };
        let mut state = State::ZERO;
        for (lane, message) in messages.iter().enumerate() {
            state.add(lane, 0, message);
            state.pad(lane, LENGTH, RATE, 0x1f);
        }
        Self { state }
    }

    /// Gives the next bytes of each output, whole blocks: what is left of the last one is dropped.
    #[inline]
    pub(crate) fn squeeze<M: Permute<N>, const LENGTH: usize>(&mut self, machine: M, out: &mut [[u8; LENGTH]; N]) {
        self.squeeze_part(machine, LENGTH, out);
    }

    /// Fills the first `length` bytes of each row, as `squeeze` does.
    #[inline]
    pub(crate) fn squeeze_part<M: Permute<N>, const LENGTH: usize>(
        &mut self,
        machine: M,
        length: usize,
        out: &mut [[u8; LENGTH]; N],
    ) {
        for from in (0..length).step_by(RATE) {
            machine.permute(&mut self.state);
            let end = length.min(from + RATE);
            for (lane, out) in out.iter_mut().enumerate() {
                self.state.copy_to(lane, 0, &mut out[from..end]);
            }
        }
    }
}
