//! Registering an Account.

use chrono::{DateTime, Utc};

use crate::account::facts::{AccountFact, Role, Sealed};
use crate::account::refusal::AccountRefusal;
use crate::account::state::Account;

/// Ids of Accounts are new for every registration, so a second one with the same id is a retry only if all is equal.
pub(crate) fn decide(
    account: &Account,
    personal: &Sealed,
    role: Role,
    at: DateTime<Utc>,
) -> Result<Vec<AccountFact>, AccountRefusal> {
    match account {
        Account::Unregistered => Ok(vec![AccountFact::AccountRegistered {
            personal: personal.clone(),
            role,
            at,
        }]),
        Account::Registered { personal: before, .. } if before == personal => Ok(Vec::new()),
        Account::Registered { .. } => Err(AccountRefusal::AlreadyRegistered),
    }
}
