//! The lane of Keccak for each hash of ML-KEM, and its use, with an arbitrary function in place of Keccak-f.
//!
//! No branch here inspects a secret byte, and the seeds are random. All conditions that decide about the lanes are
//! tried.

use super::machine::{Arbitrary, Random, SHA3, SHAKE, noise, permute, portable, sponge};
use super::sampling::candidates_of_pairs;
use super::{Label, Row, claim};
use crate::bytes::{Bytes, Zero};
use crate::keccak::{Permute, SHAKE256_RATE, State};
use crate::mlkem::batch::{decapsulate_lanes, encapsulate_lanes, keygen_lanes};
use crate::mlkem::kem::{decapsulate_fresh_on, decapsulate_on, encapsulate_on, keygen_on};
use crate::mlkem::kernels::Coding;
use crate::mlkem::matrix::{
    Absorption, EntrySeeds, LaneFiller, sample, sample_entries, sample_matrix, sample_matrix_interleaved,
};
use crate::mlkem::pke::{MAX_NOISE, Noise, NoiseFiller, decrypt, encrypt};
use crate::mlkem::{
    Decapsulation, Encapsulation, ExpandedPrivateKey, ExpandedPublicKey, Generation, Key, MlKem512, MlKem768,
    MlKem1024, ParameterSet,
};
use crate::ntt16::{Ntt, Poly};
use std::array::from_fn;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-KEM: the samples of the matrix in 1, 4 and 8 lanes, next to hashes or to noise in the free lanes (FIPS 203, 4.2.2)",
        label: Label::ExhaustedInPart(
            "every number of samples, hashes, blocks of a hash and noise polynomials; random seeds",
        ),
        covers: &[
            "mlkem/matrix.rs::sample",
            "mlkem/matrix.rs::accept_samples",
            "mlkem/matrix.rs::LaneFiller::fill",
            "mlkem/matrix.rs::LaneFiller::collect",
            "mlkem/matrix.rs::Absorption::new",
            "mlkem/pke.rs::NoiseFiller::new",
            "mlkem/pke.rs::NoiseFiller::is_done",
            "mlkem/pke.rs::LaneFiller::fill",
            "mlkem/pke.rs::LaneFiller::collect",
        ],
        is_slow: false,
        check: samples,
    },
    Row {
        name: "ML-KEM: each entry of the matrix comes from its indices (FIPS 203, algorithms 13 and 14)",
        label: Label::ExhaustedInPart("every set, range of entries, and length of one or two hashes; random seeds"),
        covers: &[
            "mlkem/matrix.rs::EntrySeeds::new",
            "mlkem/matrix.rs::sample_matrix",
            "mlkem/matrix.rs::sample_matrix_interleaved",
            "mlkem/matrix.rs::sample_entries",
        ],
        is_slow: false,
        check: matrices,
    },
    Row {
        name: "ML-KEM: the noise of each nonce is PRF(seed, nonce), next to another state (FIPS 203, 4.3)",
        label: Label::ExhaustedInPart("every set and number of nonces; random seeds"),
        covers: &["mlkem/pke.rs::Noise::fill", "mlkem/pke.rs::Noise::fill_each"],
        is_slow: false,
        check: noises,
    },
    Row {
        name: "ML-KEM: the hashes of KeyGen, Encaps and Decaps, single and in batches (FIPS 203, algorithms 16 to 18)",
        label: Label::Tested,
        covers: &[
            "mlkem/kem.rs::keygen_on",
            "mlkem/kem.rs::g",
            "mlkem/kem.rs::encapsulate_on",
            "mlkem/kem.rs::decapsulate_on",
            "mlkem/kem.rs::decapsulate_fresh_on",
            "mlkem/kem.rs::Secrets::new",
            "mlkem/kem.rs::Secrets::choose",
            "mlkem/pke.rs::Noise::polynomial",
            "mlkem/pke.rs::keygen_secret",
            "mlkem/pke.rs::keygen_row",
            "mlkem/keys.rs::ExpandedPublicKey::expand_on",
            "mlkem/keys.rs::ExpandedPublicKey::expand_interleaved",
            "mlkem/keys.rs::ExpandedPublicKey::expand_without_hash",
            "mlkem/keys.rs::ExpandedPublicKey::decode",
            "mlkem/keys.rs::ExpandedPrivateKey::expand_on",
            "mlkem/keys.rs::ExpandedPrivateKey::expand_secret",
            "mlkem/keys.rs::PrivateKeyFields::new",
            "mlkem/batch.rs::keygen_lanes",
            "mlkem/batch.rs::encapsulate_lanes",
            "mlkem/batch.rs::decapsulate_lanes",
            "mlkem/batch.rs::secrets_and_noise",
            "mlkem/batch.rs::lanes",
            "mlkem/batch.rs::Key::encoded",
            "mlkem/batch.rs::Key::get",
        ],
        is_slow: false,
        check: operations,
    },
];

