//! Who calls, and what its role lets it do.

use uuid::Uuid;

use crate::problem::{Problem, kinds};
use crate::token::Role;

/// The account that a valid access token names. As an extractor it is required: without one the request is refused with
/// `unauthenticated` (401).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub account: Uuid,
    /// Its role when the token was issued.
    pub role: Role,
    /// The token's own id (`jti`).
    pub token_id: Uuid,
    /// When the token was issued (`iat`), in seconds since 1970.
    pub issued_at: i64,
    /// From when the token is valid (`nbf`), in seconds since 1970.
    pub not_before: i64,
    /// When the token expires (`exp`), in seconds since 1970.
    pub expires_at: i64,
}

impl Caller {
    /// Refuses with `forbidden` (403) unless the caller has one of `roles`.
    pub fn require(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.contains(&self.role) {
            return Ok(());
        }
        Err(Problem::new(&kinds::FORBIDDEN).detail("your role does not allow this"))
    }
}

/// The caller where anyone may ask: `None` without a token. A token that is sent but not valid is refused even here,
/// so that no caller is taken for a stranger by mistake.
#[derive(Clone, Debug)]
pub struct MaybeCaller(pub Option<Caller>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_role_than_the_required_is_forbidden() {
        let caller = Caller {
            account: Uuid::from_u128(1),
            role: Role::User,
            token_id: Uuid::from_u128(2),
            issued_at: 0,
            not_before: 0,
            expires_at: 600,
        };
        assert!(caller.require(&[Role::Admin, Role::User]).is_ok());
        for roles in [&[Role::Admin][..], &[]] {
            assert_eq!(caller.require(roles).unwrap_err().kind(), &kinds::FORBIDDEN);
        }
    }
}
