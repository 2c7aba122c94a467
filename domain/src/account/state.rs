//! The state of an Account, and how facts change it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::account::facts::{AccountFact, Role, Sealed};

/// An Account as its facts so far make it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// There is none.
    #[default]
    Unregistered,
    /// Somebody's.
    Registered {
        /// What they may do.
        role: Role,
        /// Their name and e-mail address, sealed.
        personal: Sealed,
        /// When they registered.
        at: DateTime<Utc>,
    },
}

impl Account {
    /// Version of the shape in which the state is stored; another one is not read.
    pub const SCHEMA_VERSION: i32 = 1;

    /// What its owner may do.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Unregistered => None,
            Self::Registered { role, .. } => Some(*role),
        }
    }

    /// Changes the state by one fact. Total: a fact that makes no sense here changes nothing.
    pub fn evolve(&mut self, fact: &AccountFact) {
        match (self, fact) {
            (account @ Self::Unregistered, AccountFact::AccountRegistered { personal, role, at }) => {
                *account = Self::Registered {
                    role: *role,
                    personal: personal.clone(),
                    at: *at,
                };
            }
            (Self::Registered { role, .. }, AccountFact::RoleGranted { role: granted, .. }) => {
                *role = *granted;
            }
            (Self::Unregistered, AccountFact::RoleGranted { .. })
            | (Self::Registered { .. }, AccountFact::AccountRegistered { .. }) => {}
        }
    }

    /// Changes the state by one fact, as [`Account::evolve`] does.
    pub fn apply(&mut self, fact: AccountFact) {
        cqrs_es::Aggregate::apply(self, fact);
    }
}
