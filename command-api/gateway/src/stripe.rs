//! Stripe by its HTTP API (<https://docs.stripe.com/api>): payment intents that are confirmed as they are made, and refunds.
//!
//! Two things shape this client.
//!
//! **Stripe forgets idempotency keys after 24 hours**, and servers that imitate it have none at all. So what was requested
//! before is looked for first, by our ids in its metadata, and made only if it is not there; the key then guards against the
//! earlier call still being under way. Stripe repeats the answer that it gave to a key, a failure (500) of its own included: such a
//! charge stays unknown until the key is forgotten, and is then made, or found.
//!
//! **The buyer is not there any more** when a charge is made, so that a bank cannot ask the buyer (3-D Secure).
//! Such an intent is cancelled, and the charge is declined as `authentication_required`.
//!
//! Amounts are passed as they are: Stripe counts in the smallest unit of a currency too, whole yen for instance. The two
//! currencies for which it counts otherwise are declined ([`COUNTED_OTHERWISE`]).

mod events;
mod failure;
mod objects;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::payment::GatewayName;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::client::Gateway;
use crate::error::{CallError, Rejected, Unknown};
use crate::movement::{Cursor, Movement, Page};
use crate::notice::{Headers, News, NoticeRefusal};
use crate::order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
use crate::settings::{GatewaySettings, SettingsRefusal};
use crate::signature::SigningKeys;
use crate::wire::{Answer, Wire, send};
use objects::{Book, List, Object, Status, reason};

/// Where Stripe is.
pub const STRIPE_ADDRESS: &str = "https://api.stripe.com";
/// The version of the API that this client was written for; Stripe keeps answering in it.
const VERSION: &str = "2026-02-25.clover";
/// Currencies that Stripe counts in hundredths although they have none by ISO 4217
/// (<https://docs.stripe.com/currencies#special-cases>): an amount passed as it is would be a hundredth of what is due.
const COUNTED_OTHERWISE: [&str; 2] = ["ISK", "UGX"];
/// Objects a page: Stripe's maximum.
const PAGE_LIMIT: &str = "100";
/// Pages that are searched for one charge, newest first: 10,000 intents since it was requested. The payments of a shop that
/// sells more in between stay unknown until a notice or the books report them.
const CHARGE_PAGES_MAX: u32 = 100;
/// Pages of one charge's refunds that are searched: 1,000 refunds, when a Booking has at most one a seat.
const REFUND_PAGES_MAX: u32 = 10;

/// A client of Stripe; one for the whole process, as it holds the connections.
#[derive(Debug)]
pub struct Stripe {
    name: GatewayName,
    wire: Wire,
    signing_keys: SigningKeys,
}

/// A payment intent with the charge that it made.
#[derive(Deserialize)]
struct Paid {
    status: Status,
    currency: String,
    latest_charge: Option<Taken>,
}

/// How much was taken, and how much of it is returned or on its way.
#[derive(Deserialize)]
struct Taken {
    amount: i64,
    amount_captured: Option<i64>,
    amount_refunded: i64,
}

