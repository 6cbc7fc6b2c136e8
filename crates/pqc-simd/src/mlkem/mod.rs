//! ML-KEM, FIPS 203.

#[cfg(test)]
pub(crate) mod oracle;
