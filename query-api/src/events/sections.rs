//! The sections of Events, with their prices and counts.

use std::collections::HashMap;

use contract::Money;
use contract::event::{Availability, Section};
use uuid::Uuid;

use crate::snapshot::Snapshot;

/// The sections of each of `events`, in their order.
pub(super) async fn of(
    snapshot: &mut Snapshot,
    events: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Section>>, sqlx::Error> {
    let rows = sqlx::query!(
        "select s.event_id, s.section_id, s.name, s.category, s.price_amount, e.currency, s.seated, s.capacity, s.held,
                s.sold
           from sections s join events e using (event_id) where s.event_id = any($1) order by s.event_id, s.ordinal",
        events
    )
    .fetch_all(snapshot.connection())
    .await?;
    let mut sections: HashMap<Uuid, Vec<Section>> = HashMap::new();
    for row in rows {
        sections.entry(row.event_id).or_default().push(Section {
            id: row.section_id,
            name: row.name,
            category: row.category,
            price: Money::new(row.price_amount, &row.currency),
            seated: row.seated,
            availability: Availability::new(row.capacity.into(), row.held.into(), row.sold.into()),
        });
    }
    Ok(sections)
}
