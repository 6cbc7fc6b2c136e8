//! The bounds of ML-DSA's operations, and the inputs that they refuse.

use super::{Ends, PRODUCTS, portable, takes, takes_bytes, takes_small};
use crate::bytes::{Bytes, Zero};
use crate::keccak::Shake256;
use crate::mldsa::batch::{sign_in_lanes, verify_all};
use crate::mldsa::kernels::Kernels;
use crate::mldsa::ntt::NTT_BOUND;
use crate::mldsa::params::{T0_BYTES, T1_BYTES};
use crate::mldsa::poly::{N, Poly};
use crate::mldsa::rejection::{SMALL_BYTES, UNIFORM_BYTES};
use crate::mldsa::{self, Key, MlDsa44, MlDsa65, MlDsa87, Signing, Verification};
use crate::ntt16;
use crate::proofs::{Label, Row, claim, opaque};
use crate::vec::v32::Q;
use std::cell::{Cell, RefCell};
use std::ops::RangeInclusive;

pub(in super::super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA bounds of key generation, of the check of a private key, of signing and of verification, for \
               every string that encodes a key or a signature: the results of each kernel are within the bounds of the \
               next kernel's inputs, and signing rejects by the bounds of algorithm 7, lines 23 and 28",
        label: Label::ExhaustedInPart(
            "all coefficients, which operations copy without inspecting them; all high bits, each in each position",
        ),
        covers: &[
            "mldsa/batch.rs::keygen_lanes",
            "mldsa/keygen.rs::keygen_on",
            "mldsa/keygen.rs::public_value",
            "mldsa/keygen.rs::derive_public_key",
            "mldsa/signing.rs::ExpandedSigningKey::expand_on",
            "mldsa/signing.rs::ExpandedSigningKey::expand_secrets",
            "mldsa/signing.rs::ExpandedSigningKey::sign_on",
            "mldsa/signing.rs::Attempt::commit",
            "mldsa/signing.rs::Attempt::answer",
            "mldsa/signing.rs::Attempt::lower_bits_hide",
            "mldsa/signing.rs::Attempt::respond",
            "mldsa/signing.rs::Attempt::hint",
            "mldsa/small.rs::factor",
            "mldsa/small.rs::challenge",
            "mldsa/small.rs::multiply",
            "mldsa/verifying.rs::ExpandedVerifyingKey::expand_on",
            "mldsa/verifying.rs::ExpandedVerifyingKey::verify_on",
            "mldsa/verifying.rs::ExpandedVerifyingKey::high_bits",
            "mldsa/verifying.rs::DecodedSignature::parse",
            "mldsa/verifying.rs::commit",
            "mldsa/verifying.rs::pack_high_bits",
        ],
        is_slow: false,
        check: || {
            opaque::check(opaque::MLDSA);
            opaque::check(opaque::MLKEM);
            check_mldsa::<MlDsa44>();
            check_mldsa::<MlDsa65>();
            check_mldsa::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: a signature whose c~ differs in one bit from the hash of mu and the high bits is refused, single and in \
               a batch (FIPS 204, algorithm 8, line 13)",
        label: Label::ExhaustedInPart("each bit of c~ alone, with kernels that return one result"),
        covers: &[
            "mldsa/batch.rs::Verifier::verify",
            "mldsa/batch.rs::verify_all",
            "mldsa/verifying.rs::ExpandedVerifyingKey::verify_on",
            "mldsa/verifying.rs::commitment_of",
            "mldsa/verifying.rs::is_commitment",
        ],
        is_slow: false,
        check: || {
            check_commitment::<MlDsa44>();
            check_commitment::<MlDsa65>();
            check_commitment::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: signing ends after 814 rejected attempts and leaves zeros, single and in a batch (FIPS 204, \
               appendix C)",
        label: Label::Tested,
        covers: &["mldsa/batch.rs::sign_in_lanes", "mldsa/signing.rs::ExpandedSigningKey::sign_on"],
        is_slow: false,
        check: || {
            check_attempts::<MlDsa44>();
            check_attempts::<MlDsa65>();
            check_attempts::<MlDsa87>();
        },
    },
];

thread_local! {
    /// How many more answers accept before one rejects.
    static ACCEPTED_ANSWERS: Cell<usize> = const { Cell::new(usize::MAX) };
    /// How many polynomials of w were decomposed.
    static DECOMPOSED: Cell<usize> = const { Cell::new(0) };
    /// The high bits of the first coefficient; the high bits of the others follow from it.
    static FIRST_HIGH: Cell<usize> = const { Cell::new(0) };
    /// For each position, the high bits that were packed, and those that hints were made of, as bits of a number.
    static PACKED: RefCell<[u64; N]> = const { RefCell::new([0; N]) };
    static HINTED: RefCell<[u64; N]> = const { RefCell::new([0; N]) };
}

fn saw(all: &mut [u64; N], high: &[u8; N]) {
    all.iter_mut().zip(high).for_each(|(all, high)| *all |= 1 << high);
}

/// Claims that every value of high bits was in every position, and forgets them.
fn take_seen(all: &mut [u64; N], count: usize) {
    claim(*all == [(1 << count) - 1; N], || "high bits that no kernel has given in some position".into());
    *all = [0; N];
}

/// Whether a check that may reject does so now.
fn rejects() -> bool {
    let left = ACCEPTED_ANSWERS.get();
    ACCEPTED_ANSWERS.set(left.checked_sub(1).unwrap_or(usize::MAX));
    left == 0
}

impl Ends {
    /// High bits that differ from position to position and from call to call.
    fn fill_high(gamma2: i32, high: &mut [u8; N]) {
        let first = FIRST_HIGH.replace(FIRST_HIGH.get() + 1);
        high.iter_mut().enumerate().for_each(|(i, high)| *high = ((first + i) % high_count(gamma2)) as u8);
    }
}

/// The number of values of high bits.
const fn high_count(gamma2: i32) -> usize {
    ((Q - 1) / (2 * gamma2)) as usize
}

const RESIDUES: RangeInclusive<i32> = 0..=Q - 1;

impl Kernels for Ends {
    fn transform(self, polynomial: &mut Poly) {
        takes(polynomial, -Q..=Q);
        self.fill(polynomial, -NTT_BOUND..=NTT_BOUND);
    }
    fn transform_back(self, polynomial: &mut Poly) {
        takes(polynomial, 1 - Q..=Q - 1);
        self.fill(polynomial, RESIDUES);
    }
    fn multiply(self, matrix: &[Poly], vector: &[Poly], out: &mut [Poly]) {
        claim(matrix.len() == vector.len() * out.len() && vector.len() <= 8, || "the shape of a product".into());
        matrix.iter().for_each(|a| takes(a, 1 - Q..=Q - 1));
        vector.iter().for_each(|b| takes(b, -NTT_BOUND..=NTT_BOUND));
        out.iter_mut().for_each(|sum| self.fill(sum, 1 - Q..=Q - 1));
    }
    fn transpose(self, _: &mut Poly) {}
    fn reduce(self, polynomial: &mut Poly) {
        takes(polynomial, -NTT_BOUND..=NTT_BOUND);
        self.fill(polynomial, RESIDUES);
    }
    fn sample_uniform(self, _: &[u8; UNIFORM_BYTES], out: &mut Poly) -> bool {
        self.fill(out, RESIDUES);
        true
    }
    fn sample_small(self, _: &[u8; SMALL_BYTES], eta: i32, out: &mut Poly) -> bool {
        self.fill(out, -eta..=eta);
        true
    }
    fn unpack(self, bytes: &[u8], bits: usize, top: i32, out: &mut Poly) {
        takes_bytes(bytes, bits);
        let bound = if bits <= 4 { self.eta } else { self.gamma1 - self.beta - 1 };
        self.fill(out, if self.is_valid { -bound..=bound } else { top - (1 << bits) + 1..=top });
    }
    fn unpack_t0(self, bytes: &[u8], out: &mut Poly) {
        takes_bytes(bytes, 8 * T0_BYTES / N);
        self.fill(out, -4095..=4096);
    }
    fn unpack_negated_t1(self, bytes: &[u8], out: &mut Poly) {
        takes_bytes(bytes, 8 * T1_BYTES / N);
        self.fill(out, -1023 << 13..=0);
    }
    fn pack(self, polynomial: &Poly, bits: usize, top: i32, out: &mut [u8]) {
        takes(polynomial, top - (1 << bits) + 1..=top);
        takes_bytes(out, bits);
    }
    fn pack_t(self, t: &Poly, s: &Poly, t1: &mut [u8], t0: &mut [u8]) {
        takes(t, RESIDUES);
        takes(s, -4..=4);
        takes_bytes(t1, 10);
        takes_bytes(t0, 13);
    }
    fn decompose(self, w: &mut Poly, gamma2: i32, high: &mut [u8; N]) {
        takes(w, RESIDUES);
        DECOMPOSED.set(DECOMPOSED.get() + 1);
        self.fill(w, -gamma2..=gamma2);
        Self::fill_high(gamma2, high);
    }
    fn pack_high(self, high: &[u8; N], bits: usize, out: &mut [u8]) {
        claim(high.iter().all(|high| high >> bits == 0), || format!("high bits beyond {bits} bits"));
        takes_bytes(out, bits);
        PACKED.with_borrow_mut(|all| saw(all, high));
        out.fill(self.byte());
    }
    fn high_bits(self, w: &Poly, gamma2: i32, high: &mut [u8; N]) {
        takes(w, RESIDUES);
        Self::fill_high(gamma2, high);
    }
    fn make_hints(self, r0: &Poly, high: &[u8; N], gamma2: i32, hints: &mut [u8; N]) {
        takes(r0, 1 - 2 * gamma2..=2 * gamma2 - 1);
        claim(high.iter().all(|high| usize::from(*high) < high_count(gamma2)), || "high bits".into());
        HINTED.with_borrow_mut(|all| saw(all, high));
        // More hints than fit into a signature, or one.
        hints.fill(u8::from(rejects()));
        hints[N - 1] = u8::from(self.is_greatest);
    }
    /// Of the possible results, the greatest that [`Self::exceeds`] must accept, or the least that it must reject.
    fn centre(self, polynomial: &mut Poly) {
        takes(polynomial, RESIDUES);
        let bound = self.gamma2 - i32::from(!rejects());
        self.fill(polynomial, -bound..=bound);
    }
    fn narrow(self, polynomial: &Poly, out: &mut ntt16::Poly) {
        takes(polynomial, -16..=16);
        for (out, number) in out.0.iter_mut().zip(polynomial.coefficients()) {
            *out = *number as i16;
        }
    }
    fn add(self, a: &mut Poly, b: &Poly) {
        takes(a, -self.gamma2..=self.gamma2);
        takes(b, 1 - self.gamma2..=self.gamma2 - 1);
        a.coefficients_mut().iter_mut().zip(b.coefficients()).for_each(|(a, b)| *a += b);
    }
    fn add_small(self, a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool {
        takes(a, 1 - self.gamma1..=self.gamma1);
        takes_small(b, PRODUCTS);
        claim(bound == self.gamma1 - self.beta, || format!("{bound} is not the bound of z"));
        self.fill(a, 1 - bound..=bound - 1);
        rejects()
    }
    fn subtract_small(self, a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool {
        takes(a, -self.gamma2..=self.gamma2);
        takes_small(b, PRODUCTS);
        claim(bound == self.gamma2 - self.beta, || format!("{bound} is not the bound of low bits"));
        self.fill(a, 1 - bound..=bound - 1);
        self.rejects_all || rejects()
    }
    fn exceeds(self, polynomial: &Poly, bound: i32) -> bool {
        polynomial.coefficients().iter().any(|number| number.abs() >= bound)
    }
}

fn of_mldsa<P: mldsa::ParameterSet>() -> Ends {
    let (eta, gamma1, gamma2, beta) = (P::ETA, P::GAMMA1, P::GAMMA2, P::BETA);
    Ends { is_greatest: true, is_valid: false, rejects_all: false, eta, gamma1, gamma2, beta, permuting: portable() }
}

fn check_mldsa<P: mldsa::ParameterSet>() {
    for is_greatest in [false, true] {
        let any = Ends { is_greatest, ..of_mldsa::<P>() };
        let valid = Ends { is_valid: true, ..any };
        let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        ACCEPTED_ANSWERS.set(usize::MAX);
        mldsa::keygen::keygen_on::<_, P>(any, &[0; 32], &mut private_key, &mut public_key, &mut []);
        let mut keys = [(P::PrivateKey::ZERO, P::PublicKey::ZERO); 8];
        let mut items = keys.each_mut().map(|(private_key, public_key)| mldsa::Generation::<P> {
            seed: &[0; 32],
            private_key,
            public_key,
        });
        mldsa::batch::keygen_lanes(any, &mut items);
        // Refused for the range of s1 and s2, or compared with t0.
        let refused = mldsa::keygen::derive_public_key::<_, P>(any, &private_key, &mut public_key, &mut []);
        claim(is_greatest || refused == Err(mldsa::InvalidPrivateKey::Range), || "s1 and s2 are checked".into());
        let (mut key, mut kept) = (mldsa::ExpandedSigningKey::<P>::default(), P::Matrix::ZERO);
        let _ = mldsa::keygen::derive_public_key::<_, P>(valid, &private_key, &mut public_key, kept.as_mut());

        // Every check of an attempt rejects once, and the next attempt accepts.
        key.expand_on(any, &private_key);
        let is_kept = kept.as_ref().iter().zip(key.matrix.as_ref()).all(|(kept, expanded)| kept.0 == expanded.0);
        claim(is_kept, || "the matrix that the check keeps".into());
        let mut signature = P::Signature::ZERO;
        for accepted in 0..=P::K + P::L + 2 * P::K {
            ACCEPTED_ANSWERS.set(accepted);
            let is_signed = key.sign_on(any, &[0; 64], &[0; 32], &mut signature);
            claim(is_signed, || format!("a signature after {accepted} accepting answers"));
        }
        for first in 0..high_count(P::GAMMA2) {
            ACCEPTED_ANSWERS.set(usize::MAX);
            FIRST_HIGH.set(first);
            claim(key.sign_on(any, &[0; 64], &[0; 32], &mut signature), || "a signature".into());
        }
        PACKED.with_borrow_mut(|all| take_seen(all, high_count(P::GAMMA2)));
        HINTED.with_borrow_mut(|all| take_seen(all, high_count(P::GAMMA2)));

        // As many hints as there can be, for the first polynomial.
        ACCEPTED_ANSWERS.set(usize::MAX);
        let hints = P::Signature::ZERO.as_ref().len() - P::OMEGA - P::K;
        for (i, byte) in signature.as_mut()[hints..].iter_mut().enumerate() {
            *byte = if i < P::OMEGA { i as u8 } else { P::OMEGA as u8 };
        }
        let mut key = mldsa::ExpandedVerifyingKey::<P>::default();
        key.expand_on(any, &public_key);
        let (mut high, mut tr) = ([0; 1024], [0; 64]);
        let high = &mut high[..P::K * P::W1_BYTES];
        for machine in [any, valid] {
            // The commitment is the hash of the same high bits.
            let is_signature = key.verify_on(machine, &[0; 64], &signature);
            claim(is_signature == machine.is_valid, || "the norm of z is checked".into());
            let signed = (&signature.as_ref()[..P::COMMITMENT_BYTES], &signature);
            let is_formed = mldsa::verifying::commit::<_, P>(machine, &public_key, signed, high, &mut tr);
            claim(is_formed == machine.is_valid, || "the norm of z is checked".into());
        }
        // Without hints, which change high bits.
        signature.as_mut()[hints..].fill(0);
        for first in 0..high_count(P::GAMMA2) {
            FIRST_HIGH.set(first);
            claim(key.verify_on(valid, &[0; 64], &signature), || "a signature without hints".into());
        }
        PACKED.with_borrow_mut(|all| take_seen(all, high_count(P::GAMMA2)));
    }
}

/// The high bits that this machine packs depend on no input, so a c~ can differ in one bit from their hash.
fn check_commitment<P: mldsa::ParameterSet>() {
    let machine = Ends { is_valid: true, ..of_mldsa::<P>() };
    let (key, mu, high) =
        (mldsa::ExpandedVerifyingKey::<P>::default(), [7; 64], vec![machine.byte(); P::K * P::W1_BYTES]);
    let (mut hash, bits) = ([0; 64], 8 * P::COMMITMENT_BYTES);
    Shake256::hash(portable(), &[&mu, &high], &mut hash);
    let signatures: Vec<P::Signature> = (0..=bits)
        .map(|bit| {
            let mut signature = P::Signature::ZERO;
            let commitment = &mut signature.as_mut()[..P::COMMITMENT_BYTES];
            commitment.copy_from_slice(&hash[..P::COMMITMENT_BYTES]);
            commitment.iter_mut().skip(bit / 8).take(1).for_each(|byte| *byte ^= 1 << (bit % 8));
            signature
        })
        .collect();
    let mut items: Vec<_> = signatures
        .iter()
        .map(|signature| Verification { key: Key::Expanded(&key), mu, signature, is_valid: false })
        .collect();
    verify_all(machine, &mut items);
    for (bit, item) in items.iter().enumerate() {
        let is_valid = bit == bits;
        claim(key.verify_on(machine, &mu, item.signature) == is_valid, || format!("bit {bit} of c~"));
        claim(item.is_valid == is_valid, || format!("bit {bit} of c~ in a batch"));
    }
}

fn check_attempts<P: mldsa::ParameterSet>() {
    let (machine, key) = (Ends { rejects_all: true, ..of_mldsa::<P>() }, mldsa::ExpandedSigningKey::<P>::default());
    let mut signatures = [P::Signature::ZERO; 3];
    signatures.iter_mut().for_each(|signature| signature.as_mut().fill(1));
    let [single, batch @ ..] = &mut signatures;
    DECOMPOSED.set(0);
    let is_signed = key.sign_on(machine, &[0; 64], &[0; 32], single);
    claim(!is_signed && DECOMPOSED.get() == 814 * P::K, || format!("{} commitments", DECOMPOSED.get()));
    DECOMPOSED.set(0);
    let mut items: Vec<_> = batch
        .iter_mut()
        .map(|signature| Signing { key: &key, mu: [0; 64], rnd: &[0; 32], signature, is_signed: true })
        .collect();
    sign_in_lanes::<_, P, 8>(machine, &mut items);
    claim(items.iter().all(|item| !item.is_signed), || "a batch is signed".into());
    claim(DECOMPOSED.get() == 2 * 814 * P::K, || format!("{} commitments of two messages", DECOMPOSED.get()));
    claim(signatures.iter().all(|signature| *signature == P::Signature::ZERO), || {
        "a failed signature has bytes".into()
    });
}
