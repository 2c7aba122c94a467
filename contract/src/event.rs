//! An Event, as the API answers with it.

use chrono::{DateTime, Utc};
use domain::event;
use domain::ids::{AccountId, EventId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::cancellation::CancellationPolicy;
use crate::money::Money;
use crate::words::words;

words! {
    /// Where an Event stands at a moment.
    EventStatus {
        /// Only its organizer sees it.
        Draft = "draft",
        /// Everybody sees it; sales have not begun.
        Published = "published",
        /// Places can be booked.
        OnSale = "on_sale",
        /// Sales are closed, or it is over.
        Closed = "closed",
        /// It does not take place.
        Cancelled = "cancelled",
    }
}

/// An Event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: EventId,
    /// Who runs it.
    #[schema(value_type = Uuid)]
    pub organizer_id: AccountId,
    /// Its title.
    pub title: String,
    /// A longer text, possibly empty.
    pub description: String,
    /// A word to browse by, such as `concert`.
    pub category: String,
    /// Where: the venue.
    pub venue: String,
    /// Where: the city.
    pub city: String,
    /// IANA time zone of the venue.
    pub time_zone: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Where it stands now.
    pub status: EventStatus,
    /// ISO 4217 code of every price.
    pub currency: String,
    /// Digits of its minor unit, such as 2 for EUR and 0 for JPY; `null` for a currency of old that is none.
    pub currency_digits: Option<u16>,
    /// Seats that one buyer may hold and own at once.
    pub buyer_seats_max: u32,
    /// First moment of sale; `null` where sales were not opened.
    pub sales_from: Option<DateTime<Utc>>,
    /// First moment without sale; `null` where sales were not closed.
    pub sales_until: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was published; `null` for a draft.
    pub published_at: Option<DateTime<Utc>>,
    /// That it does not take place, and why; `null` as long as it does.
    pub cancelled: Option<EventCancelled>,
    /// Under which conditions who books from now on may cancel; `null`: not at all.
    pub cancellation_policy: Option<CancellationPolicy>,
    /// That it was moved to another time; `null` where it was not.
    pub rescheduled: Option<Rescheduled>,
    /// Places over all sections.
    pub availability: Availability,
    /// The lowest price; `null` while there are no sections.
    pub price_from: Option<Money>,
    /// Its sections, as the organizer ordered them.
    pub sections: Vec<Section>,
    /// How many facts it has: the version that `If-Match` of a change names.
    pub sequence: i64,
}

/// That an Event does not take place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventCancelled {
    /// Since when.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// That an Event was moved to another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rescheduled {
    /// When that was decided.
    pub at: DateTime<Utc>,
    /// Until then who booked before may cancel for nothing.
    pub free_until: DateTime<Utc>,
}

/// How many places there are, and how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Availability {
    /// All places.
    pub capacity: i64,
    /// Reserved for a while.
    pub held: i64,
    /// Sold.
    pub sold: i64,
    /// Neither held nor sold.
    pub free: i64,
}

/// Places of one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Section {
    /// Its id within the event.
    pub id: String,
    /// What buyers call it.
    pub name: String,
    /// Category of the seating plan; `null` where there is no plan.
    pub category: Option<String>,
    /// What a place costs.
    pub price: Money,
    /// Whether its seats have names; otherwise places are only counted.
    pub seated: bool,
    /// How its places stand.
    #[serde(flatten)]
    pub availability: Availability,
}

impl Event {
    /// Event `id`, which has `sequence` facts, at `now`; `None` where there is none, or its draft was deleted.
    pub fn of(id: EventId, event: &event::Event, sequence: i64, now: DateTime<Utc>) -> Option<Self> {
        let details = event.details()?;
        let currency_digits = event.currency()?.digits();
        let currency = event.currency()?.to_string();
        let sales = event.sales_window().unwrap_or_default();
        let sections: Vec<Section> = event
            .seats()
            .sections()
            .map(|each| Section::of(&each, &currency))
            .collect();
        Some(Self {
            id,
            organizer_id: event.organizer()?,
            title: details.title.to_string(),
            description: details.description.clone(),
            category: details.category.to_string(),
            venue: details.venue.to_string(),
            city: details.city.to_string(),
            time_zone: details.time_zone.to_string(),
            starts_at: details.starts_at,
            ends_at: details.ends_at,
            status: event.status(now)?.into(),
            buyer_seats_max: event.buyer_seats_max(),
            sales_from: sales.from,
            sales_until: sales.until,
            created_at: event.created_at()?,
            published_at: event.published_at(),
            cancelled: event.cancelled().map(|(at, reason)| EventCancelled {
                at,
                reason: reason.to_string(),
            }),
            cancellation_policy: event.cancellation_policy().map(CancellationPolicy::from),
            rescheduled: event.rescheduled().map(Rescheduled::from),
            availability: Availability::over(&sections),
            price_from: price_from(&sections),
            sections,
            currency,
            currency_digits,
            sequence,
        })
    }
}

impl From<event::EventStatus> for EventStatus {
    fn from(status: event::EventStatus) -> Self {
        match status {
            event::EventStatus::Draft | event::EventStatus::Deleted => Self::Draft, // what is deleted has no body
            event::EventStatus::Published => Self::Published,
            event::EventStatus::OnSale => Self::OnSale,
            event::EventStatus::Closed => Self::Closed,
            event::EventStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<event::Rescheduled> for Rescheduled {
    fn from(rescheduled: event::Rescheduled) -> Self {
        Self {
            at: rescheduled.at,
            free_until: rescheduled.free_until,
        }
    }
}

impl Availability {
    /// Places of which so many are held, and so many sold.
    pub fn new(capacity: i64, held: i64, sold: i64) -> Self {
        Self {
            capacity,
            held,
            sold,
            free: capacity.saturating_sub(held).saturating_sub(sold).max(0),
        }
    }

    /// The places of all `sections`.
    pub fn over(sections: &[Section]) -> Self {
        let sum = |of: fn(&Self) -> i64| sections.iter().map(|section| of(&section.availability)).sum();
        Self::new(
            sum(|each| each.capacity),
            sum(|each| each.held),
            sum(|each| each.sold),
        )
    }
}

impl Section {
    fn of(section: &event::SectionState<'_>, currency: &str) -> Self {
        let [capacity, free, sold] = [section.capacity, section.free, section.sold].map(i64::from);
        Self {
            id: section.id.to_string(),
            name: section.name.to_string(),
            category: section.category.map(ToString::to_string),
            price: Money::new(section.price.amount(), currency),
            seated: section.seated,
            availability: Availability::new(capacity, capacity - free - sold, sold),
        }
    }
}

/// The lowest price of `sections`.
pub fn price_from(sections: &[Section]) -> Option<Money> {
    let prices = sections.iter().map(|section| &section.price);
    prices.min_by_key(|price| price.amount).cloned()
}
