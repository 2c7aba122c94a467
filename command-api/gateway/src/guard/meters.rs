//! What a guard measures, by Prometheus' conventions.

use std::time::Duration;

use domain::payment::GatewayName;
use metrics::{Gauge, counter, gauge, histogram};

use crate::error::CallError;
use crate::order::{ChargeOutcome, RefundOutcome};

/// The series of one gateway. Labels are of a few fixed words.
#[derive(Clone, Debug)]
pub(super) struct Meters {
    gateway: String,
}

/// A call in flight.
pub(super) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl Meters {
    pub(super) fn new(gateway: &GatewayName) -> Self {
        Self {
            gateway: gateway.to_string(),
        }
    }

    fn gateway(&self) -> String {
        self.gateway.clone()
    }

    /// 0 closed, 1 half open, 2 open.
    pub(super) fn breaker(&self) -> Gauge {
        gauge!("evently_gateway_breaker_state", "gateway" => self.gateway())
    }

    pub(super) fn shed(&self, reason: &'static str) {
        counter!("evently_gateway_shed_total", "gateway" => self.gateway(), "reason" => reason).increment(1);
    }

    pub(super) fn begin(&self) -> InFlight {
        let gauge = gauge!("evently_gateway_in_flight", "gateway" => self.gateway());
        gauge.increment(1);
        InFlight(gauge)
    }

    pub(super) fn took(&self, operation: &'static str, duration: Duration) {
        histogram!(
            "evently_gateway_call_duration_seconds",
            "gateway" => self.gateway(), "operation" => operation
        )
        .record(duration);
    }

    pub(super) fn answered(&self, operation: &'static str, outcome: &'static str) {
        counter!(
            "evently_gateway_calls_total",
            "gateway" => self.gateway(), "operation" => operation, "outcome" => outcome
        )
        .increment(1);
    }
}

pub(super) const fn of_charge(outcome: &ChargeOutcome) -> &'static str {
    match outcome {
        ChargeOutcome::Captured { .. } => "captured",
        ChargeOutcome::Declined { .. } => "declined",
        ChargeOutcome::Pending => "pending",
    }
}

pub(super) const fn of_refund(outcome: &RefundOutcome) -> &'static str {
    match outcome {
        RefundOutcome::Settled { .. } => "settled",
        RefundOutcome::Refused { .. } => "refused",
        RefundOutcome::Pending => "pending",
    }
}

pub(super) const fn of_error(error: &CallError) -> &'static str {
    match error {
        CallError::Unknown(_) => "unknown",
        CallError::Rejected(_) => "rejected",
    }
}
