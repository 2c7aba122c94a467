//! Who may run Events: organizers their own, administrators any. Everybody else is turned away before a body is read.

use domain::event::By;
use domain::ids::AccountId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::token::Role;

use crate::verb::Actor;

/// A caller who may run Events.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The caller.
    pub caller: Caller,
    /// What that means to the domain.
    pub by: By,
}

impl Actor for Staff {
    fn admit(caller: Caller) -> Result<Self, Problem> {
        caller.require(&[Role::Organizer, Role::Admin])?;
        let by = By {
            account: AccountId::new(caller.account),
            any_event: caller.role == Role::Admin,
        };
        Ok(Self { caller, by })
    }

    fn caller(&self) -> &Caller {
        &self.caller
    }
}
