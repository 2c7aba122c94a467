//! An Event as the read tables have it, and its body.

use chrono::{DateTime, Utc};
use contract::cancellation::CancellationPolicy;
use contract::event::{Availability, EventCancelled, Rescheduled, Section, price_from};
use contract::{Event, EventStatus};
use domain::event::{EventStatus as StatusAt, SalesWindow};
use domain::ids::{AccountId, EventId};
use domain::money::Currency;
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

/// Rows of [`EventRow`]; conditions on `e` follow. The share of sold places is in millionths: integers compare exactly.
pub(super) const SELECT: &str = "select e.event_id, e.organizer_id, e.status as stage, e.title, e.description, \
     e.category, e.venue, e.city, e.time_zone, e.starts_at, e.ends_at, e.currency, e.buyer_seats_max, e.sales_from, \
     e.sales_until, e.created_at, e.published_at, e.cancelled_at, e.cancel_reason, e.policy, e.rescheduled_at, \
     e.free_until, e.sequence, lower(e.title) as title_key, s.share as share_key \
     from events e cross join lateral ( \
       select (coalesce(sum(sold), 0) * 1000000 / greatest(coalesce(sum(capacity), 0), 1))::bigint as share \
         from sections where sections.event_id = e.event_id \
     ) s where true";

/// A row of `events`, with what lists are sorted by.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EventRow {
    pub(super) event_id: Uuid,
    pub(super) organizer_id: Uuid,
    stage: String,
    title: String,
    description: String,
    category: String,
    venue: String,
    city: String,
    time_zone: String,
    pub(super) starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    currency: String,
    buyer_seats_max: i32,
    sales_from: Option<DateTime<Utc>>,
    sales_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
    policy: Option<Json<CancellationPolicy>>,
    rescheduled_at: Option<DateTime<Utc>>,
    free_until: Option<DateTime<Utc>>,
    pub(super) sequence: i64,
    pub(super) title_key: String,
    pub(super) share_key: i64,
}

impl EventRow {
    /// Whether it is public.
    pub(super) fn is_public(&self) -> bool {
        self.stage != "draft"
    }

    /// Where it stands at `now`; [`push_status`] says the same in SQL.
    fn status(&self, now: DateTime<Utc>) -> EventStatus {
        let sales = SalesWindow {
            from: self.sales_from,
            until: self.sales_until,
        };
        match self.stage.as_str() {
            "draft" => EventStatus::Draft,
            "cancelled" => EventStatus::Cancelled,
            _ => StatusAt::of_published(sales, self.ends_at, now).into(),
        }
    }

    /// The Event with `sections`, as it stands at `now`.
    pub(super) fn body(self, sections: Vec<Section>, now: DateTime<Utc>) -> Event {
        Event {
            status: self.status(now),
            id: EventId::new(self.event_id),
            organizer_id: AccountId::new(self.organizer_id),
            title: self.title,
            description: self.description,
            category: self.category,
            venue: self.venue,
            city: self.city,
            time_zone: self.time_zone,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            currency_digits: Currency::recorded(&self.currency).ok().and_then(Currency::digits),
            currency: self.currency,
            buyer_seats_max: u32::try_from(self.buyer_seats_max).unwrap_or(0),
            sales_from: self.sales_from,
            sales_until: self.sales_until,
            created_at: self.created_at,
            published_at: self.published_at,
            cancelled: self.cancelled_at.map(|at| EventCancelled {
                at,
                reason: self.cancel_reason.unwrap_or_default(),
            }),
            cancellation_policy: self.policy.map(|policy| policy.0),
            rescheduled: self
                .rescheduled_at
                .zip(self.free_until)
                .map(|(at, free_until)| Rescheduled { at, free_until }),
            availability: Availability::over(&sections),
            price_from: price_from(&sections),
            sections,
            sequence: self.sequence,
        }
    }
}

/// Adds the status of a row `e` of `events` at `now`: what was decided, and what the clock makes of it.
pub(crate) fn push_status(query: &mut QueryBuilder<'_, Postgres>, now: DateTime<Utc>) {
    query
        .push("case when e.status <> 'published' then e.status when e.ends_at <= ")
        .push_bind(now);
    query
        .push(" or e.sales_until <= ")
        .push_bind(now)
        .push(" then 'closed'");
    query
        .push(" when e.sales_from <= ")
        .push_bind(now)
        .push(" then 'on_sale' else 'published' end");
}
