//! The sections of an Event, with their prices and counts.

use domain::ids::EventId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::row::AvailabilityView;
use crate::money::MoneyView;
use crate::snapshot::Snapshot;

/// Places of one price.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SectionView {
    /// Its id within the event.
    pub(crate) id: String,
    /// What buyers call it.
    name: String,
    /// Category of the seating plan, where there is one.
    category: Option<String>,
    /// What a place costs.
    price: MoneyView,
    /// Whether its seats have names; otherwise places are only counted.
    seated: bool,
    /// How its places stand.
    #[serde(flatten)]
    pub(crate) availability: AvailabilityView,
}

struct SectionRow {
    section_id: String,
    name: String,
    category: Option<String>,
    price_amount: i64,
    seated: bool,
    capacity: i32,
    held: i32,
    sold: i32,
}

/// The sections of `event`, in their order.
pub(crate) async fn of(
    snapshot: &mut Snapshot,
    event: EventId,
    currency: &str,
) -> Result<Vec<SectionView>, sqlx::Error> {
    let rows = sqlx::query_as!(
        SectionRow,
        "select section_id, name, category, price_amount, seated, capacity, held, sold
           from sections where event_id = $1 order by ordinal",
        event.uuid()
    )
    .fetch_all(snapshot.connection())
    .await?;
    let view = |row: SectionRow| SectionView {
        id: row.section_id,
        name: row.name,
        category: row.category,
        price: MoneyView::new(row.price_amount, currency),
        seated: row.seated,
        availability: AvailabilityView::new(row.capacity.into(), row.held.into(), row.sold.into()),
    };
    Ok(rows.into_iter().map(view).collect())
}
