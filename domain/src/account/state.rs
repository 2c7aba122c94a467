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
    /// What its owner may do.
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
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::account::{AccountCommand, AccountRefusal};
    use crate::fixtures::minute;

    type Given = TestFramework<Account>;

    fn sealed(text: &str) -> Sealed {
        Sealed(text.to_owned())
    }

    fn registered() -> AccountFact {
        AccountFact::AccountRegistered {
            personal: sealed("a"),
            role: Role::User,
            at: minute(0),
        }
    }

    #[test]
    fn a_person_registers() {
        let command = AccountCommand::Register {
            personal: sealed("a"),
            role: Role::User,
            at: minute(0),
        };
        Given::with(())
            .given_no_previous_events()
            .when(command)
            .then_expect_events(vec![registered()]);
    }

    #[test]
    fn the_same_registration_again_changes_nothing_and_another_is_refused() {
        let again = |text| AccountCommand::Register {
            personal: sealed(text),
            role: Role::User,
            at: minute(1),
        };
        Given::with(())
            .given(vec![registered()])
            .when(again("a"))
            .then_expect_events(vec![]);
        Given::with(())
            .given(vec![registered()])
            .when(again("b"))
            .then_expect_error(AccountRefusal::AlreadyRegistered);
    }

    #[test]
    fn a_role_is_granted_once() {
        let grant = |role| AccountCommand::GrantRole { role, at: minute(1) };
        let granted = AccountFact::RoleGranted {
            role: Role::Auditor,
            at: minute(1),
        };
        Given::with(())
            .given(vec![registered()])
            .when(grant(Role::Auditor))
            .then_expect_events(vec![granted]);
        Given::with(())
            .given(vec![registered()])
            .when(grant(Role::User))
            .then_expect_events(vec![]);
        Given::with(())
            .given_no_previous_events()
            .when(grant(Role::User))
            .then_expect_error(AccountRefusal::Absent);
    }

    #[test]
    fn a_state_is_stored_and_read() {
        let mut account = Account::default();
        account.evolve(&registered());
        let stored = serde_json::to_string(&account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&stored).unwrap(), account);
    }
}
