//! Who may see what; and ids in paths.

use std::str::FromStr;

use domain::ids::AccountId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::token::Role;
use uuid::Uuid;

use crate::failure;

/// The id that a path names. What is no id names nothing.
pub(crate) fn id<T: FromStr>(segment: &str) -> Result<T, Problem> {
    segment.parse().map_err(|_| failure::not_found())
}

/// Whether the caller runs what `organizer` organizes: the organizer, or an admin.
pub(crate) fn runs(caller: Option<&Caller>, organizer: Uuid) -> bool {
    caller.is_some_and(|caller| match caller.role {
        Role::Admin => true,
        Role::Organizer => caller.account == organizer,
        Role::User | Role::Auditor => false,
    })
}

/// The account of the caller.
pub(crate) fn account(caller: &Caller) -> AccountId {
    AccountId::new(caller.account)
}
