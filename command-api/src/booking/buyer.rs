//! Who may book: everybody with an account but auditors, who change nothing.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
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

    fn admit(caller: Caller) -> Result<Self, Problem> {
        caller.require(&[Role::User, Role::Organizer, Role::Admin])?;
        Ok(Self(caller))
    }
}

impl Actor for Buyer {
    fn caller(&self) -> &Caller {
        &self.0
    }
}

impl FromRequest for Buyer {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(
            Caller::from_request(request, payload)
                .into_inner()
                .and_then(Self::admit),
        )
    }
}
