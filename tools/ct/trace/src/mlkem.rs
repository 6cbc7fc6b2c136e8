//! ML-KEM on secret seeds, messages and keys. The matrix is public.

use crate::Run;
use crate::compare::Pin;
use crate::random::Random;
use pqc_simd::mlkem::{
    Decapsulation, Encapsulation, ExpandedPrivateKey, ExpandedPublicKey, Generation, Key, ParameterSet, decapsulate,
    decapsulate_batch, decapsulate_with_hash, encapsulate, encapsulate_batch, keygen, keygen_batch,
};
use pqc_simd::{Backend, Bytes};

/// The bytes of the kernel `accept`.
const SAMPLE_BYTES: usize = 528;

/// The inputs of a decapsulation: a secret key, and a ciphertext that it accepts or rejects.
#[derive(Clone, Copy)]
struct Received<P: ParameterSet> {
    private_key: P::PrivateKey,
    ciphertext: P::Ciphertext,
}

/// Traces every operation of a parameter set.
pub(crate) fn run<P: ParameterSet>(run: &mut Run<'_>, backend: Backend) {
    let (mut private_key, mut ciphertext, mut shared_secret) = (P::PrivateKey::ZERO, P::Ciphertext::ZERO, [0; 32]);
    run.check("keygen", &seeds, &mut |seed| keygen::<P>(backend, seed, &mut private_key), &[public_matrix()]);
    keygen::<P>(backend, &[1; 64], &mut private_key);
    let Some(public_key) = P::PublicKey::from_slice(&private_key.as_ref()[384 * P::K..][..P::PUBLIC_KEY_BYTES]) else {
        return;
    };
    run.check(
        "encapsulate",
        &messages,
        &mut |m| encapsulate::<P>(backend, public_key, m, &mut ciphertext, &mut shared_secret),
        &[],
    );
    let mut expanded_public = Box::<ExpandedPublicKey<P>>::default();
    expanded_public.expand(backend, public_key);
    run.check(
        "encapsulate, expanded key",
        &messages,
        &mut |m| expanded_public.encapsulate(backend, m, &mut ciphertext, &mut shared_secret),
        &[],
    );
    encapsulate::<P>(backend, public_key, &[2; 32], &mut ciphertext, &mut shared_secret);
    let sent = shared_secret;
    let received = |number| received::<P>(&private_key, &ciphertext, number);
    for (number, is_accepted) in [(0, true), (1, false), (2, false)] {
        let secret = received(number);
        decapsulate::<P>(backend, &secret.private_key, &secret.ciphertext, &mut shared_secret);
        run.require((shared_secret == sent) == is_accepted, "the right ciphertexts are accepted");
    }
    run.check(
        "decapsulate",
        &received,
        &mut |secret| decapsulate::<P>(backend, &secret.private_key, &secret.ciphertext, &mut shared_secret),
        &[],
    );
    run.check(
        "decapsulate and compute H(ek)",
        &received,
        &mut |secret| {
            let (key, ciphertext) = (&secret.private_key, &secret.ciphertext);
            decapsulate_with_hash::<P>(backend, key, &mut None, ciphertext, &mut shared_secret);
        },
        &[],
    );
    let mut expanded = Box::<ExpandedPrivateKey<P>>::default();
    run.check(
        "load the key and decapsulate",
        &received,
        &mut |secret| {
            expanded.expand(backend, &secret.private_key);
            expanded.decapsulate(backend, &secret.ciphertext, &mut shared_secret);
        },
        &[],
    );
    if run.has_batches {
        batches(run, backend, public_key, &received);
    }
}

