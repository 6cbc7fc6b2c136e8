//! The public key of an expanded ML-DSA private key, by RustCrypto's `ml-dsa`: libcrux cannot derive it.

use crate::{Error, MlDsaParameterSet};
use ml_dsa::{ExpandedSigningKey, ExpandedSigningKeyBytes, MlDsa44, MlDsa65, MlDsa87, MlDsaParams};

/// Writes the public key of `private_key`, whose s1 and s2 must be within eta: `ml-dsa` panics on others.
pub(super) fn derive_public_key(set: MlDsaParameterSet, private_key: &[u8], out: &mut [u8]) -> Result<(), Error> {
    match set {
        MlDsaParameterSet::MlDsa44 => derive::<MlDsa44>(private_key, out),
        MlDsaParameterSet::MlDsa65 => derive::<MlDsa65>(private_key, out),
        MlDsaParameterSet::MlDsa87 => derive::<MlDsa87>(private_key, out),
    }
}

#[allow(deprecated, reason = "the expanded form is what users import; the caller has checked the coefficients")]
fn derive<P: MlDsaParams>(private_key: &[u8], out: &mut [u8]) -> Result<(), Error> {
    let encoded = <&ExpandedSigningKeyBytes<P>>::try_from(private_key).map_err(|_| Error::Internal)?;
    let public_key = ExpandedSigningKey::<P>::from_expanded(encoded).verifying_key().encode();
    let bytes: &[u8] = &public_key;
    if bytes.len() != out.len() {
        return Err(Error::Internal);
    }
    out.copy_from_slice(bytes);
    Ok(())
}
