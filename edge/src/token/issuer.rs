//! Issuing access tokens.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use uuid::Uuid;

use super::{Claims, Keys, LIFETIME_MAX_S, Role, TokenPolicy};

/// Signs access tokens with the first key.
#[derive(Clone)]
pub struct Issuer {
    header: Header,
    key: EncodingKey,
    iss: String,
    aud: String,
    lifetime_s: u32,
}

/// A token that could not be signed: the key is unusable.
#[derive(Debug, thiserror::Error)]
#[error("cannot sign an access token")]
pub struct IssueError(#[from] jsonwebtoken::errors::Error);

impl Issuer {
    /// Signs with the first of `keys`, by `policy`.
    pub fn new(keys: &Keys, policy: &TokenPolicy) -> Self {
        let key = keys.signing();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key.kid().to_owned());
        Self {
            header,
            key: key.sign.clone(),
            iss: policy.issuer.clone(),
            aud: policy.audience.clone(),
            lifetime_s: policy.lifetime_s.min(LIFETIME_MAX_S),
        }
    }

    /// A token for `account`, and in how many seconds it expires. Its id is random: nothing orders by it.
    pub fn issue(&self, account: Uuid, role: Role, now: DateTime<Utc>) -> Result<(String, u32), IssueError> {
        let iat = now.timestamp();
        let claims = Claims {
            iss: self.iss.clone(),
            aud: self.aud.clone(),
            sub: account,
            jti: Uuid::new_v4(),
            role,
            iat,
            nbf: iat,
            exp: iat + i64::from(self.lifetime_s),
        };
        Ok((
            jsonwebtoken::encode(&self.header, &claims, &self.key)?,
            self.lifetime_s,
        ))
    }
}
