//! A gateway's own books: charges and refunds, to be compared with ours.

use chrono::{DateTime, Utc};
use domain::ids::{PaymentId, RefundId};
use domain::money::Money;
use domain::payment::GatewayReference;
use serde::{Deserialize, Serialize};

/// A charge or a refund in the gateway's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub kind: MovementKind,
    /// What the gateway calls it.
    pub reference: GatewayReference,
    /// How much, never negative.
    pub amount: Money,
    /// When, by the gateway's clock.
    pub at: DateTime<Utc>,
    pub status: MovementStatus,
}

/// Which way money went, and which of ours it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementKind {
    /// To us.
    Charge {
        /// `None` where it does not carry an id of ours, so that we did not make it.
        payment: Option<PaymentId>,
    },
    /// Back to a buyer.
    Refund {
        /// Its id and attempt; `None` where we did not make it, but perhaps a person at the gateway's own pages.
        refund: Option<(RefundId, u32)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementStatus {
    /// The money moved.
    Done,
    /// Not yet.
    Pending,
}

/// Where a page ended: what the next page is requested with. Opaque; may be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub(crate) String);

/// Some of a gateway's movements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// May be empty although there are more.
    pub movements: Vec<Movement>,
    /// `None` at the end.
    pub next: Option<Cursor>,
}
