//! Access tokens: Ed25519-signed JWTs (RFC 9068, RFC 8037), issued, verified, and remembered while they are valid.

mod cache;
mod issuer;
mod keys;
mod verifier;

pub use issuer::{IssueError, Issuer};
pub use keys::{KeyRefusal, Keys, SigningKey};
pub use verifier::{TokenRefusal, Verifier};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest that an access token may live, in seconds: a stolen one is useful no longer.
pub const LIFETIME_MAX_S: u32 = 15 * 60;
/// The most that clocks of two nodes may differ, in seconds.
pub const SKEW_MAX_S: u32 = 60;

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys.
    User,
    /// Buys, and runs its own events.
    Organizer,
    /// Runs everything.
    Admin,
    /// Reads history and analytics, changes nothing.
    Auditor,
}

impl Role {
    /// As in tokens and in the metadata of facts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Organizer => "organizer",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::User, Self::Organizer, Self::Admin, Self::Auditor]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// What is demanded of tokens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TokenPolicy {
    /// `iss` of access tokens
    #[serde(rename = "token_issuer")]
    pub issuer: String,
    /// `aud` of access tokens
    #[serde(rename = "token_audience")]
    pub audience: String,
    /// How long an access token lives
    #[serde(rename = "token_lifetime_s")]
    #[schemars(range(min = 60, max = LIFETIME_MAX_S), extend("unit" = "seconds"))]
    pub lifetime_s: u32,
    /// How much clocks may differ, in seconds; at most [`SKEW_MAX_S`].
    #[serde(skip)]
    pub skew_s: u32,
    /// Verified tokens that are remembered
    #[serde(rename = "token_cache_entries")]
    #[schemars(range(min = 1, max = 10_000_000), extend("unit" = "tokens"))]
    pub cache_entries_max: usize,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            issuer: "evently".to_owned(),
            audience: "evently".to_owned(),
            lifetime_s: LIFETIME_MAX_S,
            skew_s: SKEW_MAX_S,
            cache_entries_max: 65_536,
        }
    }
}

/// The claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    jti: Uuid,
    role: Role,
    iat: i64,
    nbf: i64,
    exp: i64,
}

#[cfg(test)]
mod tests;
