//! Opening sales: `POST /api/v1/admin/events/{id}/opening`.

use actix_web::HttpResponse;
use contract::Event;
use domain::event::{EventCommand, OpenSales};
use domain::ids::EventId;
use domain::instant::Instant;
use edge::conditional::OptionalIfMatch;
use edge::problem::Problem;
use edge::request::PathId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::staff::Staff;
use crate::optional_body::OptionalBody;
use crate::verb::Verb;

/// When sales open; without a body, now.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// First moment of sale; now if absent or past.
    #[schema(value_type = Option<DateTime<Utc>>)]
    from: Option<Instant>,
}

/// Opens sales
///
/// Now, or at the moment that the body names. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/opening",
    operation_id = "open_sales",
    tag = "events",
    request_body = Option<Opening>,
    responses(
        (status = 200, description = "Sales open then", body = Event),
        (status = 409, description = "`invalid-state`: it is not published, or over by then"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: OptionalIfMatch,
    body: OptionalBody<Opening>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::OpenSales(OpenSales {
        by: verb.actor.by,
        from: body.0.from.map(Instant::utc),
        at: verb.now(),
    });
    verb.change(id.0, if_match.0, command).await
}
