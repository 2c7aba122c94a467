//! Rows of `booking_money`: what the domain folds of each booking that a batch brings money or a cancellation to. All of a
//! row follows from the facts of its booking, so that it is written whole, whatever was there before.

use std::collections::HashMap;

use contract::booking::{self, RefundStatus};
use contract::booking_columns::{CancelledColumn, PaymentColumn, RefundColumn};
use domain::booking::{Booking, BookingFact};
use event_store::{LogError, Position, read_streams};
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{NO_BOOKING, begun_before};
use crate::ApplyError;
use crate::decode::Entry;
use crate::table::{self, JsonText, table};

/// A booking with money, and the last fact that the batch has about that.
pub(super) struct BookingMoney {
    pub(super) id: Uuid,
    pub(super) booking: Booking,
    pub(super) position: i64,
}

/// Whether a fact changes what the row of its booking says.
const fn is_money(fact: &BookingFact) -> bool {
    match fact {
        BookingFact::PaymentRequested { .. }
        | BookingFact::PaymentDeclined { .. }
        | BookingFact::PaymentCaptured { .. }
        | BookingFact::PaymentCapturedLate { .. }
        | BookingFact::BookingFailed { .. }
        | BookingFact::PlacesCancelled { .. }
        | BookingFact::RefundRequested { .. }
        | BookingFact::RefundSettled { .. }
        | BookingFact::RefundRefused { .. } => true,
        BookingFact::BookingPlaced { .. }
        | BookingFact::BookingExtended { .. }
        | BookingFact::BookingReleased { .. }
        | BookingFact::BookingExpired { .. }
        | BookingFact::BookingConfirmed { .. } => false,
    }
}

/// The bookings that `facts` bring money or a cancellation to, in the order of their ids, as they stand after `facts`.
/// What came before the batch is read from the log: such streams are short, and holds of free places never get here.
pub(super) async fn fold(
    connection: &mut PgConnection,
    facts: &[(Entry<'_>, &BookingFact)],
) -> Result<Vec<BookingMoney>, ApplyError> {
    let mut positions: HashMap<Uuid, i64> = HashMap::new();
    for (entry, _) in facts.iter().filter(|(_, fact)| is_money(fact)) {
        positions.insert(entry.aggregate, entry.position);
    }
    let ours = facts
        .iter()
        .filter(|(entry, _)| positions.contains_key(&entry.aggregate));
    let begun: Vec<Uuid> = begun_before(ours.clone().map(|(entry, _)| entry))
        .into_iter()
        .collect();
    let mut bookings = HashMap::new();
    if let (false, Some((first, _))) = (begun.is_empty(), facts.first()) {
        bookings = earlier(connection, &begun, first.position - 1).await?;
    }
    for (entry, fact) in ours {
        bookings.entry(entry.aggregate).or_default().evolve(fact);
    }
    let mut money: Vec<BookingMoney> = bookings
        .into_iter()
        .filter_map(|(id, booking)| {
            let position = *positions.get(&id)?;
            Some(BookingMoney {
                id,
                booking,
                position,
            })
        })
        .collect();
    money.sort_unstable_by_key(|each| each.id);
    Ok(money)
}

/// These bookings as they were up to a position.
async fn earlier(
    connection: &mut PgConnection,
    ids: &[Uuid],
    upto: i64,
) -> Result<HashMap<Uuid, Booking>, ApplyError> {
    let facts = read_streams::<Booking>(connection, ids, Position::new(upto)).await;
    let mut bookings: HashMap<Uuid, Booking> = HashMap::new();
    for fact in facts.map_err(unread)? {
        let booking = bookings.entry(fact.stream.aggregate_id).or_default();
        booking.evolve(&fact.decode::<Booking>()?);
    }
    Ok(bookings)
}

fn unread(error: LogError) -> ApplyError {
    match error {
        LogError::Database(error) => ApplyError::Database(error),
        LogError::Damaged { position, .. } => ApplyError::Unfit {
            position,
            reason: "the log is damaged there",
        },
        LogError::State(error) => ApplyError::Database(sqlx::Error::Decode(error.into())),
    }
}

table! {
    written "booking_money" by (booking_id);
    struct MoneyRow {
        booking_id: Uuid,
        event_id: Uuid,
        lines: JsonText,
        quantity: i32,
        payment: Option<JsonText>,
        attempts_left: i32,
        cancelled: JsonText,
        refunds: JsonText,
        paid_amount: i64,
        refunded_amount: i64,
        due_amount: i64,
        refunds_open: i32,
        refunds_settled: i32,
        refunds_refused: i32,
        position: i64,
    }
}

impl MoneyRow {
    fn new(money: &BookingMoney) -> Result<Self, &'static str> {
        let booking = &money.booking;
        let (Some(event), Some(payments)) = (booking.event(), booking.payments()) else {
            return Err(NO_BOOKING);
        };
        let lines = booking::lines_left(booking);
        let cancelled: Vec<_> = booking.cancelled().iter().map(CancelledColumn::from).collect();
        let refunds: Vec<_> = payments.refunds().iter().map(RefundColumn::from).collect();
        let payment = payments.attempts().last().map(PaymentColumn::from);
        let of_status = |status| {
            let some = refunds.iter().filter(|refund| refund.status == status);
            i32::try_from(some.count()).map_err(|_| TOO_MANY)
        };
        let refunded = booking::refunded(&refunds);
        Ok(Self {
            booking_id: money.id,
            event_id: event.uuid(),
            lines: JsonText::of(&lines)?,
            quantity: count(booking::quantity(lines))?,
            payment: payment.as_ref().map(JsonText::of).transpose()?,
            attempts_left: count(booking::attempts_left(payments))?,
            cancelled: JsonText::of(&cancelled)?,
            refunds: JsonText::of(&refunds)?,
            paid_amount: booking::paid(payments),
            refunded_amount: refunded,
            due_amount: refunds.iter().map(|refund| refund.amount).sum::<i64>() - refunded,
            refunds_open: of_status(RefundStatus::Requested)?,
            refunds_settled: of_status(RefundStatus::Settled)?,
            refunds_refused: of_status(RefundStatus::Refused)?,
            position: money.position,
        })
    }
}

const TOO_MANY: &str = "its numbers are too large";

fn count(count: u32) -> Result<i32, &'static str> {
    i32::try_from(count).map_err(|_| TOO_MANY)
}

pub(super) async fn save(connection: &mut PgConnection, money: &[BookingMoney]) -> Result<(), ApplyError> {
    let mut rows = Vec::with_capacity(money.len());
    for each in money {
        rows.push(MoneyRow::new(each).map_err(|reason| ApplyError::unfit(each.position, reason))?);
    }
    table::upsert(connection, &rows.iter().collect::<Vec<_>>()).await?;
    Ok(())
}
