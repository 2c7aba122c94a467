//! Publishing an Event: `POST /api/v1/admin/events/{id}/publication`.

use actix_web::HttpResponse;
use contract::Event;
use domain::event::{EventCommand, PublishEvent};
use domain::ids::EventId;
use edge::conditional::OptionalIfMatch;
use edge::problem::Problem;
use edge::request::PathId;

use super::staff::Staff;
use crate::verb::Verb;

/// Publishes a draft
///
/// Everybody may see it from then on. An Event that is published already stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/publication",
    operation_id = "publish_event",
    tag = "events",
    responses(
        (status = 200, description = "It is published", body = Event),
        (status = 409, description = "`invalid-state`: it has begun, or `errors` name what else must be edited first"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: OptionalIfMatch,
) -> Result<HttpResponse, Problem> {
    let (by, at) = (verb.actor.by, verb.now());
    let command = EventCommand::Publish(PublishEvent { by, at });
    verb.change(id.0, if_match.0, command).await
}
