//! `GET /events/{id}/plan`: the part of the seat map that stays.

use actix_web::HttpResponse;
use domain::ids::EventId;
use edge::caller::MaybeCaller;
use edge::problem::Problem;
use edge::request::PathId;

use crate::access;
use crate::answer::{self, Lifetime};
use crate::failure;
use crate::query::Query;
use crate::seat_maps::{MapKey, MapKind, Plan};

/// The static plan: sections with prices, zones, rows and seats with their geometry.
#[utoipa::path(get, path = "/api/v1/events/{id}/plan", tag = "events", security((), ("bearer" = [])),
    responses((status = 200, description = "The plan", body = Plan)))]
pub(crate) async fn get_plan(
    query: Query,
    caller: MaybeCaller,
    id: PathId<EventId>,
) -> Result<HttpResponse, Problem> {
    let key = MapKey {
        event: id.0,
        kind: MapKind::Plan,
    };
    serve(&query, &caller, key, Lifetime::TenSeconds).await
}

/// A map for those who may see it.
pub(super) async fn serve(
    query: &Query,
    caller: &MaybeCaller,
    key: MapKey,
    lifetime: Lifetime,
) -> Result<HttpResponse, Problem> {
    let ready = query.api.seat_maps.get(key, query.min).await?;
    let ready = ready.ok_or_else(failure::not_found)?;
    let audience = access::audience(ready.map.is_public(), ready.map.organizer(), caller, lifetime)?;
    Ok(answer::ready(
        &query.request,
        &ready.map.body,
        &ready.position,
        audience,
    ))
}
