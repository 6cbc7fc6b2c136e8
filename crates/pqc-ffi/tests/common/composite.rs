//! The halves of composite keys and signatures (draft-ietf-lamps-pq-composite-sigs-19, section 4).

use super::keys::Algorithm;

/// A composite, taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Halves {
    /// The ML-DSA of the first half.
    pub(crate) mldsa: Algorithm,
    /// The encoding of a classical private key: its secret is between these bytes.
    prefix: &'static [u8],
    pub(crate) secret: usize,
    suffix: &'static [u8],
    /// The order of the group, as long as a secret.
    pub(crate) order: [u64; 6],
    pub(crate) is_ecdsa: bool,
}

/// The order of Ed25519 is not compared with a secret, which is any string.
const ED25519: Halves = Halves { mldsa: NONE, prefix: b"", secret: 32, suffix: b"", order: [0; 6], is_ecdsa: false };

/// The order n of P-256 (SP 800-186, 3.2.1.3), with zeros behind it.
const P256: Halves = Halves {
    prefix: b"\x30\x31\x02\x01\x01\x04\x20",
    suffix: b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
    order: [0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0xbce6_faad_a717_9e84, 0xf3b9_cac2_fc63_2551, 0, 0],
    is_ecdsa: true,
    ..ED25519
};

/// As for P-256, with the order of P-384 (SP 800-186, 3.2.1.4).
const P384: Halves = Halves {
    prefix: b"\x30\x3e\x02\x01\x01\x04\x30",
    secret: 48,
    suffix: b"\xa0\x07\x06\x05\x2b\x81\x04\x00\x22",
    order: [
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_ffff_ffff,
        0xc763_4d81_f437_2ddf,
        0x581a_0db2_48b0_a77a,
        0xecec_196a_ccc5_2973,
    ],
    ..P256
};

const NONE: Algorithm = Algorithm {
    id: 0,
    kind: 0,
    name: "",
    flags: 0,
    seed: 0,
    private_key: 0,
    public_key: 0,
    ciphertext: 0,
    shared_secret: 0,
    signature: 0,
    randomness: 0,
    slowest_us: 0,
    has_files: true,
};

impl Halves {
    /// The halves of a composite, by its name.
    pub(crate) fn of(composite: Algorithm) -> Self {
        let (mldsa, classical) = composite.name.split_once('-').unwrap_or_default();
        let mldsa = mldsa.trim_start_matches("MLDSA").parse().unwrap_or_default();
        let curve = match classical {
            _ if classical.starts_with("Ed25519-") => ED25519,
            _ if classical.starts_with("ECDSA-P256-") => P256,
            _ if classical.starts_with("ECDSA-P384-") => P384,
            _ => panic!("unknown halves: {}", composite.name),
        };
        Self { mldsa: Algorithm::of(mldsa).with(composite.flags), ..curve }
    }

    /// How many bytes of a private key are secret: the seed of ML-DSA and the classical secret.
    pub(crate) fn secrets(&self) -> usize {
        self.mldsa.seed + self.secret
    }

    /// The encoding of a private key with the first bytes of these as its secrets.
    pub(crate) fn private_key(&self, secrets: &[u8]) -> Vec<u8> {
        let (seed, classical) = secrets[..self.secrets()].split_at(self.mldsa.seed);
        [seed, &self.classical_private_key(classical)].concat()
    }

    /// The encoding of a classical private key.
    pub(crate) fn classical_private_key(&self, secret: &[u8]) -> Vec<u8> {
        [self.prefix, secret, self.suffix].concat()
    }

    /// The secret of the classical half in the encoding of a private key.
    pub(crate) fn classical_secret<'a>(&self, private_key: &'a [u8]) -> &'a [u8] {
        &private_key[self.mldsa.seed + self.prefix.len()..][..self.secret]
    }

    /// The order of the group as bytes.
    pub(crate) fn order_bytes(&self) -> Vec<u8> {
        self.order.iter().flat_map(|word| word.to_be_bytes()).take(self.secret).collect()
    }

    /// The two halves of a signature.
    pub(crate) fn split<'a>(&self, signature: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        signature.split_at(self.mldsa.signature)
    }

    /// How long a signature is that these bytes begin with.
    pub(crate) fn signature_len(&self, bytes: &[u8]) -> usize {
        let classical = if self.is_ecdsa { 2 + usize::from(bytes[self.mldsa.signature + 1]) } else { 64 };
        self.mldsa.signature + classical
    }
}
