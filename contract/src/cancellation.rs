//! Under which conditions buyers may cancel.

use chrono::{DateTime, Utc};
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
    /// A share, in hundredths of a percent: 1500 are 15 %.
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

/// What decides under which conditions its buyer may cancel a confirmed Booking of an Event that takes place.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The policy of the sale; `None`: it allows no cancellation.
    pub policy: Option<domain::event::CancellationPolicy>,
    /// Whether the Booking cost nothing.
    pub is_free: bool,
    pub placed_at: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub rescheduled: Option<domain::event::Rescheduled>,
}

impl Terms {
    /// The conditions; `None` where the Booking can never be cancelled.
    pub fn conditions(&self) -> Option<Cancellable> {
        let moved = self.rescheduled.filter(|moved| self.placed_at < moved.at);
        match (self.usual(), moved.map(|moved| moved.free_until)) {
            (Some(usual), Some(window)) if usual.until > window => Some(Cancellable {
                free_until: usual.free_until.max(window),
                ..usual
            }),
            (usual, None) => usual,
            (_, Some(window)) => Some(Cancellable::free(window)),
        }
    }

    /// The conditions of the sale, as long as its Event is not moved.
    fn usual(&self) -> Option<Cancellable> {
        if self.is_free {
            return Some(Cancellable::free(self.starts_at));
        }
        self.policy.map(|policy| Cancellable {
            until: policy.closes_at(self.starts_at),
            free_until: policy.free_until(self.starts_at),
            fee: Some(policy.fee().into()),
        })
    }
}

impl Cancellable {
    const fn free(until: DateTime<Utc>) -> Self {
        Self {
            until,
            free_until: until,
            fee: None,
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