impl Stripe {
    /// Connects to nothing yet.
    pub fn new(settings: GatewaySettings) -> Result<Self, SettingsRefusal> {
        let live = ["sk_live_", "rk_live_"];
        let key = settings.key.expose_secret();
        if live.iter().any(|prefix| key.starts_with(prefix)) && !settings.address.starts_with("https://") {
            return Err(SettingsRefusal::LiveKeyInClear);
        }
        Ok(Self {
            wire: Wire::new(&settings)?,
            signing_keys: SigningKeys::stripe(&settings.webhook_secrets)?,
            name: settings.name,
        })
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, CallError> {
        let request = self.wire.request(Method::GET, path).query(query);
        send(request.header("Stripe-Version", VERSION)).await
    }

    async fn post(&self, path: &[&str], key: &str, form: &[(&str, &str)]) -> Result<Answer, CallError> {
        let request = self.wire.request(Method::POST, path).form(form);
        let request = request.header("Stripe-Version", VERSION);
        send(request.header("Idempotency-Key", key)).await
    }

    /// A page of `book`, of those that `filter` leaves.
    async fn list(
        &self,
        book: Book,
        filter: &[(&str, &str)],
        after: Option<&str>,
    ) -> Result<List, CallError> {
        let mut query = vec![("limit", PAGE_LIMIT)];
        query.extend_from_slice(filter);
        query.extend(after.map(|id| ("starting_after", id)));
        self.get(&["v1", book.path()], &query).await?.success()
    }

    /// Looks in `book` for the one of ours that was first requested at `since`.
    async fn find(
        &self,
        book: Book,
        filter: &[(&str, &str)],
        since: DateTime<Utc>,
        pages_max: u32,
        is_ours: impl Fn(&Object) -> bool,
    ) -> Result<Option<Object>, CallError> {
        let mut after: Option<String> = None;
        for _ in 0..pages_max {
            let page = self.list(book, filter, after.as_deref()).await?;
            after = page.next(since);
            let ours = page.data.into_iter().filter(&is_ours);
            // There is one at most; were there more, the one that moved money is what matters.
            let found = ours.max_by_key(|object| object.status == Some(Status::Succeeded));
            if found.is_some() || after.is_none() {
                return Ok(found);
            }
        }
        Err(Unknown::because(format!("too many {} since to search them", book.path())).into())
    }

    /// The outcome of an intent; one that waits for the buyer is cancelled first, as the buyer is not there.
    async fn settle(&self, intent: &Object) -> Result<ChargeOutcome, CallError> {
        let waits = [Status::RequiresAction, Status::RequiresConfirmation];
        if intent.status.is_none_or(|status| !waits.contains(&status)) {
            return intent.charged();
        }
        let path = ["v1", Book::Intents.path(), intent.id.as_str(), "cancel"];
        let answer = self.post(&path, &format!("{}-cancel", intent.id), &[]).await?;
        if answer.status == 400 {
            // It is not open any more: a confirmation was faster.
            let [of, intents, id, _] = path;
            return self
                .get(&[of, intents, id], &[])
                .await?
                .success::<Object>()?
                .charged();
        }
        answer.success::<Object>()?.charged()?;
        declined("authentication_required")
    }

    /// Why a refund cannot be made, if so.
    ///
    /// What is left is read first, one request more than needed: Stripe itself refuses what is more, but a server that imitates
    /// it may not, and money that leaves too much does not come back.
    async fn forbids(&self, refund: &RefundOrder) -> Result<Option<&'static str>, CallError> {
        let path = ["v1", Book::Intents.path(), refund.charge.as_str()];
        let answer = self.get(&path, &[("expand[]", "latest_charge")]).await?;
        let paid: Paid = answer.success()?;
        let currency = refund.amount.currency.to_string();
        if !paid.currency.eq_ignore_ascii_case(&currency) {
            return Err(Rejected::because("the refund is in another currency than its charge").into());
        }
        let Some(taken) = paid.latest_charge.filter(|_| paid.status == Status::Succeeded) else {
            return Ok(Some("charge_not_captured"));
        };
        let captured = taken.amount_captured.unwrap_or(taken.amount);
        let left = captured.saturating_sub(taken.amount_refunded);
        Ok((refund.amount.amount > left).then_some("amount_above_charge"))
    }
}

#[async_trait]
impl Gateway for Stripe {
    fn name(&self) -> &GatewayName {
        &self.name
    }

    async fn charge(&self, charge: &Charge) -> Result<ChargeOutcome, CallError> {
        let currency = charge.amount.currency.to_string();
        if !charge.method.as_str().starts_with("pm_") {
            return declined("unknown_method");
        }
        if COUNTED_OTHERWISE.contains(&currency.as_str()) {
            return declined("currency_not_supported");
        }
        if charge.asked_before
            && let Some(outcome) = self.find_charge(charge.payment, charge.requested_at).await?
        {
            return Ok(outcome);
        }
        let payment = charge.payment.to_string();
        let form = [
            ("amount", &*charge.amount.amount.to_string()),
            ("currency", &*currency.to_ascii_lowercase()),
            ("payment_method", charge.method.as_str()),
            ("payment_method_types[]", "card"),
            ("confirm", "true"),
            ("metadata[payment]", &payment),
            ("metadata[booking]", &*charge.booking.to_string()),
        ];
        let answer = self.post(&["v1", Book::Intents.path()], &payment, &form).await?;
        if matches!(answer.status, 400 | 402 | 404) {
            return failure::of_charge(&answer).map(|reason| ChargeOutcome::Declined { reason });
        }
        self.settle(&answer.success()?).await
    }

