//! Rows of `booking_money`: what the domain folds of each booking that a batch brings money or a cancellation to. All of a
//! row follows from the facts of its booking, so that it is written whole, whatever was there before.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::booking::facts::{BookingLine, CancelledBy, RefundReason};
use domain::booking::{
    Booking, CancelledPlaces, PAYMENT_ATTEMPTS_MAX, Payment, PaymentOutcome, Payments, Refund, RefundOutcome,
};
use domain::ids::{PaymentId, RefundId};
use event_store::{LogError, Position, RecordedFact, Sequence, read_streams};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ApplyError;
use crate::decode::booking_fact;

/// A booking with money, and the last fact that the batch has about that.
pub(super) struct BookingMoney {
    id: Uuid,
    booking: Booking,
    position: Position,
}

impl BookingMoney {
    pub(super) const fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn status(&self) -> &'static str {
        self.booking.status()
    }
}

/// Whether a fact changes what the row of its booking says.
fn is_money(fact: &RecordedFact) -> bool {
    matches!(
        fact.event_type.as_str(),
        "PaymentRequested"
            | "PaymentDeclined"
            | "PaymentCaptured"
            | "PaymentCapturedLate"
            | "BookingFailed"
            | "PlacesCancelled"
            | "RefundRequested"
            | "RefundSettled"
            | "RefundRefused"
    )
}

