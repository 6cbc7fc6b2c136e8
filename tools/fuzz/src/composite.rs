//! Composite signatures with halves that come from different signatures or have other encodings; and composite keys in PKCS#8 and
//! SubjectPublicKeyInfo.

use crate::common::api::*;
use crate::common::bytes::Choices;
use crate::common::composite::Halves;
use crate::common::data::Data;
use crate::common::fixture::{CONTEXT, Fixture, MESSAGE};
use crate::common::keys::{Algorithm, load_pkcs8, load_spki};
use crate::der::{self, Ecdsa};
use crate::{Choice, fixture_on, on_every_path, paths};
use pqc_ffi::status::PqcStatus;
use std::sync::LazyLock;

/// Verifies a signature, or reads an encoded private or public key, on every code path.
pub fn composite(data: &[u8]) {
    let Some(choice) = Choice::new(data, &Algorithm::composites(), 3) else { return };
    let fixture = fixture_on(choice.algorithm, 0);
    match choice.kind {
        0 => signature(&choice),
        1 => private_key(fixture, &choice.encoding(fixture.get(Data::Pkcs8))),
        _ => public_key(fixture, &choice.encoding(fixture.get(Data::Spki))),
    }
}

/// A signature of ML-DSA and a classical one.
type Parts = (Vec<u8>, Vec<u8>);

/// The parts of which signatures are put together.
struct Known {
    algorithm: u32,
    /// Halves of two signatures under the same key, message and context: any two of them make a signature, by the draft's
    /// design (9.2.2).
    firsts: Vec<Vec<u8>>,
    /// With the same numbers of ECDSA, s negated.
    seconds: Vec<Vec<u8>>,
    /// Signatures of another message, of another context, and of another key.
    others: Vec<Parts>,
}

impl Known {
    fn new(algorithm: Algorithm) -> Result<Self, PqcStatus> {
        let (halves, pair) = (Halves::of(algorithm), algorithm.load_secrets(Fixture::seed(&algorithm))?);
        let other = algorithm.load_secrets(&[7; 80])?;
        let parts = |signature: &[u8]| {
            let (first, second) = halves.split(signature);
            (first.to_vec(), second.to_vec())
        };
        let of_message = [1, 2].map(|rnd| pair.sign_derand(MESSAGE, CONTEXT, &[rnd; 32]));
        let mut known = Self { algorithm: algorithm.id, firsts: vec![], seconds: vec![], others: vec![] };
        for signature in of_message {
            let (first, second) = parts(&signature?);
            known.firsts.push(first);
            if halves.is_ecdsa {
                let order = halves.order_bytes();
                let Ecdsa { r, s } = Ecdsa::read(&second, order.len());
                known.seconds.push(Ecdsa { r, s: der::difference(&order, &s) }.write());
            }
            known.seconds.push(second);
        }
        for (pair, message, context) in
            [(&pair, b"another".as_slice(), CONTEXT), (&pair, MESSAGE, b"another"), (&other, MESSAGE, CONTEXT)]
        {
            known.others.push(parts(&pair.sign_derand(message, context, &[1; 32])?));
        }
        Ok(known)
    }

    /// The known signatures of an algorithm.
    fn of(algorithm: u32) -> &'static Self {
        static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
            let all = Algorithm::composites().into_iter().map(Known::new);
            all.collect::<Result<_, _>>().expect("valid inputs are signed")
        });
        KNOWN.iter().find(|known| known.algorithm == algorithm).expect("a known composite")
    }

    fn is_signature(&self, bytes: &[u8]) -> bool {
        let behind = self.firsts.iter().filter_map(|first| bytes.strip_prefix(&first[..]));
        behind.into_iter().any(|behind| self.seconds.iter().any(|second| second == behind))
    }

    /// A half that fits or one that does not, such as a half of another composite.
    fn half<T: Copy>(choices: &mut Choices<'_>, fitting: Vec<T>, others: Vec<T>) -> T {
        choices.pick(&[fitting, others].concat())
    }
}