const MACHINE: Arbitrary<8> = Arbitrary;

/// SampleNTT of the output of the XOF, in the engine's order.
fn sample_ntt(seed: &[u8]) -> Poly {
    let stream = sponge(168, SHAKE, &[seed], 40 * 168);
    let mut candidates = candidates_of_pairs(&stream);
    let mut polynomial = Poly(from_fn(|_| candidates.next().expect("blocks enough")));
    portable().reorder(&mut polynomial);
    polynomial
}

fn unspecified() -> Poly {
    Poly(from_fn(|_| -i16::from(noise().to_le_bytes()[0])))
}

/// The PRF of FIPS 203, 4.1, with as many bytes as the longest one.
fn prf(seed: &[u8; 32], nonce: usize) -> Vec<u8> {
    sponge(136, SHAKE, &[seed, &nonce.to_le_bytes()[..1]], 192)
}

/// A state, and the state after each of some blocks.
fn absorbed(state: State<1>, blocks: &[[u8; SHAKE256_RATE]]) -> Vec<State<1>> {
    let mut states = vec![state];
    for block in blocks {
        let mut next = states[states.len() - 1].clone();
        for (i, byte) in block.iter().enumerate() {
            next.0[i / 8][0] ^= u64::from(*byte) << (8 * (i % 8));
        }
        permute(&mut next, 1);
        states.push(next);
    }
    states
}

