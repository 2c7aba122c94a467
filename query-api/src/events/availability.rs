//! `GET /events/{id}/availability`: what is left, by section.

use actix_web::HttpResponse;
use contract::ProjectionName;
use contract::event::{Availability, Section};
use domain::ids::EventId;
use edge::caller::MaybeCaller;
use edge::problem::Problem;
use edge::request::PathId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access;
use crate::answer::Lifetime;
use crate::events::sections;
use crate::failure;
use crate::query::Query;

/// How the places of an Event stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventAvailability {
    /// The event.
    event_id: Uuid,
    /// Over all sections.
    #[serde(flatten)]
    total: Availability,
    /// By section.
    sections: Vec<Section>,
}

/// Counts of an event's places by section.
#[utoipa::path(get, path = "/api/v1/events/{id}/availability", tag = "events", security((), ("bearer" = [])),
    responses((status = 200, description = "Counts by section", body = EventAvailability)))]
pub(crate) async fn get_availability(
    query: Query,
    caller: MaybeCaller,
    id: PathId<EventId>,
) -> Result<HttpResponse, Problem> {
    let event_id = id.0.uuid();
    let mut snapshot = query
        .snapshot(&[ProjectionName::Events, ProjectionName::Seats])
        .await?;
    let head = sqlx::query!(
        r#"select organizer_id, status <> 'draft' as "public!" from events where event_id = $1"#,
        event_id
    )
    .fetch_optional(snapshot.connection())
    .await
    .map_err(failure::database)?
    .ok_or_else(failure::not_found)?;
    let audience = access::audience(head.public, head.organizer_id, &caller, Lifetime::OneSecond)?;
    let sections = sections::of(&mut snapshot, &[event_id]).await;
    let sections = sections.map_err(failure::database)?.remove(&event_id);
    let sections = sections.unwrap_or_default();
    let total = Availability::over(&sections);
    let availability = EventAvailability {
        event_id,
        total,
        sections,
    };
    query.answer(snapshot, &availability, audience).await
}
