//! Stripe by its HTTP API (<https://docs.stripe.com/api>): payment intents that are confirmed as they are made, and refunds.
//!
//! Two things shape this client.
//!
//! **Stripe forgets idempotency keys after 24 hours**, and servers that imitate it have none at all. So whatever was asked for
//! before is looked for first, by our ids in its metadata, and made only if it is not there; the key then guards against the
//! earlier call still being under way. Stripe repeats the answer that it gave to a key, a failure (500) of its own included: such a
//! charge stays unknown until the key is forgotten, and is then made, or found.
//!
//! **The buyer is not there any more** when a charge is made, so that a bank that wants to ask the buyer (3-D Secure) cannot.
//! Such an intent is cancelled, and the charge is declined as `authentication_required`.
//!
//! Amounts are passed as they are: Stripe counts in the smallest unit of a currency too, whole yen for instance. The two
//! currencies for which it counts otherwise are declined ([`COUNTED_OTHERWISE`]).

mod books;
mod charging;
mod failure;
mod listing;
mod objects;
mod refunding;
mod webhook;

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::payment::GatewayName;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::{Method, RequestBuilder};

use crate::Gateway;
use crate::error::CallError;
use crate::movement::{Cursor, Page};
use crate::notice::{Headers, Notice, NoticeRefusal};
use crate::order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
use crate::settings::{Secret, SettingsRefusal, signature_key};
use crate::wire::Wire;

/// Where Stripe is.
pub const STRIPE_ADDRESS: &str = "https://api.stripe.com";
/// The version of the API that this client was written for; Stripe keeps answering in it.
const VERSION: &str = "2026-02-25.clover";
/// Currencies that Stripe counts in hundredths although they have none by ISO 4217
/// (<https://docs.stripe.com/currencies#special-cases>): an amount passed as it is would be a hundredth of what is due.
const COUNTED_OTHERWISE: [&str; 2] = ["ISK", "UGX"];

/// Where Stripe is, and the secrets shared with it.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// What Bookings call it.
    pub name: GatewayName,
    /// Its address: [`STRIPE_ADDRESS`], or that of a server that imitates it.
    pub address: String,
    /// The secret or restricted key of the account, `sk_…` or `rk_…`.
    pub key: Secret,
    /// Secrets of the webhook endpoint, `whsec_…`: several while one replaces another.
    pub webhook_secrets: Vec<Secret>,
}

/// A client of Stripe; one for the whole process, as it holds the connections.
#[derive(Debug)]
pub struct Stripe {
    name: GatewayName,
    wire: Wire,
    webhook_keys: Vec<hmac::Key>,
}

impl Stripe {
    /// A client; connects to nothing yet.
    pub fn new(settings: StripeSettings) -> Result<Self, SettingsRefusal> {
        let live = ["sk_live_", "rk_live_"];
        let key = settings.key.expose();
        if live.iter().any(|prefix| key.starts_with(prefix)) && !settings.address.starts_with("https://") {
            return Err(SettingsRefusal::LiveKeyInClear);
        }
        let secrets = settings.webhook_secrets.iter();
        if secrets.clone().any(|secret| secret.expose().is_empty()) {
            return Err(SettingsRefusal::WebhookSecret);
        }
        Ok(Self {
            name: settings.name,
            // Stripe signs with the text of the secret, `whsec_` included.
            webhook_keys: secrets
                .map(|secret| signature_key(secret.expose().as_bytes()))
                .collect(),
            wire: Wire::new(&settings.address, settings.key)?,
        })
    }

    fn get(&self, path: &[&str]) -> RequestBuilder {
        self.wire
            .request(Method::GET, path)
            .header("Stripe-Version", VERSION)
    }

    fn post(&self, path: &[&str], key: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.wire
            .request(Method::POST, path)
            .header("Stripe-Version", VERSION)
            .header("Idempotency-Key", key)
            .form(form)
    }
}

impl Gateway for Stripe {
    fn name(&self) -> &GatewayName {
        &self.name
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<ChargeOutcome, CallError>> {
        self.make_charge(charge).boxed()
    }

    fn find_charge(
        &self,
        payment: PaymentId,
        requested_at: DateTime<Utc>,
    ) -> BoxFuture<'_, Result<Option<ChargeOutcome>, CallError>> {
        self.look_for_charge(payment, requested_at).boxed()
    }

    fn refund<'a>(&'a self, refund: &'a RefundOrder) -> BoxFuture<'a, Result<RefundOutcome, CallError>> {
        self.make_refund(refund).boxed()
    }

    fn movements(
        &self,
        since: DateTime<Utc>,
        after: Option<Cursor>,
    ) -> BoxFuture<'_, Result<Page, CallError>> {
        self.read_books(since, after).boxed()
    }

    fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Notice>, NoticeRefusal> {
        webhook::read(&self.webhook_keys, headers, body, now)
    }
}