fn samples() {
    fn check<const N: usize>(seeds: &[[u8; 34]], filler: &mut impl LaneFiller)
    where
        Arbitrary<8>: Permute<N>,
    {
        let mut polynomials: [Poly; 10] = from_fn(|_| unspecified());
        let before = polynomials;
        sample::<_, N>(MACHINE, seeds, polynomials.iter_mut(), filler);
        for (number, polynomial) in polynomials.iter().enumerate() {
            let expected = seeds.get(number).map_or(before[number], |seed| sample_ntt(seed));
            claim(polynomial.0 == expected.0, || format!("sample {number} of {} in {N} lanes", seeds.len()));
        }
    }
    fn prove<const N: usize>(random: &mut Random)
    where
        Arbitrary<8>: Permute<N>,
    {
        for (used, _) in (1..=N).flat_map(|used| (0..20).map(move |i| (used, i))) {
            check::<N>(&from_fn::<_, N, _>(|_| random.bytes())[..used], &mut ());
        }
        for used in 1..N {
            (0..=12).for_each(|count| hashes::<N, 1>(random, used, [count]));
            if used + 2 <= N {
                (0..13 * 13).for_each(|counts| hashes::<N, 2>(random, used, [counts / 13, counts % 13]));
            }
            for count in 0..=MAX_NOISE {
                noise::<N, MlKem512>(random, used, count);
                noise::<N, MlKem768>(random, used, count);
            }
        }
    }
    /// Hashes of these numbers of blocks.
    fn hashes<const N: usize, const HASHES: usize>(random: &mut Random, used: usize, counts: [usize; HASHES])
    where
        Arbitrary<8>: Permute<N>,
    {
        let seeds: [[u8; 34]; N] = from_fn(|_| random.bytes());
        let blocks: [[[u8; SHAKE256_RATE]; 12]; HASHES] = from_fn(|_| from_fn(|_| random.bytes()));
        let states: [_; HASHES] = from_fn(|i| absorbed(State(from_fn(|_| [random.next()])), &blocks[i][..counts[i]]));
        let mut filler: [_; HASHES] = from_fn(|i| {
            let mut absorption = Absorption::new(&blocks[i][..counts[i]]);
            absorption.state = states[i][0].clone();
            absorption
        });
        // Each call absorbs three blocks of each, as long as there are some.
        for call in 1..=5 {
            check::<N>(&seeds[..used], &mut filler);
            for (i, absorption) in filler.iter().enumerate() {
                let done = counts[i].min(3 * call);
                let rest = &blocks[i][done..counts[i]];
                let is_equal = absorption.state.0 == states[i][done].0 && absorption.blocks == rest;
                claim(is_equal, || format!("hash {i} of {counts:?} blocks after call {call}, {used} lanes of {N}"));
            }
        }
    }
    fn noise<const N: usize, P: ParameterSet>(random: &mut Random, used: usize, count: usize)
    where
        Arbitrary<8>: Permute<N>,
    {
        let (seeds, bytes): ([[u8; 34]; N], _) = (from_fn(|_| random.bytes()), 64 * P::ETA1);
        let (seed, mut noise) = (random.bytes(), Noise::ZERO);
        let mut filler = NoiseFiller::new::<P>(&seed, count, &mut noise);
        check::<N>(&seeds[..used], &mut filler);
        // For eta = 3, each takes two of the three steps.
        let done = count.min(if P::ETA1 == 2 { 3 } else { 1 } * (N - used));
        claim(filler.is_done() == (done == count), || format!("{count} nonces next to {used} samples"));
        for (nonce, found) in noise.0.iter().enumerate() {
            let expected = if nonce < done { prf(&seed, nonce) } else { vec![0; 192] };
            let is_equal = found[..bytes] == expected[..bytes] && found[bytes..].iter().all(|byte| *byte == 0);
            claim(is_equal, || format!("nonce {nonce} of {count} next to {used} samples of {N} lanes, k = {}", P::K));
        }
    }
    let random = &mut Random::new(30);
    prove::<1>(random);
    prove::<4>(random);
    prove::<8>(random);
}

