//! Leads the verbs of Bookings to the lanes of their Events, and back to an answer.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use domain::booking::{BookingCommand, BookingRefusal};
use domain::ids::{BookingId, EventId};
use edge::problem::{Problem, kinds};
use lanes::{Booked, Done};

use super::not_held::not_held;
use super::{cancel, confirm, pay, place};
use crate::answer::{at, failed, json, locate, problem};
use crate::verb::{Actor, Verb};

/// How soon to look for the outcome of a payment: those that are not known at once take seconds.
const POLL_AFTER_SECONDS: &str = "1";

impl<A: Actor> Verb<A> {
    /// Carries out `command` in the lane of its Booking's Event; an absent Booking is not found.
    pub(crate) async fn booking(&self, command: BookingCommand) -> Result<Done<Arc<Booked>>, Problem> {
        let event = self.event_of(command.booking()).await?;
        self.booking_of(event, command).await
    }

    /// Carries out `command` on a Booking of `event`.
    pub(crate) async fn booking_of(
        &self,
        event: EventId,
        command: BookingCommand,
    ) -> Result<Done<Arc<Booked>>, Problem> {
        let done = self.api.events.booking(event, command, self.cause()).await;
        done.map_err(|error| problem(error, refused))
    }

    /// The Event of Booking `id`.
    pub(crate) async fn event_of(&self, id: BookingId) -> Result<EventId, Problem> {
        let event = self.api.events.event_of(id).await.map_err(failed)?;
        event.ok_or_else(|| Problem::new(&kinds::NOT_FOUND))
    }

    /// `status` with the Booking as it is after the verb; 201 and 202 say where it is found.
    pub(crate) fn answer(
        &self,
        status: StatusCode,
        done: &Done<Arc<Booked>>,
    ) -> Result<HttpResponse, Problem> {
        let Booked { id, booking, event } = &*done.state;
        let body = contract::Booking::of(*id, booking, done.sequence.get(), event.clone(), self.now())
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
}

/// The problem for a refused verb; each verb says beside its handler what its refusals mean.
fn refused(refusal: BookingRefusal) -> Problem {
    match &refusal {
        BookingRefusal::Place(refusal) => place::refused(refusal),
        BookingRefusal::Confirm(refusal) => confirm::refused(refusal),
        BookingRefusal::Extend(refusal) | BookingRefusal::Prolong(refusal) => not_held(refusal),
        BookingRefusal::RequestPayment(refusal) => pay::refused(refusal),
        BookingRefusal::Cancel(refusal) => cancel::refused(refusal),
        // Of these, nothing comes from a caller.
        BookingRefusal::Expire(_)
        | BookingRefusal::SettlePayment(_)
        | BookingRefusal::SettleRefund(_)
        | BookingRefusal::RetryRefund(_) => Problem::internal(refusal),
    }
}
