//! A guard around a gateway: how many calls may be in flight (a bulkhead), and whether any may be made at all (a circuit
//! breaker).
//!
//! Callers ask for admission first, before they promise anything: a gateway that is known to be broken then costs a buyer a
//! quick "later", and no half-made payment.
//!
//! Buyers' charges have most of the places. Errands, that is refunds and the looking after payments of unknown outcome, have
//! a part of their own: a rush of buyers cannot keep a refund waiting, nor a pile of refunds a buyer. Both pass the breaker,
//! so that errands are the probes that find the gateway well again when no buyer comes.

mod breaker;
mod settings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::payment::GatewayName;
use metrics::{Gauge, counter, gauge, histogram};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::client::Gateway;
use crate::error::{CallError, Unknown};
use crate::movement::{Cursor, Page};
use crate::notice::{Headers, News, NoticeRefusal};
use crate::order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
use breaker::{Breaker, Pass};

pub use breaker::BreakerState;
pub use settings::GuardSettings;

/// Time to wait for a place: longer than a healthy call takes, shorter than a buyer notices.
const PLACE_WITHIN: Duration = Duration::from_millis(250);
/// When to come back where all places are taken: by then some calls are done.
const FULL_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A gateway behind a guard.
#[derive(Debug)]
pub struct Guarded {
    gateway: Arc<dyn Gateway>,
    breaker: Arc<Breaker>,
    buyers: Arc<Semaphore>,
    errands: Arc<Semaphore>,
    settings: GuardSettings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A buyer who waits.
    Buyer,
    /// A process: a refund, a payment of unknown outcome, the comparing of books.
    Errand,
}

/// The right to make one call, free for others again when it is dropped.
#[must_use = "a call needs it, and it takes a place while it lives"]
#[derive(Debug)]
pub struct Admission {
    _place: OwnedSemaphorePermit,
    pass: Pass,
}

/// Why no call may be made now. The gateway got no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shed {
    /// The breaker is open, or half open with as many probes in flight as may be.
    #[error("the payment gateway is not available")]
    Open { retry_after: Duration },
    /// As many calls as may be are in flight.
    #[error("the payment gateway is busy")]
    Full { retry_after: Duration },
}

/// The state of a gateway, as health and metrics show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuardStatus {
    pub state: BreakerState,
    /// Milliseconds until the next probe, where the breaker is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Calls of buyers in flight, or admitted.
    pub buyers_in_flight: usize,
    /// Calls of processes in flight, or admitted.
    pub errands_in_flight: usize,
}

