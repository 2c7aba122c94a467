//! What a client of a payment gateway can do.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::payment::GatewayName;

use crate::error::CallError;
use crate::movement::{Cursor, Page};
use crate::notice::{Headers, News, NoticeRefusal};
use crate::order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};

/// Takes and returns money.
///
/// Calls are repeated under the same key until their outcome is known, so that every implementation must make one charge
/// of any number of calls with one payment id, and one refund of any number with one refund id and attempt.
#[async_trait]
pub trait Gateway: Send + Sync + fmt::Debug {
    /// What Bookings call this gateway.
    fn name(&self) -> &GatewayName;

    /// Takes money; or reports the outcome, where an earlier call with the same payment id reached the gateway.
    async fn charge(&self, charge: &Charge) -> Result<ChargeOutcome, CallError>;

    /// The outcome of a charge that was first requested at `requested_at`, without making one. `None`: the gateway knows of
    /// none, which is final only once no call for it can be on its way any more.
    async fn find_charge(
        &self,
        payment: PaymentId,
        requested_at: DateTime<Utc>,
    ) -> Result<Option<ChargeOutcome>, CallError>;

    /// Returns money of a charge; or reports the outcome, where an earlier call with the same refund id and attempt reached
    /// the gateway.
    async fn refund(&self, refund: &RefundOrder) -> Result<RefundOutcome, CallError>;

    /// What moved money since a time, or is about to, a page at a time: what our own books are compared with. In no
    /// particular order. The next page is requested with the same `since`.
    async fn movements(&self, since: DateTime<Utc>, after: Option<Cursor>) -> Result<Page, CallError>;

    /// Checks the signature of a webhook's request and reads it. `None`: well signed, but of a kind that means nothing to us.
    fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<News>, NoticeRefusal>;
}
