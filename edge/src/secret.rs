//! Secrets under which addresses are digested: strong enough, and never shown.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// Bytes of a secret at least: as many as SHA-256 has.
const BYTES_MIN: usize = 32;

/// A secret that an operator gives in base64.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct DigestSecret(Box<[u8]>);

/// Why a secret is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretRefusal {
    #[error("is not base64")]
    Unreadable,
    #[error("is weak: take {BYTES_MIN} random bytes or more")]
    Weak,
}

impl DigestSecret {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for DigestSecret {
    type Error = SecretRefusal;

    fn try_from(text: String) -> Result<Self, SecretRefusal> {
        let bytes = STANDARD.decode(text).map_err(|_| SecretRefusal::Unreadable)?;
        if bytes.len() < BYTES_MIN || is_weak(&bytes) {
            return Err(SecretRefusal::Weak);
        }
        Ok(Self(bytes.into()))
    }
}

impl fmt::Debug for DigestSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestSecret(…)")
    }
}

/// Whether bytes are few, again and again.
pub(crate) fn is_weak(bytes: &[u8]) -> bool {
    let different: std::collections::BTreeSet<&u8> = bytes.iter().collect();
    different.len() < 8
}