fn matrices() {
    fn flat<P: ParameterSet>(matrix: &P::Matrix) -> Vec<[i16; 256]> {
        matrix.as_ref().iter().flat_map(|row| row.as_ref()).map(|polynomial| polynomial.0).collect()
    }
    fn prove<P: ParameterSet>(random: &mut Random) {
        let (k, rho) = (P::K, random.bytes::<32>());
        let indices = |i: usize, j: usize| [i.to_le_bytes()[0], j.to_le_bytes()[0]];
        let seeds = EntrySeeds::new::<P>(&rho, |i, j| [j, i]);
        let transpose = EntrySeeds::new::<P>(&rho, |i, j| [i, j]);
        for (i, j) in (0..k).flat_map(|i| (0..k).map(move |j| (i, j))) {
            let seed = |indices: [u8; 2]| [&rho[..], &indices].concat();
            let is_equal =
                seeds.0[k * i + j][..] == seed(indices(j, i)) && transpose.0[k * i + j][..] == seed(indices(i, j));
            claim(is_equal, || format!("the seed of entry ({i}, {j}), k = {k}"));
        }
        let expected: Vec<_> = seeds.0[..k * k].iter().map(|seed| sample_ntt(seed).0).collect();
        let mut matrix = P::Matrix::ZERO;
        sample_matrix::<_, P>(MACHINE, &seeds, &mut matrix);
        claim(flat::<P>(&matrix) == expected, || format!("the matrix, k = {k}"));
        for counts in (0..=3 * k).flat_map(|first| (0..=3 * k).map(move |second| [first, second])) {
            let blocks: [[[u8; SHAKE256_RATE]; 12]; 2] = from_fn(|_| from_fn(|_| random.bytes()));
            let expected_hashes: [_; 2] = from_fn(|i| absorbed(State::ZERO, &blocks[i][..counts[i]]).pop());
            let new = |i: usize| Absorption::new(&blocks[i][..counts[i]]);
            let (mut one, mut two) = ([new(0)], [new(0), new(1)]);
            let mut matrices = [(); 2].map(|()| P::Matrix::ZERO);
            sample_matrix_interleaved::<_, P, 1>(MACHINE, &seeds, &mut one, &mut matrices[0]);
            sample_matrix_interleaved::<_, P, 2>(MACHINE, &seeds, &mut two, &mut matrices[1]);
            let are_hashed = [&one[0], &two[0], &two[1]].into_iter().zip([0, 0, 1]);
            let are_hashed = are_hashed.map(|(hash, i)| Some(hash.state.0) == expected_hashes[i].as_ref().map(|s| s.0));
            let is_equal = matrices.iter().all(|matrix| flat::<P>(matrix) == expected);
            claim(is_equal && are_hashed.into_iter().all(|is_equal| is_equal), || {
                format!("the matrix next to {counts:?} blocks, k = {k}")
            });
        }
        for (start, end) in (0..k * k).flat_map(|start| (start + 1..=k * k).map(move |end| (start, end))) {
            let check = |is_possible, sample: &dyn Fn(&mut P::Matrix)| {
                if is_possible {
                    let mut matrix = P::Matrix::ZERO;
                    matrix.as_mut().iter_mut().flat_map(|row| row.as_mut()).for_each(|entry| *entry = unspecified());
                    let mut expected_now = flat::<P>(&matrix);
                    expected_now[start..end].copy_from_slice(&expected[start..end]);
                    sample(&mut matrix);
                    claim(flat::<P>(&matrix) == expected_now, || format!("entries {start}..{end}, k = {k}"));
                }
            };
            let entries = start..end;
            check(end - start <= 4, &|matrix| {
                sample_entries::<_, P, 4>(MACHINE, &seeds, entries.clone(), &mut (), matrix);
            });
            check(end - start <= 8, &|matrix| {
                sample_entries::<_, P, 8>(MACHINE, &seeds, entries.clone(), &mut (), matrix);
            });
        }
    }
    let random = &mut Random::new(31);
    prove::<MlKem512>(random);
    prove::<MlKem768>(random);
    prove::<MlKem1024>(random);
}

fn noises() {
    fn prove<P: ParameterSet>(random: &mut Random) {
        let bytes = |wide, nonce| 64 * if nonce < wide { P::ETA1 } else { 2 };
        // Eight nonces leave no lane for another state.
        for (count, with_other) in (1..=MAX_NOISE).flat_map(|count| [(count, false), (count, true)]) {
            if with_other && count == 8 {
                continue;
            }
            let (seed, mut noise) = (random.bytes(), Noise::ZERO);
            let mut other = State::<1>(from_fn(|_| [random.next()]));
            let mut alone = other.clone();
            Noise::fill::<_, P>(MACHINE, &seed, count, with_other.then_some(&mut other), &mut noise);
            if with_other {
                permute(&mut alone, 1);
            }
            claim(other.0 == alone.0, || format!("the state next to {count} nonces"));
            for (nonce, noise) in noise.0.iter().enumerate() {
                let (expected, bytes) = (prf(&seed, nonce), if nonce < count { bytes(P::K, nonce) } else { 0 });
                // The rest of a block is dropped.
                let end = if P::ETA1 == 3 && bytes == 128 { SHAKE256_RATE } else { bytes };
                let is_equal = noise[..bytes] == expected[..bytes] && noise[end..].iter().all(|byte| *byte == 0);
                claim(is_equal, || format!("nonce {nonce} of {count}, k = {}", P::K));
            }
        }
        for (wide, count) in [(P::K, 2 * P::K + 1), (2 * P::K, 2 * P::K)] {
            let (seeds, mut noise) = (from_fn(|_| random.bytes()), [Noise::ZERO; 8]);
            Noise::fill_each::<_, P>(MACHINE, &seeds, wide, count, &mut noise);
            for (lane, nonce) in (0..8).flat_map(|lane| (0..count).map(move |nonce| (lane, nonce))) {
                let bytes = bytes(wide, nonce);
                let is_equal = noise[lane].0[nonce][..bytes] == prf(&seeds[lane], nonce)[..bytes];
                claim(is_equal, || format!("nonce {nonce} of seed {lane}, of which {wide} are wide, k = {}", P::K));
            }
        }
    }
    let random = &mut Random::new(32);
    prove::<MlKem512>(random);
    prove::<MlKem768>(random);
    prove::<MlKem1024>(random);
}

