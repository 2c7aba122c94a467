//! `GET /events/{id}` and `GET /admin/events/{id}`: an Event with its sections and what is left of them.

use actix_web::HttpResponse;
use contract::{Event, ProjectionName};
use domain::ids::EventId;
use edge::caller::{Caller, MaybeCaller};
use edge::problem::Problem;
use edge::request::PathId;
use edge::token::Role;
use event_store::Sequence;
use sqlx::QueryBuilder;

use crate::access;
use crate::answer::{self, Lifetime};
use crate::events::row::{EventRow, SELECT};
use crate::events::sections;
use crate::failure;
use crate::query::Query;
use crate::snapshot::Snapshot;

/// One event with availability by section. A draft is there for its organizer and admins only.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events", security((), ("bearer" = [])),
    responses((status = 200, description = "The event", body = Event)))]
pub(crate) async fn get_event(
    query: Query,
    caller: MaybeCaller,
    id: PathId<EventId>,
) -> Result<HttpResponse, Problem> {
    let (row, mut snapshot) = read(&query, id.0).await?;
    let audience = access::audience(row.is_public(), row.organizer_id, &caller, Lifetime::OneSecond)?;
    let event = with_sections(&query, &mut snapshot, row).await?;
    query.answer(snapshot, &event, audience).await
}

/// One of the organizer's own events; its entity tag is what `If-Match` of a change names.
#[utoipa::path(get, path = "/api/v1/admin/events/{id}", tag = "organizer",
    responses((status = 200, description = "The event", body = Event)))]
pub(crate) async fn get_own_event(
    query: Query,
    caller: Caller,
    id: PathId<EventId>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Organizer, Role::Admin])?;
    let (row, mut snapshot) = read(&query, id.0).await?;
    if !access::runs(&caller, row.organizer_id) {
        return Err(failure::not_found());
    }
    let sequence = Sequence::new(row.sequence);
    let event = with_sections(&query, &mut snapshot, row).await?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    answer::versioned_json(&event, position, sequence)
}

async fn read(query: &Query, event: EventId) -> Result<(EventRow, Snapshot), Problem> {
    let mut snapshot = query
        .snapshot(&[ProjectionName::Events, ProjectionName::Seats])
        .await?;
    let mut select = QueryBuilder::new(SELECT);
    select.push(" and e.event_id = ").push_bind(event.uuid());
    let row = select
        .build_query_as()
        .fetch_optional(snapshot.connection())
        .await;
    let row = row.map_err(failure::database)?.ok_or_else(failure::not_found)?;
    Ok((row, snapshot))
}

async fn with_sections(query: &Query, snapshot: &mut Snapshot, row: EventRow) -> Result<Event, Problem> {
    let sections = sections::of(snapshot, &[row.event_id]).await;
    let sections = sections.map_err(failure::database)?.remove(&row.event_id);
    Ok(row.body(sections.unwrap_or_default(), query.now()))
}
