//! Stripe's errors (<https://docs.stripe.com/api/errors>): which of them decline, and which are our own mistake.

use domain::payment::DeclineReason;
use serde::Deserialize;

use super::objects::{PaymentError, reason};
use crate::error::{CallError, Rejected};
use crate::wire::Answer;

/// Codes by which Stripe refuses a refund for what the charge or the account is, not for how it was requested.
const REFUNDS_REFUSED: [&str; 5] = [
    "balance_insufficient",
    "charge_already_refunded",
    "charge_disputed",
    "insufficient_funds",
    "refund_disputed_payment",
];

/// The body of an answer that is an error.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    error: Details,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    r#type: String,
    param: String,
    #[serde(flatten)]
    reason: PaymentError,
}

impl Details {
    /// What only a person can mend, in Stripe's codes; its sentences stay out, as they quote what was sent.
    fn rejected(&self, status: u16) -> CallError {
        let code = self.reason.code.as_deref().unwrap_or("no code");
        let (kind, param) = (&self.r#type, &self.param);
        Rejected::because(format!(
            "Stripe answers {status}: {kind:.64}, {code:.64}, {param:.64}"
        ))
        .into()
    }
}

/// Why a charge is declined that was not made. The method is the buyer's and the price the organizer's: a made-up one is
/// declined, and does not make the gateway look broken.
pub(super) fn of_charge(answer: &Answer) -> Result<DeclineReason, CallError> {
    let details = answer.failure::<Failure>().error;
    let about = |name| details.param.starts_with(name);
    match answer.status {
        402 => details.reason.reason("card_declined"),
        404 => reason("unknown_method"),
        400 if about("payment_method") => details.reason.reason("unknown_method"),
        400 if about("amount") || about("currency") => details.reason.reason("amount_not_accepted"),
        status => Err(details.rejected(status)),
    }
}

/// Why a refund is refused that was not made.
pub(super) fn of_refund(answer: &Answer) -> Result<DeclineReason, CallError> {
    let details = answer.failure::<Failure>().error;
    let code = details.reason.code.as_deref().unwrap_or_default();
    match answer.status {
        400 | 402 if REFUNDS_REFUSED.contains(&code) => reason(code),
        400 if details.param.starts_with("amount") => reason("amount_above_charge"),
        status => Err(details.rejected(status)),
    }
}
