//! Deleting a draft: `DELETE /api/v1/admin/events/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::event::{DeleteDraft, EventCommand};
use edge::conditional::IfMatch;
use edge::problem::Problem;
use edge::request::RequestContext;
use event_store::Sequence;

use super::refusal;
use super::staff::Staff;
use crate::CommandApi;
use crate::answer::{at, cause, problem};
use crate::path_id::PathId;

/// Deletes a draft
///
/// Only an Event that was never published can be deleted.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/events/{id}",
    operation_id = "delete_event",
    tag = "events",
    params(PathId),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`invalid-state`: it is published"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let by = staff.by;
    let command = EventCommand::DeleteDraft(DeleteDraft {
        by,
        at: api.clock.now(),
    });
    let expected = if_match.expected().map(Sequence::new);
    let done = api
        .events
        .event(
            id.event(),
            command,
            expected,
            cause(&api, &staff.caller, &context),
        )
        .await;
    let done = done.map_err(|error| problem(error, refusal::problem))?;
    Ok(at(StatusCode::NO_CONTENT, done.position).finish())
}
