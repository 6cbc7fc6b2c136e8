//! Signing (FIPS 204, section 6.2, algorithm 7).

use super::kernels::Machine;
use super::packing::pack_hints;
use super::params::{MAX_W1_BYTES, ParameterSet, T0_BYTES, on_wiped_stack_of};
use super::poly::{N, Poly};
use super::sampling::{Masks, expand_a, in_ball};
use super::small;
use crate::backend::Backend;
use crate::bytes::{Bytes, Zero, first, split_first};
use crate::keccak::Shake256;
use crate::ntt16;
use crate::wipe::{on_wiped_stack, wipe};
use core::slice;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The stack that an expansion uses in any parameter set, with headroom; the test `wiping::mldsa` checks that it suffices.
const EXPANSION_STACK_BYTES: usize = 16 << 10;

/// The limit of attempts (FIPS 204, appendix C), which a valid key exceeds with a probability below 2^-256.
pub(crate) const MAX_ATTEMPTS: usize = 814;

/// A private key expanded for any number of signatures: A, s1, s2 and t0, all transformed, and K. Wiped when dropped.
#[derive(Clone)]
pub struct ExpandedSigningKey<P: ParameterSet> {
    pub(crate) matrix: P::Matrix,
    pub(crate) s1: P::FactorsL,
    pub(crate) s2: P::FactorsK,
    pub(crate) t0: P::VectorK,
    pub(crate) key: [u8; 32],
}

impl<P: ParameterSet> ExpandedSigningKey<P> {
    const ZERO: Self = Self {
        matrix: P::Matrix::ZERO,
        s1: P::FactorsL::ZERO,
        s2: P::FactorsK::ZERO,
        t0: P::VectorK::ZERO,
        key: [0; 32],
    };
}

impl<P: ParameterSet> Default for ExpandedSigningKey<P> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<P: ParameterSet> Zeroize for ExpandedSigningKey<P> {
    fn zeroize(&mut self) {
        wipe(&mut self.s1, P::FactorsL::ZERO);
        wipe(&mut self.s2, P::FactorsK::ZERO);
        wipe(&mut self.t0, P::VectorK::ZERO);
        wipe(&mut self.key, [0; 32]);
    }
}

impl<P: ParameterSet> Drop for ExpandedSigningKey<P> {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl<P: ParameterSet> ZeroizeOnDrop for ExpandedSigningKey<P> {}

impl<P: ParameterSet> ExpandedSigningKey<P> {
    /// Fills `self` from an encoded private key with checked coefficients.
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mldsa::*};
    /// ExpandedSigningKey::<MlDsa65>::default().expand(Backend::best(), &[0; 4031]);
    /// ```
    pub fn expand(&mut self, backend: Backend, private_key: &P::PrivateKey) {
        on_wiped_stack::<EXPANSION_STACK_BYTES, _>(|| {
            dispatch!(backend, machine => self.expand_on(machine, private_key));
        });
    }

    #[inline(never)]
    pub(crate) fn expand_on<M: Machine>(&mut self, machine: M, private_key: &P::PrivateKey) {
        expand_a::<M, P>(machine, first(private_key.as_ref()), P::L, self.matrix.as_mut());
        self.expand_secrets(machine, private_key);
    }

    /// Expands all but the matrix.
    #[inline(never)]
    pub(super) fn expand_secrets<M: Machine>(&mut self, machine: M, private_key: &P::PrivateKey) {
        let (fixed, vectors) = split_first::<[u8; 128]>(private_key.as_ref());
        let (small, t0) = vectors.split_at((P::L + P::K) * P::ETA_BYTES);
        self.key.copy_from_slice(&fixed[32..64]);
        let vectors = self.s1.as_mut().iter_mut().chain(self.s2.as_mut());
        for (s, packed) in vectors.zip(small.chunks_exact(P::ETA_BYTES)) {
            let mut decoded = Poly::ZERO;
            machine.unpack(packed, P::ETA_BITS, P::ETA, &mut decoded);
            small::factor(machine, &decoded, s);
        }
        for (t, packed) in self.t0.as_mut().iter_mut().zip(t0.chunks_exact(T0_BYTES)) {
            machine.unpack_t0(packed, t);
            machine.transform(t);
            machine.reduce(t);
        }
    }

