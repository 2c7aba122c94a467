//! The client of our own sandbox gateway, which forgets no key: every call may be repeated, whatever its outcome.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::{BookingId, PaymentId};
use domain::money::Money;
use domain::payment::{DeclineReason, GatewayName, GatewayReference};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::Gateway;
use crate::error::{CallError, Rejected};
use crate::movement::{Cursor, Movement, MovementKind, MovementStatus, Page};
use crate::notice::{Headers, News, NoticeRefusal};
use crate::order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
use crate::settings::{GatewaySettings, SettingsRefusal};
use crate::signature::SigningKeys;
use crate::wire::{Answer, Wire, send};

/// Entries of the journal a page: the sandbox's maximum.
const PAGE_ENTRIES: usize = 1_000;

/// A client of the sandbox; one for the whole process, as it holds the connections.
#[derive(Debug)]
pub struct Sandbox {
    name: GatewayName,
    wire: Wire,
    signing_keys: SigningKeys,
}

impl Sandbox {
    /// Connects to nothing yet.
    pub fn new(settings: GatewaySettings) -> Result<Self, SettingsRefusal> {
        Ok(Self {
            wire: Wire::new(&settings)?,
            signing_keys: SigningKeys::standard(&settings.webhook_secrets)?,
            name: settings.name,
        })
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, CallError> {
        send(self.wire.request(Method::GET, path).query(query)).await
    }

    async fn post(&self, path: &[&str], key: &str, body: &Value) -> Result<Answer, CallError> {
        let request = self.wire.request(Method::POST, path);
        send(request.header("Idempotency-Key", key).json(body)).await
    }
}

#[async_trait]
impl Gateway for Sandbox {
    fn name(&self) -> &GatewayName {
        &self.name
    }

