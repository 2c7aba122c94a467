//! Stripe's errors (<https://docs.stripe.com/api/errors>): which of them are a no, and which are our own mistake.

use domain::payment::DeclineReason;
use serde::Deserialize;

use super::objects::{PaymentError, reason};
use crate::error::{CallError, Rejected};
use crate::wire::Answer;

/// Codes by which Stripe refuses a refund for what the charge or the account is, not for how it was asked.
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
    param: Option<String>,
    #[serde(flatten)]
    reason: PaymentError,
}

impl Details {
    fn is_about(&self, names: &[&str]) -> bool {
        let about = |name: &&str| self.param.as_deref().is_some_and(|param| param.starts_with(name));
        names.iter().any(about)
    }

    /// What only a person can mend, in Stripe's codes; its sentences stay out, as they quote what was sent.
    fn rejected(&self, status: u16) -> CallError {
        let code = self.reason.code.as_deref().unwrap_or("no code");
        let param = self.param.as_deref().unwrap_or("no parameter");
        let kind = &self.r#type;
        Rejected::because(format!(
            "Stripe answers {status}: {kind:.64}, {code:.64}, {param:.64}"
        ))
        .into()
    }
}

/// Why a charge is declined that was not made. The buyer's method and the organizer's price are theirs: whoever sends a made-up
/// one gets a no, and does not make the gateway look broken.
pub(super) fn of_charge(answer: &Answer) -> Result<DeclineReason, CallError> {
    let details = answer.failure::<Failure>().error;
    match answer.status {
        402 => details.reason.reason("card_declined"),
        404 => reason("unknown_method"),
        400 if details.is_about(&["payment_method"]) => details.reason.reason("unknown_method"),
        400 if details.is_about(&["amount", "currency"]) => details.reason.reason("amount_not_accepted"),
        status => Err(details.rejected(status)),
    }
}

/// Why a refund is refused that was not made.
pub(super) fn of_refund(answer: &Answer) -> Result<DeclineReason, CallError> {
    let details = answer.failure::<Failure>().error;
    let code = details.reason.code.as_deref().unwrap_or_default();
    match answer.status {
        400 | 402 if REFUNDS_REFUSED.contains(&code) => reason(code),
        400 if details.is_about(&["amount"]) => reason("amount_above_charge"),
        status => Err(details.rejected(status)),
    }
}
