//! The way of a verb: from its caller to the lane that decides it, and back to an answer.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use contract::Event;
use domain::booking::BookingCommand;
use domain::event::EventCommand;
use domain::ids::{BookingId, EventId};
use edge::caller::Caller;
use edge::conditional::{IfMatch, etag};
use edge::problem::{Problem, kinds};
use edge::request::RequestContext;
use event_store::Sequence;
use lanes::{Booked, Cause, Done};

use crate::answer::{at, cause, failed, json, locate, problem};
use crate::{CommandApi, booking, event};

/// How soon to look for the outcome of a payment: those that are not known at once take seconds.
const POLL_AFTER_SECONDS: &str = "1";

/// A caller who may carry out some verbs.
pub trait Actor: FromRequest<Error = Problem, Future = Ready<Result<Self, Problem>>> {
    /// The caller.
    fn caller(&self) -> &Caller;
}

impl Actor for Caller {
    fn caller(&self) -> &Caller {
        self
    }
}

/// A verb on its way: who acts, in the course of what.
#[derive(Debug)]
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
        cause(&self.api, self.actor.caller(), &self.context)
    }

    /// Carries out `command` in the lane of its Booking's Event; an absent Booking is not found.
    pub(crate) async fn booking(&self, command: BookingCommand) -> Result<Done<Booked>, Problem> {
        let event = self.event_of(command.booking()).await?;
        self.booking_of(event, command).await
    }

    /// Carries out `command` on a Booking of `event`.
    pub(crate) async fn booking_of(
        &self,
        event: EventId,
        command: BookingCommand,
    ) -> Result<Done<Booked>, Problem> {
        let done = self.api.events.booking(event, command, self.cause()).await;
        done.map_err(|error| problem(error, booking::refused))
    }

    /// The Event of Booking `id`.
    pub(crate) async fn event_of(&self, id: BookingId) -> Result<EventId, Problem> {
        let event = self.api.events.event_of(id).await.map_err(failed)?;
        event.ok_or_else(|| Problem::new(&kinds::NOT_FOUND))
    }

    /// Carries out `command` on Event `id`, where it is at the version of `based_on`, if one is given.
    pub(crate) async fn event(
        &self,
        id: EventId,
        based_on: Option<IfMatch>,
        command: EventCommand,
    ) -> Result<Done<Option<Event>>, Problem> {
        let expected = based_on.and_then(IfMatch::expected).map(Sequence::new);
        let done = self.api.events.event(id, command, expected, self.cause()).await;
        done.map_err(|error| problem(error, event::refused))
    }

    /// Carries out `command` on Event `id`, and answers 200 with the Event as it is then.
    pub(crate) async fn change(
        &self,
        id: EventId,
        based_on: Option<IfMatch>,
        command: EventCommand,
    ) -> Result<HttpResponse, Problem> {
        answer_event(StatusCode::OK, &self.event(id, based_on, command).await?, None)
    }

    /// `status` with the Booking as it is after the verb; 201 and 202 say where it is found.
    pub(crate) fn answer(&self, status: StatusCode, done: &Done<Booked>) -> Result<HttpResponse, Problem> {
        answer_booking(status, done, self.now())
    }
}

impl<A: Actor> FromRequest for Verb<A> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let api = web::Data::<CommandApi>::from_request(request, payload).into_inner();
        let actor = A::from_request(request, payload).into_inner();
        let context = RequestContext::from_request(request, payload).into_inner();
        ready(api.and_then(|api| {
            Ok(Self {
                api,
                actor: actor?,
                context: context?,
            })
        }))
    }
}

/// `status` with a Booking after a verb.
pub(crate) fn answer_booking(
    status: StatusCode,
    done: &Done<Booked>,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    let Booked { id, booking, event } = &done.state;
    let body = contract::Booking::of(*id, booking, done.sequence.get(), event.clone(), now)
        .ok_or_else(|| Problem::new(&kinds::INTERNAL))?; // what was carried out leaves a Booking that was placed
    let mut answer = at(status, done.position);
    if status != StatusCode::OK {
        locate(&mut answer, format!("/api/v1/bookings/{id}"));
    }
    if status == StatusCode::ACCEPTED {
        answer.insert_header((RETRY_AFTER, HeaderValue::from_static(POLL_AFTER_SECONDS)));
    }
    json(answer, &body)
}

/// `status` with an Event after a verb, its version, and where to find what `follows`, such as the Event itself.
pub(crate) fn answer_event(
    status: StatusCode,
    done: &Done<Option<Event>>,
    follows: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let event = done
        .state
        .as_ref()
        .ok_or_else(|| Problem::new(&kinds::INTERNAL))?;
    let mut answer = at(status, done.position);
    answer.insert_header(etag(done.sequence.get()));
    if let Some(follows) = follows {
        locate(&mut answer, format!("/api/v1/admin/events/{}{follows}", event.id));
    }
    json(answer, event)
}