/// Nine keys and nine operations. Eight share an expanded key, so both kinds of group occur.
fn batches<P: ParameterSet>(
    run: &mut Run<'_>,
    backend: Backend,
    public_key: &P::PublicKey,
    received: &dyn Fn(usize) -> Received<P>,
) {
    let mut keys = [P::PrivateKey::ZERO; 9];
    run.check(
        "make a batch of keys",
        &|number| std::array::from_fn::<_, 9, _>(|item| seeds(number + item * usize::from(number > 2))),
        &mut |seeds: &[[u8; 64]; 9]| {
            let mut items = seeds.iter().zip(&mut keys).map(|(seed, private_key)| Generation { seed, private_key });
            let mut items: [_; 9] = std::array::from_fn(|_| items.next().unwrap_or_else(|| unreachable!()));
            keygen_batch::<P>(backend, &mut items);
        },
        &[public_matrix()],
    );
    let mut expanded_public = Box::<ExpandedPublicKey<P>>::default();
    expanded_public.expand(backend, public_key);
    let mut outputs = [(P::Ciphertext::ZERO, [0; 32]); 9];
    run.check(
        "encapsulate a batch",
        &|number| std::array::from_fn::<_, 9, _>(|item| messages(number + item * usize::from(number > 1))),
        &mut |m: &[[u8; 32]; 9]| {
            let mut items = outputs.iter_mut().zip(m).enumerate().map(|(number, ((ciphertext, shared_secret), m))| {
                let key = if number == 4 { Key::Encoded(public_key) } else { Key::Expanded(&*expanded_public) };
                Encapsulation { key, m, ciphertext, shared_secret }
            });
            let mut items: [_; 9] = std::array::from_fn(|_| items.next().unwrap_or_else(|| unreachable!()));
            encapsulate_batch::<P>(backend, &mut items);
        },
        &[],
    );
    let mut expanded = Box::<ExpandedPrivateKey<P>>::default();
    let mut outputs = [[0; 32]; 9];
    run.check(
        "decapsulate a batch",
        received,
        &mut |secret| {
            expanded.expand(backend, &secret.private_key);
            let mut items = outputs.iter_mut().enumerate().map(|(number, shared_secret)| {
                let key = if number == 4 { Key::Encoded(&secret.private_key) } else { Key::Expanded(&*expanded) };
                Decapsulation { key, ciphertext: &secret.ciphertext, shared_secret }
            });
            let mut items: [_; 9] = std::array::from_fn(|_| items.next().unwrap_or_else(|| unreachable!()));
            decapsulate_batch::<P>(backend, &mut items);
        },
        &[],
    );
}

/// The XOF output that the matrix is sampled from is public; all traces have the output of the first seed.
fn public_matrix() -> Pin {
    Pin {
        function: "accept",
        argument: 0,
        length: SAMPLE_BYTES,
        applies: |_| true,
        merge: |first, _, input| input.copy_from_slice(first),
    }
}

/// Seeds d || z.
fn seeds(number: usize) -> [u8; 64] {
    match number {
        0 => [0x17; 64],
        1 => [0; 64],
        2 => [0xff; 64],
        _ => Random::new(number).array(),
    }
}

fn messages(number: usize) -> [u8; 32] {
    match number {
        0 => [0; 32],
        1 => [0xff; 32],
        _ => Random::new(number).array(),
    }
}

/// A key accepts its ciphertext first and with another z. It rejects it with s = 0, with all coefficients of s q - 1, with an s
/// that differs in a bit, with random s, and after one bit of the ciphertext has changed.
fn received<P: ParameterSet>(private_key: &P::PrivateKey, ciphertext: &P::Ciphertext, number: usize) -> Received<P> {
    let mut received = Received::<P> { private_key: *private_key, ciphertext: *ciphertext };
    let (s, rest) = received.private_key.as_mut().split_at_mut(384 * P::K);
    let z = &mut rest[P::PUBLIC_KEY_BYTES + 32..];
    let mut random = Random::new(number);
    match number {
        0 => {}
        1 => s.fill(0),
        2 => {
            s.as_chunks_mut().0.fill([0x00, 0x0d, 0xd0]);
            z.fill(0xff);
        }
        3 => z.fill(0),
        4 => received.ciphertext.as_mut()[100] ^= 0x10,
        5 => s[5] ^= 1,
        _ => {
            for three in s.as_chunks_mut::<3>().0 {
                let pair = random.below(3329) | random.below(3329) << 12;
                let [a, b, c, ..] = pair.to_le_bytes();
                *three = [a, b, c];
            }
            z.copy_from_slice(&random.array::<32>());
        }
    }
    received
}