/// The noise that the standard derives from a seed.
fn noise_of(seed: &[u8; 32]) -> Noise {
    Noise(from_fn(|nonce| prf(seed, nonce).try_into().expect("192 bytes")))
}

/// Algorithms 13 and 16 without H(ek), one hash after the other.
fn standard_keygen<P: ParameterSet>(seed: &[u8; 64]) -> Vec<u8> {
    let (d, z) = seed.split_at(32);
    let (rho, sigma) = g(&[d, &P::K.to_le_bytes()[..1]]);
    let cbd = |nonce: usize| {
        let (bytes, mut polynomial) = (&prf(&sigma, nonce)[..64 * P::ETA1], Poly::ZERO);
        if P::ETA1 == 2 {
            portable().sample_cbd::<4>(bytes, &mut polynomial);
        } else {
            portable().sample_cbd::<6>(bytes, &mut polynomial);
        }
        portable().ntt(&mut polynomial);
        polynomial
    };
    let (mut factors, mut s_hat) = (P::Factors::ZERO, vec![]);
    for (i, factor) in factors.as_mut().iter_mut().enumerate() {
        portable().factor(&cbd(i), factor);
        s_hat.extend(encoded(|out| portable().encode(&cbd(i), out)));
    }
    let mut public_key = vec![];
    for i in 0..P::K {
        let row: Vec<Poly> = (0..P::K).map(|j| entry(&rho, j, i)).collect();
        let mut product = Poly::ZERO;
        portable().product(&row, factors.as_ref(), &mut product);
        public_key.extend(encoded(|out| portable().encode_sum(&product, &cbd(P::K + i), out)));
    }
    public_key.extend(rho);
    // Still without H(ek).
    [s_hat, public_key, HOLE.to_vec(), z.to_vec()].concat()
}

/// The bytes at the place of H(ek), which key generation leaves unchanged.
const HOLE: [u8; 32] = [0xa5; 32];

/// A decapsulation key before it is made.
fn with_hole<P: ParameterSet>() -> P::PrivateKey {
    let mut private_key = P::PrivateKey::ZERO;
    private_key.as_mut()[768 * P::K + 32..][..32].copy_from_slice(&HOLE);
    private_key
}

fn encoded(encode: impl FnOnce(&mut [u8])) -> [u8; 384] {
    let mut out = [0; 384];
    encode(&mut out);
    out
}

fn entry(rho: &[u8; 32], first: usize, second: usize) -> Poly {
    sample_ntt(&[&rho[..], &[first, second].map(|index| index.to_le_bytes()[0])].concat())
}

fn g(message: &[&[u8]]) -> ([u8; 32], [u8; 32]) {
    let hash = sponge(72, SHA3, message, 64);
    (from_fn(|i| hash[i]), from_fn(|i| hash[32 + i]))
}

