//! An Event as the read tables have it, with the counts of its sections; and as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::policy::PolicyView;
use crate::events::status::{EventStatus, StatusBasis};
use crate::money::MoneyView;

/// A row of `events` with the sums over its `sections`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct EventRow {
    pub(crate) event_id: Uuid,
    pub(crate) organizer_id: Uuid,
    pub(crate) status: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) category: String,
    pub(crate) venue: String,
    pub(crate) city: String,
    pub(crate) time_zone: String,
    pub(crate) starts_at: DateTime<Utc>,
    pub(crate) ends_at: DateTime<Utc>,
    pub(crate) currency: String,
    pub(crate) buyer_seats_max: i32,
    pub(crate) sales_from: Option<DateTime<Utc>>,
    pub(crate) sales_until: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) published_at: Option<DateTime<Utc>>,
    pub(crate) cancelled_at: Option<DateTime<Utc>>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) policy: Option<Json<PolicyView>>,
    pub(crate) rescheduled_at: Option<DateTime<Utc>>,
    pub(crate) free_until: Option<DateTime<Utc>>,
    pub(crate) sequence: i64,
    pub(crate) capacity: i64,
    pub(crate) held: i64,
    pub(crate) sold: i64,
    pub(crate) price_min: Option<i64>,
}

impl EventRow {
    /// Whether everybody may see it.
    pub(crate) fn is_public(&self) -> bool {
        self.status != "draft"
    }
}

/// That an Event does not take place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EventCancelledView {
    /// Since when.
    at: DateTime<Utc>,
    /// Why.
    reason: String,
}

/// That an Event was moved to another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RescheduledView {
    /// When that was decided.
    at: DateTime<Utc>,
    /// Until then who booked before may cancel for nothing.
    free_until: DateTime<Utc>,
}

/// How many places there are, and how they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AvailabilityView {
    /// All places.
    pub(crate) capacity: i64,
    /// Reserved for a while.
    pub(crate) held: i64,
    /// Sold.
    pub(crate) sold: i64,
    /// Neither held nor sold.
    pub(crate) free: i64,
}

impl AvailabilityView {
    pub(crate) fn new(capacity: i64, held: i64, sold: i64) -> Self {
        Self {
            capacity,
            held,
            sold,
            free: capacity.saturating_sub(held).saturating_sub(sold).max(0),
        }
    }
}

/// An Event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// Its id.
    pub(crate) id: Uuid,
    /// Who runs it.
    organizer_id: Uuid,
    /// Its title.
    title: String,
    /// A longer text, possibly empty.
    description: String,
    /// A word to browse by, such as `concert`.
    category: String,
    /// Where: the venue.
    venue: String,
    /// Where: the city.
    city: String,
    /// IANA time zone of the venue.
    time_zone: String,
    /// When it starts.
    starts_at: DateTime<Utc>,
    /// When it ends.
    ends_at: DateTime<Utc>,
    /// Where it stands now.
    status: EventStatus,
    /// ISO 4217 code of every price.
    currency: String,
    /// Seats that one buyer may hold and own at once.
    buyer_seats_max: i32,
    /// First moment of sale, if one is set.
    sales_from: Option<DateTime<Utc>>,
    /// First moment without sale, if one is set.
    sales_until: Option<DateTime<Utc>>,
    /// When it came to be.
    created_at: DateTime<Utc>,
    /// When it was published; null for a draft.
    published_at: Option<DateTime<Utc>>,
    /// That it does not take place, and why; null as long as it does.
    cancelled: Option<EventCancelledView>,
    /// Under which conditions who books from now on may cancel; null: not at all.
    cancellation_policy: Option<PolicyView>,
    /// That it was moved to another time; null where it was not.
    rescheduled: Option<RescheduledView>,
    /// Places over all sections.
    availability: AvailabilityView,
    /// The lowest price; null while there are no sections.
    price_from: Option<MoneyView>,
    /// How many facts it has: the version that `If-Match` of a change names.
    sequence: i64,
}

impl EventView {
    /// The Event of `row` as it stands at `now`.
    pub(crate) fn new(row: EventRow, now: DateTime<Utc>) -> Self {
        let basis = StatusBasis {
            published: row.status == "published",
            cancelled: row.status == "cancelled",
            ends_at: row.ends_at,
            sales_from: row.sales_from,
            sales_until: row.sales_until,
        };
        Self {
            id: row.event_id,
            organizer_id: row.organizer_id,
            status: EventStatus::at(now, basis),
            cancelled: row.cancelled_at.map(|at| EventCancelledView {
                at,
                reason: row.cancel_reason.unwrap_or_default(),
            }),
            cancellation_policy: row.policy.map(|policy| policy.0),
            rescheduled: row
                .rescheduled_at
                .zip(row.free_until)
                .map(|(at, free_until)| RescheduledView { at, free_until }),
            availability: AvailabilityView::new(row.capacity, row.held, row.sold),
            price_from: row.price_min.map(|amount| MoneyView::new(amount, &row.currency)),
            title: row.title,
            description: row.description,
            category: row.category,
            venue: row.venue,
            city: row.city,
            time_zone: row.time_zone,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            currency: row.currency,
            buyer_seats_max: row.buyer_seats_max,
            sales_from: row.sales_from,
            sales_until: row.sales_until,
            created_at: row.created_at,
            published_at: row.published_at,
            sequence: row.sequence,
        }
    }
}
