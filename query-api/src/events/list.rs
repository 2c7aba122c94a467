//! `GET /events` and `GET /admin/events`: lists of Events with filters, search and pages.

use actix_web::HttpResponse;
use contract::{Event, ProjectionName};
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::Params;
use edge::token::Role;
use uuid::Uuid;

use crate::access;
use crate::answer::{Audience, Lifetime};
use crate::events::listing::{ListParams, Listing, Scope};
use crate::events::row::EventRow;
use crate::events::sections;
use crate::failure;
use crate::page::Page;
use crate::query::Query;

/// Lists what is published.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(ListParams), security(()),
    responses((status = 200, description = "A page of events", body = Page<Event>)))]
pub(crate) async fn list_events(query: Query, params: Params<ListParams>) -> Result<HttpResponse, Problem> {
    let listing = Listing::new(params.0, Scope::Public)?;
    page(&query, &listing, Audience::Public(Lifetime::OneSecond)).await
}

/// Lists the organizer's own events, drafts included; an admin sees everybody's.
#[utoipa::path(get, path = "/api/v1/admin/events", tag = "organizer", params(ListParams),
    responses((status = 200, description = "A page of events", body = Page<Event>)))]
pub(crate) async fn list_own_events(
    query: Query,
    caller: Caller,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Organizer, Role::Admin])?;
    let scope = if caller.role == Role::Admin {
        Scope::All
    } else {
        Scope::Of(access::account(&caller))
    };
    let listing = Listing::new(params.0, scope)?;
    page(&query, &listing, Audience::Caller).await
}

async fn page(query: &Query, listing: &Listing, audience: Audience) -> Result<HttpResponse, Problem> {
    let now = query.now();
    let mut snapshot = query
        .snapshot(&[ProjectionName::Events, ProjectionName::Seats])
        .await?;
    let mut select = listing.select(now);
    let rows: Vec<EventRow> = select
        .build_query_as()
        .fetch_all(snapshot.connection())
        .await
        .map_err(failure::database)?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.event_id).collect();
    let sections = sections::of(&mut snapshot, &ids).await;
    let mut sections = sections.map_err(failure::database)?;
    let page = Page::new(
        rows,
        listing.limit,
        |row| listing.key(row),
        |row: EventRow| {
            let sections = sections.remove(&row.event_id).unwrap_or_default();
            row.body(sections, now)
        },
    );
    query.answer(snapshot, &page, audience).await
}
