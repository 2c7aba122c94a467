//! Setting under which conditions buyers may cancel: `PUT` and `DELETE /api/v1/admin/events/{id}/cancellation-policy`.

use actix_web::{HttpResponse, web};
use domain::event::{By, CancellationPolicy, EventCommand, Fee, PolicyRefusal, SetCancellationPolicy};
use domain::money::Price;
use edge::conditional::IfMatch;
use edge::problem::{FieldError, Problem, kinds};
use edge::request::{Body, RequestContext};
use event_store::Sequence;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, EventBody};
use super::refusal;
use super::staff::Staff;
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::path_id::PathId;

/// The conditions. Hours count back from the start of the event.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// Until so many hours before the start, cancelling is free.
    free_hours: u32,
    /// What it costs afterwards.
    fee: NewFee,
    /// From so many hours before the start, it is refused; 0 if absent.
    #[serde(default)]
    closes_hours: u32,
}

/// What is kept of the price: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum NewFee {
    /// A share, in hundredths of a percent: 1500 are 15 %.
    BasisPoints(u16),
    /// So much for each place, in minor units of the event's currency.
    PerPlace(i64),
}

impl NewPolicy {
    fn parsed(&self) -> Result<CancellationPolicy, Problem> {
        let fee = match self.fee {
            NewFee::BasisPoints(share) => Fee::BasisPoints(share),
            NewFee::PerPlace(amount) => Fee::PerPlace(
                Price::parse(amount).map_err(|refusal| wrong("#/fee/per_place", refusal.to_string()))?,
            ),
        };
        CancellationPolicy::new(self.free_hours, fee, self.closes_hours).map_err(|refusal| {
            let pointer = match refusal {
                PolicyRefusal::FeeTooHigh => "#/fee/basis_points",
                PolicyRefusal::ClosesBeforeFree => "#/closes_hours",
                PolicyRefusal::TooManyHours => "#/free_hours",
            };
            wrong(pointer, refusal.to_string())
        })
    }
}

fn wrong(pointer: &str, detail: String) -> Problem {
    Problem::new(&kinds::INVALID_BODY).errors(vec![FieldError::at(pointer, detail)])
}

/// Sets the cancellation policy
///
/// For who holds from now on: who holds or owns already keeps the conditions of then.
#[utoipa::path(
    put,
    path = "/api/v1/admin/events/{id}/cancellation-policy",
    operation_id = "set_cancellation_policy",
    tag = "events",
    params(PathId),
    request_body = NewPolicy,
    responses((status = 200, description = "These are the conditions", body = EventBody)),
)]
pub async fn put(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    body: Body<NewPolicy>,
) -> Result<HttpResponse, Problem> {
    let command = command(&api, staff.by, Some(body.0.parsed()?));
    let cause = cause(&api, &staff.caller, &context);
    let done = api.events.event(id.event(), command, None, cause).await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}

/// Removes the cancellation policy
///
/// Who holds from now on cannot cancel what they pay for.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/events/{id}/cancellation-policy",
    operation_id = "remove_cancellation_policy",
    tag = "events",
    params(PathId),
    responses((status = 200, description = "There are no conditions under which buyers may cancel", body = EventBody)),
)]
pub async fn delete(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let command = command(&api, staff.by, None);
    let cause = cause(&api, &staff.caller, &context);
    let expected = if_match.expected().map(Sequence::new);
    let done = api.events.event(id.event(), command, expected, cause).await;
    answer::ok(&done.map_err(|error| problem(error, refusal::problem))?)
}

fn command(api: &CommandApi, by: By, policy: Option<CancellationPolicy>) -> EventCommand {
    EventCommand::SetCancellationPolicy(SetCancellationPolicy {
        by,
        policy,
        at: api.clock.now(),
    })
}