/// The bookings that `facts` bring money or a cancellation to, in the order of their ids, as they stand after `facts`.
/// What came before the batch is read from the log: such streams are short, and holds of free places never get here.
pub(super) async fn fold(
    connection: &mut PgConnection,
    facts: &[&RecordedFact],
) -> Result<Vec<BookingMoney>, ApplyError> {
    let mut positions: HashMap<Uuid, Position> = HashMap::new();
    for fact in facts.iter().filter(|fact| is_money(fact)) {
        positions.insert(fact.stream.aggregate_id, fact.position);
    }
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    let mut bookings = earlier(connection, facts, &positions).await?;
    for fact in facts {
        let id = fact.stream.aggregate_id;
        if positions.contains_key(&id) {
            bookings.entry(id).or_default().evolve(&booking_fact(fact)?);
        }
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

/// Those of the bookings in `positions` whose beginning is not in the batch, as they stood before it.
async fn earlier(
    connection: &mut PgConnection,
    facts: &[&RecordedFact],
    positions: &HashMap<Uuid, Position>,
) -> Result<HashMap<Uuid, Booking>, ApplyError> {
    let Some(first) = facts.first() else {
        return Ok(HashMap::new());
    };
    let mut begun: Vec<Uuid> = positions.keys().copied().collect();
    let begins = |fact: &&&RecordedFact| fact.sequence == Sequence::START.next();
    let in_batch: HashSet<Uuid> = facts
        .iter()
        .filter(begins)
        .map(|fact| fact.stream.aggregate_id)
        .collect();
    begun.retain(|id| !in_batch.contains(id));
    let mut bookings: HashMap<Uuid, Booking> = HashMap::new();
    if begun.is_empty() {
        return Ok(bookings);
    }
    let before = Position::new(first.position.get().saturating_sub(1));
    for fact in read_streams::<Booking>(connection, &begun, before)
        .await
        .map_err(unread)?
    {
        bookings
            .entry(fact.stream.aggregate_id)
            .or_default()
            .evolve(&booking_fact(&fact)?);
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

/// The latest attempt to pay, as `payment` has it.
#[derive(Serialize)]
struct PaymentJson<'a> {
    id: PaymentId,
    status: &'static str,
    amount: i64,
    gateway: &'a str,
    reason: Option<&'a str>,
    late: bool,
    requested_at: DateTime<Utc>,
}

/// Places given back together, as an element of `cancelled`.
#[derive(Serialize)]
struct CancelledJson<'a> {
    id: RefundId,
    lines: &'a [BookingLine],
    by: CancelledBy,
    gross: i64,
    fee: i64,
    refund: i64,
    at: DateTime<Utc>,
}

/// A refund, as an element of `refunds`.
#[derive(Serialize)]
struct RefundJson<'a> {
    id: RefundId,
    payment_id: PaymentId,
    amount: i64,
    reason: RefundReason,
    status: &'static str,
    attempt: u32,
    refuse_reason: Option<&'a str>,
    requested_at: DateTime<Utc>,
}

impl<'a> PaymentJson<'a> {
    fn new(payment: &'a Payment) -> Self {
        let (status, reason, late) = match &payment.outcome {
            PaymentOutcome::Open => ("pending", None, false),
            PaymentOutcome::Declined { reason } => ("declined", Some(reason.as_str()), false),
            PaymentOutcome::Captured { late, .. } => ("captured", None, *late),
        };
        Self {
            id: payment.id,
            status,
            amount: payment.amount.amount,
            gateway: payment.gateway.as_str(),
            reason,
            late,
            requested_at: payment.requested_at,
        }
    }
}

impl<'a> CancelledJson<'a> {
    fn new(places: &'a CancelledPlaces) -> Self {
        Self {
            id: places.id,
            lines: &places.lines,
            by: places.by,
            gross: places.gross.amount,
            fee: places.fee.amount,
            refund: places.refund.amount,
            at: places.at,
        }
    }
}

impl<'a> RefundJson<'a> {
    fn new(refund: &'a Refund) -> Self {
        let (status, refuse_reason) = match &refund.outcome {
            RefundOutcome::Open => ("requested", None),
            RefundOutcome::Settled { .. } => ("settled", None),
            RefundOutcome::Refused { reason } => ("refused", Some(reason.as_str())),
        };
        Self {
            id: refund.id,
            payment_id: refund.payment,
            amount: refund.amount.amount,
            reason: refund.reason,
            status,
            attempt: refund.attempt,
            refuse_reason,
            requested_at: refund.requested_at,
        }
    }
}

/// A row of `booking_money`, in the shape in which PostgreSQL turns JSON to rows: it is wide, and seldom written.
#[derive(Serialize)]
struct Row {
    booking_id: Uuid,
    event_id: Uuid,
    lines: String,
    quantity: u64,
    payment: Option<String>,
    attempts_left: usize,
    cancelled: String,
    refunds: String,
    paid_amount: i64,
    refunded_amount: i64,
    due_amount: i64,
    refunds_open: usize,
    refunds_settled: usize,
    refunds_refused: usize,
    position: i64,
}

impl Row {
    fn new(money: &BookingMoney) -> Result<Self, ApplyError> {
        let unfit = |reason| ApplyError::Unfit {
            position: money.position,
            reason,
        };
        let booking = &money.booking;
        let (Some(event), Some(payments)) = (booking.event(), booking.payments()) else {
            return Err(unfit("its booking is not there"));
        };
        let lines = match booking {
            Booking::Cancelled(_) => &[][..],
            Booking::Unplaced
            | Booking::Held(_)
            | Booking::AwaitingPayment(_)
            | Booking::Confirmed(_)
            | Booking::Released(_)
            | Booking::Failed(_)
            | Booking::Expired(_) => booking.lines(),
        };
        let cancelled: Vec<_> = booking.cancelled().iter().map(CancelledJson::new).collect();
        let refunds: Vec<_> = payments.refunds().iter().map(RefundJson::new).collect();
        let payment = payments.attempts().last().map(PaymentJson::new);
        let of_status = |status| refunds.iter().filter(move |refund| refund.status == status);
        let settled = of_status("settled").map(|refund| refund.amount).sum::<i64>();
        Ok(Self {
            booking_id: money.id,
            event_id: event.uuid(),
            lines: json(&lines)?,
            quantity: lines.iter().map(|line| u64::from(line.quantity)).sum(),
            payment: payment.map(|payment| json(&payment)).transpose()?,
            attempts_left: PAYMENT_ATTEMPTS_MAX.saturating_sub(payments.failed()),
            cancelled: json(&cancelled)?,
            paid_amount: paid(payments),
            refunded_amount: settled,
            due_amount: refunds.iter().map(|refund| refund.amount).sum::<i64>() - settled,
            refunds_open: of_status("requested").count(),
            refunds_settled: of_status("settled").count(),
            refunds_refused: of_status("refused").count(),
            refunds: json(&refunds)?,
            position: money.position.get(),
        })
    }
}

/// What the gateway took, late or not.
fn paid(payments: &Payments) -> i64 {
    let captured = |payment: &&Payment| matches!(payment.outcome, PaymentOutcome::Captured { .. });
    payments
        .attempts()
        .iter()
        .filter(captured)
        .map(|payment| payment.amount.amount)
        .sum()
}

fn json(value: &impl Serialize) -> Result<String, ApplyError> {
    serde_json::to_string(value).map_err(|error| ApplyError::Database(sqlx::Error::Encode(error.into())))
}

pub(super) async fn save(connection: &mut PgConnection, money: &[BookingMoney]) -> Result<(), ApplyError> {
    if money.is_empty() {
        return Ok(());
    }
    let rows = money.iter().map(Row::new).collect::<Result<Vec<_>, _>>()?;
    // what is JSON within travels as text, so that its bytes stay what they are
    sqlx::query!(
        "insert into booking_money (booking_id, event_id, lines, quantity, payment, attempts_left, cancelled, refunds,
                                    paid_amount, refunded_amount, due_amount, refunds_open, refunds_settled,
                                    refunds_refused, position)
         select booking_id, event_id, lines::json, quantity, payment::json, attempts_left, cancelled::json, refunds::json,
                paid_amount, refunded_amount, due_amount, refunds_open, refunds_settled, refunds_refused, position
           from json_to_recordset($1::text::json) as r(
                booking_id uuid, event_id uuid, lines text, quantity int, payment text, attempts_left int,
                cancelled text, refunds text, paid_amount bigint, refunded_amount bigint, due_amount bigint,
                refunds_open int, refunds_settled int, refunds_refused int, position bigint)
         on conflict (booking_id) do update set
                (lines, quantity, payment, attempts_left, cancelled, refunds, paid_amount, refunded_amount, due_amount,
                 refunds_open, refunds_settled, refunds_refused, position)
              = (excluded.lines, excluded.quantity, excluded.payment, excluded.attempts_left, excluded.cancelled,
                 excluded.refunds, excluded.paid_amount, excluded.refunded_amount, excluded.due_amount,
                 excluded.refunds_open, excluded.refunds_settled, excluded.refunds_refused, excluded.position)
          where booking_money.position < excluded.position",
        json(&rows)?
    )
    .execute(connection)
    .await?;
    Ok(())
}
