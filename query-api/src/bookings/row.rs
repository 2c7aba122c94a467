//! A Booking as the read tables have it, and as clients see it.

use chrono::{DateTime, Utc};
use domain::booking::facts::BookingLine;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::MoneyView;

/// Where a Booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BookingStatus {
    /// Its places are reserved until `expires_at`.
    Held,
    /// Its buyer gave the places back.
    Released,
    /// Its deadline passed before it was confirmed.
    Expired,
    /// Its places are sold.
    Confirmed,
}

/// A row of `bookings` with what its Event is called.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct BookingRow {
    pub(crate) booking_id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) account_id: Uuid,
    pub(crate) reference: String,
    pub(crate) status: String,
    pub(crate) lines: Json<Vec<BookingLine>>,
    pub(crate) quantity: i32,
    pub(crate) total_amount: i64,
    pub(crate) currency: String,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) extended: bool,
    pub(crate) placed_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) sequence: i64,
    pub(crate) event_title: Option<String>,
    pub(crate) event_starts_at: Option<DateTime<Utc>>,
    pub(crate) organizer_id: Option<Uuid>,
}

/// A Booking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookingView {
    /// Its id.
    id: Uuid,
    /// Its short name for people.
    #[schema(example = "7K3M9QX2PV")]
    reference: String,
    /// Whose it is.
    account_id: Uuid,
    /// Which event.
    event_id: Uuid,
    /// What the event is called; null for a moment after it came to be.
    event_title: Option<String>,
    /// When the event starts.
    event_starts_at: Option<DateTime<Utc>>,
    /// Where it stands now: a hold past its deadline is expired, whether or not that is recorded yet.
    status: BookingStatus,
    /// Its places, by section.
    lines: Vec<BookingLineView>,
    /// How many places.
    quantity: i32,
    /// What it costs, at the prices of the moment it was placed.
    total: MoneyView,
    /// First moment at which the hold is over; null where nothing is held.
    expires_at: Option<DateTime<Utc>>,
    /// Whole seconds left of a hold; null where nothing is held.
    expires_in_seconds: Option<i64>,
    /// Whether the hold was extended.
    extended: bool,
    /// When it was placed.
    placed_at: DateTime<Utc>,
    /// When the hold ended, by sale or otherwise.
    ended_at: Option<DateTime<Utc>>,
    /// How many facts it has.
    sequence: i64,
}

/// Places of one section at one price.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookingLineView {
    /// The section.
    section_id: String,
    /// How many places.
    quantity: u32,
    /// The seats; empty in general admission.
    seats: Vec<String>,
    /// What one of them costs.
    unit_price: MoneyView,
}

impl BookingView {
    /// The Booking of `row` as it stands at `now`.
    pub(crate) fn new(row: BookingRow, now: DateTime<Utc>) -> Self {
        let status = status(&row, now);
        let held = status == BookingStatus::Held;
        let overdue = status == BookingStatus::Expired && row.ended_at.is_none();
        let line = |line: BookingLine| BookingLineView {
            section_id: line.section.into(),
            quantity: line.quantity,
            seats: line.seats.into_iter().map(String::from).collect(),
            unit_price: MoneyView::new(line.unit_price.amount(), &row.currency),
        };
        Self {
            id: row.booking_id,
            account_id: row.account_id,
            event_id: row.event_id,
            event_title: row.event_title,
            event_starts_at: row.event_starts_at,
            status,
            lines: row.lines.0.into_iter().map(line).collect(),
            quantity: row.quantity,
            total: MoneyView::new(row.total_amount, &row.currency),
            expires_at: held.then_some(row.expires_at),
            expires_in_seconds: held.then(|| (row.expires_at - now).num_seconds()),
            extended: row.extended,
            placed_at: row.placed_at,
            ended_at: if overdue {
                Some(row.expires_at)
            } else {
                row.ended_at
            },
            sequence: row.sequence,
            reference: row.reference,
        }
    }
}

fn status(row: &BookingRow, now: DateTime<Utc>) -> BookingStatus {
    match row.status.as_str() {
        "confirmed" => BookingStatus::Confirmed,
        "released" => BookingStatus::Released,
        "held" if now < row.expires_at => BookingStatus::Held,
        _ => BookingStatus::Expired,
    }
}
