//! The circuit breaker (Nygard, *Release It!*): closed, open for a while, half open for a few probes.
//!
//! A result of a call that began before the last change of state does not count: the last of a hundred calls that time out must
//! not open what a probe has just closed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::Gauge;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::settings::GuardSettings;

/// Calls below which a failure rate says nothing.
const RATED_CALLS_MIN: usize = 20;
/// Calls at most of which a rate is made.
const RATED_CALLS_MAX: usize = 1_000;
/// The time that the rate is of: long enough for a rate, short enough for an outage to show.
const RATED_OVER: Duration = Duration::from_secs(30);
/// When to come back while probes are in flight: a call takes about that long.
const PROBING_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Whether calls are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    Closed,
    /// A few calls are, to see whether the gateway works again.
    HalfOpen,
    /// No call is. Stays so, after the pause too, until the next request for admission.
    Open,
}

#[derive(Debug)]
enum State {
    Closed {
        failures_in_row: u32,
        since: Instant,
        /// When the last calls ended, and whether they failed.
        recent: VecDeque<(Instant, bool)>,
    },
    HalfOpen {
        probes: Arc<Semaphore>,
        /// The pause that this one is after.
        pause: Duration,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
}

#[derive(Debug)]
struct Machine {
    state: State,
    /// How often the state has changed.
    epoch: u64,
}

#[derive(Debug)]
pub(super) struct Breaker {
    machine: Mutex<Machine>,
    settings: GuardSettings,
    /// 0 closed, 1 half open, 2 open.
    gauge: Gauge,
}

/// Leave for one call. Dropped without a result, it counts for nothing.
#[derive(Debug)]
pub(super) struct Pass {
    breaker: Arc<Breaker>,
    epoch: u64,
    /// The place of a probe, free again when the call is over.
    _probe: Option<OwnedSemaphorePermit>,
}

impl Pass {
    /// Reports how the call went.
    pub(super) fn end(self, failed: bool) {
        self.breaker.count(self.epoch, failed, Instant::now());
    }
}

impl Breaker {
    pub(super) fn new(settings: GuardSettings, gauge: Gauge) -> Self {
        gauge.set(0);
        let machine = Machine {
            state: closed(Instant::now()),
            epoch: 0,
        };
        Self {
            machine: Mutex::new(machine),
            settings,
            gauge,
        }
    }

    /// The state, and how long it stays so where it is open.
    pub(super) fn status(&self) -> (BreakerState, Option<Duration>) {
        match self.machine().state {
            State::Closed { .. } => (BreakerState::Closed, None),
            State::HalfOpen { .. } => (BreakerState::HalfOpen, None),
            State::Open { until, .. } => {
                let left = until.saturating_duration_since(Instant::now());
                (BreakerState::Open, Some(left))
            }
        }
    }

    /// Leave for one call, or how long to stay away.
    pub(super) fn pass(self: &Arc<Self>, now: Instant) -> Result<Pass, Duration> {
        let mut machine = self.machine();
        if let State::Open { until, pause } = machine.state {
            let left = until.saturating_duration_since(now);
            if !left.is_zero() {
                return Err(left);
            }
            let probes = Arc::new(Semaphore::new(self.settings.probes_max.max(1)));
            self.change(&mut machine, State::HalfOpen { probes, pause });
        }
        let mut probe = None;
        if let State::HalfOpen { probes, .. } = &machine.state {
            let free = Arc::clone(probes).try_acquire_owned();
            probe = Some(free.map_err(|_| PROBING_RETRY_AFTER)?);
        }
        Ok(Pass {
            breaker: Arc::clone(self),
            epoch: machine.epoch,
            _probe: probe,
        })
    }

