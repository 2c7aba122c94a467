//! How Evently speaks to payment gateways: one small trait, a client of each gateway, and a guard around any of them.
//!
//! What a gateway says is one of three things. It **took** the money (or returned it). It said **no**: a decline, which is an
//! answer like any other. Or it is **not known** what became of the call ([`CallError::Unknown`]): then it is asked again
//! under the same key, and never taken for a no. A call that the gateway turned away because of us ([`CallError::Rejected`])
//! did nothing either, and will do nothing until somebody mends it.

mod error;
mod gateways;
mod guard;
mod movement;
mod notice;
mod order;
mod sandbox;
mod settings;
mod signature;
mod standard_webhooks;
mod stripe;
mod wire;

use std::fmt;

use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::payment::GatewayName;
use futures::future::BoxFuture;

pub use error::{CallError, Rejected, Unknown};
pub use gateways::{Gateways, NotTaken};
pub use guard::{Admission, BreakerState, Caller, GuardSettings, Guarded, Shed, Standing};
pub use movement::{Cursor, Movement, MovementKind, MovementStatus, Page};
pub use notice::{Headers, News, Notice, NoticeId, NoticeRefusal};
pub use order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
pub use sandbox::{Sandbox, SandboxSettings};
pub use settings::{Secret, SettingsRefusal};
pub use stripe::{STRIPE_ADDRESS, Stripe, StripeSettings};

/// Who takes and returns money.
///
/// Calls are asked again under the same key until their outcome is known, so that every implementation must make one charge
/// of any number of calls with one payment id, and one refund of any number with one refund id and attempt.
pub trait Gateway: Send + Sync + fmt::Debug {
    /// What Bookings call this gateway.
    fn name(&self) -> &GatewayName;

    /// Takes money; or tells what became of it, where an earlier call with the same payment id reached the gateway.
    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<ChargeOutcome, CallError>>;

    /// What became of a charge that was first asked for at `requested_at`, without making one. `None`: the gateway knows of
    /// none, which is final only once no call for it can be on its way any more.
    fn find_charge(
        &self,
        payment: PaymentId,
        requested_at: DateTime<Utc>,
    ) -> BoxFuture<'_, Result<Option<ChargeOutcome>, CallError>>;

    /// Returns money of a charge; or tells what became of it, where an earlier call with the same refund id and attempt
    /// reached the gateway.
    fn refund<'a>(&'a self, refund: &'a RefundOrder) -> BoxFuture<'a, Result<RefundOutcome, CallError>>;

    /// What moved money since a time, or is about to, a page at a time: what our own books are compared with. In no
    /// particular order. The next page is asked for with the same `since`.
    fn movements(
        &self,
        since: DateTime<Utc>,
        after: Option<Cursor>,
    ) -> BoxFuture<'_, Result<Page, CallError>>;

    /// Checks the signature of a webhook's request and reads it. `None`: well signed, but of a kind that means nothing to us.
    fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Notice>, NoticeRefusal>;
}
