//! Opening sales: `POST /api/v1/admin/events/{id}/opening`.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::event::{EventCommand, OpenSales};
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

/// When sales open; without a body, now.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// First moment of sale; now if absent or past.
    from: Option<DateTime<Utc>>,
}

/// Opens sales
///
/// Now, or at the moment that the body names. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/opening",
    operation_id = "open_sales",
    tag = "events",
    params(PathId),
    request_body = Option<Opening>,
    responses(
        (status = 200, description = "Sales open then", body = EventBody),
        (status = 409, description = "`invalid-state`: it is not published, or over by then"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    body: OptionalBody<Opening>,
) -> Result<HttpResponse, Problem> {
    let by = staff.by;
    let command = EventCommand::OpenSales(OpenSales {
        by,
        from: body.0.from,
        at: api.clock.now(),
    });
    let done = api
        .events
        .event(id.event(), command, None, cause(&api, &staff.caller, &context))
        .await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}
