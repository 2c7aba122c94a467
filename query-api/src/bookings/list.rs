//! `GET /bookings`: the caller's bookings.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::EventId;
use edge::caller::Caller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use edge::request::Params;
use event_store::Position;
use serde::Deserialize;
use uuid::Uuid;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience};
use crate::bookings::{BookingListing, BookingScope, BookingStatus, BookingView};
use crate::failure;
use crate::freshness::Projection;
use crate::page::Page;

/// Filters and page of the caller's bookings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListBookingsParams {
    /// Only for this event.
    event_id: Option<Uuid>,
    /// Only what stands so now.
    #[param(inline)]
    status: Option<BookingStatus>,
    /// Items of a page: 20 if not given, 100 at most.
    #[param(minimum = 1)]
    limit: Option<u32>,
    /// `next_cursor` of the page before, with the same other parameters.
    cursor: Option<String>,
}

/// The caller's own bookings, the newest first.
#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings", params(ListBookingsParams),
    security(("bearer" = [])),
    responses((status = 200, description = "A page of bookings", body = Page<BookingView>),
              (status = 401, description = "No valid access token"),
              (status = 422, description = "A parameter is unknown or impossible"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn list_bookings(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: Caller,
    min: MinPosition,
    params: Params<ListBookingsParams>,
) -> Result<HttpResponse, Problem> {
    let params = params.0;
    let scope = BookingScope::Of(access::account(&caller), params.event_id.map(EventId::new));
    let listing = BookingListing::new(scope, params.status, params.limit, params.cursor.as_deref())?;
    let mut snapshot = api
        .snapshot(&[Projection::Bookings, Projection::Events], Position::new(min.0))
        .await?;
    let page = listing.page(&mut snapshot, api.clock.now()).await?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    answer::json(&request, &page, position, Audience::Caller).await
}
