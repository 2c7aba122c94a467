//! Refunds: never more than is left of the charge, and never twice.

use serde::Deserialize;

use super::objects::{Refund, reason};
use super::{Stripe, failure};
use crate::error::{CallError, Rejected, Unknown};
use crate::order::{RefundOrder, RefundOutcome};
use crate::wire::send;

/// Pages of one charge's refunds that are looked through: 1,000 refunds, when a Booking has at most one a seat.
const LOOK_PAGES_MAX: u32 = 10;

/// A payment intent with the charge that it made.
#[derive(Deserialize)]
struct Paid {
    status: String,
    currency: String,
    latest_charge: Option<Taken>,
}

/// How much was taken, and how much of it is given back or on its way.
#[derive(Deserialize)]
struct Taken {
    amount: i64,
    amount_captured: Option<i64>,
    amount_refunded: i64,
}

impl Stripe {
    /// Makes a refund, unless it was made before.
    ///
    /// What is left is read first, one request more than needed: Stripe itself refuses what is more, but a server that imitates
    /// it may not, and money that leaves too much does not come back.
    pub(super) async fn make_refund(&self, refund: &RefundOrder) -> Result<RefundOutcome, CallError> {
        if refund.asked_before
            && let Some(outcome) = self.look_for_refund(refund).await?
        {
            return Ok(outcome);
        }
        if let Some(word) = self.read_paid(refund).await?.forbids(refund)? {
            return Ok(RefundOutcome::Refused {
                reason: reason(word)?,
            });
        }
        let form = [
            ("payment_intent", refund.charge.as_str()),
            ("amount", &*refund.amount.amount.to_string()),
            ("metadata[booking]", &*refund.booking.to_string()),
            ("metadata[refund]", &*refund.refund.to_string()),
            ("metadata[attempt]", &*refund.attempt.to_string()),
        ];
        let answer = send(self.post(&["v1", "refunds"], &refund.key(), &form)).await?;
        if matches!(answer.status, 400 | 402) {
            return failure::of_refund(&answer).map(|reason| RefundOutcome::Refused { reason });
        }
        answer.success::<Refund>()?.outcome()
    }

    async fn read_paid(&self, refund: &RefundOrder) -> Result<Paid, CallError> {
        let path = ["v1", "payment_intents", refund.charge.as_str()];
        let request = self.get(&path).query(&[("expand[]", "latest_charge")]);
        send(request).await?.success()
    }

    async fn look_for_refund(&self, refund: &RefundOrder) -> Result<Option<RefundOutcome>, CallError> {
        let mut after: Option<String> = None;
        for _ in 0..LOOK_PAGES_MAX {
            let filter = [("payment_intent", refund.charge.as_str())];
            let page = self.list::<Refund>(&filter, after.as_deref()).await?;
            let ours = Some((refund.refund, refund.attempt));
            if let Some(found) = page.data.iter().find(|found| found.metadata.refund() == ours) {
                return found.outcome().map(Some);
            }
            after = page.next(refund.requested_at).map(str::to_owned);
            if after.is_none() {
                return Ok(None);
            }
        }
        Err(Unknown::because("too many refunds of one charge to look through them").into())
    }
}

impl Paid {
    /// Why a refund cannot be, if so.
    fn forbids(&self, refund: &RefundOrder) -> Result<Option<&'static str>, CallError> {
        if !self
            .currency
            .eq_ignore_ascii_case(&refund.amount.currency.to_string())
        {
            return Err(Rejected::because("the refund is in another currency than its charge").into());
        }
        let Some(taken) = self.latest_charge.as_ref().filter(|_| self.status == "succeeded") else {
            return Ok(Some("charge_not_captured"));
        };
        let captured = taken.amount_captured.unwrap_or(taken.amount);
        let left = captured.saturating_sub(taken.amount_refunded);
        Ok((refund.amount.amount > left).then_some("amount_above_charge"))
    }
}
