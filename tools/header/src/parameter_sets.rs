//! The names and sizes of the parameter sets, from the table of algorithms.

use crate::algorithm::{Algorithm, Kind, MLDSA_MAX_CONTEXT_BYTES, MLDSA_MU_BYTES, SHARED_SECRET_BYTES};
use std::collections::BTreeSet;

/// A size of an algorithm: the end of the name of its constant, the size in bytes, and what has this size.
type Size = (&'static str, usize, String);

/// The number of [`Algorithm::private_key_forms`] for the seed, the expanded key and both together.
const BOTH_FORMS: u32 = 3;

/// The sizes of an algorithm, without those that it lacks.
fn sizes(algorithm: Algorithm) -> impl Iterator<Item = Size> {
    let (public_key, private_key, operation) = match algorithm.kind() {
        Kind::Kem => ("an encapsulation key", "decapsulation key", "an encapsulation"),
        Kind::Signature => ("a public key", "private key", "a signature"),
    };
    // A private key that is the seed has one constant. An expanded key has the seed as its other form in PKCS#8.
    let is_seed = algorithm.private_key_bytes() == algorithm.seed_bytes();
    let seed = if is_seed { format!("a seed (the {private_key})") } else { "a seed".to_owned() };
    let article = if algorithm.private_key_forms() == BOTH_FORMS { "an expanded" } else { "a" };
    let signature = if algorithm.signature_varies() { "the longest signature" } else { "a signature" };
    [
        ("SEED", algorithm.seed_bytes(), seed),
        ("RANDOMNESS", algorithm.randomness_bytes(), format!("the randomness of {operation}")),
        ("PUBLICKEY", algorithm.public_key_bytes(), public_key.to_owned()),
        ("PRIVATEKEY", if is_seed { 0 } else { algorithm.private_key_bytes() }, format!("{article} {private_key}")),
        ("CIPHERTEXT", algorithm.ciphertext_bytes(), "a ciphertext".to_owned()),
        ("SHAREDSECRET", algorithm.shared_secret_bytes(), "a shared secret".to_owned()),
        ("SIGNATURE", algorithm.signature_bytes(), signature.to_owned()),
    ]
    .into_iter()
    .filter(|(_, bytes, _)| *bytes != 0)
}

/// The algorithms that share a prefix of constants.
fn sharing(prefix: &str) -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL.into_iter().filter(move |algorithm| algorithm.c_names().contains(&prefix))
}

/// The constant of a size: its prefix is the first of the row whose algorithms all have this size.
fn constant(algorithm: Algorithm, size: Size) -> (String, String) {
    let (name, bytes, noun) = size;
    let agree =
        |prefix: &&&str| sharing(prefix).all(|each| sizes(each).any(|(other, size, _)| (other, size) == (name, bytes)));
    let prefix = algorithm.c_names().iter().find(agree).expect("its own name, which no other row has");
    let names: Vec<_> = sharing(prefix).map(Algorithm::name).collect();
    let of_family = Algorithm::ALL.into_iter().filter(|each| each.family() == algorithm.family()).count();
    let names = match names.as_slice() {
        [_, _, ..] if names.len() == of_family => {
            format!("any {} parameter set", algorithm.family().c_name().to_str().expect("ASCII"))
        }
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        names => names.concat(),
    };
    let name = format!("{prefix}_{name}BYTES");
    let text = format!("/// Bytes of {noun} of {names}.\npub const {name}: usize = {bytes};\n");
    (name, text)
}

/// The name of an algorithm in C.
fn c_name(algorithm: Algorithm) -> &'static str {
    algorithm.c_names().last().expect("its own name")
}

/// The name of a variant, from which cbindgen makes the name of the algorithm in C again.
fn variant(algorithm: Algorithm) -> String {
    let words = c_name(algorithm).split('_').map(|word| {
        let digit = word.starts_with(|first: char| first.is_ascii_digit());
        let (first, rest) = word.split_at(1);
        if digit { format!("_{}", word.to_lowercase()) } else { first.to_owned() + &rest.to_lowercase() }
    });
    words.collect()
}

/// The module of pqc-ffi with the ids and sizes: cbindgen copies literals alone.
pub fn for_rust() -> String {
    let mut text = String::from(
        "// Written by `make header` from the table of algorithms, crates/pqc-core/src/algorithm. Do not edit by hand.
//! The ids and sizes of the parameter sets for C.

/// Id of an algorithm. It never changes: the number of the parameter set of ML-KEM or ML-DSA, the HPKE KEM id of X-Wing and
/// hybrid KEMs, or the last number of the object identifier, plus 0x60000 for a composite (draft-ietf-lamps-pq-composite-sigs-19) and plus 205000
/// for SLH-DSA (RFC 9909).
///
/// Functions take and report the id as a `uint32_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = \"cbindgen makes the names in the header from these\")]
pub enum PqcAlgorithm {
",
    );
    for each in Algorithm::ALL {
        let (doc, category) = (each.doc().trim_end_matches('.'), each.security_category());
        text += &format!("    ///{doc}, security category {category}.\n    {} = {},\n", variant(each), each.id());
    }
    text += "}\n\n";
    for (comment, name, bytes) in [
        ("Bytes of the shared secret of every KEM", "PQC_SHAREDSECRETBYTES", SHARED_SECRET_BYTES),
        ("The longest context, in bytes", "MLDSA_MAXCONTEXTBYTES", MLDSA_MAX_CONTEXT_BYTES),
        ("Bytes of `mu`", "MLDSA_MUBYTES", MLDSA_MU_BYTES),
    ] {
        text += &format!("/// {comment}.\npub const {name}: usize = {bytes};\n");
    }
    let mut written = BTreeSet::new();
    for algorithm in Algorithm::ALL {
        for (name, constant) in sizes(algorithm).map(|size| constant(algorithm, size)) {
            if written.insert(name) {
                text += &constant;
            }
        }
    }
    text
}

/// The header for C++ with the enum of the algorithms.
pub fn in_cpp(header: &str) -> Result<String, &'static str> {
    let start = "enum class Algorithm : std::uint32_t {\n";
    let (before, rest) = header.split_once(start).ok_or("the header for C++ has no enum of the algorithms")?;
    let (_, behind) = rest.split_once("};\n").ok_or("the enum of the algorithms has no end")?;
    let name = |each| format!("    {} = PQC_ALGORITHM_{},\n", c_name(each).to_lowercase(), c_name(each));
    let names: String = Algorithm::ALL.into_iter().map(name).collect();
    Ok([before, start, &names, "};\n", behind].concat())
}
