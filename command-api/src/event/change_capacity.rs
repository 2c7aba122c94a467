//! Changing how many places a section of general admission has:
//! `PUT /api/v1/admin/events/{id}/sections/{section_id}/capacity`.

use actix_web::{HttpResponse, web};
use domain::event::{ChangeCapacity, EventCommand};
use edge::problem::Problem;
use edge::request::{Body, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, EventBody};
use super::refusal;
use super::section::PathSection;
use super::staff::Staff;
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::path_id::PathId;

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
    params(PathId, PathSection),
    request_body = NewCapacity,
    responses(
        (status = 200, description = "It has so many", body = EventBody),
        (status = 409, description = "`event-cancelled`; `below-taken` with `taken`"),
        (status = 422, description = "`invalid-body`: too many, none, or named seats; `unknown-section`"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    section: PathSection,
    body: Body<NewCapacity>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::ChangeCapacity(ChangeCapacity {
        by: staff.by,
        section: section.0,
        capacity: body.0.capacity,
        at: api.clock.now(),
    });
    let cause = cause(&api, &staff.caller, &context);
    let done = api.events.event(id.event(), command, None, cause).await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}
