//! Personal data in the log: sealed with a key of the Account's own, so that destroying the key erases the data while
//! the log stays as it was (crypto-shredding).
//!
//! Format 1: base64 of one octet 1, a random nonce of 12 octets, and the AES-256-GCM ciphertext with its tag of 16 of
//! the JSON of [`PersonalData`]. The first octet and the Account's id are authenticated with it, so that no one can move
//! one person's data to another's fact.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::account::facts::Sealed;
use domain::ids::AccountId;
use serde::{Deserialize, Serialize};

const FORMAT: u8 = 1;

/// What Evently knows of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalData {
    /// What they call themselves.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

/// Personal data do not get into a log by way of `{:?}`.
impl fmt::Debug for PersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalData(…)")
    }
}

/// The key of one Account: 256 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountKey([u8; 32]);

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey(…)")
    }
}

/// Why personal data cannot be sealed or read.
#[derive(Debug, thiserror::Error)]
pub enum SealingFailure {
    /// The system has no random octets, or the cipher failed.
    #[error("the cipher failed")]
    Cipher,
    /// The JSON could not be written or read.
    #[error("personal data are no JSON of the expected shape")]
    Shape(#[from] serde_json::Error),
    /// Altered, of another Account, or sealed with another key.
    #[error("the seal is broken, or of another account or key")]
    Broken,
    /// Not the format that this code writes.
    #[error("the format is unknown")]
    Format,
    /// The stored key is not 32 octets.
    #[error("the key has {0} octets instead of 32")]
    Key(usize),
}

impl AccountKey {
    /// A new random key.
    pub fn generate() -> Result<Self, SealingFailure> {
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| SealingFailure::Cipher)?;
        Ok(Self(key))
    }

    /// The key as stored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealingFailure> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| SealingFailure::Key(bytes.len()))
    }

    /// Its octets, to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals `data` of `account`.
    pub fn seal(&self, account: AccountId, data: &PersonalData) -> Result<Sealed, SealingFailure> {
        let mut text = serde_json::to_vec(data)?;
        let nonce = self
            .cipher()?
            .seal_in_place_append_tag(authenticated(FORMAT, account), &mut text)
            .map_err(|_| SealingFailure::Cipher)?;
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut text);
        Ok(Sealed(STANDARD.encode(sealed)))
    }

    /// Reads what was sealed for `account` with this key.
    pub fn open(&self, account: AccountId, sealed: &Sealed) -> Result<PersonalData, SealingFailure> {
        let mut octets = STANDARD.decode(&sealed.0).map_err(|_| SealingFailure::Format)?;
        let Some((&mut FORMAT, rest)) = octets.split_first_mut() else {
            return Err(SealingFailure::Format);
        };
        let Some((nonce, text)) = rest.split_first_chunk_mut::<NONCE_LEN>() else {
            return Err(SealingFailure::Format);
        };
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .cipher()?
            .open_in_place(nonce, authenticated(FORMAT, account), text)
            .map_err(|_| SealingFailure::Broken)?;
        Ok(serde_json::from_slice(opened)?)
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, SealingFailure> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(|_| SealingFailure::Cipher)
    }
}

fn authenticated(format: u8, account: AccountId) -> Aad<[u8; 17]> {
    let mut aad = [format; 17];
    for (to, from) in aad.iter_mut().skip(1).zip(account.uuid().as_bytes()) {
        *to = *from;
    }
    Aad::from(aad)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ANN: AccountId = AccountId::new(Uuid::from_u128(1));
    const BOB: AccountId = AccountId::new(Uuid::from_u128(2));

    fn ann() -> PersonalData {
        PersonalData {
            name: "Ann Leibowitz".to_owned(),
            email: "ann@abbey.example".to_owned(),
        }
    }

    #[test]
    fn what_is_sealed_can_be_read_only_with_its_key() {
        let key = AccountKey::generate().unwrap();
        let sealed = key.seal(ANN, &ann()).unwrap();
        assert_eq!(key.open(ANN, &sealed).unwrap(), ann());
        let octets = STANDARD.decode(&sealed.0).unwrap();
        assert!(!octets.windows(3).any(|part| part == b"Ann" || part == b"ann"));
    }

    #[test]
    fn the_same_data_are_never_sealed_to_the_same_octets() {
        let key = AccountKey::generate().unwrap();
        assert_ne!(key.seal(ANN, &ann()).unwrap(), key.seal(ANN, &ann()).unwrap());
    }

    #[test]
    fn any_altered_octet_breaks_the_seal() {
        let key = AccountKey::generate().unwrap();
        let octets = STANDARD.decode(key.seal(ANN, &ann()).unwrap().0).unwrap();
        for at in 0..octets.len() {
            let mut altered = octets.clone();
            altered[at] ^= 1;
            let answer = key.open(ANN, &Sealed(STANDARD.encode(altered)));
            assert!(
                matches!(answer, Err(SealingFailure::Broken | SealingFailure::Format)),
                "octet {at}"
            );
        }
    }

    #[test]
    fn anothers_data_cannot_be_moved_to_an_account() {
        let key = AccountKey::generate().unwrap();
        let sealed = key.seal(ANN, &ann()).unwrap();
        assert!(matches!(key.open(BOB, &sealed), Err(SealingFailure::Broken)));
    }

    #[test]
    fn security_44_without_its_key_nothing_opens_the_seal() {
        let sealed = AccountKey::generate().unwrap().seal(ANN, &ann()).unwrap(); // the key is gone here
        let other = AccountKey::generate().unwrap();
        assert!(matches!(other.open(ANN, &sealed), Err(SealingFailure::Broken)));
    }

    #[test]
    fn what_is_no_seal_is_refused() {
        let key = AccountKey::generate().unwrap();
        for text in ["", "AQ==", "not base64!", "AQIDBAUGBwgJCgsMDQ=="] {
            assert!(key.open(ANN, &Sealed(text.to_owned())).is_err(), "{text}");
        }
        assert!(matches!(
            AccountKey::from_bytes(&[0; 31]),
            Err(SealingFailure::Key(31))
        ));
    }

    #[test]
    fn neither_keys_nor_data_show_in_debug_output() {
        assert_eq!(format!("{:?}", AccountKey::generate().unwrap()), "AccountKey(…)");
        assert_eq!(format!("{:?}", ann()), "PersonalData(…)");
    }
}