/// Algorithm 14 with a key and its noise.
fn standard_encrypt<P: ParameterSet>(public_key: &P::PublicKey, m: &[u8; 32], r: &[u8; 32]) -> P::Ciphertext {
    let (packed, rho) = public_key.as_ref().split_at(384 * P::K);
    let rho = from_fn(|i| rho[i]);
    let (mut transpose, mut t, mut ciphertext) = (P::Matrix::ZERO, P::Vector::ZERO, P::Ciphertext::ZERO);
    for (i, row) in transpose.as_mut().iter_mut().enumerate() {
        row.as_mut().iter_mut().enumerate().for_each(|(j, polynomial)| *polynomial = entry(&rho, i, j));
    }
    let polynomials = t.as_mut().iter_mut().zip(packed.chunks_exact(384));
    polynomials.for_each(|(polynomial, bytes)| portable().decode(bytes, polynomial));
    encrypt::<_, P>(portable(), &transpose, &t, m, &noise_of(r), &mut ciphertext);
    ciphertext
}

/// Algorithm 17.
fn standard_encapsulate<P: ParameterSet>(public_key: &P::PublicKey, m: &[u8; 32]) -> (P::Ciphertext, [u8; 32]) {
    let hash = sponge(136, SHA3, &[public_key.as_ref()], 32);
    let (secret, r) = g(&[m, &hash]);
    (standard_encrypt::<P>(public_key, m, &r), secret)
}

/// Algorithm 18.
fn standard_decapsulate<P: ParameterSet>(private_key: &P::PrivateKey, ciphertext: &P::Ciphertext) -> [u8; 32] {
    let (packed, rest) = private_key.as_ref().split_at(384 * P::K);
    let (public_key, rest) = rest.split_at(P::PUBLIC_KEY_BYTES);
    let (hash, z) = rest.split_at(32);
    let mut s = P::Vector::ZERO;
    let polynomials = s.as_mut().iter_mut().zip(packed.chunks_exact(384));
    polynomials.for_each(|(polynomial, bytes)| portable().decode(bytes, polynomial));
    let m = decrypt::<_, P>(portable(), &s, ciphertext);
    let (secret, r) = g(&[&m, hash]);
    let rejection = sponge(136, SHAKE, &[z, ciphertext.as_ref()], 32);
    let public_key = P::PublicKey::from_slice(public_key).expect("a public key");
    if standard_encrypt::<P>(public_key, &m, &r) == *ciphertext { secret } else { from_fn(|i| rejection[i]) }
}

