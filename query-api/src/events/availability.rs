//! `GET /events/{id}/availability`: what is left, by section.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::EventId;
use edge::caller::MaybeCaller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use event_store::Position;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience, Lifetime};
use crate::events::row::AvailabilityView;
use crate::events::sections::{self, SectionView};
use crate::failure;
use crate::freshness::Projection;

/// How the places of an Event stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventAvailabilityView {
    /// The event.
    event_id: Uuid,
    /// Over all sections.
    #[serde(flatten)]
    total: AvailabilityView,
    /// By section.
    sections: Vec<SectionView>,
}

struct Head {
    organizer_id: Uuid,
    public: bool,
    currency: String,
}

/// Counts of an event's places by section.
#[utoipa::path(get, path = "/api/v1/events/{id}/availability", tag = "events", params(("id" = Uuid, Path,)),
    responses((status = 200, description = "Counts by section", body = EventAvailabilityView),
              (status = 304, description = "Nothing has changed"),
              (status = 404, description = "No such event, or a draft of somebody else"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_availability(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: MaybeCaller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let event: EventId = access::id(&id)?;
    let mut snapshot = api
        .snapshot(&[Projection::Events, Projection::Seats], Position::new(min.0))
        .await?;
    let head = sqlx::query_as!(
        Head,
        r#"select organizer_id, status <> 'draft' as "public!", currency from events where event_id = $1"#,
        event.uuid()
    )
    .fetch_optional(snapshot.connection())
    .await
    .map_err(failure::database)?
    .ok_or_else(failure::not_found)?;
    if !head.public && !access::runs(caller.0.as_ref(), head.organizer_id) {
        return Err(failure::not_found());
    }
    let sections = sections::of(&mut snapshot, event, &head.currency)
        .await
        .map_err(failure::database)?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    let total = sections
        .iter()
        .fold(AvailabilityView::new(0, 0, 0), |sum, section| {
            let each = section.availability;
            AvailabilityView::new(
                sum.capacity + each.capacity,
                sum.held + each.held,
                sum.sold + each.sold,
            )
        });
    let audience = if head.public {
        Audience::Public(Lifetime::OneSecond)
    } else {
        Audience::Caller
    };
    answer::json(
        &request,
        &EventAvailabilityView {
            event_id: event.uuid(),
            total,
            sections,
        },
        position,
        audience,
    )
    .await
}
