//! Charges: a payment intent that is confirmed as it is made, or the one that was made before.

use chrono::{DateTime, Utc};
use domain::ids::PaymentId;

use super::objects::{Intent, reason};
use super::{COUNTED_OTHERWISE, Stripe, failure};
use crate::error::{CallError, Unknown};
use crate::order::{Charge, ChargeOutcome};
use crate::wire::send;

/// Pages that are looked through for one charge, newest first: 10,000 intents since it was asked for. A shop that sells more
/// before it looks gets to know by notices and from the books.
const LOOK_PAGES_MAX: u32 = 100;

impl Stripe {
    /// Makes a charge, unless it was made before.
    pub(super) async fn make_charge(&self, charge: &Charge) -> Result<ChargeOutcome, CallError> {
        if let Some(reason) = out_of_hand(charge)? {
            return Ok(reason);
        }
        if charge.asked_before
            && let Some(outcome) = self.look_for_charge(charge.payment, charge.requested_at).await?
        {
            return Ok(outcome);
        }
        let (payment, booking) = (charge.payment.to_string(), charge.booking.to_string());
        let form = [
            ("amount", &*charge.amount.amount.to_string()),
            (
                "currency",
                &*charge.amount.currency.to_string().to_ascii_lowercase(),
            ),
            ("payment_method", charge.method.as_str()),
            ("payment_method_types[]", "card"),
            ("confirm", "true"),
            ("metadata[payment]", &*payment),
            ("metadata[booking]", &*booking),
        ];
        let answer = send(self.post(&["v1", "payment_intents"], &payment, &form)).await?;
        if matches!(answer.status, 400 | 402 | 404) {
            return failure::of_charge(&answer).map(|reason| ChargeOutcome::Declined { reason });
        }
        self.settle(answer.success()?).await
    }

    /// Looks for the charge of `payment`, which was first asked for at `requested_at`.
    pub(super) async fn look_for_charge(
        &self,
        payment: PaymentId,
        requested_at: DateTime<Utc>,
    ) -> Result<Option<ChargeOutcome>, CallError> {
        let mut after: Option<String> = None;
        for _ in 0..LOOK_PAGES_MAX {
            let page = self.list::<Intent>(&[], after.as_deref()).await?;
            after = page.next(requested_at).map(str::to_owned);
            let ours = page
                .data
                .into_iter()
                .filter(|intent| intent.metadata.payment() == Some(payment));
            // There is one at most; were there more, the one that took money is what matters.
            if let Some(intent) = ours.max_by_key(|intent| intent.status == "succeeded") {
                return self.settle(intent).await.map(Some);
            }
            if after.is_none() {
                return Ok(None);
            }
        }
        Err(Unknown::because("too many intents were made since to look through them").into())
    }

    /// What became of an intent; one that waits for the buyer is cancelled first, as the buyer is not there.
    async fn settle(&self, intent: Intent) -> Result<ChargeOutcome, CallError> {
        if !intent.is_open() {
            return intent.outcome();
        }
        let path = ["v1", "payment_intents", &intent.id];
        let key = format!("{}-cancel", intent.id);
        let answer = send(self.post(&[path[0], path[1], path[2], "cancel"], &key, &[])).await?;
        if answer.status == 400 {
            // It is not open any more: a confirmation was faster.
            return send(self.get(&path)).await?.success::<Intent>()?.outcome();
        }
        answer.success::<Intent>()?.outcome()?;
        Ok(ChargeOutcome::Declined {
            reason: reason("authentication_required")?,
        })
    }
}

/// What need not be asked: methods that are none of Stripe's, and currencies that it counts otherwise.
fn out_of_hand(charge: &Charge) -> Result<Option<ChargeOutcome>, CallError> {
    let currency = charge.amount.currency.to_string();
    let word = if !charge.method.as_str().starts_with("pm_") {
        "unknown_method"
    } else if COUNTED_OTHERWISE.contains(&currency.as_str()) {
        "currency_not_supported"
    } else {
        return Ok(None);
    };
    Ok(Some(ChargeOutcome::Declined {
        reason: reason(word)?,
    }))
}
