//! Deleting a draft: `DELETE /api/v1/admin/events/{id}`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::event::{DeleteDraft, EventCommand};
use domain::ids::EventId;
use edge::conditional::IfMatch;
use edge::problem::Problem;
use edge::request::PathId;

use super::staff::Staff;
use crate::answer;
use crate::verb::Verb;

/// Deletes a draft
///
/// Only an Event that was never published can be deleted.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/events/{id}",
    operation_id = "delete_event",
    tag = "events",
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`invalid-state`: it is published"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let (by, at) = (verb.actor.by, verb.now());
    let command = EventCommand::DeleteDraft(DeleteDraft { by, at });
    let done = verb.event(id.0, Some(if_match), command).await?;
    Ok(answer::at(StatusCode::NO_CONTENT, done.position).finish())
}
