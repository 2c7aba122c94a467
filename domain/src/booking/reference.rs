//! A Booking's short name for people, and the fingerprint of the request that placed it.

use serde::{Deserialize, Serialize};

use crate::ids::BookingId;

/// A Booking's short name, ten characters of Crockford's Base32, such as `7K3M9QX2PV`; derived from the id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(Box<str>);

/// Crockford's Base32 alphabet: no I, L, O or U, so that nobody mistakes a character.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARS: usize = 10;

impl Reference {
    /// The reference of `booking`: the last 50 bits of its id, which UUIDv5 and UUIDv7 fill with hash or chance.
    pub fn of(booking: BookingId) -> Self {
        let bits = booking.uuid().as_u128();
        let digit = |place: usize| {
            let index = usize::try_from((bits >> (place * 5)) & 31).unwrap_or_default();
            char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
        };
        Self((0..CHARS).rev().map(digit).collect::<String>().into())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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
