//! The operations of the engine, with every kind of key that it takes.

use super::Operations;
use core::convert::Infallible;
use pqc_simd::mldsa::{
    ExpandedSigningKey, ExpandedVerifyingKey, MuHasher, ParameterSet, keygen, public_key_hash, sign_mu, verify_first,
    verify_mu,
};
use pqc_simd::proofs::claim;
use pqc_simd::{Backend, Bytes};

pub(super) fn sized<B: Bytes>(bytes: &[u8]) -> &B {
    B::from_slice(bytes).expect("bytes of the right length")
}

/// The engine on a backend, with encoded and with expanded keys, which must agree.
pub(super) struct Engine(pub(super) Backend);

impl Engine {
    fn mu(&self, tr: &[u8; 64], message: &[u8], context: &[u8]) -> [u8; 64] {
        let mut hasher = MuHasher::new(self.0, tr, context).expect("a short context");
        hasher.update(message);
        hasher.finalize()
    }
}

pub(super) fn signing_key<P: ParameterSet>(backend: Backend, private_key: &[u8]) -> Box<ExpandedSigningKey<P>> {
    let mut key = Box::<ExpandedSigningKey<P>>::default();
    key.expand(backend, sized(private_key));
    key
}

pub(super) fn verifying_key<P: ParameterSet>(backend: Backend, public_key: &[u8]) -> Box<ExpandedVerifyingKey<P>> {
    let mut key = Box::<ExpandedVerifyingKey<P>>::default();
    key.expand(backend, sized(public_key));
    key
}

impl<P: ParameterSet> Operations<P> for Engine {
    fn keygen(&self, seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
        let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        keygen::<P>(self.0, seed, &mut private_key, &mut public_key);
        // The operations that return an expanded key.
        let mut keys: [Box<ExpandedSigningKey<P>>; 2] = core::array::from_fn(|_| Box::default());
        let (mut again, mut derived) = ((P::PrivateKey::ZERO, P::PublicKey::ZERO), P::PublicKey::ZERO);
        keys[0].generate(self.0, seed, &mut again.0, &mut again.1);
        claim(again == (private_key, public_key), || format!("a key that is expanded as well on {:?}", self.0));
        let is_valid = keys[1].import(self.0, &private_key, &mut derived).is_ok();
        claim(is_valid && derived == public_key, || format!("the import of a key on {:?}", self.0));
        let expanded = signing_key::<P>(self.0, private_key.as_ref());
        let [expected, found @ ..] = [&expanded, &keys[0], &keys[1]].map(|key| {
            let mut signature = P::Signature::ZERO;
            key.sign_mu(self.0, &[7; 64], seed, &mut signature).then_some(signature)
        });
        claim(found == [expected; 2], || format!("signing with a generated or imported key on {:?}", self.0));
        (private_key.as_ref().to_vec(), public_key.as_ref().to_vec())
    }

    fn sign(&self, private_key: &[u8], message: &[u8], context: &[u8], rnd: &[u8; 32]) -> Option<Vec<u8>> {
        let mu = self.mu(sized(&private_key[64..128]), message, context);
        let mut signatures = [P::Signature::ZERO; 2];
        let is_signed = [
            sign_mu::<P>(self.0, sized(private_key), &mu, rnd, &mut signatures[0]),
            signing_key::<P>(self.0, private_key).sign_mu(self.0, &mu, rnd, &mut signatures[1]),
        ];
        claim(is_signed[0] == is_signed[1] && signatures[0] == signatures[1], || {
            format!("signing with an expanded key on {:?}", self.0)
        });
        claim(is_signed[0] || signatures[0] == P::Signature::ZERO, || "a failed signature has bytes".to_owned());
        is_signed[0].then(|| signatures[0].as_ref().to_vec())
    }

    fn verify(&self, public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool {
        let tr = public_key_hash(self.0, public_key);
        let mu = self.mu(&tr, message, context);
        let (public_key, signature) = (sized(public_key), sized(signature));
        let is_valid = verify_mu::<P>(self.0, public_key, &mu, signature);
        let expanded = verifying_key::<P>(self.0, public_key.as_ref());
        claim(expanded.verify_mu(self.0, &mu, signature) == is_valid, || {
            format!("verification with an expanded key on {:?}", self.0)
        });
        let first = verify_first::<P, Infallible>(self.0, public_key, |_| Ok(mu), signature);
        claim(first == (tr, Ok(is_valid)), || format!("the first verification with a key on {:?}", self.0));
        let refused = verify_first::<P, _>(self.0, public_key, |tr| Err(*tr), signature);
        claim(refused == (tr, Err(tr)), || format!("a verification without mu on {:?}", self.0));
        is_valid
    }
}
