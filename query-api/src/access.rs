//! Who may see what.

use domain::ids::AccountId;
use edge::caller::{Caller, MaybeCaller};
use edge::problem::Problem;
use edge::token::Role;
use uuid::Uuid;

use crate::answer::{Audience, Lifetime};
use crate::failure;

/// Whether the caller runs what `organizer` organizes: the organizer, or an admin.
pub(crate) fn runs(caller: &Caller, organizer: Uuid) -> bool {
    match caller.role {
        Role::Admin => true,
        Role::Organizer => caller.account == organizer,
        Role::User | Role::Auditor => false,
    }
}

/// For whom something of `organizer` is: for all, if it is public, else for those who run it; not found for others.
pub(crate) fn audience(
    public: bool,
    organizer: Uuid,
    caller: &MaybeCaller,
    lifetime: Lifetime,
) -> Result<Audience, Problem> {
    if public {
        return Ok(Audience::Public(lifetime));
    }
    match &caller.0 {
        Some(caller) if runs(caller, organizer) => Ok(Audience::Caller),
        _ => Err(failure::not_found()),
    }
}

/// The account of the caller.
pub(crate) fn account(caller: &Caller) -> AccountId {
    AccountId::new(caller.account)
}
