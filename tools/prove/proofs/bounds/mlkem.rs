//! The bounds of ML-KEM's operations.

use super::{Ends, PRODUCTS, SMALL, SUMS, portable, takes_bytes, takes_small};
use crate::bytes::Bytes;
use crate::mldsa::poly::N;
use crate::mlkem::kernels::{ACCEPTED, Coding, SAMPLE_BYTES};
use crate::mlkem::{self, Generation, MlKem512, MlKem768, MlKem1024, batch, kem};
use crate::ntt16;
use crate::proofs::{Label, Row, claim, opaque};

pub(in super::super) const ROWS: &[Row] = &[Row {
    name: "ML-KEM bounds of key generation, encapsulation and decapsulation, for every string that encodes a key or a \
           ciphertext, including coefficients of q and above: the results of each kernel are within the bounds of the \
           next kernel's inputs, and operations copy coefficients without inspecting them",
    label: Label::Proved,
    covers: &[
        "mlkem/batch.rs::keygen_lanes",
        "mlkem/kem.rs::keygen_on",
        "mlkem/kem.rs::encapsulate_on",
        "mlkem/kem.rs::decapsulate_on",
        "mlkem/kem.rs::decapsulate_fresh_on",
        "mlkem/keys.rs::ExpandedPublicKey::expand_on",
        "mlkem/keys.rs::ExpandedPublicKey::decode",
        "mlkem/keys.rs::ExpandedPrivateKey::expand_on",
        "mlkem/keys.rs::ExpandedPrivateKey::expand_secret",
        "mlkem/pke.rs::Noise::polynomial",
        "mlkem/pke.rs::keygen_secret",
        "mlkem/pke.rs::keygen_row",
        "mlkem/pke.rs::encrypt",
        "mlkem/pke.rs::decrypt",
    ],
    is_slow: false,
    check: || {
        opaque::check(opaque::MLKEM);
        check_mlkem::<MlKem512>();
        check_mlkem::<MlKem768>();
        check_mlkem::<MlKem1024>();
    },
}];

impl Coding for Ends {
    fn accept(self, _: &[u8; SAMPLE_BYTES], accepted: &mut [i16; ACCEPTED]) -> usize {
        accepted.fill(self.of(0..=3328) as i16);
        N
    }
    fn take_accepted(self, accepted: &[i16; ACCEPTED], out: &mut ntt16::Poly) {
        out.0.copy_from_slice(&accepted[..N]);
    }
    fn sample_cbd<const BITS: usize>(self, bytes: &[u8], out: &mut ntt16::Poly) {
        takes_bytes(bytes, BITS);
        let eta = BITS as i32 / 2;
        self.fill_small(out, -eta..=eta);
    }
    fn add_message(self, _: &[u8; 32], polynomial: &mut ntt16::Poly) {
        takes_small(polynomial, -3..=3);
        self.fill_small(polynomial, -3..=1668);
    }
    fn message(self, v: &ntt16::Poly, w: &ntt16::Poly, out: &mut [u8; 32]) {
        takes_small(v, 0..=3328);
        takes_small(w, PRODUCTS);
        out.fill(self.byte());
    }
    fn compress<const BITS: usize>(self, polynomial: &ntt16::Poly, noise: &ntt16::Poly, out: &mut [u8]) {
        takes_small(polynomial, PRODUCTS);
        takes_small(noise, -3..=1668);
        takes_bytes(out, BITS);
        out.fill(self.byte());
    }
    fn decompress<const BITS: usize>(self, bytes: &[u8], out: &mut ntt16::Poly) {
        takes_bytes(bytes, BITS);
        self.fill_small(out, 0..=3328);
    }
    fn decode(self, bytes: &[u8], out: &mut ntt16::Poly) {
        takes_bytes(bytes, 12);
        self.fill_small(out, 0..=4095);
    }
    fn encode(self, polynomial: &ntt16::Poly, out: &mut [u8]) {
        takes_small(polynomial, SMALL);
        takes_bytes(out, 12);
        out.fill(self.byte());
    }
    fn encode_sum(self, product: &ntt16::Poly, polynomial: &ntt16::Poly, out: &mut [u8]) {
        takes_small(product, SUMS);
        takes_small(polynomial, SMALL);
        takes_bytes(out, 12);
        out.fill(self.byte());
    }
    fn difference(self, left: &[u8], right: &[u8]) -> u8 {
        claim(left.len() == right.len(), || "strings of one length are compared".into());
        self.byte()
    }
}

fn check_mlkem<P: mlkem::ParameterSet>() {
    for is_greatest in [false, true] {
        let permuting = portable();
        let (eta, gamma1, gamma2, beta) = (0, 0, 0, 0);
        let machine = Ends { is_greatest, is_valid: false, rejects_all: false, eta, gamma1, gamma2, beta, permuting };
        let (mut private_key, mut shared_secret) = (P::PrivateKey::ZERO, [0; 32]);
        let (public_key, mut ciphertext) = (P::PublicKey::ZERO, P::Ciphertext::ZERO);
        kem::keygen_on::<_, P>(machine, &[0; 64], &mut private_key);
        let mut keys = [P::PrivateKey::ZERO; 8];
        let mut items = keys.each_mut().map(|private_key| Generation::<P> { seed: &[0; 64], private_key });
        batch::keygen_lanes(machine, &mut items);
        let mut key = mlkem::ExpandedPublicKey::<P>::default();
        key.expand_on(machine, &public_key);
        kem::encapsulate_on(machine, &key, &[0; 32], &mut ciphertext, &mut shared_secret);
        for mut hash in [None, Some([0; 32])] {
            kem::decapsulate_fresh_on::<_, P>(
                machine,
                &private_key,
                &mut hash.clone(),
                &ciphertext,
                &mut shared_secret,
            );
            let mut key = mlkem::ExpandedPrivateKey::<P>::default();
            key.expand_on(machine, &private_key, &mut hash);
            kem::decapsulate_on(machine, &key, &ciphertext, &mut shared_secret);
        }
    }
}
