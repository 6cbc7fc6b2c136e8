//! Each function on each backend against RustCrypto, at every length around the edges of its blocks.

use super::oracle::{sha3_256, sha3_512, shake128, shake256};
use super::sponge::Sponge;
use super::xof::XofBatch;
use super::{Permute, Sha3_256, Sha3_512, Shake128, Shake128Batch, Shake256, Shake256Batch, State};
use crate::Backend;

/// Bytes that differ from their neighbours, and from message to message.
fn message<const N: usize>(number: usize) -> [u8; N] {
    std::array::from_fn(|at| (at * 167 + number * 59 + at / 256).to_le_bytes()[0])
}

/// The lengths next to each edge of the first three blocks, and some between.
fn lengths(rate: usize) -> impl Iterator<Item = usize> {
    let edges = (0..4).flat_map(move |block| (block * rate).saturating_sub(10)..block * rate + 10);
    edges.chain((0..3 * rate).step_by(37))
}

fn check_lengths<const RATE: usize, const SUFFIX: u8, const N: usize>(expected: impl Fn(&[u8]) -> [u8; N]) {
    let message = message::<1000>(1);
    for backend in Backend::available() {
        for length in lengths(RATE) {
            let mut out = [0; N];
            dispatch!(backend, m => Sponge::<RATE, SUFFIX>::hash(m, &[&message[..length]], &mut out));
            assert_eq!(out, expected(&message[..length]), "{} bytes on {}", length, backend.name());
        }
    }
}

#[test]
fn test_each_hash_agrees_with_another_library_at_every_edge() {
    check_lengths::<136, 0x06, 32>(sha3_256);
    check_lengths::<72, 0x06, 64>(sha3_512);
    check_lengths::<168, 0x1f, 500>(shake128);
    check_lengths::<136, 0x1f, 500>(shake256);
}

#[test]
fn test_the_functions_for_callers_agree_with_another_library() {
    let message = message::<300>(4);
    for backend in Backend::available() {
        for length in [0, 32, 134, 135, 136, 300] {
            let (mut hash, mut output) = ([0; 32], [0; 200]);
            super::sha3_256(backend, &message[..length], &mut hash);
            super::shake256(backend, &message[..length], &mut output);
            assert_eq!((hash, output), (sha3_256(&message[..length]), shake256(&message[..length])));
        }
    }
}

#[test]
fn test_chunks_and_the_whole_message_have_the_same_output() {
    let message = message::<700>(2);
    let expected: [u8; 700] = shake256(&message);
    for backend in Backend::available() {
        for chunk in (1..150).chain([272, 700]) {
            let (mut shake, mut out) = (Shake256::new(), [0; 700]);
            dispatch!(backend, m => message.chunks(chunk).for_each(|bytes| shake.absorb(m, bytes)));
            shake.finish();
            dispatch!(backend, m => out.chunks_mut(chunk).for_each(|bytes| shake.squeeze(m, bytes)));
            assert_eq!(out, expected, "chunks of {} bytes on {}", chunk, backend.name());
        }
    }
}

#[test]
fn test_one_shot_calls_accept_a_message_in_chunks() {
    let message = message::<100>(3);
    let chunks = [&message[..32], &message[32..33], &message[33..]];
    for backend in Backend::available() {
        let (mut short, mut long, mut output) = ([0; 32], [0; 64], [0; 400]);
        dispatch!(backend, m => Sha3_256::hash(m, &chunks, &mut short));
        dispatch!(backend, m => Sha3_512::hash(m, &chunks, &mut long));
        dispatch!(backend, m => Shake128::hash(m, &chunks, &mut output));
        assert_eq!((short, long, output), (sha3_256(&message), sha3_512(&message), shake128(&message)));
    }
}

/// Every lane returns the output of its own message, and continues after the last call.
fn check_batch<M: Permute<N>, const N: usize, const RATE: usize, const LENGTH: usize>(
    machine: M,
    expected: impl Fn(&[u8]) -> [u8; 504],
) {
    let messages: [[u8; LENGTH]; N] = std::array::from_fn(message);
    let mut batch = XofBatch::<N, RATE>::new(&messages);
    let (mut first, mut second) = ([[0; 272]; N], [[0; 77]; N]);
    batch.squeeze(machine, &mut first);
    batch.squeeze(machine, &mut second);
    for lane in 0..N {
        let (expected, blocks) = (expected(&messages[lane]), 272_usize.div_ceil(RATE));
        assert_eq!(first[lane], expected[..272], "lane {lane}");
        assert_eq!(second[lane], expected[blocks * RATE..][..77], "lane {lane}");
    }
}

#[test]
fn test_each_lane_of_a_batch_agrees_with_another_library() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_batch::<_, 1, 136, 33>(m, shake256));
        dispatch!(backend, m => check_batch::<_, 4, 136, 66>(m, shake256));
        dispatch!(backend, m => check_batch::<_, 8, 136, 135>(m, shake256));
        dispatch!(backend, m => check_batch::<_, 4, 168, 34>(m, shake128));
        dispatch!(backend, m => check_batch::<_, 8, 168, 34>(m, shake128));
    }
}

#[test]
fn test_the_names_of_the_batches_have_the_rates_of_their_functions() {
    let (mut first, mut second) = ([[0; 32]; 4], [[0; 32]; 8]);
    dispatch!(Backend::best(), m => Shake128Batch::new(&[[1; 5]; 4]).squeeze(m, &mut first));
    dispatch!(Backend::best(), m => Shake256Batch::new(&[[1; 5]; 8]).squeeze(m, &mut second));
    assert_eq!((first, second), ([shake128(&[1; 5]); 4], [shake256(&[1; 5]); 8]));
}

/// Long messages of equal length; their lanes must not mix.
fn check_long_messages<M: Permute<N>, const N: usize>(machine: M) {
    let messages: [[u8; 400]; N] = std::array::from_fn(message);
    for length in lengths(136).filter(|length| *length <= 400) {
        let (first, second) =
            (messages.each_ref().map(|m| &m[..length / 3]), messages.each_ref().map(|m| &m[length / 3..length]));
        let mut out = [[0; 64]; N];
        Shake256::hash_each(machine, &[&first, &second], &mut out);
        assert_eq!(out, messages.each_ref().map(|message| shake256(&message[..length])));
    }
}

#[test]
fn test_interleaved_sponges_agree_with_another_library() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_long_messages::<_, 1>(m));
        dispatch!(backend, m => check_long_messages::<_, 4>(m));
        dispatch!(backend, m => check_long_messages::<_, 8>(m));
    }
}

/// A sponge of another kind is permuted in the lane after the last used one.
fn check_neighbour<M: Permute<N> + Permute<1>, const N: usize>(machine: M) {
    for used in 1..N {
        let messages: Vec<[u8; 33]> = (0..used).map(message).collect();
        let (mut other, mut alone) = (State::ZERO, State::ZERO);
        other.add(0, 3, &message::<100>(9));
        alone.add(0, 3, &message::<100>(9));
        machine.permute(&mut alone);
        let mut out = vec![[0; 200]; used];
        XofBatch::<N, 136>::with_first(&messages).squeeze_interleaved(machine, 200, N, &mut out, Some(&mut other));
        assert_eq!(other.0, alone.0);
        assert!(messages.iter().zip(out).all(|(message, out)| out == shake256(message)));
    }
}

#[test]
fn test_a_state_next_to_a_batch_is_permuted_too() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_neighbour::<_, 4>(m));
        dispatch!(backend, m => check_neighbour::<_, 8>(m));
    }
}
