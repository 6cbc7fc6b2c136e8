//! Verification (FIPS 204, section 6.3, algorithm 8).

use super::kernels::Machine;
use super::packing::Hints;
use super::params::{MAX_W1_BYTES, ParameterSet, T1_BYTES};
use super::poly::{N, Poly};
use super::rounding::use_hint;
use super::sampling::{GrowingHash, RowsOfA, expand_a, in_ball};
use crate::backend::Backend;
use crate::bytes::{Zero, split_first};
use crate::keccak::Shake256;
use core::hint::black_box;
use core::slice;

/// A public key expanded for any number of verifications: A with `-t1 2^d` as one more column, both transformed.
///
/// With the challenge as one more element of the response, `A z - c t1 2^d` is one matrix product.
#[derive(Clone)]
pub struct ExpandedVerifyingKey<P: ParameterSet> {
    matrix: P::WideMatrix,
}

impl<P: ParameterSet> Default for ExpandedVerifyingKey<P> {
    fn default() -> Self {
        Self { matrix: P::WideMatrix::ZERO }
    }
}

impl<P: ParameterSet> ExpandedVerifyingKey<P> {
    /// Fills `self` from an encoded public key. Every string of that length is valid.
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mldsa::*};
    /// ExpandedVerifyingKey::<MlDsa65>::default().expand(Backend::best(), &[0; 31]);
    /// ```
    pub fn expand(&mut self, backend: Backend, public_key: &P::PublicKey) {
        dispatch!(backend, machine => self.expand_on(machine, public_key));
    }

    pub(crate) fn expand_on<M: Machine>(&mut self, machine: M, public_key: &P::PublicKey) {
        let (rho, t1) = split_first(public_key.as_ref());
        let matrix = self.matrix.as_mut();
        expand_a::<M, P>(machine, rho, P::L + 1, matrix);
        for (row, packed) in matrix.chunks_exact_mut(P::L + 1).zip(t1.chunks_exact(T1_BYTES)) {
            machine.unpack_negated_t1(packed, &mut row[P::L]);
            machine.transform(&mut row[P::L]);
            machine.reduce(&mut row[P::L]);
        }
    }

    /// ML-DSA.Verify_internal (FIPS 204, algorithm 8) from line 8 on, for the mu of line 7.
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mldsa::*};
    /// let _ = ExpandedVerifyingKey::<MlDsa65>::default().verify_mu(Backend::best(), &[0; 64], &[0; 3308]);
    /// ```
    #[must_use]
    pub fn verify_mu(&self, backend: Backend, mu: &[u8; 64], signature: &P::Signature) -> bool {
        dispatch!(backend, machine => self.verify_on(machine, mu, signature))
    }

    pub(crate) fn verify_on<M: Machine>(&self, machine: M, mu: &[u8; 64], signature: &P::Signature) -> bool {
        let mut response = P::Response::ZERO;
        let Some(mut decoded) = DecodedSignature::<P>::parse(machine, signature, &mut response) else { return false };
        let commitment = commitment_of::<P>(signature);
        let commitment = &commitment[..P::COMMITMENT_BYTES];
        in_ball::<M, P>(machine, commitment, decoded.challenge());
        let mut high = [0; MAX_W1_BYTES];
        let high = &mut high[..P::K * P::W1_BYTES];
        self.high_bits(machine, &mut decoded, high);
        is_commitment::<_, P>(machine, commitment, mu, high)
    }

    /// Lines 9 and 10 and the packing of line 12: the commitment of the signature.
    pub(super) fn high_bits<M: Machine>(&self, machine: M, decoded: &mut DecodedSignature<'_, P>, out: &mut [u8]) {
        let response = decoded.response.as_mut();
        response.iter_mut().for_each(|z| machine.transform(z));
        let mut w = P::VectorK::ZERO;
        machine.multiply(self.matrix.as_ref(), response, w.as_mut());
        for (index, (w, out)) in w.as_mut().iter_mut().zip(out.chunks_exact_mut(P::W1_BYTES)).enumerate() {
            pack_high_bits::<M, P>(machine, w, decoded.hints.positions(index), out);
        }
    }
}

/// The same for one polynomial in the NTT domain, with the positions of its hints.
fn pack_high_bits<M: Machine, P: ParameterSet>(machine: M, w: &mut Poly, hints: &[u8], out: &mut [u8]) {
    let mut high = [0; N];
    machine.transform_back(w);
    machine.high_bits(w, P::GAMMA2, &mut high);
    for position in hints.iter().map(|position| usize::from(*position)) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..44")]
        (high[position] = use_hint(w.coefficients()[position], P::GAMMA2) as u8);
    }
    machine.pack_high(&high, P::W1_BITS, out);
}

/// A copy of the commitment. If the challenge were sampled from bytes other than those compared with the hash, anyone
/// who can write to the signature during the call could have any message accepted.
pub(super) fn commitment_of<P: ParameterSet>(signature: &P::Signature) -> [u8; 64] {
    let mut commitment = [0; 64];
    commitment[..P::COMMITMENT_BYTES].copy_from_slice(&signature.as_ref()[..P::COMMITMENT_BYTES]);
    black_box(&raw mut commitment);
    commitment
}

/// Lines 12 and 13: whether the commitment is the hash of mu and the packed high bits.
fn is_commitment<M: Machine, P: ParameterSet>(machine: M, commitment: &[u8], mu: &[u8; 64], high: &[u8]) -> bool {
    debug_assert_eq!((commitment.len(), high.len()), (P::COMMITMENT_BYTES, P::K * P::W1_BYTES));
    let mut hash = [0; 64];
    let hash = &mut hash[..commitment.len()];
    Shake256::hash(machine, &[mu, high], hash);
    hash == commitment
}

