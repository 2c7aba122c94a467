//! What may be asked of an Account, and the one door to decide it.

use chrono::{DateTime, Utc};

use crate::account::facts::{AccountFact, Role, Sealed};
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
        /// When.
        at: DateTime<Utc>,
    },
    /// Let its owner do something else.
    GrantRole {
        /// What.
        role: Role,
        /// When.
        at: DateTime<Utc>,
    },
}

/// Why a command on an Account is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// There is no such Account.
    #[error("there is no such account")]
    Absent,
    /// Somebody has registered with this id.
    #[error("the account is registered already")]
    AlreadyRegistered,
}

/// Decides `command`: the facts that follow from it, none where the Account already is as asked.
pub fn decide(account: &Account, command: &AccountCommand) -> Result<Vec<AccountFact>, AccountRefusal> {
    match command {
        AccountCommand::Register { personal, role, at } => register::decide(account, personal, *role, *at),
        AccountCommand::GrantRole { role, at } => grant_role::decide(account, *role, *at),
    }
}
