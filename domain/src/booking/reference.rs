//! A Booking's short name for people.

use serde::{Deserialize, Serialize};

use crate::ids::BookingId;

/// A Booking's short name, ten characters of Crockford's Base32, such as `7K3M9QX2PV`; derived from the id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(Box<str>);

/// Crockford's Base32 alphabet: no I, L, O or U, which are easily mistaken.
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

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
