//! Access tokens: Ed25519-signed JWTs (RFC 9068, RFC 8037), issued, verified, and remembered while they are valid.

mod cache;
mod issuer;
mod keys;
mod verifier;

pub use issuer::{IssueError, Issuer};
pub use keys::{KeyRefusal, Keys, SigningKey};
pub use verifier::{TokenRefusal, Verifier};

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
    /// The name, as in tokens and in the metadata of facts.
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
#[derive(Clone, Debug)]
pub struct TokenPolicy {
    /// `iss`: who issues them.
    pub issuer: String,
    /// `aud`: whom they are for.
    pub audience: String,
    /// How long a new one lives, in seconds; at most [`LIFETIME_MAX_S`].
    pub lifetime_s: u32,
    /// How much clocks may differ, in seconds; at most [`SKEW_MAX_S`].
    pub skew_s: u32,
    /// How many verified tokens are remembered.
    pub cache_entries_max: usize,
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
