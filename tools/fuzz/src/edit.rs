//! How an input of the fuzzer becomes an encoding: it is one, or a list of edits of a valid one.
//!
//! Edits keep the corpus small, and reach behind checks of lengths and hashes that random bytes never pass.

/// What the first byte of an input chooses.
pub(crate) struct Choice<'a> {
    /// The parameter set, from the weakest (0) to the strongest (2).
    pub(crate) level: usize,
    /// Which of the things that the target reads, less than the number that it gave.
    pub(crate) kind: usize,
    is_raw: bool,
    rest: &'a [u8],
}

impl<'a> Choice<'a> {
    /// The choice that an input makes among `kinds`.
    pub(crate) fn new(data: &'a [u8], kinds: usize) -> Option<Self> {
        let (first, rest) = data.split_first()?;
        let first = usize::from(*first);
        Some(Self { level: first % 3, kind: first / 3 % kinds, is_raw: first / 3 / kinds % 2 == 1, rest })
    }

    /// The encoding to be read.
    pub(crate) fn encoding(&self, valid: &[u8]) -> Vec<u8> {
        if self.is_raw { self.rest.to_vec() } else { edited(valid, self.rest) }
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
