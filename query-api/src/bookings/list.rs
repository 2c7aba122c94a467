//! `GET /bookings`: the caller's bookings.

use actix_web::HttpResponse;
use contract::{Booking, BookingStatus};
use domain::ids::EventId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::Params;
use serde::Deserialize;
use uuid::Uuid;

use crate::access;
use crate::bookings::{BookingScope, Listing};
use crate::page::Page;
use crate::query::Query;

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
    /// Items of a page: 20 if not given, 100 at most. A larger number is cut to 100.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// `next_cursor` of the page before, with the same other parameters.
    cursor: Option<String>,
}

/// The caller's own bookings, the newest first.
#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings", params(ListBookingsParams),
    responses((status = 200, description = "A page of bookings", body = Page<Booking>)))]
pub(crate) async fn list_bookings(
    query: Query,
    caller: Caller,
    params: Params<ListBookingsParams>,
) -> Result<HttpResponse, Problem> {
    let params = params.0;
    let scope = BookingScope::Of(access::account(&caller), params.event_id.map(EventId::new));
    let listing = Listing::new(scope, params.status, params.limit, params.cursor.as_deref())?;
    let snapshot = query.snapshot(&Listing::READS).await?;
    listing.answer(&query, snapshot).await
}
