//! `GET /events/{id}/seats`: the part of the seat map that changes.

use actix_web::{HttpRequest, HttpResponse, web};
use edge::caller::MaybeCaller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use event_store::Position;

use crate::QueryApi;
use crate::access;
use crate::answer::Lifetime;
use crate::events::plan;
use crate::seat_maps::{MapKey, MapKind, SeatsView};

/// Which seats are held or sold, and the counts of every section. What is absent is free.
#[utoipa::path(get, path = "/api/v1/events/{id}/seats", tag = "events", params(("id" = uuid::Uuid, Path,)),
    responses((status = 200, description = "The seats that are not free", body = SeatsView),
              (status = 304, description = "Nothing has changed"),
              (status = 404, description = "No such event, or a draft of somebody else"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_seats(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: MaybeCaller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let key = MapKey {
        event: access::id(&id)?,
        kind: MapKind::Seats,
    };
    plan::serve(
        &request,
        &api,
        &caller,
        key,
        Position::new(min.0),
        Lifetime::OneSecond,
    )
    .await
}
