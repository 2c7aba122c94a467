//! `GET /events/{id}/plan`: the part of the seat map that stays.

use actix_web::{HttpRequest, HttpResponse, web};
use edge::caller::MaybeCaller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use event_store::Position;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience, Lifetime};
use crate::failure;
use crate::seat_maps::{MapKey, MapKind, PlanView};

/// The static plan: sections with prices, zones, rows and seats with their geometry.
#[utoipa::path(get, path = "/api/v1/events/{id}/plan", tag = "events", params(("id" = uuid::Uuid, Path,)),
    responses((status = 200, description = "The plan", body = PlanView),
              (status = 304, description = "Nothing has changed"),
              (status = 404, description = "No such event, or a draft of somebody else"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_plan(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: MaybeCaller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let key = MapKey {
        event: access::id(&id)?,
        kind: MapKind::Plan,
    };
    serve(
        &request,
        &api,
        &caller,
        key,
        Position::new(min.0),
        Lifetime::TenSeconds,
    )
    .await
}

/// A map for those who may see it.
pub(super) async fn serve(
    request: &HttpRequest,
    api: &QueryApi,
    caller: &MaybeCaller,
    key: MapKey,
    min: Position,
    lifetime: Lifetime,
) -> Result<HttpResponse, Problem> {
    let ready = api.seat_map(key, min).await?.ok_or_else(failure::not_found)?;
    if ready.map.is_public() {
        return Ok(answer::ready(
            request,
            &ready.map.body,
            &ready.position,
            Audience::Public(lifetime),
        ));
    }
    if access::runs(caller.0.as_ref(), ready.map.organizer()) {
        return Ok(answer::ready(
            request,
            &ready.map.body,
            &ready.position,
            Audience::Caller,
        ));
    }
    Err(failure::not_found())
}
