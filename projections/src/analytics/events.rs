//! Rows of `analytics_events`: whose events they are, and where they stand.

use chrono::{DateTime, Utc};
use domain::event::facts::EventFact;
use uuid::Uuid;

use crate::decode::Entry;
use crate::rows::Rows;
use crate::sales_window::change_sales;
use crate::table::table;

table! {
    folded "analytics_events" by (event_id): Uuid;
    pub(super) struct EventRow {
        event_id: Uuid,
        organizer_id: Uuid,
        title: String,
        currency: String,
        status: String,
        starts_at: DateTime<Utc>,
        ends_at: DateTime<Utc>,
        sales_from: Option<DateTime<Utc>>,
        sales_until: Option<DateTime<Utc>>,
        position: i64,
    }
}

/// Whether a fact changes an event's row.
pub(super) const fn changes(fact: &EventFact) -> bool {
    match fact {
        EventFact::EventCreated { .. }
        | EventFact::DetailsEdited { .. }
        | EventFact::EventPublished { .. }
        | EventFact::SalesOpened { .. }
        | EventFact::SalesClosed { .. }
        | EventFact::EventRescheduled { .. }
        | EventFact::EventCancelled { .. } => true,
        EventFact::PlanImported { .. }
        | EventFact::ZoneAdded { .. }
        | EventFact::SectionAdded { .. }
        | EventFact::RowsAdded { .. }
        | EventFact::BuyerLimitSet { .. }
        | EventFact::DraftDeleted { .. }
        | EventFact::SeatsHeld { .. }
        | EventFact::HoldExtended { .. }
        | EventFact::HoldReleased { .. }
        | EventFact::HoldExpired { .. }
        | EventFact::HoldSecured { .. }
        | EventFact::HoldResumed { .. }
        | EventFact::SeatsReturned { .. }
        | EventFact::CancellationPolicySet { .. }
        | EventFact::PriceChanged { .. }
        | EventFact::CapacityChanged { .. }
        | EventFact::SeatsSold { .. } => false,
    }
}

/// Changes the row of an event.
pub(super) fn change(
    events: &mut Rows<EventRow>,
    entry: Entry<'_>,
    fact: &EventFact,
) -> Result<(), &'static str> {
    if !changes(fact) {
        return Ok(());
    }
    let (event, position) = (entry.aggregate, entry.position);
    if let EventFact::EventCreated {
        organizer,
        details,
        currency,
        ..
    } = fact
    {
        events.or_begin(event, position, |event_id| EventRow {
            event_id,
            organizer_id: organizer.uuid(),
            title: details.title.as_str().to_owned(),
            currency: currency.to_string(),
            status: "draft".to_owned(),
            starts_at: details.starts_at,
            ends_at: details.ends_at,
            sales_from: None,
            sales_until: None,
            position,
        });
    } else if let Some(row) = events.get(&event, position, "its event is not there")? {
        row.change(fact);
    }
    Ok(())
}

impl EventRow {
    fn change(&mut self, fact: &EventFact) {
        match fact {
            EventFact::DetailsEdited { details, .. } => {
                details.title.as_str().clone_into(&mut self.title);
                (self.starts_at, self.ends_at) = (details.starts_at, details.ends_at);
            }
            EventFact::EventRescheduled {
                starts_at, ends_at, ..
            } => (self.starts_at, self.ends_at) = (*starts_at, *ends_at),
            EventFact::EventPublished { .. } => "published".clone_into(&mut self.status),
            EventFact::SalesOpened { .. } | EventFact::SalesClosed { .. } => {
                change_sales(&mut self.sales_from, &mut self.sales_until, fact);
            }
            EventFact::EventCancelled { .. } => "cancelled".clone_into(&mut self.status),
            EventFact::EventCreated { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::SectionAdded { .. }
            | EventFact::RowsAdded { .. }
            | EventFact::BuyerLimitSet { .. }
            | EventFact::DraftDeleted { .. }
            | EventFact::SeatsHeld { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldReleased { .. }
            | EventFact::HoldExpired { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::SeatsReturned { .. }
            | EventFact::CancellationPolicySet { .. }
            | EventFact::PriceChanged { .. }
            | EventFact::CapacityChanged { .. }
            | EventFact::SeatsSold { .. } => {}
        }
    }
}
