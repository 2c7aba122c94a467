//! Signing keys: Ed25519, named by their thumbprint, several at once so that they can be rotated.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::secret::is_weak;

/// Bytes of an Ed25519 seed (RFC 8032).
const SEED_LEN: usize = 32;

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// Neither a seed nor PKCS#8.
    #[error("a signing key is a 32-byte Ed25519 seed or a PKCS#8 document, in base64")]
    Unreadable,
    /// There is none.
    #[error("at least one signing key is needed")]
    None,
    /// The same key twice.
    #[error("a signing key is given twice")]
    Twice,
    /// Few bytes again and again.
    #[error("holds a key that anybody would guess")]
    Weak,
}

/// One Ed25519 key pair.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    public: String,
    pub(super) sign: EncodingKey,
    pub(super) verify: DecodingKey,
}

impl SigningKey {
    /// Reads a key in base64: a 32-byte seed (RFC 8032) or a PKCS#8 document (RFC 8410).
    pub fn parse(text: &str) -> Result<Self, KeyRefusal> {
        let text = text.trim();
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text));
        let bytes = bytes.map_err(|_| KeyRefusal::Unreadable)?;
        if is_weak(&bytes) {
            return Err(KeyRefusal::Weak);
        }
        if bytes.len() == SEED_LEN {
            Self::from_seed(&bytes)
        } else {
            Self::from_pkcs8(&bytes)
        }
    }

    /// The key of a 32-byte seed.
    pub fn from_seed(seed: &[u8]) -> Result<Self, KeyRefusal> {
        if seed.len() != SEED_LEN {
            return Err(KeyRefusal::Unreadable);
        }
        Self::from_pair(&Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyRefusal::Unreadable)?)
    }

    /// The key in a PKCS#8 document.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRefusal> {
        Self::from_pair(&Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyRefusal::Unreadable)?)
    }

    fn from_pair(pair: &Ed25519KeyPair) -> Result<Self, KeyRefusal> {
        let der = pair.to_pkcs8v1().map_err(|_| KeyRefusal::Unreadable)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let verify = DecodingKey::from_ed_components(&public).map_err(|_| KeyRefusal::Unreadable)?;
        Ok(Self {
            kid: thumbprint(&public),
            public,
            sign: EncodingKey::from_ed_der(der.as_ref()),
            verify,
        })
    }

    /// Its name in the header of tokens.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": self.public })
    }
}

/// RFC 7638 with the members of RFC 8037, appendix A.3: the name follows from the key, so none has to be configured.
fn thumbprint(public: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// All keys in use: the first signs, every one verifies. To rotate, put the new key first, wait until the last token
/// of the old one has expired, then remove the old one.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Keys {
    first: SigningKey,
    others: Vec<SigningKey>,
}

impl TryFrom<Vec<String>> for Keys {
    type Error = KeyRefusal;

    fn try_from(texts: Vec<String>) -> Result<Self, KeyRefusal> {
        let keys = texts.iter().map(|text| SigningKey::parse(text));
        Self::new(keys.collect::<Result<_, _>>()?)
    }
}

impl Keys {
    /// The keys, the one that signs first.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, KeyRefusal> {
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(KeyRefusal::None)?;
        let mut all = Self {
            first,
            others: Vec::new(),
        };
        for key in keys {
            if all.with_kid(&key.kid).is_some() {
                return Err(KeyRefusal::Twice);
            }
            all.others.push(key);
        }
        Ok(all)
    }

    /// The key that signs.
    pub fn signing(&self) -> &SigningKey {
        &self.first
    }

    /// The key with this name.
    pub fn with_kid(&self, kid: &str) -> Option<&SigningKey> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .find(|key| key.kid == kid)
    }

    /// The public halves as a JWK set (RFC 7517), for /.well-known/jwks.json.
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = std::iter::once(&self.first)
            .chain(&self.others)
            .map(SigningKey::jwk)
            .collect();
        json!({ "keys": keys })
    }
}
