//! `GET /admin/events/{id}/bookings`: the bookings of an event, for those who run it.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::EventId;
use edge::caller::Caller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use edge::request::Params;
use edge::token::Role;
use event_store::Position;
use serde::Deserialize;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience};
use crate::bookings::{BookingListing, BookingScope, BookingStatus, BookingView};
use crate::failure;
use crate::freshness::Projection;
use crate::page::Page;

/// Filters and page of an event's bookings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventBookingsParams {
    /// Only what stands so now.
    #[param(inline)]
    status: Option<BookingStatus>,
    /// Items of a page: 20 if not given, 100 at most.
    #[param(minimum = 1)]
    limit: Option<u32>,
    /// `next_cursor` of the page before, with the same other parameters.
    cursor: Option<String>,
}

/// The bookings of one of the organizer's events, the newest first.
#[utoipa::path(get, path = "/api/v1/admin/events/{id}/bookings", tag = "organizer",
    params(("id" = uuid::Uuid, Path,), EventBookingsParams), security(("bearer" = [])),
    responses((status = 200, description = "A page of bookings", body = Page<BookingView>),
              (status = 401, description = "No valid access token"),
              (status = 403, description = "Neither organizer nor admin"),
              (status = 404, description = "No such event, or not yours"),
              (status = 422, description = "A parameter is unknown or impossible"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn list_event_bookings(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: Caller,
    min: MinPosition,
    id: web::Path<String>,
    params: Params<EventBookingsParams>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Organizer, Role::Admin])?;
    let event: EventId = access::id(&id)?;
    let params = params.0;
    let listing = BookingListing::new(
        BookingScope::For(event),
        params.status,
        params.limit,
        params.cursor.as_deref(),
    )?;
    let mut snapshot = api
        .snapshot(&[Projection::Bookings, Projection::Events], Position::new(min.0))
        .await?;
    let organizer = sqlx::query_scalar!(
        "select organizer_id from events where event_id = $1",
        event.uuid()
    )
    .fetch_optional(snapshot.connection())
    .await
    .map_err(failure::database)?;
    if !organizer.is_some_and(|organizer| access::runs(Some(&caller), organizer)) {
        return Err(failure::not_found());
    }
    let page = listing.page(&mut snapshot, api.clock.now()).await?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    answer::json(&request, &page, position, Audience::Caller).await
}
