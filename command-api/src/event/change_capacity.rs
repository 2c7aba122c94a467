//! Changing how many places a section of general admission has:
//! `PUT /api/v1/admin/events/{id}/sections/{section_id}/capacity`.

use actix_web::HttpResponse;
use contract::Event;
use domain::event::{ChangeCapacity, EventCommand};
use domain::ids::EventId;
use edge::conditional::OptionalIfMatch;
use edge::problem::Problem;
use edge::request::{Body, PathId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::section::PathSection;
use super::staff::Staff;
use crate::verb::Verb;

/// How many places.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCapacity {
    /// Places, taken ones included.
    capacity: u32,
}

/// Changes a section's capacity
///
/// Of general admission, and never below what is held and sold.
#[utoipa::path(
    put,
    path = "/api/v1/admin/events/{id}/sections/{section_id}/capacity",
    operation_id = "change_capacity",
    tag = "events",
    params(PathSection),
    request_body = NewCapacity,
    responses(
        (status = 200, description = "It has so many", body = Event),
        (status = 409, description = "`event-cancelled`; `below-taken` with `taken`"),
        (status = 422, description = "`invalid-body`: too many, none, or named seats; `unknown-section`"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    section: PathSection,
    if_match: OptionalIfMatch,
    body: Body<NewCapacity>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::ChangeCapacity(ChangeCapacity {
        by: verb.actor.by,
        section: section.0,
        capacity: body.0.capacity,
        at: verb.now(),
    });
    verb.change(id.0, if_match.0, command).await
}
