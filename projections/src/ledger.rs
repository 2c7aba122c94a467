//! Table `ledger`. Read by auditors: what each fact of a booking moved between accounts, in double entry.

use chrono::{DateTime, Utc};
use domain::booking::facts::BookingFact;
use domain::ids::{EventId, PaymentId, RefundId};
use domain::money::Currency;
use futures::FutureExt;
use sqlx::{PgConnection, PgPool};
use strum::IntoStaticStr;
use uuid::Uuid;

use crate::decode::{BOOKING, Entry};
use crate::table::{self, table};
use crate::{ApplyError, Projection};

/// Where the money of bookings is, and whose. The entries of each fact sum to zero.
pub static LEDGER: Projection = Projection {
    name: "ledger",
    aggregates: &[BOOKING],
    apply: |connection, facts| apply(connection, facts).boxed(),
};

/// A fact whose entries do not sum to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced {
    pub booking: Uuid,
    pub position: i64,
    /// What is too much, in minor units.
    pub surplus: i64,
}

/// The first `limit` facts whose entries do not sum to zero: none, as it should be.
pub async fn unbalanced(pool: &PgPool, limit: u32) -> Result<Vec<Unbalanced>, sqlx::Error> {
    sqlx::query_as!(
        Unbalanced,
        r#"select booking_id as booking, position, sum(amount)::bigint as "surplus!" from ledger
            group by booking_id, position, currency having sum(amount) <> 0
            order by position limit $1"#,
        i64::from(limit)
    )
    .fetch_all(pool)
    .await
}

/// Where money is, or whose it is. What is owned stands above zero, what is owed or earned below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
enum Account {
    /// At the gateway.
    Gateway,
    /// Earned by places that are sold.
    Sales,
    /// Earned by fees of cancelling.
    Fees,
    /// Owed to buyers.
    RefundsDue,
}

table! {
    written "ledger" by (booking_id, position, entry);
    struct LedgerRow {
        booking_id: Uuid,
        position: i64,
        entry: i32,
        event_id: Uuid,
        account: &'static str,
        amount: i64,
        currency: String,
        at: DateTime<Utc>,
        payment_id: Option<Uuid>,
        refund_id: Option<Uuid>,
    }
}

/// What a fact moves.
struct Posting {
    event: EventId,
    entries: Vec<(Account, i64)>,
    currency: Currency,
    payment: Option<PaymentId>,
    refund: Option<RefundId>,
    at: DateTime<Utc>,
}

impl Posting {
    /// What `fact` moves; `None` where it can move nothing.
    #[expect(clippy::too_many_lines, reason = "one flat match of all facts")]
    fn of(fact: &BookingFact) -> Option<Self> {
        let (event, at, entries, currency, payment, refund) = match fact {
            BookingFact::PaymentCaptured {
                payment,
                event,
                amount,
                at,
                ..
            }
            | BookingFact::PaymentCapturedLate {
                payment,
                event,
                amount,
                at,
                ..
            } => {
                // what comes late buys nothing, and is owed
                let whose = if matches!(fact, BookingFact::PaymentCaptured { .. }) {
                    Account::Sales
                } else {
                    Account::RefundsDue
                };
                let entries = vec![(Account::Gateway, amount.amount), (whose, -amount.amount)];
                (event, at, entries, amount.currency, Some(*payment), None)
            }
            // what was earned by places that are given back is owed, but for the fee
            BookingFact::PlacesCancelled {
                cancellation,
                event,
                gross,
                fee,
                refund,
                at,
                ..
            } => {
                let entries = vec![
                    (Account::Sales, gross.amount),
                    (Account::Fees, -fee.amount),
                    (Account::RefundsDue, -refund.amount),
                ];
                (event, at, entries, gross.currency, None, Some(*cancellation))
            }
            BookingFact::RefundSettled {
                refund,
                event,
                amount,
                at,
                ..
            } => {
                let entries = vec![
                    (Account::RefundsDue, amount.amount),
                    (Account::Gateway, -amount.amount),
                ];
                (event, at, entries, amount.currency, None, Some(*refund))
            }
            BookingFact::BookingPlaced { .. }
            | BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::BookingConfirmed { .. }
            | BookingFact::PaymentRequested { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundRefused { .. } => return None,
        };
        Some(Self {
            event: *event,
            entries,
            currency,
            payment,
            refund,
            at: *at,
        })
    }

    /// Its rows; an entry of nothing has none.
    fn rows(&self, booking: Uuid, position: i64) -> impl Iterator<Item = LedgerRow> {
        let moving = self.entries.iter().filter(|(_, amount)| *amount != 0);
        (1..)
            .zip(moving)
            .map(move |(entry, (account, amount))| LedgerRow {
                booking_id: booking,
                position,
                entry,
                event_id: self.event.uuid(),
                account: account.into(),
                amount: *amount,
                currency: self.currency.to_string(),
                at: self.at,
                payment_id: self.payment.map(PaymentId::uuid),
                refund_id: self.refund.map(RefundId::uuid),
            })
    }
}

async fn apply(connection: &mut PgConnection, facts: &[Entry<'_>]) -> Result<(), ApplyError> {
    let mut rows = Vec::new();
    for entry in facts {
        let Some(posting) = entry.booking().and_then(Posting::of) else {
            continue;
        };
        if posting.entries.iter().map(|(_, amount)| amount).sum::<i64>() != 0 {
            let reason = "what it moves does not sum to zero";
            return Err(ApplyError::unfit(entry.position, reason));
        }
        rows.extend(posting.rows(entry.aggregate, entry.position));
    }
    table::upsert(connection, &rows.iter().collect::<Vec<_>>()).await?;
    Ok(())
}
