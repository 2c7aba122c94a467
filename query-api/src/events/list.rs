//! `GET /events` and `GET /admin/events`: lists of Events with filters, search and pages.

use actix_web::{HttpRequest, HttpResponse, web};
use edge::caller::Caller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use edge::request::Params;
use edge::token::Role;
use event_store::Position;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience, Lifetime};
use crate::events::filters::{ListParams, ListedRow, Listing, Scope};
use crate::events::row::EventView;
use crate::failure;
use crate::freshness::Projection;
use crate::page::Page;

/// Lists what is published.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(ListParams),
    responses((status = 200, description = "A page of events", body = Page<EventView>),
              (status = 304, description = "Nothing has changed"),
              (status = 422, description = "A parameter is unknown or impossible"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn list_events(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    min: MinPosition,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    let listing = Listing::new(params.0, Scope::Public)?;
    page(
        &request,
        &api,
        &listing,
        min,
        Audience::Public(Lifetime::OneSecond),
    )
    .await
}

/// Lists the organizer's own events, drafts included; an admin sees everybody's.
#[utoipa::path(get, path = "/api/v1/admin/events", tag = "organizer", params(ListParams), security(("bearer" = [])),
    responses((status = 200, description = "A page of events", body = Page<EventView>),
              (status = 401, description = "No valid access token"),
              (status = 403, description = "Neither organizer nor admin"),
              (status = 422, description = "A parameter is unknown or impossible"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn list_own_events(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: Caller,
    min: MinPosition,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Organizer, Role::Admin])?;
    let scope = if caller.role == Role::Admin {
        Scope::All
    } else {
        Scope::Of(access::account(&caller))
    };
    let listing = Listing::new(params.0, scope)?;
    page(&request, &api, &listing, min, Audience::Caller).await
}

async fn page(
    request: &HttpRequest,
    api: &QueryApi,
    listing: &Listing,
    min: MinPosition,
    audience: Audience,
) -> Result<HttpResponse, Problem> {
    let now = api.clock.now();
    let mut snapshot = api
        .snapshot(&[Projection::Events, Projection::Seats], Position::new(min.0))
        .await?;
    let rows: Vec<ListedRow> = listing
        .query(now)
        .build_query_as()
        .fetch_all(snapshot.connection())
        .await
        .map_err(failure::database)?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    let page = Page::new(
        rows,
        listing.limit,
        |row| listing.key(row),
        |row| EventView::new(row.event, now),
    );
    answer::json(request, &page, position, audience).await
}