    /// Counts the result of a call that began in `epoch`.
    fn count(&self, epoch: u64, failed: bool, now: Instant) {
        let mut machine = self.machine();
        if machine.epoch != epoch {
            return;
        }
        let pause = match &mut machine.state {
            State::Closed {
                failures_in_row,
                since,
                recent,
            } => {
                *failures_in_row = if failed { *failures_in_row + 1 } else { 0 };
                remember(recent, failed, now);
                let in_row = *failures_in_row >= self.settings.failures_max.max(1);
                let rated = now.saturating_duration_since(*since) >= RATED_OVER && fails_mostly(recent);
                if !failed || !(in_row || rated) {
                    return;
                }
                self.settings.open_for
            }
            State::HalfOpen { pause, .. } if failed => pause.saturating_mul(2),
            State::HalfOpen { .. } => return self.change(&mut machine, closed(now)),
            State::Open { .. } => return,
        };
        let pause = pause.min(self.settings.open_for_max);
        let until = now + pause;
        self.change(&mut machine, State::Open { until, pause });
    }

    fn change(&self, machine: &mut Machine, state: State) {
        self.gauge.set(match state {
            State::Closed { .. } => 0,
            State::HalfOpen { .. } => 1,
            State::Open { .. } => 2,
        });
        machine.state = state;
        machine.epoch += 1;
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn closed(since: Instant) -> State {
    State::Closed {
        failures_in_row: 0,
        since,
        recent: VecDeque::new(),
    }
}

fn remember(recent: &mut VecDeque<(Instant, bool)>, failed: bool, now: Instant) {
    recent.push_back((now, failed));
    let old = |at: Instant| now.saturating_duration_since(at) > RATED_OVER;
    while recent.len() > RATED_CALLS_MAX || recent.front().is_some_and(|(at, _)| old(*at)) {
        recent.pop_front();
    }
}

/// Whether more than half of the calls failed, and they are enough to tell.
fn fails_mostly(recent: &VecDeque<(Instant, bool)>) -> bool {
    let failures = recent.iter().filter(|(_, failed)| *failed).count();
    recent.len() >= RATED_CALLS_MIN && 2 * failures > recent.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Arc<Breaker> {
        Arc::new(Breaker::new(GuardSettings::default(), Gauge::noop()))
    }

    fn end(breaker: &Arc<Breaker>, failed: bool, now: Instant) {
        let pass = breaker.pass(now).ok().unwrap();
        breaker.count(pass.epoch, failed, now);
    }

    fn pause_s(breaker: &Arc<Breaker>, now: Instant) -> u64 {
        breaker.pass(now).err().unwrap().as_secs()
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_begin_anew_after_a_success() {
        let (breaker, mut now) = (breaker(), Instant::now());
        for _ in 0..4 {
            end(&breaker, true, now);
        }
        for seconds in [5, 10, 20, 40, 60, 60] {
            end(&breaker, true, now);
            assert_eq!(pause_s(&breaker, now), seconds);
            now += Duration::from_secs(seconds);
        }
        end(&breaker, false, now);
        assert_eq!(breaker.status().0, BreakerState::Closed);
        for _ in 0..5 {
            end(&breaker, true, now);
        }
        assert_eq!(pause_s(&breaker, now), 5);
    }

    #[test]
    fn more_failures_than_successes_open_it_after_half_a_minute() {
        let (breaker, begun) = (breaker(), Instant::now());
        for second in 0..60 {
            let now = begun + Duration::from_secs(second);
            assert_eq!(breaker.status().0, BreakerState::Closed, "after {second} s");
            for failed in [true, false, true] {
                if breaker.status().0 == BreakerState::Closed {
                    end(&breaker, failed, now);
                }
            }
            if breaker.status().0 == BreakerState::Open {
                assert_eq!(second, 30);
                return;
            }
        }
        panic!("still closed");
    }

    #[test]
    fn half_of_the_calls_failing_or_few_calls_leave_it_closed() {
        let (even, few, begun) = (breaker(), breaker(), Instant::now());
        for second in 0..90 {
            let now = begun + Duration::from_secs(second);
            end(&even, false, now);
            end(&even, true, now);
            if second % 10 == 0 {
                for failed in [true, false, true] {
                    end(&few, failed, now);
                }
            }
        }
        assert_eq!(even.status().0, BreakerState::Closed);
        assert_eq!(few.status().0, BreakerState::Closed);
    }
}
