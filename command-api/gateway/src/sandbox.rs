//! The client of our own sandbox gateway, which forgets no key: every call may be repeated, whatever became of the last.

mod journal;
mod objects;

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::payment::GatewayName;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use crate::error::{CallError, Rejected};
use crate::movement::{Cursor, Page};
use crate::notice::{Headers, Notice, NoticeRefusal};
use crate::order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
use crate::settings::{Secret, SettingsRefusal};
use crate::wire::{Answer, Wire, send};
use crate::{Gateway, standard_webhooks};
use objects::{ChargeObject, Envelope, RefundObject};

/// Where the sandbox is, and the secrets shared with it.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// What Bookings call it.
    pub name: GatewayName,
    /// Its address, such as `http://127.0.0.1:4100`.
    pub address: String,
    /// The key of our account there.
    pub key: Secret,
    /// Secrets of its webhooks, `whsec_…`: several while one replaces another.
    pub webhook_secrets: Vec<Secret>,
}

/// A client of the sandbox; one for the whole process, as it holds the connections.
#[derive(Debug)]
pub struct Sandbox {
    name: GatewayName,
    wire: Wire,
    webhook_keys: Vec<hmac::Key>,
}

impl Sandbox {
    /// A client; connects to nothing yet.
    pub fn new(settings: SandboxSettings) -> Result<Self, SettingsRefusal> {
        let keys: Result<_, _> = settings
            .webhook_secrets
            .iter()
            .map(standard_webhooks::parse_secret)
            .collect();
        Ok(Self {
            name: settings.name,
            wire: Wire::new(&settings.address, settings.key)?,
            webhook_keys: keys?,
        })
    }

    async fn make_charge(&self, charge: &Charge) -> Result<ChargeOutcome, CallError> {
        let payment = charge.payment.to_string();
        let body = json!({
            "amount": charge.amount.amount,
            "currency": charge.amount.currency,
            "method": charge.method.as_str(),
            "metadata": { "booking": charge.booking, "payment": payment },
        });
        let request = self
            .wire
            .request(Method::POST, &["v1", "charges"])
            .header("Idempotency-Key", &payment)
            .json(&body);
        let answer = send(request).await?;
        if answer.status == 422 {
            return refuse(&answer).map(|reason| ChargeOutcome::Declined { reason });
        }
        answer.success::<ChargeObject>()?.outcome()
    }

    async fn look_for_charge(&self, payment: PaymentId) -> Result<Option<ChargeOutcome>, CallError> {
        let path = ["v1", "charges", &payment.to_string()];
        let answer = send(self.wire.request(Method::GET, &path)).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        answer.success::<ChargeObject>()?.outcome().map(Some)
    }

    async fn make_refund(&self, refund: &RefundOrder) -> Result<RefundOutcome, CallError> {
        let body = json!({
            "charge_key": refund.payment,
            "amount": refund.amount.amount,
            "metadata": { "booking": refund.booking, "refund": refund.refund, "attempt": refund.attempt.to_string() },
        });
        let request = self
            .wire
            .request(Method::POST, &["v1", "refunds"])
            .header("Idempotency-Key", refund.key())
            .json(&body);
        send(request).await?.success::<RefundObject>()?.outcome()
    }
}

impl Gateway for Sandbox {
    fn name(&self) -> &GatewayName {
        &self.name
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<ChargeOutcome, CallError>> {
        self.make_charge(charge).boxed()
    }

    fn find_charge(
        &self,
        payment: PaymentId,
        _requested_at: DateTime<Utc>,
    ) -> BoxFuture<'_, Result<Option<ChargeOutcome>, CallError>> {
        self.look_for_charge(payment).boxed()
    }

    fn refund<'a>(&'a self, refund: &'a RefundOrder) -> BoxFuture<'a, Result<RefundOutcome, CallError>> {
        self.make_refund(refund).boxed()
    }

    fn movements(
        &self,
        since: DateTime<Utc>,
        after: Option<Cursor>,
    ) -> BoxFuture<'_, Result<Page, CallError>> {
        journal::read(&self.wire, since, after).boxed()
    }

    fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Notice>, NoticeRefusal> {
        let id = standard_webhooks::check(&self.webhook_keys, headers, body, now)?;
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| NoticeRefusal::Unreadable)?;
        Ok(envelope.news()?.map(|news| Notice { id, news }))
    }
}

/// An answer that is an error.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    error: FailureKind,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FailureKind {
    r#type: String,
}

/// A method that the sandbox does not have is the buyer's mistake; a key that was used for another request is ours.
fn refuse(answer: &Answer) -> Result<domain::payment::DeclineReason, CallError> {
    let kind = answer.failure::<Failure>().error.r#type;
    if kind == "unknown_method" {
        return objects::reason(&kind);
    }
    Err(Rejected::because(format!("the gateway answers 422 {kind:.64}")).into())
}
