//! `GET /events/{id}/seats`: the part of the seat map that changes.

use actix_web::HttpResponse;
use domain::ids::EventId;
use edge::caller::MaybeCaller;
use edge::problem::Problem;
use edge::request::PathId;

use crate::answer::Lifetime;
use crate::events::plan;
use crate::query::Query;
use crate::seat_maps::{MapKey, MapKind, SeatStates};

/// Which seats are held or sold, and the counts of every section. What is absent is free.
#[utoipa::path(get, path = "/api/v1/events/{id}/seats", tag = "events", security((), ("bearer" = [])),
    responses((status = 200, description = "The seats that are not free", body = SeatStates)))]
pub(crate) async fn get_seats(
    query: Query,
    caller: MaybeCaller,
    id: PathId<EventId>,
) -> Result<HttpResponse, Problem> {
    let key = MapKey {
        event: id.0,
        kind: MapKind::Seats,
    };
    plan::serve(&query, &caller, key, Lifetime::OneSecond).await
}