    async fn find_charge(
        &self,
        payment: PaymentId,
        requested_at: DateTime<Utc>,
    ) -> Result<Option<ChargeOutcome>, CallError> {
        let is_ours = |intent: &Object| intent.metadata.payment() == Some(payment);
        let found = self.find(Book::Intents, &[], requested_at, CHARGE_PAGES_MAX, is_ours);
        match found.await? {
            Some(intent) => self.settle(&intent).await.map(Some),
            None => Ok(None),
        }
    }

    async fn refund(&self, refund: &RefundOrder) -> Result<RefundOutcome, CallError> {
        let filter = [("payment_intent", refund.charge.as_str())];
        let ours = Some((refund.refund, refund.attempt));
        let is_ours = |found: &Object| found.metadata.refund() == ours;
        let since = refund.requested_at;
        let found = self.find(Book::Refunds, &filter, since, REFUND_PAGES_MAX, is_ours);
        if let Some(found) = found.await? {
            return found.refunded();
        }
        if let Some(word) = self.forbids(refund).await? {
            let reason = reason(word)?;
            return Ok(RefundOutcome::Refused { reason });
        }
        let form = [
            ("payment_intent", refund.charge.as_str()),
            ("amount", &*refund.amount.amount.to_string()),
            ("metadata[booking]", &*refund.booking.to_string()),
            ("metadata[refund]", &*refund.refund.to_string()),
            ("metadata[attempt]", &*refund.attempt.to_string()),
        ];
        let path = ["v1", Book::Refunds.path()];
        let answer = self.post(&path, &refund.key(), &form).await?;
        if matches!(answer.status, 400 | 402) {
            return failure::of_refund(&answer).map(|reason| RefundOutcome::Refused { reason });
        }
        answer.success::<Object>()?.refunded()
    }

    /// First the intents, then the refunds, each the newest first, by the time when they were made. Fees, disputes and payouts
    /// are not of ours and left out.
    async fn movements(&self, since: DateTime<Utc>, after: Option<Cursor>) -> Result<Page, CallError> {
        let Cursor(text) = after.unwrap_or_else(|| cursor(Book::Intents, ""));
        let (word, id) = text.split_once(':').unwrap_or_default();
        let book = [Book::Intents, Book::Refunds]
            .into_iter()
            .find(|book| book.path() == word)
            .ok_or_else(|| Rejected::because("a cursor that is not this gateway's"))?;
        let id = Some(id).filter(|id| !id.is_empty());
        let list = self.list(book, &[], id).await?;
        let next = match (list.next(since), book) {
            (Some(id), _) => Some(cursor(book, &id)),
            (None, Book::Intents) => Some(cursor(Book::Refunds, "")),
            (None, Book::Refunds) => None,
        };
        let moved = list.data.iter().map(|object| object.movement(book));
        let moved: Vec<Option<Movement>> = moved.collect::<Result<_, _>>()?;
        // Stripe's clock counts whole seconds.
        let recent = |movement: &Movement| movement.at.timestamp() >= since.timestamp();
        let movements = moved.into_iter().flatten().filter(recent).collect();
        Ok(Page { movements, next })
    }

    fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<News>, NoticeRefusal> {
        self.signing_keys.check_stripe(headers, body, now)?;
        events::read(body)
    }
}

fn cursor(book: Book, id: &str) -> Cursor {
    Cursor(format!("{}:{id}", book.path()))
}

fn declined(word: &str) -> Result<ChargeOutcome, CallError> {
    let reason = reason(word)?;
    Ok(ChargeOutcome::Declined { reason })
}
