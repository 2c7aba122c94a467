//! Changing what a section costs: `PUT /api/v1/admin/events/{id}/sections/{section_id}/price`.

use actix_web::{HttpResponse, web};
use domain::event::{ChangePrice, EventCommand};
use domain::money::Price;
use edge::problem::Problem;
use edge::request::{Body, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, EventBody};
use super::refusal;
use super::section::PathSection;
use super::staff::Staff;
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::path_id::PathId;

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
    params(PathId, PathSection),
    request_body = NewPrice,
    responses(
        (status = 200, description = "It costs that", body = EventBody),
        (status = 409, description = "`event-cancelled`"),
        (status = 422, description = "`invalid-body`; `unknown-section`"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    section: PathSection,
    body: Body<NewPrice>,
) -> Result<HttpResponse, Problem> {
    let command = EventCommand::ChangePrice(ChangePrice {
        by: staff.by,
        section: section.0,
        price: body.0.amount,
        at: api.clock.now(),
    });
    let cause = cause(&api, &staff.caller, &context);
    let done = api.events.event(id.event(), command, None, cause).await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}
