//! Calling an Event off: `POST /api/v1/admin/events/{id}/cancellation`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use contract::Event;
use domain::event::{CancelEvent, EventCommand};
use domain::ids::EventId;
use domain::text::Name;
use edge::conditional::OptionalIfMatch;
use edge::problem::Problem;
use edge::request::{Body, PathId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::staff::Staff;
use crate::verb::Verb;

/// Why it does not take place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEventCancellation {
    /// The reason that buyers see, up to 200 characters.
    #[schema(value_type = String)]
    #[serde(deserialize_with = "Name::deserialize_new")]
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
    request_body = NewEventCancellation,
    responses(
        (status = 202, description = "It is cancelled; its bookings follow", body = Event,
         headers(("Location" = String, description = "Where to see how far that has come"))),
        (status = 409, description = "`invalid-state`: it is a draft, or over"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: OptionalIfMatch,
    body: Body<NewEventCancellation>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::Cancel(CancelEvent {
        by: verb.actor.by,
        reason: body.0.reason,
        at: verb.now(),
    });
    verb.begin(StatusCode::ACCEPTED, id.0, if_match.0, command, "/cancellation")
        .await
}