/// A signature made of two halves, in one of several ways.
fn put_together(algorithm: u32, choices: &mut Choices<'_>) -> Vec<u8> {
    let (known, halves) = (Known::of(algorithm), Halves::of(Algorithm::of(algorithm)));
    let of_another = Algorithm::composites();
    let of_another = Known::of(choices.pick(&of_another).id);
    let others: Vec<_> = known.others.iter().chain(&of_another.others).collect();
    let slices = |all: &'static [Vec<u8>]| all.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let (firsts, seconds) = (slices(&known.firsts), slices(&known.seconds));
    let first = Known::half(choices, firsts, others.iter().map(|(first, _)| first.as_slice()).collect());
    let second = Known::half(choices, seconds, others.iter().map(|(_, second)| second.as_slice()).collect());
    let numbers = known.seconds.first().filter(|_| halves.is_ecdsa);
    let numbers = numbers.map(|second| Ecdsa::read(second, halves.secret));
    match (choices.byte() % 8, numbers) {
        (0, _) => [second, first].concat(),
        (1, _) => first.to_vec(),
        (2, _) => second.to_vec(),
        (3, _) => [first, first].concat(),
        (4, Some(numbers)) => {
            let bad = der::bad_encodings(&numbers);
            let (_, second) = &bad[usize::from(choices.byte()) % bad.len()];
            [first, second].concat()
        }
        (5, Some(numbers)) => {
            let bad = der::out_of_range(&numbers, &halves.order_bytes());
            let (_, second) = &bad[usize::from(choices.byte()) % bad.len()];
            [first, second].concat()
        }
        _ => [first, second].concat(),
    }
}

fn signature(choice: &Choice<'_>) {
    let mut choices = Choices(choice.rest);
    let valid = if choice.is_raw { vec![] } else { put_together(choice.algorithm, &mut choices) };
    let signature = Choice { rest: choices.0, ..*choice }.encoding(&valid);
    let is_valid = Known::of(choice.algorithm).is_signature(&signature);
    for path in 0..paths().len() {
        let outcome = fixture_on(choice.algorithm, path).keys.public.verify(MESSAGE, CONTEXT, &signature);
        assert_eq!(outcome.err(), (!is_valid).then_some(PqcStatus::InvalidSignature), "path {path}");
    }
}

/// A file that loads equals its key written again, unless it also has a public key or attributes. An edited identifier may name
/// another composite with keys of the same length.
fn private_key(fixture: &Fixture, file: &[u8]) {
    let outcome = on_every_path(|flags| {
        let pair = load_pkcs8(file, b"", flags)?;
        let algorithm = Algorithm::of(pair.algorithm()?);
        let again = pair.to_pkcs8(algorithm.forms()[0], PQC_ENCODING_DER, b"")?.to_vec();
        if algorithm.is_composite() {
            assert!(again == file || again.len() < file.len(), "a key that loads re-encodes");
            let bytes = pair.bytes()?;
            assert!(file.windows(bytes.len()).any(|window| window == &*bytes));
        }
        let signature = pair.sign(MESSAGE, CONTEXT, PQC_SIGN_DETERMINISTIC)?.to_vec();
        pair.public_key()?.verify(MESSAGE, CONTEXT, &signature)?;
        Ok(vec![again, signature])
    });
    check_refusal(fixture.get(Data::Pkcs8), Data::Pkcs8, file, outcome.err());
}

/// A file that loads equals its key written again.
fn public_key(fixture: &Fixture, file: &[u8]) {
    let outcome = on_every_path(|flags| {
        let key = load_spki(file, flags)?;
        let again = key.to_spki(PQC_ENCODING_DER)?.to_vec();
        assert_eq!(again, file, "a key that loads re-encodes");
        let verdict = key.verify(MESSAGE, CONTEXT, fixture.get(Data::Signature));
        assert_eq!(verdict.is_ok(), file == fixture.get(Data::Spki));
        Ok(again)
    });
    check_refusal(fixture.get(Data::Spki), Data::Spki, file, outcome.err());
}

fn check_refusal(valid: &[u8], data: Data, file: &[u8], refusal: Option<PqcStatus>) {
    let Some(status) = refusal else { return };
    assert_ne!(file, valid, "the valid encoding is refused");
    assert!(data.possible().contains(&status), "{status:?}");
}
