//! Closing sales: `POST /api/v1/admin/events/{id}/closing`.

use actix_web::HttpResponse;
use contract::Event;
use domain::event::{CloseSales, EventCommand};
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

/// When sales close; without a body, now.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// First moment without sale; now if absent or past.
    #[schema(value_type = Option<DateTime<Utc>>)]
    until: Option<Instant>,
}

/// Closes sales
///
/// Now, or at the moment that the body names; closing now calls off an opening that lies ahead. Holds that live go on until their deadlines.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/{id}/closing",
    operation_id = "close_sales",
    tag = "events",
    request_body = Option<Closing>,
    responses(
        (status = 200, description = "Sales close then", body = Event),
        (status = 409, description = "`invalid-state`: sales were never opened"),
        (status = 422, description = "`invalid-body`: it lies before the opening"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: OptionalIfMatch,
    body: OptionalBody<Closing>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::CloseSales(CloseSales {
        by: verb.actor.by,
        until: body.0.until.map(Instant::utc),
        at: verb.now(),
    });
    verb.change(id.0, if_match.0, command).await
}
