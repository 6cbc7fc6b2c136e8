//! P-256 and P-384: ECDSA (FIPS 186-5, section 6) and ECDH (SP 800-56A, 5.7.1.2). RustCrypto computes the scalars, and graviola,
//! where it is used, the points.

/// Declares a curve, with the hash function that its crate has for ECDSA.
macro_rules! curve {
    ($module:ident, $curve:ident, $name:ident, $hash:ident, $multiple:ident, $exchange:ident, $verify:ident) => {
        pub(in crate::engine) mod $module {
            use crate::engine::{copy, graviola};
            use crate::{CodePath, Error};
            use rfc6979::KGenerator;
            use sha2::{Digest, $hash};
            use $curve::ecdsa::signature::Verifier;
            use $curve::ecdsa::{Signature, VerifyingKey};
            use $curve::elliptic_curve::Curve;
            use $curve::elliptic_curve::ops::{Invert, Reduce};
            use $curve::elliptic_curve::point::AffineCoordinates;
            use $curve::{FieldBytes, Scalar, SecretKey, $name};

            pub(crate) fn is_private_key(secret: &[u8]) -> bool {
                SecretKey::from_slice(secret).is_ok()
            }

            pub(crate) fn public_key(path: CodePath, secret: &[u8]) -> Result<VerifyingKey, Error> {
                let secret = SecretKey::from_slice(secret).map_err(|_| Error::PrivateKeyRange)?;
                match graviola::$multiple(path, &secret.to_bytes()) {
                    Some(encoded) => VerifyingKey::from_sec1_bytes(&encoded).map_err(|_| Error::Internal),
                    None => Ok(secret.public_key().into()),
                }
            }

            /// The x-coordinate of a multiple of the base point.
            fn x_of_multiple(path: CodePath, scalar: &SecretKey) -> FieldBytes {
                match graviola::$multiple(path, &scalar.to_bytes()) {
                    Some(encoded) => FieldBytes::from_fn(|at| encoded[1 + at]),
                    None => scalar.public_key().as_affine().x(),
                }
            }

            pub(crate) fn point(bytes: &[u8]) -> Result<VerifyingKey, Error> {
                let key = VerifyingKey::from_sec1_bytes(bytes).map_err(|_| Error::PublicKeyPoint)?;
                // The length has been checked, so that only 4, and neither "compact" nor "hybrid", can begin it.
                if bytes.first() == Some(&4) { Ok(key) } else { Err(Error::PublicKeyPoint) }
            }

            /// Writes a multiple of the base point, in its encoding without compression.
            pub(crate) fn element(path: CodePath, secret: &[u8], out: &mut [u8]) -> Result<(), Error> {
                if let Some(encoded) = graviola::$multiple(path, secret) {
                    return copy(&encoded, out);
                }
                let secret = SecretKey::from_slice(secret).map_err(|_| Error::PrivateKeyRange)?;
                let (public_key, coordinate) = (secret.public_key(), size_of::<FieldBytes>());
                let (first, coordinates) = out.split_first_mut().ok_or(Error::Internal)?;
                let (x, y) = coordinates.split_at_mut_checked(coordinate).ok_or(Error::Internal)?;
                *first = 4;
                copy(&public_key.as_affine().x(), x)?;
                copy(&public_key.as_affine().y(), y)
            }

            /// The x-coordinate of a multiple of a point, at `out`.
            pub(crate) fn exchange(path: CodePath, secret: &[u8], point: &[u8], out: &mut [u8]) -> Result<(), Error> {
                if let Some(shared) = graviola::$exchange(path, secret, point) {
                    return copy(&shared, out);
                }
                let secret = SecretKey::from_slice(secret).map_err(|_| Error::PrivateKeyRange)?;
                let multiple = self::point(point)?.as_affine() * *secret.to_nonzero_scalar();
                copy(&multiple.to_affine().x(), out)
            }

            pub(crate) fn sign(
                path: CodePath,
                secret: &[u8],
                message: &[u8],
                rnd: &[u8],
                signature: &mut [u8],
            ) -> Result<usize, Error> {
                let secret = SecretKey::from_slice(secret).map_err(|_| Error::Internal)?;
                let digest = $hash::digest(message);
                let (mut nonce, mut made) = (FieldBytes::default(), None);
                let order = $name::ORDER;
                let mut nonces = KGenerator::<$hash, _>::new(&secret.to_bytes(), &digest, rnd, &*order);
                while made.is_none() {
                    nonces.fill_next_k(&mut nonce);
                    made = sign_with(path, &secret, &nonce, &digest)?;
                }
                let made = made.ok_or(Error::Internal)?.to_der();
                let made = made.as_bytes();
                signature.get_mut(..made.len()).ok_or(Error::Internal)?.copy_from_slice(made);
                Ok(made.len())
            }

            /// The signature of a digest with a nonce, unless one of its halves is zero (FIPS 186-5, 6.4.1).
            fn sign_with(
                path: CodePath,
                secret: &SecretKey,
                nonce: &[u8],
                digest: &FieldBytes,
            ) -> Result<Option<Signature>, Error> {
                let nonce = SecretKey::from_slice(nonce).map_err(|_| Error::Internal)?;
                let r = Scalar::reduce(&x_of_multiple(path, &nonce));
                let sum = Scalar::reduce(digest) + r * *secret.to_nonzero_scalar();
                let s = *nonce.to_nonzero_scalar().invert() * sum;
                Ok(Signature::from_scalars(r, s).ok())
            }

            pub(crate) fn verify(path: CodePath, key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
                let Ok(signature) = Signature::from_der(signature) else { return false };
                graviola::$verify(path, key.to_sec1_point(false).as_bytes(), message, &signature.to_bytes())
                    .unwrap_or_else(|| key.verify(message, &signature).is_ok())
            }

            #[cfg(test)]
            #[allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
            mod tests {
                use super::*;
                use core::iter;
                use ecdsa::hazmat::sign_prehashed_rfc6979;

                const SCALAR_BYTES: usize = size_of::<FieldBytes>();

                /// Small scalars, large ones and powers of two, at which additions of points meet their special cases, and others.
                fn scalars() -> impl Iterator<Item = Scalar> {
                    let small = (1..70_u64).map(Scalar::from);
                    let powers =
                        iter::successors(Some(Scalar::ONE), |power| Some(power.double())).take(8 * SCALAR_BYTES);
                    let others = (0..20_u8).map(|n| Scalar::reduce(&$hash::digest([n])));
                    small.chain(powers).chain(others).flat_map(|scalar| [scalar, -scalar])
                }

                #[test]
                fn public_keys_are_the_same_on_every_path() -> Result<(), Error> {
                    for scalar in scalars() {
                        let expected = public_key(CodePath::Portable, &scalar.to_bytes())?;
                        for path in CodePath::available() {
                            assert_eq!(public_key(path, &scalar.to_bytes())?, expected, "{scalar:?}");
                        }
                    }
                    Ok(())
                }

                #[test]
                fn signatures_are_those_of_rfc_6979_and_verify_on_every_path() -> Result<(), Error> {
                    for (scalar, n) in scalars().step_by(20).zip(0_u8..) {
                        let (secret, message, rnd) = (scalar.to_bytes(), [n; 40], [n ^ 1; 32]);
                        let nonzero = SecretKey::from_slice(&secret).map_err(|_| Error::Internal)?.to_nonzero_scalar();
                        let (expected, _) = sign_prehashed_rfc6979::<_, $hash>(&nonzero, &$hash::digest(message), &rnd);
                        for path in CodePath::available() {
                            let (mut made, key) = ([0; 104], public_key(path, &secret)?);
                            let len = sign(path, &secret, &message, &rnd, &mut made)?;
                            assert_eq!(made[..len], *expected.to_der().as_bytes());
                            assert!(verify(path, &key, &message, &made[..len]));
                            assert!(!verify(path, &key, &[n; 41], &made[..len]));
                            made[len - 1] ^= 1;
                            assert!(!verify(path, &key, &message, &made[..len]));
                        }
                    }
                    Ok(())
                }

                /// Verification adds two multiples of points: here they are equal, which is a valid signature, or each other's negative.
                #[test]
                fn equal_and_opposite_points_are_added_on_every_path() -> Result<(), Error> {
                    let nonce = Scalar::from(77_u64);
                    let point = public_key(CodePath::Portable, &nonce.to_bytes())?.to_sec1_point(false);
                    let r = Scalar::reduce(point.x().ok_or(Error::Internal)?);
                    let z = Scalar::reduce(&$hash::digest(b"message"));
                    let secret = z * r.invert().unwrap_or(Scalar::ZERO);
                    let s = z.double() * nonce.invert().unwrap_or(Scalar::ZERO);
                    let signature = Signature::from_scalars(r, s).map_err(|_| Error::Internal)?.to_der();
                    for path in CodePath::available() {
                        let [equal, opposite] = [secret, -secret].map(|secret| public_key(path, &secret.to_bytes()));
                        assert!(verify(path, &equal?, b"message", signature.as_bytes()));
                        assert!(!verify(path, &opposite?, b"message", signature.as_bytes()));
                    }
                    Ok(())
                }
            }
        }
    };
}

curve!(p256, p256, NistP256, Sha256, p256_multiple, p256_exchange, p256_verify);
curve!(p384, p384, NistP384, Sha384, p384_multiple, p384_exchange, p384_verify);