/// A call in flight.
struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl Guarded {
    pub fn new(gateway: Arc<dyn Gateway>, settings: GuardSettings) -> Self {
        let state = gauge!("evently_gateway_breaker_state", "gateway" => gateway.name().to_string());
        Self {
            breaker: Arc::new(Breaker::new(settings, state)),
            buyers: Arc::new(Semaphore::new(settings.buyers_max)),
            errands: Arc::new(Semaphore::new(settings.errands_max)),
            gateway,
            settings,
        }
    }

    /// What Bookings call the gateway.
    pub fn name(&self) -> &GatewayName {
        self.gateway.name()
    }

    /// Asks to make one call. Waits a moment for a place.
    pub async fn admit(&self, caller: Caller) -> Result<Admission, Shed> {
        let admitted = self.try_admit(caller).await;
        if let Err(shed) = &admitted {
            let reason = match shed {
                Shed::Open { .. } => "open",
                Shed::Full { .. } => "full",
            };
            counter!("evently_gateway_shed_total", "gateway" => self.name().to_string(), "reason" => reason)
                .increment(1);
        }
        admitted
    }

    async fn try_admit(&self, caller: Caller) -> Result<Admission, Shed> {
        // Before waiting for a place: calls that time out hold all of them when the gateway is broken.
        if let Some(retry_after) = self.breaker.status().1.filter(|left| !left.is_zero()) {
            return Err(Shed::Open { retry_after });
        }
        let places = match caller {
            Caller::Buyer => &self.buyers,
            Caller::Errand => &self.errands,
        };
        let place = timeout(PLACE_WITHIN, Arc::clone(places).acquire_owned());
        let Ok(Ok(place)) = place.await else {
            return Err(Shed::Full {
                retry_after: FULL_RETRY_AFTER,
            });
        };
        let pass = self.breaker.pass(Instant::now());
        let pass = pass.map_err(|retry_after| Shed::Open { retry_after })?;
        Ok(Admission { _place: place, pass })
    }

    /// Takes money ([`Gateway::charge`]). To be run in a task of its own: a call that is dropped halfway is lost.
    pub async fn charge(&self, admission: Admission, charge: &Charge) -> Result<ChargeOutcome, CallError> {
        let call = self.gateway.charge(charge);
        self.call("charge", admission, call, |outcome| outcome.into())
            .await
    }

    /// Looks for a charge ([`Gateway::find_charge`]).
    pub async fn find_charge(
        &self,
        admission: Admission,
        payment: PaymentId,
        requested_at: DateTime<Utc>,
    ) -> Result<Option<ChargeOutcome>, CallError> {
        let call = self.gateway.find_charge(payment, requested_at);
        let word = |found: &Option<ChargeOutcome>| found.as_ref().map_or("absent", Into::into);
        self.call("find_charge", admission, call, word).await
    }

    /// Returns money ([`Gateway::refund`]).
    pub async fn refund(
        &self,
        admission: Admission,
        refund: &RefundOrder,
    ) -> Result<RefundOutcome, CallError> {
        let call = self.gateway.refund(refund);
        self.call("refund", admission, call, |outcome| outcome.into())
            .await
    }

    /// Reads the gateway's books ([`Gateway::movements`]).
    pub async fn movements(
        &self,
        admission: Admission,
        since: DateTime<Utc>,
        after: Option<Cursor>,
    ) -> Result<Page, CallError> {
        let call = self.gateway.movements(since, after);
        self.call("movements", admission, call, |_| "read").await
    }

    /// Checks and reads a webhook's request ([`Gateway::notice`]), without a call.
    pub fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<News>, NoticeRefusal> {
        self.gateway.notice(headers, body, now)
    }

    pub fn status(&self) -> GuardStatus {
        let taken = |places: &Semaphore, max: usize| max.saturating_sub(places.available_permits());
        let (state, retry_after) = self.breaker.status();
        GuardStatus {
            state,
            retry_after_ms: retry_after.map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)),
            buyers_in_flight: taken(&self.buyers, self.settings.buyers_max),
            errands_in_flight: taken(&self.errands, self.settings.errands_max),
        }
    }

    /// Makes one call, measures it, and reports to the breaker how it went.
    async fn call<T>(
        &self,
        operation: &'static str,
        admission: Admission,
        call: impl Future<Output = Result<T, CallError>>,
        word: impl FnOnce(&T) -> &'static str,
    ) -> Result<T, CallError> {
        let gateway = || self.name().to_string();
        let in_flight = InFlight(gauge!("evently_gateway_in_flight", "gateway" => gateway()));
        in_flight.0.increment(1);
        let begun = Instant::now();
        let result = match timeout(self.settings.call_within, call).await {
            Ok(result) => result,
            Err(_) => Err(Unknown::because("no answer in time").into()),
        };
        drop(in_flight);
        histogram!(
            "evently_gateway_call_duration_seconds",
            "gateway" => gateway(), "operation" => operation
        )
        .record(begun.elapsed());
        let outcome = match &result {
            Ok(outcome) => word(outcome),
            Err(CallError::Unknown(_)) => "unknown",
            Err(CallError::Rejected(_)) => "rejected",
        };
        counter!(
            "evently_gateway_calls_total",
            "gateway" => gateway(), "operation" => operation, "outcome" => outcome
        )
        .increment(1);
        admission.pass.end(result.is_err());
        result
    }
}
