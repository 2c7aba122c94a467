//! The circuit breaker: failsafe's state machine, with a bound on the tries while it is half open, and deaf to calls that
//! began before the state last changed.
//!
//! The state machine lets any number of calls through while it is half open, and counts whatever comes back. A rush that met
//! a gateway on its return would fall upon it whole; and the last of a hundred calls that timed out would shut the door that
//! a fresh one just opened. Hence the two additions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use failsafe::failure_policy::{self, ConsecutiveFailures, OrElse, SuccessRateOverTimeWindow};
use failsafe::{FailurePolicy, Instrument, StateMachine};
use metrics::Gauge;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::settings::GuardSettings;

/// Share of calls that must succeed, failures among successes included.
const SUCCESS_RATE_MIN: f64 = 0.5;
/// Calls of a window below which a share says nothing.
const RATED_CALLS_MIN: u32 = 20;
/// The window that the share is of: long enough for a share, short enough for an outage to show.
const RATED_OVER: Duration = Duration::from_secs(30);
/// When to come back while others try: a try takes about that long.
const PROBING_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Whether calls are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// They are.
    Closed,
    /// A few are, to see whether the gateway is well again.
    HalfOpen,
    /// None is. Stays so, after the pause too, until somebody asks to call.
    Open,
}

type Rules = OrElse<ConsecutiveFailures<Pauses>, SuccessRateOverTimeWindow<Pauses>>;

/// Pauses that double up to a bound. The crate's own count in whole seconds, and panic below one.
#[derive(Clone, Debug)]
struct Pauses {
    next: Duration,
    max: Duration,
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.next.min(self.max);
        self.next = pause.saturating_mul(2);
        Some(pause)
    }
}

/// What the state machine tells of itself.
#[derive(Debug)]
struct Told {
    state: BreakerState,
    /// How often the state has changed: results of calls from before the last change are not counted.
    epoch: u64,
    /// The pause that the rules asked for last.
    pause: Duration,
    /// When the pause is over.
    until: Instant,
    /// Tries of this half-open time.
    probes: Arc<Semaphore>,
}

/// Listens to the rules and the state machine, and keeps what they tell.
#[derive(Clone)]
struct Listener {
    told: Arc<Mutex<Told>>,
    probes_max: usize,
    gauge: Gauge,
}

/// The rules, listened to.
struct Heard {
    rules: Rules,
    listener: Listener,
}

/// A circuit breaker.
pub(super) struct Breaker {
    /// Its lock is held over every use, so that what it tells is in order.
    machine: Mutex<StateMachine<Heard, Listener>>,
    listener: Listener,
}

/// Leave for one call, to be told how it went; dropped without, it counts for nothing.
pub(super) struct Pass {
    breaker: Arc<Breaker>,
    epoch: u64,
    /// The place of a try, given back when the call is over.
    _probe: Option<OwnedSemaphorePermit>,
}

impl Breaker {
    pub(super) fn new(settings: &GuardSettings, gauge: Gauge) -> Self {
        let pauses = Pauses {
            next: settings.open_for,
            max: settings.open_for_max,
        };
        let rated = failure_policy::success_rate_over_time_window(
            SUCCESS_RATE_MIN,
            RATED_CALLS_MIN,
            RATED_OVER,
            pauses.clone(),
        );
        let rules = failure_policy::consecutive_failures(settings.failures_max.max(1), pauses).or_else(rated);
        let told = Told {
            state: BreakerState::Closed,
            epoch: 0,
            pause: settings.open_for,
            until: Instant::now(),
            probes: Arc::new(Semaphore::new(0)),
        };
        let listener = Listener {
            told: Arc::new(Mutex::new(told)),
            probes_max: settings.probes_max.max(1),
            gauge,
        };
        let heard = Heard {
            rules,
            listener: listener.clone(),
        };
        Self {
            machine: Mutex::new(StateMachine::new(heard, listener.clone())),
            listener,
        }
    }

    /// Whether a call would be refused for sure, and then how long to stay away.
    pub(super) fn refuses(&self) -> Option<Duration> {
        let told = self.listener.told();
        let left = told.until.saturating_duration_since(Instant::now());
        (told.state == BreakerState::Open && !left.is_zero()).then_some(left)
    }

    /// Leave for one call, or how long to stay away.
    pub(super) fn pass(breaker: &Arc<Self>) -> Result<Pass, Duration> {
        let machine = breaker.machine();
        let permitted = machine.is_call_permitted();
        let told = breaker.listener.told();
        let probe = match told.state {
            BreakerState::Closed => None,
            BreakerState::HalfOpen => {
                let probe = Arc::clone(&told.probes).try_acquire_owned();
                Some(probe.map_err(|_| PROBING_RETRY_AFTER)?)
            }
            BreakerState::Open => return Err(told.until.saturating_duration_since(Instant::now())),
        };
        if !permitted {
            return Err(PROBING_RETRY_AFTER);
        }
        Ok(Pass {
            breaker: Arc::clone(breaker),
            epoch: told.epoch,
            _probe: probe,
        })
    }

    /// The state, and how long to stay away where it is open.
    pub(super) fn standing(&self) -> (BreakerState, Option<Duration>) {
        let told = self.listener.told();
        let left = told.until.saturating_duration_since(Instant::now());
        (told.state, (told.state == BreakerState::Open).then_some(left))
    }

    fn machine(&self) -> MutexGuard<'_, StateMachine<Heard, Listener>> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, epoch: u64, count: impl FnOnce(&StateMachine<Heard, Listener>)) {
        let machine = self.machine();
        if self.listener.told().epoch == epoch {
            count(&machine);
        }
    }
}

impl Pass {
    /// The gateway answered.
    pub(super) fn succeeded(self) {
        self.breaker.count(self.epoch, StateMachine::on_success);
    }

    /// It did not, or not as it should.
    pub(super) fn failed(self) {
        self.breaker.count(self.epoch, StateMachine::on_error);
    }
}

impl Listener {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, state: BreakerState, gauge: f64) {
        let mut told = self.told();
        if told.state != state {
            told.state = state;
            told.epoch += 1;
        }
        told.until = Instant::now() + told.pause;
        told.probes = Arc::new(Semaphore::new(self.probes_max));
        self.gauge.set(gauge);
    }
}

impl FailurePolicy for Heard {
    fn record_success(&mut self) {
        self.rules.record_success();
    }

    fn mark_dead_on_failure(&mut self) -> Option<Duration> {
        let pause = self.rules.mark_dead_on_failure();
        if let Some(pause) = pause {
            self.listener.told().pause = pause;
        }
        pause
    }

    fn revived(&mut self) {
        self.rules.revived();
    }
}

impl Instrument for Listener {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.change(BreakerState::Open, 2.0);
    }

    fn on_half_open(&self) {
        self.change(BreakerState::HalfOpen, 1.0);
    }

    fn on_closed(&self) {
        self.change(BreakerState::Closed, 0.0);
    }
}

impl std::fmt::Debug for Breaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Breaker")
            .field("told", &self.listener.told)
            .finish_non_exhaustive()
    }
}
