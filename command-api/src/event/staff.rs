//! Who may run Events: organizers their own, administrators any. Everybody else is turned away before a body is read.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
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

impl Staff {
    fn admit(caller: Caller) -> Result<Self, Problem> {
        caller.require(&[Role::Organizer, Role::Admin])?;
        let by = By {
            account: AccountId::new(caller.account),
            any_event: caller.role == Role::Admin,
        };
        Ok(Self { caller, by })
    }
}

impl Actor for Staff {
    fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl FromRequest for Staff {
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
