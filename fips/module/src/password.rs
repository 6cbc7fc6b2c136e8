//! The encryption of private keys: PBKDF2 (SP 800-132) and AES-256-CBC with padding (SP 800-38A; RFC 8018, 6.1.1).

use crate::{Error, approved, done, non_null};
use aws_lc_fips_sys as sys;
use core::ptr::{NonNull, null_mut};

/// The hash function of the HMAC of PBKDF2.
#[derive(Clone, Copy)]
pub enum Prf {
    /// HMAC-SHA-224.
    Sha224,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

/// Derives a key. The module approves a password of at least 14 bytes with a salt of at least 16 bytes and at least 1000 iterations.
pub fn pbkdf2(prf: Prf, password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8; 32]) -> Result<(), Error> {
    // SAFETY: the functions return constants.
    let hash = unsafe {
        match prf {
            Prf::Sha224 => sys::EVP_sha224(),
            Prf::Sha256 => sys::EVP_sha256(),
            Prf::Sha384 => sys::EVP_sha384(),
            Prf::Sha512 => sys::EVP_sha512(),
        }
    };
    let (data, len, out) = (password.as_ptr().cast(), password.len(), key.as_mut_ptr());
    // SAFETY: the inputs are readable and the key writable for their lengths.
    approved(|| unsafe {
        sys::PKCS5_PBKDF2_HMAC(data, len, salt.as_ptr(), salt.len(), iterations, hash, key.len(), out)
    })
}

/// The state of one encryption or decryption. The module wipes it when it is dropped.
struct Cipher(NonNull<sys::EVP_CIPHER_CTX>);

impl Drop for Cipher {
    fn drop(&mut self) {
        // SAFETY: the state is freed once.
        unsafe { sys::EVP_CIPHER_CTX_free(self.0.as_ptr()) }
    }
}

/// Encrypts the first `len` of `bytes` in place, and pads them. Returns the length of the result, which must fit.
pub fn encrypt(key: &[u8; 32], iv: &[u8; 16], bytes: &mut [u8], len: usize) -> Result<usize, Error> {
    if bytes.len() <= len || bytes.len() - len < 16 - len % 16 {
        return Err(Error::Refused);
    }
    run(1, key, iv, bytes, len)
}

/// Decrypts all of `bytes` in place. Returns the length of the result without its padding, which must be right.
pub fn decrypt(key: &[u8; 32], iv: &[u8; 16], bytes: &mut [u8]) -> Result<usize, Error> {
    run(0, key, iv, bytes, bytes.len())
}

fn run(encrypts: i32, key: &[u8; 32], iv: &[u8; 16], bytes: &mut [u8], len: usize) -> Result<usize, Error> {
    let given = i32::try_from(len).map_err(|_| Error::Refused)?;
    let (mut written, mut rest, data) = (0, 0, bytes.as_mut_ptr());
    // SAFETY: the function has no precondition.
    let cipher = non_null(unsafe { sys::EVP_CIPHER_CTX_new() }).map(Cipher)?;
    let state = cipher.0.as_ptr();
    // SAFETY: the state is valid, the cipher a constant, and key and initialisation vector have its lengths.
    done(unsafe {
        sys::EVP_CipherInit_ex(state, sys::EVP_aes_256_cbc(), null_mut(), key.as_ptr(), iv.as_ptr(), encrypts)
    })?;
    // SAFETY: the bytes are readable and writable for `len`, and the output is where the input is.
    done(unsafe { sys::EVP_CipherUpdate(state, data, &raw mut written, data, given) })?;
    let done_bytes = usize::try_from(written).map_err(|_| Error::Refused)?;
    let last = bytes.get_mut(done_bytes..).ok_or(Error::Refused)?.as_mut_ptr();
    // SAFETY: at most one block is written, for which `encrypt` has checked that there is memory; decryption writes less than it reads.
    approved(|| unsafe { sys::EVP_CipherFinal_ex(state, last, &raw mut rest) })?;
    Ok(done_bytes + usize::try_from(rest).map_err(|_| Error::Refused)?)
}
