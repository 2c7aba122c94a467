//! Changing what a section costs: `PUT /api/v1/admin/events/{id}/sections/{section_id}/price`.

use actix_web::HttpResponse;
use contract::Event;
use domain::event::{ChangePrice, EventCommand};
use domain::ids::EventId;
use domain::money::Price;
use edge::conditional::OptionalIfMatch;
use edge::problem::Problem;
use edge::request::{Body, PathId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::section::PathSection;
use super::staff::Staff;
use crate::verb::Verb;

/// What a place costs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrice {
    /// In minor units of the Event's currency.
    #[schema(value_type = i64)]
    amount: Price,
}

/// Changes a section's price
///
/// For new holds: what is held and sold keeps its price.
#[utoipa::path(
    put,
    path = "/api/v1/admin/events/{id}/sections/{section_id}/price",
    operation_id = "change_price",
    tag = "events",
    params(PathSection),
    request_body = NewPrice,
    responses(
        (status = 200, description = "It costs that", body = Event),
        (status = 409, description = "`event-cancelled`"),
        (status = 422, description = "`invalid-body`; `unknown-section`"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    section: PathSection,
    if_match: OptionalIfMatch,
    body: Body<NewPrice>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::ChangePrice(ChangePrice {
        by: verb.actor.by,
        section: section.0,
        price: body.0.amount,
        at: verb.now(),
    });
    verb.change(id.0, if_match.0, command).await
}
