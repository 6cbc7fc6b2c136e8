//! DER, right and wrong: signatures of ECDSA, and private keys in PKCS#8.

/// An identifier without its SEQUENCE: Ed25519 (RFC 8410), and a key on P-256 or P-384 (RFC 5480).
pub(crate) const ED25519: &[u8] = b"\x06\x03\x2b\x65\x70";
pub(crate) const P256: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
pub(crate) const P384: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";

/// A value with its tag and the shortest length.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&header, content].concat()
}

/// An OCTET STRING.
pub(crate) fn string(content: &[u8]) -> Vec<u8> {
    value(4, content)
}

/// The identifier of a composite: 1.3.6.1.5.5.7.6 and the last byte of its id.
pub(crate) fn oid(id: u32) -> Vec<u8> {
    [b"\x06\x08\x2b\x06\x01\x05\x05\x07\x06".as_slice(), &id.to_le_bytes()[..1]].concat()
}

/// PrivateKeyInfo with this identifier.
pub(crate) fn pkcs8(identifier: &[u8], private_key: &[u8]) -> Vec<u8> {
    value(0x30, &[&[2, 1, 0], &value(0x30, identifier)[..], &string(private_key)].concat())
}

/// OneAsymmetricKey (RFC 5958) with a public key.
pub(crate) fn pkcs8_with_public_key(identifier: &[u8], private_key: &[u8], public_key: &[u8]) -> Vec<u8> {
    let public_key = value(0x81, &[&[0], public_key].concat());
    value(0x30, &[&[2, 1, 1], &value(0x30, identifier)[..], &string(private_key), &public_key].concat())
}

/// SubjectPublicKeyInfo.
pub(crate) fn spki(identifier: &[u8], public_key: &[u8]) -> Vec<u8> {
    value(0x30, &[value(0x30, identifier), value(3, &[&[0], public_key].concat())].concat())
}

/// The content after the header of a value, and the bytes after the value.
fn read(der: &[u8]) -> (&[u8], &[u8]) {
    let (header, length) = match der[1] {
        0x81 => (3, usize::from(der[2])),
        0x82 => (4, usize::from(u16::from_be_bytes([der[2], der[3]]))),
        short => (2, usize::from(short)),
    };
    der[header..].split_at(length)
}

/// The identifier of a file in PKCS#8, without its SEQUENCE.
pub(crate) fn identifier_of(file: &[u8]) -> &[u8] {
    read(&read(file).0[3..]).0
}

/// The private key of a file in PKCS#8.
pub(crate) fn content_of(file: &[u8]) -> &[u8] {
    read(read(&read(file).0[3..]).1).0
}

/// An ECPrivateKey with a public key behind its curve (RFC 5915).
pub(crate) fn with_public_key(private_key: &[u8], public_key: &[u8]) -> Vec<u8> {
    let public_key = value(0xa1, &value(3, &[&[0], public_key].concat()));
    value(0x30, &[read(private_key).0, &public_key].concat())
}

/// The two numbers of a signature, with leading zeros up to the length of the order.
pub(crate) struct Ecdsa {
    pub(crate) r: Vec<u8>,
    pub(crate) s: Vec<u8>,
}

/// The content of an INTEGER.
fn minimal(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
    let significant = &number[zeros..];
    if significant[0] >= 0x80 { [&[0], significant].concat() } else { significant.to_vec() }
}

fn signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    value(0x30, &[value(2, r), value(2, s)].concat())
}

impl Ecdsa {
    pub(crate) fn read(der: &[u8], length: usize) -> Self {
        let (r, rest) = read(read(der).0);
        let pad = |number: &[u8]| {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            [&vec![0; length + zeros - number.len()], &number[zeros..]].concat()
        };
        Self { r: pad(r), s: pad(read(rest).0) }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        signature(&minimal(&self.r), &minimal(&self.s))
    }
}

/// Encodings of the same numbers that are not DER, or have something behind or missing.
pub(crate) fn bad_encodings(right: &Ecdsa) -> Vec<(&'static str, Vec<u8>)> {
    let (r, s, whole) = (minimal(&right.r), minimal(&right.s), right.write());
    let content = &whole[2..];
    let sequence = |fields: &[&[u8]]| value(0x30, &fields.concat());
    vec![
        ("a length in the long form", [&[0x30, 0x81], &whole[1..]].concat()),
        ("a length of unknown end", [&[0x30, 0x80], content, &[0, 0]].concat()),
        ("a length of an INTEGER in the long form", sequence(&[&[2, 0x81], &content[1..]])),
        ("a leading zero of r", signature(&[&[0], &r[..]].concat(), &s)),
        ("a leading zero of s", signature(&r, &[&[0], &s[..]].concat())),
        ("a negative r", signature(&[&[0x80], &right.r[1..]].concat(), &s)),
        ("a negative s", signature(&r, &[&[0x80], &right.s[1..]].concat())),
        ("no content of r", signature(&[], &s)),
        ("no content of s", signature(&r, &[])),
        ("no s", sequence(&[&value(2, &r)])),
        ("a third INTEGER", sequence(&[content, &[2, 1, 1]])),
        ("NULL in the SEQUENCE", sequence(&[content, &[5, 0]])),
        ("a byte behind", [&whole[..], &[0]].concat()),
        ("a SET", [&[0x31], &whole[1..]].concat()),
        ("an OCTET STRING for r", sequence(&[&value(4, &r), &value(2, &s)])),
        ("the numbers exchanged", signature(&s, &r)),
        ("the numbers in a row", [&right.r[..], &right.s].concat()),
        ("a SEQUENCE in a SEQUENCE", sequence(&[&whole])),
        ("an empty SEQUENCE", vec![0x30, 0]),
    ]
}

/// Numbers that are not 1 to the order less 1.
pub(crate) fn out_of_range(right: &Ecdsa, order: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (r, s, n) = (minimal(&right.r), minimal(&right.s), minimal(order));
    let beyond = |number: &[u8]| {
        let (sum, carry) = add(number, order);
        minimal(&[&[carry], &sum[..]].concat())
    };
    vec![
        ("r of 0", signature(&[0], &s)),
        ("s of 0", signature(&r, &[0])),
        ("r and s of 0", signature(&[0], &[0])),
        ("r of n", signature(&n, &s)),
        ("s of n", signature(&r, &n)),
        ("r and s of n", signature(&n, &n)),
        ("r of 1", signature(&[1], &s)),
        ("s of 1", signature(&r, &[1])),
        ("r beyond n", signature(&beyond(&right.r), &s)),
        ("s beyond n", signature(&r, &beyond(&right.s))),
    ]
}

/// The sum of two numbers of equal length, and the carry.
fn add(first: &[u8], second: &[u8]) -> (Vec<u8>, u8) {
    let (mut sum, mut carry) = (vec![0; first.len()], 0);
    for at in (0..first.len()).rev() {
        let [high, low] = (u16::from(first[at]) + u16::from(second[at]) + carry).to_be_bytes();
        (sum[at], carry) = (low, u16::from(high));
    }
    (sum, carry.to_le_bytes()[0])
}

pub(crate) fn sum(first: &[u8], second: &[u8]) -> Vec<u8> {
    add(first, second).0
}

/// The difference of two numbers of equal length: the first and the complement of the second, and 1.
pub(crate) fn difference(first: &[u8], second: &[u8]) -> Vec<u8> {
    let complement: Vec<_> = second.iter().map(|byte| !byte).collect();
    let mut one = vec![0; first.len()];
    one[first.len() - 1] = 1;
    sum(&sum(first, &complement), &one)
}
