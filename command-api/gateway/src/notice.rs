//! What a gateway reports on its own, by a webhook.

use domain::ids::{BookingId, PaymentId, RefundId};

use crate::order::{ChargeOutcome, RefundOutcome};

/// Headers of a webhook's request, whatever serves HTTP.
pub trait Headers {
    /// The value of a header by its name in lower case; `None` where it is absent or no text.
    fn get(&self, name: &str) -> Option<&str>;
}

/// Names in lower case and values, for callers that have no headers of their own kind.
impl Headers for &[(&str, &str)] {
    fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.iter().filter(|(candidate, _)| *candidate == name);
        named.next().map(|(_, value)| *value)
    }
}

/// The outcome of a charge or a refund, by the ids that we gave. Notices come late, twice and out of order: they are no newer
/// than what was known before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Charge {
        booking: BookingId,
        payment: PaymentId,
        outcome: ChargeOutcome,
    },
    Refund {
        booking: BookingId,
        refund: RefundId,
        attempt: u32,
        outcome: RefundOutcome,
    },
}

/// Why a webhook's request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefusal {
    /// Or not in the form that this gateway signs in.
    #[error("the signature is missing or malformed")]
    Unsigned,
    /// None of its signatures is of a secret of ours over exactly this body.
    #[error("the signature is not the gateway's")]
    Forged,
    /// It was signed too long ago, or too far ahead: it may be a recording.
    #[error("the signature is not of this time")]
    Untimely,
    /// It is well signed, but makes no sense.
    #[error("the notice cannot be read")]
    Unreadable,
}
