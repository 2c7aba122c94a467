//! Who may book: everybody with an account but auditors, who change nothing.

use domain::ids::AccountId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::token::Role;

use crate::verb::Actor;

/// A caller who may book.
#[derive(Clone, Debug)]
pub struct Buyer(pub Caller);

impl Buyer {
    /// The account that books.
    pub const fn account(&self) -> AccountId {
        AccountId::new(self.0.account)
    }
}

impl Actor for Buyer {
    fn admit(caller: Caller) -> Result<Self, Problem> {
        caller.require(&[Role::User, Role::Organizer, Role::Admin])?;
        Ok(Self(caller))
    }

    fn caller(&self) -> &Caller {
        &self.0
    }
}
