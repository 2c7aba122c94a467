//! Rows of `events`.

use chrono::{DateTime, Utc};
use contract::EventStatus;
use domain::event::SalesWindow;
use domain::event::details::EventDetails;
use domain::event::facts::EventFact;
use domain::instant::storable;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::decode::{Entry, Fact};
use crate::table::{JsonText, table};

table! {
    folded "events" by (event_id): Uuid;
    pub(super) struct EventRow {
        event_id: Uuid,
        organizer_id: Uuid,
        status: String,
        title: String,
        description: String,
        category: String,
        venue: String,
        city: String,
        time_zone: String,
        starts_at: DateTime<Utc>,
        ends_at: DateTime<Utc>,
        currency: String,
        buyer_seats_max: i32,
        sales_from: Option<DateTime<Utc>>,
        sales_until: Option<DateTime<Utc>>,
        plan: Option<JsonText>,
        zones: JsonText,
        created_at: DateTime<Utc>,
        published_at: Option<DateTime<Utc>>,
        cancelled_at: Option<DateTime<Utc>>,
        cancel_reason: Option<String>,
        policy: Option<JsonText>,
        rescheduled_at: Option<DateTime<Utc>>,
        free_until: Option<DateTime<Utc>>,
        sequence: i64,
        position: i64,
    }
}

/// Whether a fact changes more of its event's row than `sequence` and `position`. Holds and sales are by far the most
/// facts and do not: their rows are not even read.
pub(super) const fn changes(fact: &EventFact) -> bool {
    !matches!(
        fact,
        EventFact::SectionAdded { .. }
            | EventFact::RowsAdded { .. }
            | EventFact::SeatsHeld { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldReleased { .. }
            | EventFact::HoldExpired { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::SeatsReturned { .. }
            | EventFact::PriceChanged { .. }
            | EventFact::CapacityChanged { .. }
            | EventFact::SeatsSold { .. }
    )
}

impl EventRow {
    /// The draft that the fact of `entry` creates; `None` where it creates none.
    pub(super) fn new(entry: Entry<'_>) -> Result<Option<Self>, &'static str> {
        let Fact::Event(EventFact::EventCreated {
            organizer,
            details,
            currency,
            buyer_seats_max,
            at,
            request: _, // known by the write side alone
        }) = entry.fact
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            event_id: entry.aggregate,
            organizer_id: organizer.uuid(),
            status: EventStatus::Draft.to_string(),
            title: details.title.as_str().to_owned(),
            description: details.description.clone(),
            category: details.category.as_str().to_owned(),
            venue: details.venue.as_str().to_owned(),
            city: details.city.as_str().to_owned(),
            time_zone: details.time_zone.as_str().to_owned(),
            starts_at: storable(details.starts_at),
            ends_at: storable(details.ends_at),
            currency: currency.to_string(),
            buyer_seats_max: places(*buyer_seats_max)?,
            sales_from: None,
            sales_until: None,
            plan: None,
            zones: JsonText::of(&[(); 0])?,
            created_at: *at,
            published_at: None,
            cancelled_at: None,
            cancel_reason: None,
            policy: None,
            rescheduled_at: None,
            free_until: None,
            sequence: entry.sequence,
            position: entry.position,
        }))
    }

    pub(super) fn change(&mut self, sequence: i64, fact: &EventFact) -> Result<(), &'static str> {
        self.sequence = sequence;
        match fact {
            EventFact::PlanImported { plan, .. } => self.plan = Some(JsonText::of(plan)?),
            EventFact::ZoneAdded { zone, .. } => {
                let mut zones: Vec<Box<RawValue>> =
                    serde_json::from_str(self.zones.as_str()).map_err(|_| "zones is no list")?;
                zones.push(to_raw_value(zone).map_err(|_| "its zone is no JSON")?);
                self.zones = JsonText::of(&zones)?;
            }
            EventFact::DetailsEdited { details, .. } => self.describe(details),
            EventFact::BuyerLimitSet { buyer_seats_max, .. } => {
                self.buyer_seats_max = places(*buyer_seats_max)?;
            }
            EventFact::EventPublished { at } => {
                self.status = EventStatus::Published.to_string();
                self.published_at = Some(*at);
            }
            EventFact::SalesOpened { from, .. } => self.set_sales(self.sales().opened(storable(*from))),
            EventFact::SalesClosed { until, .. } => self.set_sales(self.sales().closed(storable(*until))),
            EventFact::CancellationPolicySet { policy, .. } => {
                self.policy = policy.as_ref().map(JsonText::of).transpose()?;
            }
            EventFact::EventRescheduled {
                starts_at,
                ends_at,
                free_until,
                at,
            } => {
                (self.starts_at, self.ends_at) = (storable(*starts_at), storable(*ends_at));
                // an earlier, longer promise to buyers stays, as the domain keeps it
                (self.rescheduled_at, self.free_until) =
                    (Some(*at), self.free_until.max(Some(storable(*free_until))));
            }
            EventFact::EventCancelled { reason, at } => {
                self.status = EventStatus::Cancelled.to_string();
                (self.cancelled_at, self.cancel_reason) = (Some(*at), Some(reason.as_str().to_owned()));
            }
            EventFact::EventCreated { .. }
            | EventFact::DraftDeleted { .. }
            | EventFact::SectionAdded { .. }
            | EventFact::RowsAdded { .. }
            | EventFact::SeatsHeld { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldReleased { .. }
            | EventFact::HoldExpired { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::SeatsReturned { .. }
            | EventFact::PriceChanged { .. }
            | EventFact::CapacityChanged { .. }
            | EventFact::SeatsSold { .. } => {}
        }
        Ok(())
    }

    const fn sales(&self) -> SalesWindow {
        SalesWindow {
            from: self.sales_from,
            until: self.sales_until,
        }
    }

    const fn set_sales(&mut self, sales: SalesWindow) {
        (self.sales_from, self.sales_until) = (sales.from, sales.until);
    }

    fn describe(&mut self, details: &EventDetails) {
        details.title.as_str().clone_into(&mut self.title);
        self.description.clone_from(&details.description);
        details.category.as_str().clone_into(&mut self.category);
        details.venue.as_str().clone_into(&mut self.venue);
        details.city.as_str().clone_into(&mut self.city);
        details.time_zone.as_str().clone_into(&mut self.time_zone);
        (self.starts_at, self.ends_at) = (storable(details.starts_at), storable(details.ends_at));
    }
}

fn places(count: u32) -> Result<i32, &'static str> {
    i32::try_from(count).map_err(|_| "its limit is too large")
}
