//! The changing state of an Event's seats as JSON: only what is not free.

use contract::event::Availability;
use domain::ids::EventId;
use edge::problem::Problem;
use futures::TryStreamExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::head::Head;
use crate::failure;
use crate::snapshot::Snapshot;

/// Which seats are not free.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatStates {
    /// Position of the last fact that changed a section or a seat of this event.
    position: i64,
    /// Seats that are not free; a seat that is not here is free.
    seats: TakenSeats,
    /// Counts of every section, as the organizer ordered them; of general admission there is nothing else.
    sections: Vec<SectionCounts>,
}

/// Ids of seats that are not free.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct TakenSeats {
    /// Reserved for a while.
    held: Vec<Box<str>>,
    /// Sold.
    sold: Vec<Box<str>>,
}

/// How the places of a section stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SectionCounts {
    /// The section.
    id: String,
    /// Its counts.
    #[serde(flatten)]
    availability: Availability,
}

/// The body of the state.
pub(super) async fn body(snapshot: &mut Snapshot, event: EventId, head: &Head) -> Result<Vec<u8>, Problem> {
    let seats = taken(snapshot, event).await.map_err(failure::database)?;
    let sections = counts(snapshot, event).await.map_err(failure::database)?;
    serde_json::to_vec(&SeatStates {
        position: head.changed_at,
        seats,
        sections,
    })
    .map_err(Problem::internal)
}

async fn taken(snapshot: &mut Snapshot, event: EventId) -> Result<TakenSeats, sqlx::Error> {
    let mut rows = sqlx::query!(
        r#"select seat_id, state = 'sold' as "sold!" from seats where event_id = $1 order by seat_id"#,
        event.uuid()
    )
    .fetch(snapshot.connection());
    let mut taken = TakenSeats::default();
    while let Some(row) = rows.try_next().await? {
        let ids = if row.sold {
            &mut taken.sold
        } else {
            &mut taken.held
        };
        ids.push(row.seat_id.into());
    }
    Ok(taken)
}

async fn counts(snapshot: &mut Snapshot, event: EventId) -> Result<Vec<SectionCounts>, sqlx::Error> {
    let rows = sqlx::query!(
        "select section_id, capacity, held, sold from sections where event_id = $1 order by ordinal",
        event.uuid()
    )
    .fetch_all(snapshot.connection())
    .await?;
    let view = rows.into_iter().map(|row| SectionCounts {
        id: row.section_id,
        availability: Availability::new(row.capacity.into(), row.held.into(), row.sold.into()),
    });
    Ok(view.collect())
}
