//! Verifying access tokens: one algorithm, named keys, every claim (RFC 8725, RFC 9068).

use std::fmt;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::Value;

use super::cache::VerifiedTokens;
use super::{Claims, Keys, LIFETIME_MAX_S, SKEW_MAX_S, SigningKey, TokenPolicy};
use crate::caller::Caller;
use event_store::clock::Clock;

/// The longest token that is looked at, in bytes; ours have some 450.
const TOKEN_BYTES_MAX: usize = 2048;

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Not a token of ours: wrong shape, algorithm, type, key, signature, issuer, audience or claims.
    #[error("the access token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the access token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the access token is not valid yet")]
    Early,
}

/// Tells whose a token is. Put it into the application's data as `web::Data<Verifier>`.
pub struct Verifier {
    keys: Keys,
    validation: Validation,
    skew_s: i64,
    verified: VerifiedTokens,
    clock: Clock,
}

impl Verifier {
    /// Accepts tokens signed by any of `keys` that satisfy `policy`.
    pub fn new(keys: Keys, policy: &TokenPolicy, clock: Clock) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&policy.issuer]);
        validation.set_audience(&[&policy.audience]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are checked in `accept`, against our clock, for fresh and remembered tokens alike.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let verified = VerifiedTokens::new(policy.cache_entries_max);
        Self {
            keys,
            validation,
            skew_s: i64::from(policy.skew_s.min(SKEW_MAX_S)),
            verified,
            clock,
        }
    }

    /// The caller that `token` stands for now.
    pub fn caller(&self, token: &str) -> Result<Caller, TokenRefusal> {
        self.verify(token, self.clock.now())
    }

    /// The caller that `token` stands for at `now`.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Caller, TokenRefusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenRefusal::Invalid);
        }
        if let Some(caller) = self.verified.get(token) {
            return self
                .accept(caller, now)
                .inspect_err(|_| self.verified.remove(token));
        }
        let caller = self.accept(self.check(token)?, now)?;
        self.verified.insert(token, caller.clone());
        Ok(caller)
    }

    /// Every token passes here, remembered or not, each time: what can end the life of a genuine token belongs here.
    fn accept(&self, caller: Caller, now: DateTime<Utc>) -> Result<Caller, TokenRefusal> {
        if now.timestamp() >= caller.expires_at + self.skew_s {
            return Err(TokenRefusal::Expired);
        }
        if now.timestamp() + self.skew_s < caller.issued_at.max(caller.not_before) {
            return Err(TokenRefusal::Early);
        }
        Ok(caller)
    }

    /// Signature and claims, without times.
    fn check(&self, token: &str) -> Result<Caller, TokenRefusal> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRefusal::Invalid)?;
        let key = self.key_of(&header).ok_or(TokenRefusal::Invalid)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.verify, &self.validation);
        let claims = decoded.map_err(|_| TokenRefusal::Invalid)?.claims;
        if claims.exp.saturating_sub(claims.iat) > i64::from(LIFETIME_MAX_S) {
            return Err(TokenRefusal::Invalid);
        }
        Ok(Caller {
            account: claims.sub,
            role: claims.role,
            token_id: claims.jti,
            issued_at: claims.iat,
            not_before: claims.nbf,
            expires_at: claims.exp,
        })
    }

    /// The key that the header names among ours. A header that brings or points to a key of its own, or that demands
    /// an extension, is refused whatever its signature.
    fn key_of(&self, header: &Header) -> Option<&SigningKey> {
        let brings_a_key = header.jku.is_some()
            || header.jwk.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.x5t.is_some()
            || header.x5t_s256.is_some();
        let typ = header.typ.as_deref().unwrap_or_default();
        let typ = typ.strip_prefix("application/").unwrap_or(typ);
        if brings_a_key
            || header.crit.is_some()
            || header.alg != Algorithm::EdDSA
            || !typ.eq_ignore_ascii_case("at+jwt")
        {
            return None;
        }
        self.keys.with_kid(header.kid.as_deref()?)
    }

    /// The public keys as a JWK set, for /.well-known/jwks.json.
    pub fn jwks(&self) -> Value {
        self.keys.jwks()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
