//! Moving a published Event to another time: `POST /api/v1/admin/events/{id}/schedule`.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::event::limits::RESCHEDULE_REFUND_HOURS;
use domain::event::{EventCommand, RescheduleEvent};
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

/// Its new time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// When it starts.
    starts_at: DateTime<Utc>,
    /// When it ends; after `starts_at`.
    ends_at: DateTime<Utc>,
    /// For how many hours who booked before may cancel for nothing; 336, a fortnight, if absent.
    free_cancellation_hours: Option<u32>,
}

/// Reschedules an event
///
/// Who booked before may cancel for nothing for a while, whatever the conditions of their sale.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/schedule",
    operation_id = "reschedule_event",
    tag = "events",
    params(PathId),
    request_body = NewSchedule,
    responses(
        (status = 200, description = "It takes place then", body = EventBody),
        (status = 409, description = "`invalid-state`: it is a draft, or over; `event-cancelled`"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    body: Body<NewSchedule>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::Reschedule(RescheduleEvent {
        by: staff.by,
        starts_at: body.0.starts_at,
        ends_at: body.0.ends_at,
        free_hours: body.0.free_cancellation_hours.unwrap_or(RESCHEDULE_REFUND_HOURS),
        at: api.clock.now(),
    });
    let cause = cause(&api, &staff.caller, &context);
    let done = api.events.event(id.event(), command, None, cause).await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}
