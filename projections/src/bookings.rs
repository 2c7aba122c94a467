//! Tables `bookings` and `booking_money`. Read by the bookings of a caller, one booking, and the bookings of an event for
//! its organizer.

mod money;
mod rows;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use domain::booking::facts::BookingFact;
use event_store::{Position, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::decode::{BOOKING, booking_fact};
use crate::{ApplyError, Projection};

/// Who booked what, for how much, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Bookings;

impl Projection for Bookings {
    fn name(&self) -> &'static str {
        "bookings"
    }

    fn handles(&self, fact: &RecordedFact) -> bool {
        fact.stream.aggregate_type == BOOKING
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [&'a RecordedFact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        apply(connection, facts).boxed()
    }
}

/// What a batch makes of one booking.
struct Change {
    placed: Option<Placed>,
    status: Option<&'static str>,
    deadline: Deadline,
    extended: bool,
    ended_at: Option<DateTime<Utc>>,
    sequence: i64,
    position: Position,
}

/// What a batch makes of the deadline of a booking.
#[derive(Clone, Copy)]
enum Deadline {
    /// It stays as it was.
    Kept,
    /// The hold is over then.
    At(DateTime<Utc>),
    /// There is none until a payment is known.
    Suspended,
}

/// What stays as it was when the booking was placed.
struct Placed {
    event: Uuid,
    account: Uuid,
    reference: String,
    lines: String,
    quantity: i32,
    total: i64,
    currency: String,
    policy: Option<String>,
    at: DateTime<Utc>,
}

async fn apply(connection: &mut PgConnection, facts: &[&RecordedFact]) -> Result<(), ApplyError> {
    let money = money::fold(connection, facts).await?;
    let mut changes: HashMap<Uuid, Change> = HashMap::with_capacity(facts.len());
    for fact in facts {
        let change = Change::of(fact)?;
        match changes.entry(fact.stream.aggregate_id) {
            Entry::Occupied(mut earlier) => earlier.get_mut().then(change),
            Entry::Vacant(free) => {
                free.insert(change);
            }
        }
    }
    for each in &money {
        if let Some(change) = changes.get_mut(&each.id()) {
            change.status = Some(each.status());
        }
    }
    let mut changes: Vec<(&Uuid, &Change)> = changes.iter().collect();
    // in the order of the key, as its index likes it, and as any other writer takes the rows' locks
    changes.sort_unstable_by_key(|(id, _)| **id);
    let (placed, known): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|(_, change)| change.placed.is_some());
    rows::insert(connection, &placed).await?;
    rows::update(connection, &known).await?;
    money::save(connection, &money).await
}

impl Change {
    fn of(fact: &RecordedFact) -> Result<Self, ApplyError> {
        let mut change = Self {
            placed: None,
            status: None,
            deadline: Deadline::Kept,
            extended: false,
            ended_at: None,
            sequence: fact.sequence.get(),
            position: fact.position,
        };
        let unfit = |reason| ApplyError::Unfit {
            position: fact.position,
            reason,
        };
        match booking_fact(fact)? {
            placed @ BookingFact::BookingPlaced { .. } => change.place(placed).map_err(unfit)?,
            BookingFact::BookingExtended { until, .. } => {
                (change.deadline, change.extended) = (Deadline::At(until), true);
            }
            BookingFact::BookingReleased { at } => change.end("released", at),
            BookingFact::BookingExpired { at } => change.end("expired", at),
            BookingFact::BookingConfirmed { at } => change.end("confirmed", at),
            BookingFact::BookingFailed { at } => change.end("failed", at),
            // where nothing was sold this ends the hold; the status of what has a row in `booking_money` is its fold's
            BookingFact::PlacesCancelled { at, .. } => change.end("cancelled", at),
            BookingFact::PaymentRequested { .. } => change.deadline = Deadline::Suspended,
            BookingFact::PaymentDeclined {
                until: Some(until), ..
            } => change.deadline = Deadline::At(until),
            BookingFact::PaymentDeclined { until: None, .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => {}
        }
        Ok(change)
    }

    /// It is placed; `fact` is a `BookingPlaced`.
    fn place(&mut self, fact: BookingFact) -> Result<(), &'static str> {
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
            return Ok(());
        };
        let policy = policy.map(|policy| serde_json::to_string(&policy)).transpose();
        let quantity: u32 = lines.iter().map(|line| line.quantity).sum();
        self.status = Some("held");
        self.deadline = Deadline::At(until);
        self.placed = Some(Placed {
            event: event.uuid(),
            account: buyer.uuid(),
            reference: reference.as_str().to_owned(),
            lines: serde_json::to_string(&lines).map_err(|_| "its lines are no JSON")?,
            quantity: i32::try_from(quantity).map_err(|_| "it has too many places")?,
            total: total.amount,
            currency: total.currency.to_string(),
            policy: policy.map_err(|_| "its policy is no JSON")?,
            at,
        });
        Ok(())
    }

    const fn end(&mut self, status: &'static str, at: DateTime<Utc>) {
        (self.status, self.ended_at) = (Some(status), Some(at));
    }

    /// When the hold is over, if anybody knows.
    const fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self.deadline {
            Deadline::At(until) => Some(until),
            Deadline::Kept | Deadline::Suspended => None,
        }
    }

    /// This, and then `later`.
    fn then(&mut self, later: Self) {
        *self = Self {
            placed: later.placed.or_else(|| self.placed.take()),
            status: later.status.or(self.status),
            deadline: later.deadline.or(self.deadline),
            extended: later.extended || self.extended,
            ended_at: self.ended_at.or(later.ended_at), // a hold ends once
            sequence: later.sequence,
            position: later.position,
        };
    }
}

impl Deadline {
    const fn or(self, earlier: Self) -> Self {
        match self {
            Self::Kept => earlier,
            Self::At(_) | Self::Suspended => self,
        }
    }
}
