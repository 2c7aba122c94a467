//! Calling an Event off: `POST /api/v1/admin/events/{id}/cancellation`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::event::{CancelEvent, EventCommand};
use domain::text::Name;
use edge::problem::Problem;
use edge::request::{Body, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, EventBody};
use super::refusal;
use super::staff::Staff;
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::path_id::PathId;

/// Why it does not take place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEventCancellation {
    /// As buyers are told, up to 200 characters.
    #[schema(value_type = String)]
    reason: Name,
}

/// Cancels an event
///
/// For ever. From now on nothing is sold; every booking is cancelled, and refunded in full where it was paid, one after the
/// other. `GET` of the same path tells how far that has come. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/cancellation",
    operation_id = "cancel_event",
    tag = "events",
    params(PathId),
    request_body = NewEventCancellation,
    responses(
        (status = 202, description = "It is cancelled; its bookings follow", body = EventBody,
         headers(("Location" = String, description = "Where to see how far that has come"))),
        (status = 409, description = "`invalid-state`: it is a draft, or over"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    body: Body<NewEventCancellation>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::Cancel(CancelEvent {
        by: staff.by,
        reason: body.0.reason,
        at: api.clock.now(),
    });
    let cause = cause(&api, &staff.caller, &context);
    let done = api.events.event(id.event(), command, None, cause).await;
    let done = done.map_err(|error| problem(error, refusal::problem))?;
    answer::going_on(StatusCode::ACCEPTED, &done, "cancellation")
}
