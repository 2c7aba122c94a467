//! The fingerprint of a request: how a repeated one is known from another.

use serde::{Deserialize, Serialize};

/// 64 bits of a hash over what a request asked for: equal for a repeated request, different for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(u64);

/// A fingerprint that is not 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 16 hexadecimal digits")]
pub struct FingerprintRefusal;

impl Fingerprint {
    /// Wraps the first 64 bits of a hash.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// The first 64 bits of `hash`.
    pub fn of_hash(hash: &[u8]) -> Self {
        Self(hash.first_chunk().map_or(0, |bits| u64::from_be_bytes(*bits)))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintRefusal;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() != 16 {
            return Err(FingerprintRefusal);
        }
        u64::from_str_radix(&text, 16)
            .map(Self)
            .map_err(|_| FingerprintRefusal)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        format!("{:016x}", fingerprint.0)
    }
}
