//! What may be asked of an Account, and the one door to decide it.

use chrono::{DateTime, Utc};

use crate::account::facts::{AccountFact, Role, Sealed};
use crate::account::refusal::AccountRefusal;
use crate::account::state::Account;
use crate::account::{grant_role, register};

/// What may be asked of an Account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountCommand {
    /// Open it.
    Register {
        /// Name and e-mail address, sealed.
        personal: Sealed,
        /// What its owner may do.
        role: Role,
        at: DateTime<Utc>,
    },
    /// Let its owner do something else.
    GrantRole { role: Role, at: DateTime<Utc> },
}

/// Decides `command`: the facts that follow from it, none where the Account already is as asked.
pub fn decide(account: &Account, command: &AccountCommand) -> Result<Vec<AccountFact>, AccountRefusal> {
    match command {
        AccountCommand::Register { personal, role, at } => register::decide(account, personal, *role, *at),
        AccountCommand::GrantRole { role, at } => grant_role::decide(account, *role, *at),
    }
}
