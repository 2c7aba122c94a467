//! The way of a verb: its caller, and what it belongs to. `booking/carry_out.rs` and `event/carry_out.rs` lead it to a lane.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, Utc};
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::RequestContext;
use lanes::Cause;

use crate::CommandApi;

/// A caller who may carry out some verbs.
pub trait Actor: Sized + 'static {
    /// `caller` as one of these, or the problem that turns others away before a body is read.
    fn admit(caller: Caller) -> Result<Self, Problem>;

    /// The caller.
    fn caller(&self) -> &Caller;
}

impl Actor for Caller {
    fn admit(caller: Caller) -> Result<Self, Problem> {
        Ok(caller)
    }

    fn caller(&self) -> &Caller {
        self
    }
}

/// A verb on its way: who acts, in the course of what.
#[derive(Clone, Debug)]
pub struct Verb<A> {
    pub(crate) api: web::Data<CommandApi>,
    pub(crate) actor: A,
    context: RequestContext,
}

impl<A: Actor> Verb<A> {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.api.clock.now()
    }

    /// The metadata of the facts that come of it.
    pub(crate) fn cause(&self) -> Cause {
        let caller = self.actor.caller();
        Cause::request(caller.account, caller.role, &self.context, &self.api.clock)
    }
}

impl<A: Actor> FromRequest for Verb<A> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let api = web::Data::<CommandApi>::from_request(request, payload).into_inner();
        let caller = Caller::from_request(request, payload).into_inner();
        let context = RequestContext::from_request(request, payload).into_inner();
        ready(api.and_then(|api| {
            Ok(Self {
                api,
                actor: caller.and_then(A::admit)?,
                context: context?,
            })
        }))
    }
}