    /// ML-DSA.Sign_internal (FIPS 204, algorithm 7) from line 7 on, for the mu of line 6.
    ///
    /// `rnd` is random, or zeros for a deterministic signature. Returns `false`, and zeros, after 814 failed attempts: the key
    /// is damaged or invalid.
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mldsa::*};
    /// let key = ExpandedSigningKey::<MlDsa65>::default();
    /// let _ = key.sign_mu(Backend::best(), &[0; 64], &[0; 32], &mut [0; 3308]);
    /// ```
    #[must_use]
    pub fn sign_mu(&self, backend: Backend, mu: &[u8; 64], rnd: &[u8; 32], signature: &mut P::Signature) -> bool {
        on_wiped_stack_of::<P, { 48 << 10 }, { 52 << 10 }, { 60 << 10 }, _>(
            || dispatch!(backend, machine => self.sign_on(machine, mu, rnd, signature)),
        )
    }

    #[inline(never)]
    pub(crate) fn sign_on<M: Machine>(
        &self,
        machine: M,
        mu: &[u8; 64],
        rnd: &[u8; 32],
        signature: &mut P::Signature,
    ) -> bool {
        let rho = self.seed(machine, mu, rnd);
        let (mut attempt, mut masks, mut hash) = (Attempt::<P>::ZERO, Masks::<P>::new(&rho), [0; 64]);
        let mut message = [0; 64 + MAX_W1_BYTES];
        let message = &mut message[..64 + P::K * P::W1_BYTES];
        message[..64].copy_from_slice(mu);
        let (commitment, rest) = signature.as_mut().split_at_mut(P::COMMITMENT_BYTES);
        for _ in 0..MAX_ATTEMPTS {
            masks.take(machine, attempt.mask());
            attempt.commit(machine, self, &mut message[64..]);
            masks.hash_interleaved(machine, message, &mut hash);
            // Not from the signature, which others may write to: a second challenge for this mask would reveal the key.
            in_ball::<M, P>(machine, &hash[..P::COMMITMENT_BYTES], attempt.challenge());
            if attempt.answer(machine, self, rest) {
                commitment.copy_from_slice(&hash[..P::COMMITMENT_BYTES]);
                return true;
            }
        }
        // The response of a rejected attempt depends on the key.
        *signature = P::Signature::ZERO;
        false
    }

    /// Line 7 of algorithm 7: the seed rho'' of the mask.
    pub(crate) fn seed<M: Machine>(&self, machine: M, mu: &[u8; 64], rnd: &[u8; 32]) -> [u8; 64] {
        let mut seed = [0; 64];
        Shake256::hash(machine, &[&self.key, rnd, mu], &mut seed);
        seed
    }
}

/// The state of an attempt, from a mask to a signature. Nothing is kept between attempts.
pub(crate) struct Attempt<P: ParameterSet> {
    /// First y, then z.
    mask: P::VectorL,
    /// First w, then its low bits.
    low: P::VectorK,
    high: [[u8; N]; super::params::MAX_K],
    challenge: Poly,
    small_challenge: ntt16::Poly,
    small_product: ntt16::Poly,
}

impl<P: ParameterSet> Attempt<P> {
    pub(crate) const ZERO: Self = Self {
        mask: P::VectorL::ZERO,
        low: P::VectorK::ZERO,
        high: [[0; N]; super::params::MAX_K],
        challenge: Poly::ZERO,
        small_challenge: ntt16::Poly::ZERO,
        small_product: ntt16::Poly::ZERO,
    };

    /// The mask, to be written before [`Self::commit`].
    pub(crate) fn mask(&mut self) -> &mut [Poly] {
        self.mask.as_mut()
    }

    /// The challenge, to be written before [`Self::answer`].
    pub(crate) const fn challenge(&mut self) -> &mut Poly {
        &mut self.challenge
    }

    /// Lines 12 to 14 of algorithm 7: w = A y, and its high bits, packed.
    pub(crate) fn commit<M: Machine>(&mut self, machine: M, key: &ExpandedSigningKey<P>, packed: &mut [u8]) {
        let mut y = self.mask.clone();
        y.as_mut().iter_mut().for_each(|y| machine.transform(y));
        machine.multiply(key.matrix.as_ref(), y.as_ref(), self.low.as_mut());
        let rows = self.low.as_mut().iter_mut().zip(&mut self.high).zip(packed.chunks_exact_mut(P::W1_BYTES));
        for ((w, high), packed) in rows {
            machine.transform_back(w);
            machine.decompose(w, P::GAMMA2, high);
            machine.pack_high(high, P::W1_BITS, packed);
        }
    }

