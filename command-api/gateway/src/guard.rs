//! A guard around a gateway: how many calls may be in flight (a bulkhead), and whether any may be made at all (a circuit
//! breaker, Nygard, *Release It!*).
//!
//! Whoever wants to call asks for admission first, before anything is promised to anybody; a gateway that is known to be broken
//! then costs a buyer a quick "later", and no half-made payment.
//!
//! Buyers' charges have most of the places. Errands, that is refunds and the looking after payments of unknown outcome, have
//! a part of their own: a rush of buyers cannot keep a refund waiting, nor a pile of refunds a buyer. Both pass the breaker,
//! so that errands are the probes that find the gateway well again when no buyer comes.

mod breaker;
mod meters;
mod settings;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::payment::GatewayName;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::Gateway;
use crate::error::{CallError, Unknown};
use crate::movement::{Cursor, Page};
use crate::notice::{Headers, Notice, NoticeRefusal};
use crate::order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
use breaker::{Breaker, Pass};
use meters::Meters;

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
    meters: Meters,
}

/// Who wants to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A buyer who waits.
    Buyer,
    /// A process: a refund, a payment of unknown outcome, the comparing of books.
    Errand,
}

/// The right to make one call. Given back if it is dropped unused.
#[must_use = "a call needs it, and it takes a place while it lives"]
pub struct Admission {
    _place: OwnedSemaphorePermit,
    pass: Pass,
}

/// Why no call may be made now. Nothing was asked of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shed {
    /// The gateway is taken for broken, or is being tried by others just now.
    #[error("the payment gateway is not available")]
    Open {
        /// When it may be well.
        retry_after: Duration,
    },
    /// As many calls as may be are in flight.
    #[error("the payment gateway is busy")]
    Full {
        /// When a place may be free.
        retry_after: Duration,
    },
}

/// How a gateway stands, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whether calls are let through.
    pub state: BreakerState,
    /// Milliseconds until the next try, where none are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Calls of buyers in flight, or admitted.
    pub buyers_in_flight: usize,
    /// Calls of processes in flight, or admitted.
    pub errands_in_flight: usize,
}

impl Guarded {
    /// Puts a guard around a gateway.
    pub fn new(gateway: Arc<dyn Gateway>, settings: GuardSettings) -> Self {
        let meters = Meters::new(gateway.name());
        Self {
            breaker: Arc::new(Breaker::new(&settings, meters.breaker())),
            buyers: Arc::new(Semaphore::new(settings.buyers_max)),
            errands: Arc::new(Semaphore::new(settings.errands_max)),
            gateway,
            settings,
            meters,
        }
    }

    /// What Bookings call the gateway.
    pub fn name(&self) -> &GatewayName {
        self.gateway.name()
    }

    /// Asks to make one call. Waits a moment for a place.
    pub async fn admit(&self, caller: Caller) -> Result<Admission, Shed> {
        let admitted = self.try_admit(caller).await;
        match admitted {
            Err(Shed::Open { .. }) => self.meters.shed("open"),
            Err(Shed::Full { .. }) => self.meters.shed("full"),
            Ok(_) => {}
        }
        admitted
    }

    async fn try_admit(&self, caller: Caller) -> Result<Admission, Shed> {
        // Before waiting for a place: calls that time out hold all of them when the gateway is broken.
        self.breaker
            .refuses()
            .map_or(Ok(()), |retry_after| Err(Shed::Open { retry_after }))?;
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
        match Breaker::pass(&self.breaker) {
            Ok(pass) => Ok(Admission { _place: place, pass }),
            Err(retry_after) => Err(Shed::Open { retry_after }),
        }
    }

    /// Takes money ([`Gateway::charge`]).
    ///
    /// Run it in a task of its own: a call that is dropped halfway is one of unknown outcome that nobody heard of.
    pub async fn charge(&self, admission: Admission, charge: &Charge) -> Result<ChargeOutcome, CallError> {
        let call = self.call("charge", admission, self.gateway.charge(charge));
        call.await
            .inspect(|outcome| self.meters.answered("charge", meters::of_charge(outcome)))
    }

    /// Looks for a charge ([`Gateway::find_charge`]).
    pub async fn find_charge(
        &self,
        admission: Admission,
        payment: PaymentId,
        requested_at: DateTime<Utc>,
    ) -> Result<Option<ChargeOutcome>, CallError> {
        let call = self.gateway.find_charge(payment, requested_at);
        let found = self.call("find_charge", admission, call).await?;
        let outcome = found.as_ref().map_or("absent", meters::of_charge);
        self.meters.answered("find_charge", outcome);
        Ok(found)
    }

    /// Returns money ([`Gateway::refund`]).
    pub async fn refund(
        &self,
        admission: Admission,
        refund: &RefundOrder,
    ) -> Result<RefundOutcome, CallError> {
        let call = self.call("refund", admission, self.gateway.refund(refund));
        call.await
            .inspect(|outcome| self.meters.answered("refund", meters::of_refund(outcome)))
    }

    /// Reads the gateway's books ([`Gateway::movements`]).
    pub async fn movements(
        &self,
        admission: Admission,
        since: DateTime<Utc>,
        after: Option<Cursor>,
    ) -> Result<Page, CallError> {
        let call = self.call("movements", admission, self.gateway.movements(since, after));
        call.await.inspect(|_| self.meters.answered("movements", "read"))
    }

    /// Checks and reads a webhook's request ([`Gateway::notice`]); calls nobody.
    pub fn notice(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Notice>, NoticeRefusal> {
        self.gateway.notice(headers, body, now)
    }

    /// How the gateway stands.
    pub fn standing(&self) -> Standing {
        let taken = |places: &Semaphore, max: usize| max.saturating_sub(places.available_permits());
        let (state, retry_after) = self.breaker.standing();
        Standing {
            state,
            retry_after_ms: retry_after.map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)),
            buyers_in_flight: taken(&self.buyers, self.settings.buyers_max),
            errands_in_flight: taken(&self.errands, self.settings.errands_max),
        }
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        admission: Admission,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let in_flight = self.meters.begin();
        let begun = Instant::now();
        let result = match timeout(self.settings.call_within, call).await {
            Ok(result) => result,
            Err(_) => Err(Unknown::because("no answer in time").into()),
        };
        drop(in_flight);
        self.meters.took(operation, begun.elapsed());
        match &result {
            Ok(_) => admission.pass.succeeded(),
            Err(error) => {
                self.meters.answered(operation, meters::of_error(error));
                admission.pass.failed();
            }
        }
        result
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Admission")
    }
}
