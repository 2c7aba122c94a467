//! What a gateway tells on its own, by a webhook.

use std::fmt;

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
        self.iter()
            .find(|(candidate, _)| *candidate == name)
            .map(|(_, value)| *value)
    }
}

/// Something that became of a charge or a refund, as the gateway told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What the gateway calls this message; the same whenever it is sent again.
    pub id: NoticeId,
    /// What it tells.
    pub news: News,
}

/// What a notice tells. Notices come late, twice and out of order: they are no newer than what was known before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// What became of a charge.
    Charge {
        /// The Booking that we named.
        booking: BookingId,
        /// The id that we gave.
        payment: PaymentId,
        /// What the gateway says of it.
        outcome: ChargeOutcome,
    },
    /// What became of a refund.
    Refund {
        /// The Booking that we named.
        booking: BookingId,
        /// The id that we gave.
        refund: RefundId,
        /// The attempt that we gave.
        attempt: u32,
        /// What the gateway says of it.
        outcome: RefundOutcome,
    },
}

/// What a gateway calls one of its messages, by which a repetition is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(Box<str>);

impl NoticeId {
    /// Characters at most: Stripe's take 255, Standard Webhooks bound none.
    pub const CHARS_MAX: usize = 255;

    /// Takes an id as the gateway gave it.
    pub fn parse(text: &str) -> Result<Self, NoticeRefusal> {
        let visible = text.chars().all(|letter| letter.is_ascii_graphic());
        if text.is_empty() || text.len() > Self::CHARS_MAX || !visible {
            return Err(NoticeRefusal::Unreadable);
        }
        Ok(Self(text.into()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a webhook's request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefusal {
    /// It is not signed, or not in the form that this gateway signs in.
    #[error("the signature is missing or malformed")]
    Unsigned,
    /// None of its signatures is of a secret of ours over exactly this body.
    #[error("the signature is not the gateway's")]
    Forged,
    /// It was signed too long ago, or too far ahead: it may be a recording.
    #[error("the signature is not of this time")]
    Untimely,
    /// It is signed, but what it says cannot be read.
    #[error("the notice cannot be read")]
    Unreadable,
}