fn operations() {
    fn test<P: ParameterSet>(random: &mut Random) {
        let k = P::K;
        let seeds: [[u8; 64]; 8] = from_fn(|_| random.bytes());
        let mut made = [(); 8].map(|()| with_hole::<P>());
        let mut items = seeds.iter().zip(&mut made).map(|(seed, private_key)| Generation::<P> { seed, private_key });
        keygen_lanes(MACHINE, &mut from_fn(|_| items.next().expect("eight")));
        for (item, (seed, private_key)) in seeds.iter().zip(&made).enumerate() {
            let is_equal = private_key.as_ref() == standard_keygen::<P>(seed);
            claim(is_equal, || format!("key {item} of eight, k = {k}"));
        }
        let keys: [_; 3] = from_fn(|item| {
            let mut private_key = with_hole::<P>();
            keygen_on::<_, P>(MACHINE, &seeds[item], &mut private_key);
            claim(private_key.as_ref() == standard_keygen::<P>(&seeds[item]), || format!("KeyGen, k = {k}"));
            let (public_key, hole) = private_key.as_mut()[384 * k..].split_at_mut(P::PUBLIC_KEY_BYTES);
            let public_key = *P::PublicKey::from_slice(public_key).expect("a public key");
            hole[..32].copy_from_slice(&sponge(136, SHA3, &[public_key.as_ref()], 32));
            (private_key, public_key)
        });
        let expanded = keys.each_ref().map(|(private_key, public_key)| {
            let (mut private, mut public) = (ExpandedPrivateKey::<P>::default(), ExpandedPublicKey::<P>::default());
            public.expand_on(MACHINE, public_key);
            let hash = private_key.as_ref()[768 * k + 32..].first_chunk().copied();
            let mut computed = None;
            private.expand_on(MACHINE, private_key, &mut computed);
            claim(computed == hash && private.public_key.hash == public.hash, || format!("H(ek), k = {k}"));
            private.expand_on(MACHINE, private_key, &mut { hash });
            claim(hash == Some(private.public_key.hash), || format!("H(ek) as it is, k = {k}"));
            (private, public)
        });
        // Single operations: a valid ciphertext, and one that is not.
        let ms: [[u8; 32]; 8] = from_fn(|_| random.bytes());
        let mut ciphertexts = [P::Ciphertext::ZERO; 8];
        for (item, (m, out)) in ms.iter().zip(&mut ciphertexts).enumerate() {
            let (mut ciphertext, mut secret, key) = (P::Ciphertext::ZERO, [0; 32], item % 3);
            encapsulate_on(MACHINE, &expanded[key].1, m, &mut ciphertext, &mut secret);
            let is_equal = (ciphertext, secret) == standard_encapsulate::<P>(&keys[key].1, m);
            claim(is_equal, || format!("Encaps, k = {k}"));
            if item % 2 == 1 {
                ciphertext.as_mut()[random.below(P::CIPHERTEXT_BYTES)] ^= 1;
            }
            let expected = standard_decapsulate::<P>(&keys[key].0, &ciphertext);
            let (mut hash, mut secrets) = (None, [[0; 32]; 3]);
            decapsulate_fresh_on::<_, P>(MACHINE, &keys[key].0, &mut hash, &ciphertext, &mut secrets[0]);
            claim(hash == Some(expanded[key].1.hash), || format!("H(ek) of the first use, k = {k}"));
            decapsulate_fresh_on::<_, P>(MACHINE, &keys[key].0, &mut hash, &ciphertext, &mut secrets[1]);
            decapsulate_on(MACHINE, &expanded[key].0, &ciphertext, &mut secrets[2]);
            claim(secrets == [expected; 3], || format!("Decaps of ciphertext {item}, k = {k}"));
            claim((expected == secret) == (item % 2 == 0), || format!("rejection of ciphertext {item}, k = {k}"));
            *out = ciphertext;
        }
        // Batches of each size, with expanded and encoded keys.
        for count in 1..=8 {
            let is_expanded = |item: usize| (item + count) % 3 < 2;
            let (mut outputs, mut secrets) = ([P::Ciphertext::ZERO; 8], [[0; 32]; 8]);
            let outs = outputs.iter_mut().zip(&mut secrets).take(count).enumerate();
            let mut items: Vec<Encapsulation<'_, P>> = outs
                .map(|(item, (ciphertext, shared_secret))| Encapsulation {
                    key: if is_expanded(item) {
                        Key::Expanded(&expanded[item % 3].1)
                    } else {
                        Key::Encoded(&keys[item % 3].1)
                    },
                    m: &ms[item],
                    ciphertext,
                    shared_secret,
                })
                .collect();
            encapsulate_lanes(MACHINE, &mut items);
            let mut received = [[0; 32]; 8];
            let mut items: Vec<Decapsulation<'_, P>> = received
                .iter_mut()
                .take(count)
                .enumerate()
                .map(|(item, shared_secret)| Decapsulation {
                    key: if is_expanded(item) {
                        Key::Expanded(&expanded[item % 3].0)
                    } else {
                        Key::Encoded(&keys[item % 3].0)
                    },
                    ciphertext: &ciphertexts[item],
                    shared_secret,
                })
                .collect();
            decapsulate_lanes(MACHINE, &mut items);
            for item in 0..count {
                let (private_key, public_key) = &keys[item % 3];
                let is_equal = (outputs[item], secrets[item]) == standard_encapsulate::<P>(public_key, &ms[item]);
                claim(is_equal, || format!("encapsulation {item} of {count}, k = {k}"));
                let is_equal = received[item] == standard_decapsulate::<P>(private_key, &ciphertexts[item]);
                claim(is_equal, || format!("decapsulation {item} of {count}, k = {k}"));
            }
        }
    }
    let random = &mut Random::new(33);
    test::<MlKem512>(random);
    test::<MlKem768>(random);
    test::<MlKem1024>(random);
}
