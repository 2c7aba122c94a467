//! What a gateway's own books say: charges and refunds, to be compared with ours.

use chrono::{DateTime, Utc};
use domain::ids::{PaymentId, RefundId};
use domain::money::Money;
use domain::payment::GatewayReference;
use serde::{Deserialize, Serialize};

/// A charge or a refund in the gateway's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Which way the money went, and whose it is.
    pub kind: MovementKind,
    /// What the gateway calls it.
    pub reference: GatewayReference,
    /// How much, never negative.
    pub amount: Money,
    /// When, by the gateway's clock.
    pub at: DateTime<Utc>,
    /// Whether the money moved.
    pub status: MovementStatus,
}

/// Which way money went, and which of ours it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementKind {
    /// To us.
    Charge {
        /// Our name for it; `None` where it does not carry one, so that it is not of our making.
        payment: Option<PaymentId>,
    },
    /// Back to a buyer.
    Refund {
        /// Our name for it and its attempt; `None` where somebody else made it, such as a person at the gateway's own pages.
        refund: Option<(RefundId, u32)>,
    },
}

/// Whether money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementStatus {
    /// It did.
    Done,
    /// Not yet.
    Pending,
}

/// Where a page ended: what the next page is asked for with. Opaque; may be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub(crate) String);

/// Some of a gateway's movements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What this page holds; may be nothing although there are more.
    pub movements: Vec<Movement>,
    /// How to ask for the next; `None` at the end.
    pub next: Option<Cursor>,
}
