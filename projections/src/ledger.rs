//! Table `ledger`. Read by auditors: what each fact of a booking moved between accounts, in double entry.

use chrono::{DateTime, Utc};
use domain::booking::facts::BookingFact;
use domain::ids::{EventId, PaymentId, RefundId};
use domain::money::Money;
use event_store::RecordedFact;
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::decode::{BOOKING, booking_fact};
use crate::{ApplyError, Projection};

/// Where the money of bookings is, and whose. The entries of each fact sum to zero.
#[derive(Clone, Copy, Debug)]
pub struct Ledger;

impl Projection for Ledger {
    fn name(&self) -> &'static str {
        "ledger"
    }

    fn handles(&self, fact: &RecordedFact) -> bool {
        fact.stream.aggregate_type == BOOKING
            && matches!(
                fact.event_type.as_str(),
                "PaymentCaptured" | "PaymentCapturedLate" | "PlacesCancelled" | "RefundSettled"
            )
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [&'a RecordedFact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        apply(connection, facts).boxed()
    }
}

/// A fact whose entries do not sum to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced {
    /// The booking.
    pub booking: Uuid,
    /// Where the fact stands in the log.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Account {
    const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Sales => "sales",
            Self::Fees => "fees",
            Self::RefundsDue => "refunds_due",
        }
    }
}

/// What a fact moves.
struct Posting {
    event: EventId,
    entries: Vec<(Account, i64)>,
    money: Money,
    payment: Option<PaymentId>,
    refund: Option<RefundId>,
    at: DateTime<Utc>,
}

impl Posting {
    /// What `fact` moves; `None` where that is nothing. Entries of nothing are left out.
    fn of(fact: &BookingFact) -> Option<Self> {
        let mut posting = Self::with_empty(fact)?;
        posting.entries.retain(|(_, amount)| *amount != 0);
        Some(posting).filter(|posting| !posting.entries.is_empty())
    }

    fn with_empty(fact: &BookingFact) -> Option<Self> {
        match fact {
            BookingFact::PaymentCaptured {
                payment,
                event,
                amount,
                at,
                ..
            } => Some(Self::captured(*event, *payment, *amount, Account::Sales, *at)),
            BookingFact::PaymentCapturedLate {
                payment,
                event,
                amount,
                at,
                ..
            } => Some(Self::captured(
                *event,
                *payment,
                *amount,
                Account::RefundsDue,
                *at,
            )),
            BookingFact::PlacesCancelled { .. } => Self::cancelled(fact),
            BookingFact::RefundSettled { .. } => Self::settled(fact),
            BookingFact::BookingPlaced { .. }
            | BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::BookingConfirmed { .. }
            | BookingFact::PaymentRequested { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundRefused { .. } => None,
        }
    }

    /// The gateway took `amount`, which is `whose`.
    fn captured(
        event: EventId,
        payment: PaymentId,
        amount: Money,
        whose: Account,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            event,
            entries: vec![(Account::Gateway, amount.amount), (whose, -amount.amount)],
            money: amount,
            payment: Some(payment),
            refund: None,
            at,
        }
    }
}

impl Posting {
    /// What was earned by places that are given back is owed, but for the fee.
    fn cancelled(fact: &BookingFact) -> Option<Self> {
        let BookingFact::PlacesCancelled {
            cancellation,
            event,
            gross,
            fee,
            refund,
            at,
            ..
        } = fact
        else {
            return None;
        };
        Some(Self {
            event: *event,
            entries: vec![
                (Account::Sales, gross.amount),
                (Account::Fees, -fee.amount),
                (Account::RefundsDue, -refund.amount),
            ],
            money: *gross,
            payment: None,
            refund: Some(*cancellation),
            at: *at,
        })
    }

    /// What was owed is returned.
    fn settled(fact: &BookingFact) -> Option<Self> {
        let BookingFact::RefundSettled {
            refund,
            event,
            amount,
            at,
            ..
        } = fact
        else {
            return None;
        };
        Some(Self {
            event: *event,
            entries: vec![
                (Account::RefundsDue, amount.amount),
                (Account::Gateway, -amount.amount),
            ],
            money: *amount,
            payment: None,
            refund: Some(*refund),
            at: *at,
        })
    }
}

/// The columns of the entries of a batch.
#[derive(Default)]
struct Entries {
    bookings: Vec<Uuid>,
    positions: Vec<i64>,
    numbers: Vec<i32>,
    events: Vec<Uuid>,
    accounts: Vec<&'static str>,
    amounts: Vec<i64>,
    currencies: Vec<String>,
    times: Vec<DateTime<Utc>>,
    payments: Vec<Option<Uuid>>,
    refunds: Vec<Option<Uuid>>,
}

impl Entries {
    fn add(&mut self, fact: &RecordedFact, posting: &Posting) {
        for (number, (account, amount)) in (1..).zip(&posting.entries) {
            self.bookings.push(fact.stream.aggregate_id);
            self.positions.push(fact.position.get());
            self.numbers.push(number);
            self.events.push(posting.event.uuid());
            self.accounts.push(account.name());
            self.amounts.push(*amount);
            self.currencies.push(posting.money.currency.to_string());
            self.times.push(posting.at);
            self.payments.push(posting.payment.map(PaymentId::uuid));
            self.refunds.push(posting.refund.map(RefundId::uuid));
        }
    }
}

async fn apply(connection: &mut PgConnection, facts: &[&RecordedFact]) -> Result<(), ApplyError> {
    let mut entries = Entries::default();
    for fact in facts {
        let Some(posting) = Posting::of(&booking_fact(fact)?) else {
            continue;
        };
        if posting.entries.iter().map(|(_, amount)| amount).sum::<i64>() != 0 {
            return Err(ApplyError::Unfit {
                position: fact.position,
                reason: "what it moves does not sum to zero",
            });
        }
        entries.add(fact, &posting);
    }
    if entries.bookings.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into ledger (booking_id, position, entry, event_id, account, amount, currency, at, payment_id, refund_id)
         select * from unnest($1::uuid[], $2::bigint[], $3::int[], $4::uuid[], $5::text[], $6::bigint[], $7::text[],
                              $8::timestamptz[], $9::uuid[], $10::uuid[])
         on conflict (booking_id, position, entry) do nothing",
        &entries.bookings,
        &entries.positions,
        &entries.numbers,
        &entries.events,
        &entries.accounts as &[&str],
        &entries.amounts,
        &entries.currencies,
        &entries.times,
        &entries.payments as &[Option<Uuid>],
        &entries.refunds as &[Option<Uuid>],
    )
    .execute(connection)
    .await?;
    Ok(())
}
