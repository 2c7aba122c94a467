//! Moving a published Event to another time: `POST /api/v1/admin/events/{id}/schedule`.

use actix_web::HttpResponse;
use contract::Event;
use domain::event::{EventCommand, RescheduleEvent};
use domain::ids::EventId;
use domain::instant::Instant;
use domain::limits::RESCHEDULE_REFUND_HOURS;
use edge::conditional::OptionalIfMatch;
use edge::problem::Problem;
use edge::request::{Body, PathId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::staff::Staff;
use crate::verb::Verb;

/// Its new time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// When it starts.
    #[schema(value_type = DateTime<Utc>)]
    starts_at: Instant,
    /// When it ends; after `starts_at`.
    #[schema(value_type = DateTime<Utc>)]
    ends_at: Instant,
    /// For how many hours who booked before may cancel for nothing; 336, a fortnight, if absent.
    free_cancellation_hours: Option<u32>,
    /// First moment without sale. If absent, a closing that lies ahead moves by as much as the start does; the answer says
    /// when sales close.
    #[schema(value_type = Option<DateTime<Utc>>)]
    sales_until: Option<Instant>,
}

/// Reschedules an event
///
/// Who booked before may cancel for nothing for a while, whatever the conditions of their sale. A closing of sales that lies
/// ahead moves along, unless `sales_until` names another.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/schedule",
    operation_id = "reschedule_event",
    tag = "events",
    request_body = NewSchedule,
    responses(
        (status = 200, description = "It takes place then", body = Event),
        (status = 409, description = "`invalid-state`: it is a draft, or over; `event-cancelled`"),
        (status = 422, description = "`invalid-body`: its times contradict each other, or sales would never open"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: OptionalIfMatch,
    body: Body<NewSchedule>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::Reschedule(RescheduleEvent {
        by: verb.actor.by,
        starts_at: body.0.starts_at.utc(),
        ends_at: body.0.ends_at.utc(),
        free_hours: body.0.free_cancellation_hours.unwrap_or(RESCHEDULE_REFUND_HOURS),
        sales_until: body.0.sales_until.map(Instant::utc),
        at: verb.now(),
    });
    verb.change(id.0, if_match.0, command).await
}