/// A decoded signature (FIPS 204, algorithm 27) without its commitment, with space for the challenge after the response.
pub(crate) struct DecodedSignature<'a, P: ParameterSet> {
    response: &'a mut P::Response,
    hints: Hints,
}

impl<'a, P: ParameterSet> DecodedSignature<'a, P> {
    /// Decodes a signature, or refuses it for its hints or the norm of z (algorithm 8, lines 3 and 13).
    pub(crate) fn parse<M: Machine>(
        machine: M,
        signature: &P::Signature,
        response: &'a mut P::Response,
    ) -> Option<Self> {
        let (packed, hints) = signature.as_ref()[P::COMMITMENT_BYTES..].split_at(P::L * P::Z_BYTES);
        let hints = Hints::parse(hints, P::OMEGA)?;
        for (z, packed) in response.as_mut().iter_mut().zip(packed.chunks_exact(P::Z_BYTES)) {
            machine.unpack(packed, P::Z_BITS, P::GAMMA1, z);
            if machine.exceeds(z, P::GAMMA1 - P::BETA) {
                return None;
            }
        }
        Some(Self { response, hints })
    }

    /// The challenge, to be written.
    pub(super) fn challenge(&mut self) -> &mut Poly {
        &mut self.response.as_mut()[P::L]
    }
}

/// [`ExpandedVerifyingKey::verify_mu`] with an encoded public key.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let _ = verify_mu::<MlDsa65>(Backend::best(), &[0; 31], &[0; 64], &[0; 3309]);
/// ```
///
/// ```
/// # use pqc_simd::{Backend, mldsa::*};
/// assert!(!verify_mu::<MlDsa65>(Backend::best(), &[0; 1952], &[0; 64], &[0; 3309]));
/// ```
#[must_use]
pub fn verify_mu<P: ParameterSet>(
    backend: Backend,
    public_key: &P::PublicKey,
    mu: &[u8; 64],
    signature: &P::Signature,
) -> bool {
    let mut key = ExpandedVerifyingKey::<P>::default();
    key.expand(backend, public_key);
    key.verify_mu(backend, mu, signature)
}

/// Verifies a signature with an encoded public key in its first use, and returns the hash tr of the key as well.
///
/// `mu` derives mu from tr; its error is returned. The matrix is sampled and used a row at a time, interleaved with tr.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let _ = verify_first::<MlDsa65, ()>(Backend::best(), &[0; 31], |_| Ok([0; 64]), &[0; 3309]);
/// ```
pub fn verify_first<P: ParameterSet, E>(
    backend: Backend,
    public_key: &P::PublicKey,
    mu: impl FnOnce(&[u8; 64]) -> Result<[u8; 64], E>,
    signature: &P::Signature,
) -> ([u8; 64], Result<bool, E>) {
    dispatch!(backend, machine => {
        let (mut tr, mut high) = ([0; 64], [0; MAX_W1_BYTES]);
        let high = &mut high[..P::K * P::W1_BYTES];
        let commitment = commitment_of::<P>(signature);
        let commitment = &commitment[..P::COMMITMENT_BYTES];
        let is_formed = commit::<_, P>(machine, public_key, (commitment, signature), high, &mut tr);
        let is_valid = |mu| is_formed && is_commitment::<_, P>(machine, commitment, &mu, high);
        (tr, mu(&tr).map(is_valid))
    })
}

/// [`ExpandedVerifyingKey::high_bits`] and tr for the first use of a key, given a signature and the copy of its
/// commitment. Returns `false` if the signature is refused.
#[inline(never)]
pub(crate) fn commit<M: Machine, P: ParameterSet>(
    machine: M,
    public_key: &P::PublicKey,
    (commitment, signature): (&[u8], &P::Signature),
    high: &mut [u8],
    tr: &mut [u8; 64],
) -> bool {
    let (mut hash, mut response, public_key) = (GrowingHash::new(), P::Response::ZERO, public_key.as_ref());
    let decoded = DecodedSignature::<P>::parse(machine, signature, &mut response);
    let is_formed = decoded.is_some();
    if let Some(mut decoded) = decoded {
        let (rho, t1) = split_first(public_key);
        in_ball::<M, P>(machine, commitment, decoded.challenge());
        let response = decoded.response.as_mut();
        for z in &mut *response {
            machine.transform(z);
            // Into the order of the elements of `RowsOfA`; w is transposed back below.
            machine.transpose(z);
        }
        let (mut matrix, mut wide) = (RowsOfA::<P>::new(rho), P::Response::ZERO);
        let mut rest = t1.chunks_exact(T1_BYTES).zip(high.chunks_exact_mut(P::W1_BYTES)).enumerate();
        while rest.len() > 0 {
            let rows = matrix.sample_rows(machine, Some(&mut hash), public_key);
            for (row, (index, (t1, high))) in rows.chunks_exact(P::L).zip(&mut rest) {
                let wide = wide.as_mut();
                wide[..P::L].copy_from_slice(row);
                machine.unpack_negated_t1(t1, &mut wide[P::L]);
                machine.transform(&mut wide[P::L]);
                machine.reduce(&mut wide[P::L]);
                machine.transpose(&mut wide[P::L]);
                let mut w = Poly::ZERO;
                machine.multiply(wide, response, slice::from_mut(&mut w));
                machine.transpose(&mut w);
                pack_high_bits::<M, P>(machine, &mut w, decoded.hints.positions(index), high);
            }
        }
    }
    hash.finish(machine, public_key, tr);
    is_formed
}
