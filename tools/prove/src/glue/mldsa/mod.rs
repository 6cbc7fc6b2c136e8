//! ML-DSA: single operations against libcrux, and batches against single operations.

mod batches;
mod cases;
mod engine;
mod invalid;

use batches::check_batches;
use cases::check_answers;
#[cfg(feature = "libcrux")]
pub(crate) use cases::transcript;
use invalid::{check_import, check_refusal};
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};
use pqc_simd::proofs::{Label, Row};

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA: 60 cases of each set on each backend match the keys, signatures and verdicts of libcrux (FIPS \
               204, algorithms 1 to 3 and 6 to 8), with encoded and expanded keys, including keys with altered t0 that \
               end every kind of attempt, contexts of all lengths, and altered, malformed and random signatures and \
               public keys",
        label: Label::Tested,
        covers: SINGLE,
        is_slow: false,
        check: || {
            check_answers::<MlDsa44>(ANSWERS[0]);
            check_answers::<MlDsa65>(ANSWERS[1]);
            check_answers::<MlDsa87>(ANSWERS[2]);
        },
    },
    Row {
        name: "ML-DSA: the public key of a private key is the generated one, and a change in rho, tr, t0 or of a coefficient of s1 \
               or s2 is found (FIPS 204, algorithm 25)",
        label: Label::Tested,
        covers: &[
            "bytes.rs::difference",
            "mldsa/keygen.rs::ExpandedSigningKey::import",
            "mldsa/keygen.rs::derive_public_key",
            "mldsa/keygen.rs::public_key_from_private",
            "mldsa/keygen.rs::public_value",
        ],
        is_slow: false,
        check: || {
            check_import::<MlDsa44>();
            check_import::<MlDsa65>();
            check_import::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: a signature that is refused for its hints or the norm of z is refused whatever its c~, single and in batches \
               (FIPS 204, algorithm 8, lines 3 and 13)",
        label: Label::Tested,
        covers: &[
            "mldsa/batch.rs::Verifier::high_bits",
            "mldsa/batch.rs::Verifier::verify",
            "mldsa/verifying.rs::commit",
            "mldsa/verifying.rs::verify_first",
            "mldsa/verifying.rs::verify_mu",
        ],
        is_slow: false,
        check: || {
            check_refusal::<MlDsa44>();
            check_refusal::<MlDsa65>();
            check_refusal::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: batches of 0 to 9 and 17 keys or signatures have the results of single operations, with \
               different or shared keys, encoded, expanded or mixed, in either order, with altered signatures and with \
               a key that cannot sign",
        label: Label::Tested,
        covers: BATCH,
        is_slow: false,
        check: || {
            check_batches::<MlDsa44>();
            check_batches::<MlDsa65>();
            check_batches::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: libcrux computes the answers that the 60 cases of each set are compared with",
        label: Label::Tested,
        covers: &[],
        is_slow: true,
        check: || super::libcrux::check_mldsa(ANSWERS),
    },
];

/// Functions that these cases execute.
const SINGLE: &[&str] = &[
    "mldsa/kernels.rs::Kernels::add",
    "mldsa/kernels.rs::Kernels::add_small",
    "mldsa/kernels.rs::Kernels::centre",
    "mldsa/kernels.rs::Kernels::decompose",
    "mldsa/kernels.rs::Kernels::exceeds",
    "mldsa/kernels.rs::Kernels::high_bits",
    "mldsa/kernels.rs::Kernels::make_hints",
    "mldsa/kernels.rs::Kernels::multiply",
    "mldsa/kernels.rs::Kernels::narrow",
    "mldsa/kernels.rs::Kernels::pack",
    "mldsa/kernels.rs::Kernels::pack_high",
    "mldsa/kernels.rs::Kernels::pack_t",
    "mldsa/kernels.rs::Kernels::reduce",
    "mldsa/kernels.rs::Kernels::sample_small",
    "mldsa/kernels.rs::Kernels::sample_uniform",
    "mldsa/kernels.rs::Kernels::subtract_small",
    "mldsa/kernels.rs::Kernels::transform",
    "mldsa/kernels.rs::Kernels::transform_back",
    "mldsa/kernels.rs::Kernels::transpose",
    "mldsa/kernels.rs::Kernels::unpack",
    "mldsa/kernels.rs::Kernels::unpack_negated_t1",
    "mldsa/kernels.rs::Kernels::unpack_t0",
    "mldsa/kernels.rs::all",
    "mldsa/keygen.rs::ExpandedSigningKey::generate",
    "mldsa/keygen.rs::ExpandedSigningKey::import",
    "mldsa/keygen.rs::keygen",
    "mldsa/keygen.rs::keygen_on",
    "mldsa/keygen.rs::keygen_without_hash",
    "mldsa/keygen.rs::public_value",
    "mldsa/mu.rs::public_key_hash",
    "mldsa/params.rs::on_wiped_stack_of",
    "mldsa/sampling.rs::GrowingHash::finish",
    "mldsa/sampling.rs::GrowingHash::new",
    "mldsa/sampling.rs::GrowingHash::next_block",
    "mldsa/sampling.rs::GrowingHash::squeeze_interleaved",
    "mldsa/sampling.rs::Masks::hash_interleaved",
    "mldsa/sampling.rs::Masks::make",
    "mldsa/sampling.rs::Masks::new",
    "mldsa/sampling.rs::Masks::take",
    "mldsa/sampling.rs::RowsOfA::lanes",
    "mldsa/sampling.rs::RowsOfA::new",
    "mldsa/sampling.rs::RowsOfA::sample_rows",
    "mldsa/sampling.rs::expand_a",
    "mldsa/sampling.rs::expand_s",
    "mldsa/sampling.rs::fill_ball",
    "mldsa/sampling.rs::in_ball",
    "mldsa/sampling.rs::mask_seed",
    "mldsa/sampling.rs::seed",
    "mldsa/signing.rs::Attempt::answer",
    "mldsa/signing.rs::Attempt::challenge",
    "mldsa/signing.rs::Attempt::commit",
    "mldsa/signing.rs::Attempt::hint",
    "mldsa/signing.rs::Attempt::lower_bits_hide",
    "mldsa/signing.rs::Attempt::mask",
    "mldsa/signing.rs::Attempt::respond",
    "mldsa/signing.rs::Default::default",
    "mldsa/signing.rs::ExpandedSigningKey::expand",
    "mldsa/signing.rs::ExpandedSigningKey::expand_on",
    "mldsa/signing.rs::ExpandedSigningKey::expand_secrets",
    "mldsa/signing.rs::ExpandedSigningKey::seed",
    "mldsa/signing.rs::ExpandedSigningKey::sign_mu",
    "mldsa/signing.rs::ExpandedSigningKey::sign_on",
    "mldsa/signing.rs::sign_mu",
    "mldsa/signing.rs::sign_once",
    "mldsa/small.rs::challenge",
    "mldsa/small.rs::factor",
    "mldsa/small.rs::multiply",
    "mldsa/verifying.rs::DecodedSignature::challenge",
    "mldsa/verifying.rs::DecodedSignature::parse",
    "mldsa/verifying.rs::Default::default",
    "mldsa/verifying.rs::ExpandedVerifyingKey::expand",
    "mldsa/verifying.rs::ExpandedVerifyingKey::expand_on",
    "mldsa/verifying.rs::ExpandedVerifyingKey::high_bits",
    "mldsa/verifying.rs::ExpandedVerifyingKey::verify_mu",
    "mldsa/verifying.rs::ExpandedVerifyingKey::verify_on",
    "mldsa/verifying.rs::commit",
    "mldsa/verifying.rs::commitment_of",
    "mldsa/verifying.rs::is_commitment",
    "mldsa/verifying.rs::pack_high_bits",
    "mldsa/verifying.rs::verify_first",
    "mldsa/verifying.rs::verify_mu",
];

/// Functions that these cases execute.
const BATCH: &[&str] = &[
    "keccak/sponge.rs::Sponge::hash_each",
    "mldsa/batch.rs::Verifier::high_bits",
    "mldsa/batch.rs::Verifier::key",
    "mldsa/batch.rs::Verifier::verify",
    "mldsa/batch.rs::expand_masks",
    "mldsa/batch.rs::keygen_batch",
    "mldsa/batch.rs::keygen_lanes",
    "mldsa/batch.rs::lanes",
    "mldsa/batch.rs::sign_all",
    "mldsa/batch.rs::sign_batch",
    "mldsa/batch.rs::sign_in_lanes",
    "mldsa/batch.rs::verify_all",
    "mldsa/batch.rs::verify_batch",
    "mldsa/sampling.rs::in_ball_of_block",
];

/// The hashes of the answers of libcrux.
const ANSWERS: [&str; 3] = [
    "b1464c9e1d8aa0e1dae6f23c2e818cfd582151cd9a59c55605b1c91d8041295e",
    "d69766097c9ebaac62e09da68c69639f88bd38ae71299c4a45ba6b2d7f83e5d8",
    "40ab36e07088b998a9f4f3a80c3a95db8896e13c551aebc27a32af6d15f1bd22",
];

/// The operations of an implementation.
pub(crate) trait Operations<P: ParameterSet> {
    /// The private and the public key of a seed.
    fn keygen(&self, seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>);
    /// `None` after 814 attempts.
    fn sign(&self, private_key: &[u8], message: &[u8], context: &[u8], rnd: &[u8; 32]) -> Option<Vec<u8>>;
    fn verify(&self, public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool;
}
