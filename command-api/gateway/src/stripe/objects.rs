//! Stripe's payment intents and refunds, as far as they are read, and what they mean.

use chrono::{DateTime, Duration, Utc};
use domain::ids::{BookingId, PaymentId, RefundId};
use domain::money::{Currency, Money};
use domain::payment::{DeclineReason, GatewayReference};
use serde::Deserialize;

use crate::error::{CallError, Rejected, Unknown};
use crate::movement::{Movement, MovementKind, MovementStatus};
use crate::order::{ChargeOutcome, RefundOutcome};

/// How far Stripe's clock may be behind ours.
const CLOCKS_DIFFER_MAX: Duration = Duration::minutes(5);

/// What of Stripe's is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Book {
    Intents,
    Refunds,
}

impl Book {
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Intents => "payment_intents",
            Self::Refunds => "refunds",
        }
    }
}

/// A payment intent, or a refund of one.
#[derive(Debug, Deserialize)]
pub(super) struct Object {
    pub(super) id: GatewayReference,
    pub(super) status: Option<Status>,
    amount: i64,
    /// Of an intent: how much it took.
    amount_received: Option<i64>,
    currency: String,
    #[serde(with = "chrono::serde::ts_seconds")]
    created: DateTime<Utc>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    /// Of an intent.
    #[serde(default)]
    last_payment_error: Option<PaymentError>,
    /// Of a refund.
    failure_reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Succeeded,
    Processing,
    Pending,
    RequiresAction,
    RequiresConfirmation,
    RequiresPaymentMethod,
    Canceled,
    Failed,
    #[serde(other)]
    Other,
}

/// Why a bank or Stripe declined.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PaymentError {
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
}

/// Our words that travel with both.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    booking: Option<String>,
    payment: Option<String>,
    refund: Option<String>,
    attempt: Option<String>,
}

impl Metadata {
    /// The payment of an intent, if it is ours.
    pub(super) fn payment(&self) -> Option<PaymentId> {
        self.payment.as_deref()?.parse().ok()
    }

    /// The Booking, if it is ours.
    pub(super) fn booking(&self) -> Option<BookingId> {
        self.booking.as_deref()?.parse().ok()
    }

    /// The refund and its attempt, if it is ours.
    pub(super) fn refund(&self) -> Option<(RefundId, u32)> {
        let attempt = self.attempt.as_deref()?.parse().ok()?;
        Some((self.refund.as_deref()?.parse().ok()?, attempt))
    }
}

impl PaymentError {
    /// The bank's reason if there is one, else Stripe's, else `otherwise`.
    pub(super) fn reason(&self, otherwise: &str) -> Result<DeclineReason, CallError> {
        let code = self.decline_code.as_deref().or(self.code.as_deref());
        reason(code.unwrap_or(otherwise))
    }
}

impl Object {
    /// The outcome of an intent.
    pub(super) fn charged(&self) -> Result<ChargeOutcome, CallError> {
        let reason = match self.status {
            Some(Status::Succeeded) => {
                let (reference, amount) = (self.id.clone(), self.money()?);
                return Ok(ChargeOutcome::Captured { reference, amount });
            }
            Some(Status::Processing) => return Ok(ChargeOutcome::Pending),
            Some(Status::RequiresPaymentMethod) => match &self.last_payment_error {
                Some(error) => error.reason("declined")?,
                None => reason("declined")?,
            },
            Some(Status::Canceled) => reason("canceled")?,
            _ => return Err(Unknown::because("the intent is in a state that we did not ask for").into()),
        };
        Ok(ChargeOutcome::Declined { reason })
    }

    /// The outcome of a refund. Stripe answers for what is on its way, and reports it if a bank sends it back.
    pub(super) fn refunded(&self) -> Result<RefundOutcome, CallError> {
        let reason = match self.status {
            Some(Status::Succeeded) => {
                let reference = self.id.clone();
                return Ok(RefundOutcome::Settled { reference });
            }
            Some(Status::Pending | Status::RequiresAction) => return Ok(RefundOutcome::Pending),
            Some(Status::Failed) => reason(self.failure_reason.as_deref().unwrap_or("failed"))?,
            Some(Status::Canceled) => reason("canceled")?,
            _ => return Err(Unknown::because("the refund is in a state that we do not know").into()),
        };
        Ok(RefundOutcome::Refused { reason })
    }

    /// What it moved or is about to move; `None` where that is nothing. An intent that settles days later keeps the time when
    /// it was made.
    pub(super) fn movement(&self, book: Book) -> Result<Option<Movement>, CallError> {
        let status = match (book, self.status) {
            (_, Some(Status::Succeeded)) => MovementStatus::Done,
            (Book::Intents, Some(Status::Processing))
            | (Book::Refunds, Some(Status::Pending | Status::RequiresAction)) => MovementStatus::Pending,
            _ => return Ok(None),
        };
        let kind = match book {
            Book::Intents => MovementKind::Charge {
                payment: self.metadata.payment(),
            },
            Book::Refunds => MovementKind::Refund {
                refund: self.metadata.refund(),
            },
        };
        Ok(Some(Movement {
            kind,
            reference: self.id.clone(),
            amount: self.money()?,
            at: self.created,
            status,
        }))
    }

    /// How much it moved, or is to move. Stripe writes currencies in small letters.
    fn money(&self) -> Result<Money, CallError> {
        let received = self
            .amount_received
            .filter(|_| self.status == Some(Status::Succeeded));
        let currency = Currency::recorded(&self.currency.to_ascii_uppercase())
            .map_err(|_| Rejected::because("Stripe returns a currency that is none"))?;
        let amount = received.unwrap_or(self.amount);
        Ok(Money { amount, currency })
    }
}

/// A page of a book, the newest first.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub(super) data: Vec<Object>,
    has_more: bool,
}

impl List {
    /// The id to go on after, if older objects may be of `since` or later. A server that lists the oldest first is read to its
    /// end.
    pub(super) fn next(&self, since: DateTime<Utc>) -> Option<String> {
        let (first, last) = (self.data.first()?, self.data.last()?);
        let past = first.created > last.created && last.created < since - CLOCKS_DIFFER_MAX;
        (self.has_more && !past).then(|| last.id.to_string())
    }
}

pub(super) fn reason(text: &str) -> Result<DeclineReason, CallError> {
    DeclineReason::parse(text).map_err(|_| Unknown::because("Stripe returns a reason that is none").into())
}
