//! Publishing an Event: `POST /api/v1/admin/events/{id}/publication`.

use actix_web::{HttpResponse, web};
use domain::event::{EventCommand, PublishEvent};
use edge::problem::Problem;
use edge::request::RequestContext;

use super::answer::{self, EventBody};
use super::refusal;
use super::staff::Staff;
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::path_id::PathId;

/// Publishes a draft
///
/// Everybody may see it from then on. An Event that is published already stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/publication",
    operation_id = "publish_event",
    tag = "events",
    params(PathId),
    responses(
        (status = 200, description = "It is published", body = EventBody),
        (status = 409, description = "`invalid-state`: it is over"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
) -> Result<HttpResponse, Problem> {
    let by = staff.by;
    let command = EventCommand::Publish(PublishEvent {
        by,
        at: api.clock.now(),
    });
    let done = api
        .events
        .event(id.event(), command, None, cause(&api, &staff.caller, &context))
        .await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}
