//! Closing sales: `POST /api/v1/admin/events/{id}/closing`.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::event::{CloseSales, EventCommand};
use edge::problem::Problem;
use edge::request::RequestContext;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, EventBody};
use super::refusal;
use super::staff::Staff;
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::optional_body::OptionalBody;
use crate::path_id::PathId;

/// When sales close; without a body, now.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// First moment without sale; now if absent or past.
    until: Option<DateTime<Utc>>,
}

/// Closes sales
///
/// Now, or at the moment that the body names. Holds that live go on until their deadlines.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/closing",
    operation_id = "close_sales",
    tag = "events",
    params(PathId),
    request_body = Option<Closing>,
    responses(
        (status = 200, description = "Sales close then", body = EventBody),
        (status = 409, description = "`invalid-state`: sales were never opened"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    body: OptionalBody<Closing>,
) -> Result<HttpResponse, Problem> {
    let by = staff.by;
    let command = EventCommand::CloseSales(CloseSales {
        by,
        until: body.0.until,
        at: api.clock.now(),
    });
    let done = api
        .events
        .event(id.event(), command, None, cause(&api, &staff.caller, &context))
        .await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}
