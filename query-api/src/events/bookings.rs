//! `GET /admin/events/{id}/bookings`: the bookings of an event, for those who run it.

use actix_web::HttpResponse;
use contract::{Booking, BookingStatus};
use domain::ids::EventId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::{Params, PathId};
use edge::token::Role;
use serde::Deserialize;

use crate::access;
use crate::bookings::{BookingScope, Listing};
use crate::failure;
use crate::page::Page;
use crate::query::Query;

/// Filters and page of an event's bookings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventBookingsParams {
    /// Only what stands so now.
    #[param(inline)]
    status: Option<BookingStatus>,
    /// Items of a page: 20 if not given, 100 at most. A larger number is cut to 100.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// `next_cursor` of the page before, with the same other parameters.
    cursor: Option<String>,
}

/// The bookings of one of the organizer's events, the newest first.
#[utoipa::path(get, path = "/api/v1/admin/events/{id}/bookings", tag = "organizer", params(EventBookingsParams),
    responses((status = 200, description = "A page of bookings", body = Page<Booking>)))]
pub(crate) async fn list_event_bookings(
    query: Query,
    caller: Caller,
    id: PathId<EventId>,
    params: Params<EventBookingsParams>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Organizer, Role::Admin])?;
    let params = params.0;
    let scope = BookingScope::For(id.0);
    let listing = Listing::new(scope, params.status, params.limit, params.cursor.as_deref())?;
    let mut snapshot = query.snapshot(&Listing::READS).await?;
    let organizer = sqlx::query_scalar!("select organizer_id from events where event_id = $1", id.0.uuid())
        .fetch_optional(snapshot.connection())
        .await
        .map_err(failure::database)?;
    if !organizer.is_some_and(|organizer| access::runs(&caller, organizer)) {
        return Err(failure::not_found());
    }
    listing.answer(&query, snapshot).await
}