    async fn charge(&self, charge: &Charge) -> Result<ChargeOutcome, CallError> {
        let key = charge.payment.to_string();
        let body = json!({
            "amount": charge.amount.amount,
            "currency": charge.amount.currency,
            "method": charge.method.as_str(),
            "metadata": { "booking": charge.booking, "payment": key },
        });
        let answer = self.post(&["v1", "charges"], &key, &body).await?;
        if answer.status != 422 {
            return Ok(answer.success::<ChargeObject>()?.outcome());
        }
        // A method that the sandbox does not have is the buyer's mistake; a key that was used for another request is ours.
        let error = answer.failure::<Value>();
        let kind = error
            .pointer("/error/type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let reason = DeclineReason::parse(kind)
            .ok()
            .filter(|_| kind == "unknown_method");
        let rejected = || Rejected::because(format!("the gateway answers 422 {kind:.64}"));
        let reason = reason.ok_or_else(rejected)?;
        Ok(ChargeOutcome::Declined { reason })
    }

    async fn find_charge(
        &self,
        payment: PaymentId,
        _requested_at: DateTime<Utc>,
    ) -> Result<Option<ChargeOutcome>, CallError> {
        let answer = self.get(&["v1", "charges", &payment.to_string()], &[]).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        Ok(Some(answer.success::<ChargeObject>()?.outcome()))
    }

    async fn refund(&self, refund: &RefundOrder) -> Result<RefundOutcome, CallError> {
        let body = json!({
            "charge_key": refund.payment,
            "amount": refund.amount.amount,
            "metadata": { "booking": refund.booking, "refund": refund.refund, "attempt": refund.attempt.to_string() },
        });
        let answer = self.post(&["v1", "refunds"], &refund.key(), &body).await?;
        Ok(answer.success::<RefundObject>()?.outcome())
    }

    async fn movements(&self, since: DateTime<Utc>, after: Option<Cursor>) -> Result<Page, CallError> {
        let Cursor(after) = after.unwrap_or_else(|| Cursor("0".to_owned()));
        let limit = PAGE_ENTRIES.to_string();
        let query = [("after", after.as_str()), ("limit", &limit)];
        let answer = self.get(&["v1", "journal"], &query).await?;
        let journal: Journal = answer.success()?;
        // An empty page is the end for now; the cursor of the last one leads on another time.
        let next = (!journal.entries.is_empty()).then(|| Cursor(journal.next_after.to_string()));
        // The journal's clock counts whole milliseconds.
        let recent = |entry: &Entry| entry.at.timestamp_millis() >= since.timestamp_millis();
        let recent = journal.entries.into_iter().filter(recent);
        let movements = recent.filter_map(Entry::movement).collect();
        Ok(Page { movements, next })
    }

    fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<News>, NoticeRefusal> {
        self.signing_keys.check_standard(headers, body, now)?;
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| NoticeRefusal::Unreadable)?;
        envelope.news()
    }
}

/// A charge. Its key is the payment's id.
#[derive(Deserialize)]
struct ChargeObject {
    id: GatewayReference,
    key: String,
    #[serde(flatten)]
    amount: Money,
    #[serde(flatten)]
    status: ChargeStatus,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum ChargeStatus {
    Captured,
    Declined { decline_reason: DeclineReason },
    Pending,
}

/// A refund. Its key is that of [`RefundOrder::key`].
#[derive(Deserialize)]
struct RefundObject {
    id: GatewayReference,
    key: String,
    #[serde(flatten)]
    status: RefundStatus,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum RefundStatus {
    Settled,
    Refused { refuse_reason: DeclineReason },
    Pending,
}

/// Our words that travel with both.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    booking: Option<String>,
}

impl Metadata {
    /// The Booking, if it is ours.
    fn booking(&self) -> Option<BookingId> {
        self.booking.as_deref()?.parse().ok()
    }
}

impl ChargeObject {
    fn outcome(self) -> ChargeOutcome {
        match self.status {
            ChargeStatus::Captured => ChargeOutcome::Captured {
                reference: self.id,
                amount: self.amount,
            },
            ChargeStatus::Declined { decline_reason } => ChargeOutcome::Declined {
                reason: decline_reason,
            },
            ChargeStatus::Pending => ChargeOutcome::Pending,
        }
    }
}

impl RefundObject {
    fn outcome(self) -> RefundOutcome {
        match self.status {
            RefundStatus::Settled => RefundOutcome::Settled { reference: self.id },
            RefundStatus::Refused { refuse_reason } => RefundOutcome::Refused {
                reason: refuse_reason,
            },
            RefundStatus::Pending => RefundOutcome::Pending,
        }
    }
}

/// A page of the journal.
#[derive(Deserialize)]
struct Journal {
    entries: Vec<Entry>,
    next_after: u64,
}

#[derive(Deserialize)]
struct Entry {
    kind: EntryKind,
    key: String,
    id: GatewayReference,
    #[serde(flatten)]
    amount: Money,
    at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryKind {
    ChargeCaptured,
    ChargePending,
    RefundSettled,
    /// Nothing moved.
    #[serde(other)]
    Other,
}

impl Entry {
    fn movement(self) -> Option<Movement> {
        let payment = self.key.parse().ok();
        let refund = RefundOrder::read_key(&self.key);
        let (kind, status) = match self.kind {
            EntryKind::ChargeCaptured => (MovementKind::Charge { payment }, MovementStatus::Done),
            EntryKind::ChargePending => (MovementKind::Charge { payment }, MovementStatus::Pending),
            EntryKind::RefundSettled => (MovementKind::Refund { refund }, MovementStatus::Done),
            EntryKind::Other => return None,
        };
        Some(Movement {
            kind,
            reference: self.id,
            amount: self.amount,
            at: self.at,
            status,
        })
    }
}

/// The body of a webhook.
#[derive(Deserialize)]
struct Envelope {
    r#type: String,
    data: Value,
}

impl Envelope {
    /// `None` where it is not about anything of ours.
    fn news(self) -> Result<Option<News>, NoticeRefusal> {
        match self.r#type.as_str() {
            "charge.captured" | "charge.declined" | "charge.pending" => {
                let charge: ChargeObject = read(self.data)?;
                let ours = charge.metadata.booking().zip(charge.key.parse().ok());
                Ok(ours.map(|(booking, payment)| News::Charge {
                    booking,
                    payment,
                    outcome: charge.outcome(),
                }))
            }
            "refund.settled" | "refund.refused" => {
                let refund: RefundObject = read(self.data)?;
                let ours = refund.metadata.booking().zip(RefundOrder::read_key(&refund.key));
                Ok(ours.map(|(booking, (id, attempt))| News::Refund {
                    booking,
                    refund: id,
                    attempt,
                    outcome: refund.outcome(),
                }))
            }
            _ => Ok(None),
        }
    }
}

fn read<T: DeserializeOwned>(data: Value) -> Result<T, NoticeRefusal> {
    serde_json::from_value(data).map_err(|_| NoticeRefusal::Unreadable)
}
