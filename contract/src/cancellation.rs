//! Under which conditions buyers may cancel.

use chrono::{DateTime, Utc};
use domain::cancellation::Conditions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Conditions of cancelling. Hours count back from the start of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancellationPolicy {
    /// Hours before the start until which cancelling costs nothing.
    pub free_hours: u32,
    /// What it costs afterwards.
    pub fee: Fee,
    /// Hours before the start from which it is refused; 0 if absent.
    #[serde(default)]
    pub closes_hours: u32,
}

/// What is kept of what was paid: one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// A share, in hundredths of a percent: 1500 are 15 %. Of each place it is rounded down to a whole minor unit, so that
    /// cancelling places one after the other costs what cancelling them at once does.
    #[schema(example = 1_500)]
    BasisPoints(u16),
    /// Minor units of the event's currency for each place, never more than was paid for it.
    #[schema(example = 500)]
    PerPlace(i64),
}

/// Until when a buyer may cancel, and for how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cancellable {
    /// First moment at which cancelling is refused.
    pub until: DateTime<Utc>,
    /// First moment at which it costs the fee; `until` where it never does.
    pub free_until: DateTime<Utc>,
    /// What it costs from then on; `null` where it never does.
    pub fee: Option<Fee>,
}

impl From<Conditions> for Cancellable {
    fn from(conditions: Conditions) -> Self {
        Self {
            until: conditions.until,
            free_until: conditions.free_until,
            fee: conditions.fee.map(Fee::from),
        }
    }
}

impl From<domain::event::CancellationPolicy> for CancellationPolicy {
    fn from(policy: domain::event::CancellationPolicy) -> Self {
        Self {
            free_hours: policy.free_hours(),
            fee: policy.fee().into(),
            closes_hours: policy.closes_hours(),
        }
    }
}

impl From<domain::event::Fee> for Fee {
    fn from(fee: domain::event::Fee) -> Self {
        match fee {
            domain::event::Fee::BasisPoints(share) => Self::BasisPoints(share),
            domain::event::Fee::PerPlace(price) => Self::PerPlace(price.amount()),
        }
    }
}
