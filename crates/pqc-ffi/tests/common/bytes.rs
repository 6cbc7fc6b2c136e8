//! How the input of a fuzzer becomes arguments: it is a list of choices, and edits of valid encodings.
//!
//! Edits keep the corpus small, and reach behind checks of lengths and hashes that random bytes never pass.

/// The choices that are left. Where they end, all are zeros.
#[derive(Clone, Copy)]
pub(crate) struct Choices<'a>(pub(crate) &'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    pub(crate) fn number(&mut self) -> u32 {
        self.take(4).iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
    }

    pub(crate) fn short(&mut self) -> usize {
        self.take(2).iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// Bytes of any number, up to 255.
    pub(crate) fn string(&mut self) -> &'a [u8] {
        let count = self.byte();
        self.take(count.into())
    }
}

/// A valid encoding after the edits, which are four bytes each: a position, what to do there, and a value.
pub(crate) fn edited(valid: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for edit in edits.chunks_exact(4) {
        let position = usize::from(u16::from_le_bytes([edit[0], edit[1]]));
        apply(&mut bytes, position, edit[2], edit[3]);
    }
    bytes
}

fn apply(bytes: &mut Vec<u8>, position: usize, what: u8, value: u8) {
    if bytes.is_empty() {
        return bytes.push(value);
    }
    let position = position % bytes.len();
    let run = position..bytes.len().min(position + 3);
    match what % 8 {
        0..=2 => bytes[position] ^= 1 << (value % 8),
        3 => bytes[position] = value,
        4 => bytes[position] = bytes[position].wrapping_add(value),
        5 => bytes[run].fill(value),
        6 => bytes.truncate(position),
        _ => bytes.insert(position, value),
    }
}
