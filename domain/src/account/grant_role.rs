//! Granting a role: from now on the Account may do something else.

use chrono::{DateTime, Utc};

use crate::account::facts::{AccountFact, Role};
use crate::account::refusal::AccountRefusal;
use crate::account::state::Account;

pub(crate) fn decide(
    account: &Account,
    role: Role,
    at: DateTime<Utc>,
) -> Result<Vec<AccountFact>, AccountRefusal> {
    match account {
        Account::Unregistered => Err(AccountRefusal::Absent),
        Account::Registered { role: before, .. } if *before == role => Ok(Vec::new()),
        Account::Registered { .. } => Ok(vec![AccountFact::RoleGranted { role, at }]),
    }
}
