//! The sandbox's own words for charges and refunds, and what they mean. Their keys are ours: a payment id, or a refund id and an
//! attempt.

use domain::ids::BookingId;
use domain::money::{Currency, Money};
use domain::payment::{DeclineReason, GatewayReference};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{CallError, Unknown};
use crate::notice::{News, NoticeRefusal};
use crate::order::{ChargeOutcome, RefundOrder, RefundOutcome};

/// A charge as the sandbox tells it.
#[derive(Deserialize)]
pub(super) struct ChargeObject {
    id: String,
    key: String,
    status: String,
    amount: i64,
    currency: Currency,
    decline_reason: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

/// A refund as the sandbox tells it.
#[derive(Deserialize)]
pub(super) struct RefundObject {
    id: String,
    key: String,
    status: String,
    refuse_reason: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

/// Our words that travel with both.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    booking: Option<String>,
}

impl Metadata {
    /// The Booking that it is about, if it is ours.
    fn booking(&self) -> Option<BookingId> {
        self.booking.as_deref()?.parse().ok()
    }
}

/// The body of a webhook.
#[derive(Deserialize)]
pub(super) struct Envelope {
    r#type: String,
    data: Value,
}

impl ChargeObject {
    /// What became of it.
    pub(super) fn outcome(&self) -> Result<ChargeOutcome, CallError> {
        match self.status.as_str() {
            "captured" => Ok(ChargeOutcome::Captured {
                reference: reference(&self.id)?,
                amount: Money {
                    amount: self.amount,
                    currency: self.currency,
                },
            }),
            "declined" => Ok(ChargeOutcome::Declined {
                reason: reason(self.decline_reason.as_deref().unwrap_or("declined"))?,
            }),
            "pending" => Ok(ChargeOutcome::Pending),
            _ => Err(Unknown::because("the gateway tells a status that we do not know").into()),
        }
    }
}

impl RefundObject {
    /// What became of it.
    pub(super) fn outcome(&self) -> Result<RefundOutcome, CallError> {
        match self.status.as_str() {
            "settled" => Ok(RefundOutcome::Settled {
                reference: reference(&self.id)?,
            }),
            "refused" => Ok(RefundOutcome::Refused {
                reason: reason(self.refuse_reason.as_deref().unwrap_or("refused"))?,
            }),
            "pending" => Ok(RefundOutcome::Pending),
            _ => Err(Unknown::because("the gateway tells a status that we do not know").into()),
        }
    }
}

impl Envelope {
    /// What it tells; `None` where it is not about anything of ours.
    pub(super) fn news(self) -> Result<Option<News>, NoticeRefusal> {
        match self.r#type.as_str() {
            "charge.captured" | "charge.declined" | "charge.pending" => {
                let charge: ChargeObject = read(self.data)?;
                let outcome = charge.outcome().map_err(|_| NoticeRefusal::Unreadable)?;
                let ours = charge.metadata.booking().zip(charge.key.parse().ok());
                Ok(ours.map(|(booking, payment)| News::Charge {
                    booking,
                    payment,
                    outcome,
                }))
            }
            "refund.settled" | "refund.refused" => {
                let refund: RefundObject = read(self.data)?;
                let outcome = refund.outcome().map_err(|_| NoticeRefusal::Unreadable)?;
                let ours = refund.metadata.booking().zip(RefundOrder::read_key(&refund.key));
                Ok(ours.map(|(booking, (refund, attempt))| News::Refund {
                    booking,
                    refund,
                    attempt,
                    outcome,
                }))
            }
            _ => Ok(None),
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(data: Value) -> Result<T, NoticeRefusal> {
    serde_json::from_value(data).map_err(|_| NoticeRefusal::Unreadable)
}

/// What the gateway calls something.
pub(super) fn reference(text: &str) -> Result<GatewayReference, CallError> {
    GatewayReference::parse(text).map_err(|_| Unknown::because("the gateway tells an id that is none").into())
}

/// Why the gateway says no.
pub(super) fn reason(text: &str) -> Result<DeclineReason, CallError> {
    DeclineReason::parse(text).map_err(|_| Unknown::because("the gateway tells a reason that is none").into())
}
