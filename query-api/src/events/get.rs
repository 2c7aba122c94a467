//! `GET /events/{id}` and `GET /admin/events/{id}`: an Event with its sections and what is left of them.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::EventId;
use edge::caller::{Caller, MaybeCaller};
use edge::consistency::MinPosition;
use edge::problem::Problem;
use edge::token::Role;
use event_store::{Position, Sequence};
use serde::Serialize;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience, Lifetime};
use crate::events::policy::PolicyView;
use crate::events::row::{EventRow, EventView};
use crate::events::sections::{self, SectionView};
use crate::failure;
use crate::freshness::Projection;
use crate::snapshot::Snapshot;

/// An Event with its sections.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventDetailView {
    #[serde(flatten)]
    event: EventView,
    /// Its sections, as the organizer ordered them.
    sections: Vec<SectionView>,
}

/// One event with availability by section. A draft is there for its organizer and admins only.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events", params(("id" = uuid::Uuid, Path,)),
    responses((status = 200, description = "The event", body = EventDetailView),
              (status = 304, description = "Nothing has changed"),
              (status = 404, description = "No such event, or a draft of somebody else"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_event(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: MaybeCaller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (row, sections, snapshot) = read(&api, min, access::id(&id)?).await?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    if !row.is_public() && !access::runs(caller.0.as_ref(), row.organizer_id) {
        return Err(failure::not_found());
    }
    let audience = if row.is_public() {
        Audience::Public(Lifetime::OneSecond)
    } else {
        Audience::Caller
    };
    answer::json(&request, &view(&api, row, sections), position, audience).await
}

/// One of the organizer's own events; its entity tag is what `If-Match` of a change names.
#[utoipa::path(get, path = "/api/v1/admin/events/{id}", tag = "organizer", params(("id" = uuid::Uuid, Path,)),
    security(("bearer" = [])),
    responses((status = 200, description = "The event", body = EventDetailView),
              (status = 401, description = "No valid access token"),
              (status = 403, description = "Neither organizer nor admin"),
              (status = 404, description = "No such event, or not yours"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_own_event(
    api: web::Data<QueryApi>,
    caller: Caller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Organizer, Role::Admin])?;
    let (row, sections, snapshot) = read(&api, min, access::id(&id)?).await?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    if !access::runs(Some(&caller), row.organizer_id) {
        return Err(failure::not_found());
    }
    let sequence = Sequence::new(row.sequence);
    answer::versioned_json(&view(&api, row, sections), position, sequence)
}

fn view(api: &QueryApi, row: EventRow, sections: Vec<SectionView>) -> EventDetailView {
    EventDetailView {
        event: EventView::new(row, api.clock.now()),
        sections,
    }
}

async fn read(
    api: &QueryApi,
    min: MinPosition,
    event: EventId,
) -> Result<(EventRow, Vec<SectionView>, Snapshot), Problem> {
    let mut snapshot = api
        .snapshot(&[Projection::Events, Projection::Seats], Position::new(min.0))
        .await?;
    let row = row(&mut snapshot, event)
        .await
        .map_err(failure::database)?
        .ok_or_else(failure::not_found)?;
    let sections = sections::of(&mut snapshot, event, &row.currency)
        .await
        .map_err(failure::database)?;
    Ok((row, sections, snapshot))
}

async fn row(snapshot: &mut Snapshot, event: EventId) -> Result<Option<EventRow>, sqlx::Error> {
    sqlx::query_as!(
        EventRow,
        r#"select e.event_id, e.organizer_id, e.status, e.title, e.description, e.category, e.venue, e.city,
                  e.time_zone, e.starts_at, e.ends_at, e.currency, e.buyer_seats_max, e.sales_from, e.sales_until,
                  e.created_at, e.published_at, e.cancelled_at, e.cancel_reason, e.policy as "policy: Json<PolicyView>",
                  e.rescheduled_at, e.free_until, e.sequence,
                  s.capacity as "capacity!", s.held as "held!", s.sold as "sold!", s.price_min
             from events e cross join lateral (
                    select coalesce(sum(capacity), 0)::bigint as capacity, coalesce(sum(held), 0)::bigint as held,
                           coalesce(sum(sold), 0)::bigint as sold, min(price_amount) as price_min
                      from sections where sections.event_id = e.event_id
                  ) s
            where e.event_id = $1"#,
        event.uuid()
    )
    .fetch_optional(snapshot.connection())
    .await
}
