//! Setting under which conditions buyers may cancel: `PUT` and `DELETE /api/v1/admin/events/{id}/cancellation-policy`.

use actix_web::HttpResponse;
use contract::Event;
use contract::cancellation::{CancellationPolicy, Fee};
use domain::event::{EventCommand, PolicyRefusal, SetCancellationPolicy};
use domain::ids::EventId;
use domain::money::Price;
use edge::conditional::{IfMatch, OptionalIfMatch};
use edge::problem::Problem;
use edge::request::{Body, PathId};

use super::staff::Staff;
use crate::answer::invalid;
use crate::verb::Verb;

/// The policy of a body, in the domain's words.
fn parsed(policy: CancellationPolicy) -> Result<domain::event::CancellationPolicy, Problem> {
    let fee = match policy.fee {
        Fee::BasisPoints(share) => domain::event::Fee::BasisPoints(share),
        Fee::PerPlace(amount) => {
            let price = Price::parse(amount).map_err(|refusal| invalid("#/fee/per_place", refusal))?;
            domain::event::Fee::PerPlace(price)
        }
    };
    let policy = domain::event::CancellationPolicy::new(policy.free_hours, fee, policy.closes_hours);
    policy.map_err(|refusal| {
        let pointer = match refusal {
            PolicyRefusal::FeeTooHigh => "#/fee/basis_points",
            PolicyRefusal::ClosesBeforeFree => "#/closes_hours",
            PolicyRefusal::TooManyHours => "#/free_hours",
        };
        invalid(pointer, refusal)
    })
}

/// Sets the cancellation policy
///
/// For who holds from now on: who holds or owns already keeps the conditions of then.
#[utoipa::path(
    put,
    path = "/api/v1/admin/events/{id}/cancellation-policy",
    operation_id = "set_cancellation_policy",
    tag = "events",
    request_body = CancellationPolicy,
    responses((status = 200, description = "These are the conditions", body = Event)),
)]
pub async fn put(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: OptionalIfMatch,
    body: Body<CancellationPolicy>,
) -> Result<HttpResponse, Problem> {
    let command = command(&verb, Some(parsed(body.0)?));
    verb.change(id.0, if_match.0, command).await
}

/// Removes the cancellation policy
///
/// Who holds from now on cannot cancel what they pay for.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/events/{id}/cancellation-policy",
    operation_id = "remove_cancellation_policy",
    tag = "events",
    responses((status = 200, description = "There are no conditions under which buyers may cancel", body = Event)),
)]
pub async fn delete(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    verb.change(id.0, Some(if_match), command(&verb, None)).await
}

fn command(verb: &Verb<Staff>, policy: Option<domain::event::CancellationPolicy>) -> EventCommand {
    EventCommand::SetCancellationPolicy(SetCancellationPolicy {
        by: verb.actor.by,
        policy,
        at: verb.now(),
    })
}