    /// Lines 17 to 33: writes z and the hints, which follow c~ in the signature, or returns `false` if the attempt is rejected.
    pub(crate) fn answer<M: Machine>(&mut self, machine: M, key: &ExpandedSigningKey<P>, out: &mut [u8]) -> bool {
        small::challenge(machine, &self.challenge, &mut self.small_challenge);
        let (packed, hints) = out.split_at_mut(P::L * P::Z_BYTES);
        self.lower_bits_hide(machine, key) && self.respond(machine, key, packed) && self.hint(machine, key, hints)
    }

    /// Line 21 and the second condition of line 23, one polynomial at a time.
    ///
    /// `LowBits(w - c s2)` is below gamma2 - beta exactly if `LowBits(w) - c s2` is, and then they are equal: such a difference
    /// does not change the high bits of w, as `|c s2| <= beta`. Most attempts end here, so this comes first.
    fn lower_bits_hide<M: Machine>(&mut self, machine: M, key: &ExpandedSigningKey<P>) -> bool {
        for (low, s2) in self.low.as_mut().iter_mut().zip(key.s2.as_ref()) {
            small::multiply(machine, &self.small_challenge, s2, &mut self.small_product);
            if machine.subtract_small(low, &self.small_product, P::GAMMA2 - P::BETA) {
                return false;
            }
        }
        true
    }

    /// Lines 18 and 20, the first condition of line 23, and the encoding of z.
    fn respond<M: Machine>(&mut self, machine: M, key: &ExpandedSigningKey<P>, packed: &mut [u8]) -> bool {
        for (z, s1) in self.mask.as_mut().iter_mut().zip(key.s1.as_ref()) {
            small::multiply(machine, &self.small_challenge, s1, &mut self.small_product);
            if machine.add_small(z, &self.small_product, P::GAMMA1 - P::BETA) {
                return false;
            }
        }
        for (z, packed) in self.mask.as_ref().iter().zip(packed.chunks_exact_mut(P::Z_BYTES)) {
            machine.pack(z, P::Z_BITS, P::GAMMA1, packed);
        }
        true
    }

    /// Lines 25 to 28: the hints, and their encoding.
    fn hint<M: Machine>(&mut self, machine: M, key: &ExpandedSigningKey<P>, packed: &mut [u8]) -> bool {
        packed.fill(0);
        machine.transform(&mut self.challenge);
        let mut count = 0;
        let rows = self.low.as_mut().iter_mut().zip(&self.high).zip(key.t0.as_ref());
        for (row, ((low, high), t0)) in rows.enumerate() {
            let (mut change, mut hints) = (Poly::ZERO, [0; N]);
            machine.multiply(slice::from_ref(t0), slice::from_ref(&self.challenge), slice::from_mut(&mut change));
            machine.transform_back(&mut change);
            machine.centre(&mut change);
            if machine.exceeds(&change, P::GAMMA2) {
                return false;
            }
            machine.add(low, &change);
            machine.make_hints(low, high, P::GAMMA2, &mut hints);
            match pack_hints(&hints, row, P::OMEGA, count, packed) {
                Some(sum) => count = sum,
                None => return false,
            }
        }
        true
    }
}

/// [`ExpandedSigningKey::sign_mu`] with an encoded private key.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let _ = sign_mu::<MlDsa65>(Backend::best(), &[0; 4031], &[0; 64], &[0; 32], &mut [0; 3309]);
/// ```
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let _ = sign_mu::<MlDsa65>(Backend::best(), &[0; 4032], &[0; 64], &[0; 32], &mut [0; 3310]);
/// ```
#[must_use]
pub fn sign_mu<P: ParameterSet>(
    backend: Backend,
    private_key: &P::PrivateKey,
    mu: &[u8; 64],
    rnd: &[u8; 32],
    signature: &mut P::Signature,
) -> bool {
    on_wiped_stack_of::<P, { 80 << 10 }, { 104 << 10 }, { 144 << 10 }, _>(
        || dispatch!(backend, machine => sign_once::<_, P>(machine, private_key, mu, rnd, signature)),
    )
}

#[inline(never)]
fn sign_once<M: Machine, P: ParameterSet>(
    machine: M,
    private_key: &P::PrivateKey,
    mu: &[u8; 64],
    rnd: &[u8; 32],
    signature: &mut P::Signature,
) -> bool {
    let mut key = ExpandedSigningKey::<P>::default();
    key.expand_on(machine, private_key);
    key.sign_on(machine, mu, rnd, signature)
}
