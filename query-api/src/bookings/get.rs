//! `GET /bookings/{id}`: one booking, for its buyer and for those who run its event.

use actix_web::HttpResponse;
use contract::{Booking, ProjectionName};
use domain::ids::BookingId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::PathId;
use sqlx::QueryBuilder;

use crate::access;
use crate::answer::Audience;
use crate::bookings::row::{BookingRow, SELECT};
use crate::failure;
use crate::query::Query;
use crate::snapshot::Snapshot;

/// One booking. There for its buyer, the organizer of its event, and admins.
#[utoipa::path(get, path = "/api/v1/bookings/{id}", tag = "bookings",
    responses((status = 200, description = "The booking", body = Booking)))]
pub(crate) async fn get_booking(
    query: Query,
    caller: Caller,
    id: PathId<BookingId>,
) -> Result<HttpResponse, Problem> {
    let mut snapshot = query
        .snapshot(&[ProjectionName::Bookings, ProjectionName::Events])
        .await?;
    let row = row(&mut snapshot, id.0).await.map_err(failure::database)?;
    let may_see = |row: &BookingRow| {
        row.account_id == caller.account || row.organizer_id.is_some_and(|id| access::runs(&caller, id))
    };
    let row = row.filter(may_see).ok_or_else(failure::not_found)?;
    query
        .answer(snapshot, &row.body(query.now()), Audience::Caller)
        .await
}

async fn row(snapshot: &mut Snapshot, booking: BookingId) -> Result<Option<BookingRow>, sqlx::Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" and b.booking_id = ").push_bind(booking.uuid());
    query.build_query_as().fetch_optional(snapshot.connection()).await
}
