//! Rows of `bookings`.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use contract::BookingStatus;
use domain::booking::facts::BookingFact;
use uuid::Uuid;

use crate::decode::Entry;
use crate::table::{JsonText, table};

table! {
    folded "bookings" by (booking_id): Uuid;
    pub(super) struct BookingRow {
        booking_id: Uuid,
        event_id: Uuid,
        account_id: Uuid,
        reference: String,
        status: String,
        lines: JsonText,
        quantity: i32,
        total_amount: i64,
        currency: String,
        policy: Option<JsonText>,
        expires_at: Option<DateTime<Utc>>,
        extended: bool,
        placed_at: DateTime<Utc>,
        ended_at: Option<DateTime<Utc>>,
        sequence: i64,
        position: i64,
    }
}

pub(super) const NO_BOOKING: &str = "its booking is not there";

/// The Bookings of `facts` whose beginning is not among them.
pub(super) fn begun_before<'a>(facts: impl Iterator<Item = &'a Entry<'a>> + Clone) -> HashSet<Uuid> {
    let begun: HashSet<Uuid> = facts
        .clone()
        .filter(|entry| entry.sequence == 1)
        .map(|entry| entry.aggregate)
        .collect();
    facts
        .map(|entry| entry.aggregate)
        .filter(|id| !begun.contains(id))
        .collect()
}

impl BookingRow {
    /// The hold that the fact of `entry` places; `None` where it places none.
    pub(super) fn new(entry: Entry<'_>, fact: &BookingFact) -> Result<Option<Self>, &'static str> {
        let BookingFact::BookingPlaced {
            event,
            buyer,
            reference,
            lines,
            total,
            policy,
            until,
            at,
            request: _, // known by the write side alone
        } = fact
        else {
            return Ok(None);
        };
        let quantity: u32 = lines.iter().map(|line| line.quantity).sum();
        Ok(Some(Self {
            booking_id: entry.aggregate,
            event_id: event.uuid(),
            account_id: buyer.uuid(),
            reference: reference.as_str().to_owned(),
            status: BookingStatus::Held.to_string(),
            lines: JsonText::of(lines)?,
            quantity: i32::try_from(quantity).map_err(|_| "it has too many places")?,
            total_amount: total.amount,
            currency: total.currency.to_string(),
            policy: policy.as_ref().map(JsonText::of).transpose()?,
            expires_at: Some(*until),
            extended: false,
            placed_at: *at,
            ended_at: None,
            sequence: entry.sequence,
            position: entry.position,
        }))
    }

    pub(super) fn change(&mut self, sequence: i64, fact: &BookingFact) {
        self.sequence = sequence;
        match fact {
            BookingFact::BookingExtended { until, .. } => {
                (self.expires_at, self.extended) = (Some(*until), true);
            }
            BookingFact::BookingReleased { at } => self.end(BookingStatus::Released, *at),
            BookingFact::BookingExpired { at } => self.end(BookingStatus::Expired, *at),
            BookingFact::BookingConfirmed { at } => self.end(BookingStatus::Confirmed, *at),
            BookingFact::BookingFailed { at } => self.end(BookingStatus::Failed, *at),
            // where nothing was sold this ends the hold; the status of what has a row in `booking_money` is its fold's
            BookingFact::PlacesCancelled { at, .. } => self.end(BookingStatus::Cancelled, *at),
            // there is no deadline until the payment is known
            BookingFact::PaymentRequested { .. } => self.expires_at = None,
            BookingFact::PaymentDeclined {
                until: Some(until), ..
            } => self.expires_at = Some(*until),
            BookingFact::PaymentDeclined { until: None, .. }
            | BookingFact::BookingPlaced { .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => {}
        }
    }

    fn end(&mut self, status: BookingStatus, at: DateTime<Utc>) {
        self.status = status.to_string();
        self.ended_at.get_or_insert(at); // a hold ends once
    }
}
