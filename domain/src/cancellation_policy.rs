//! Under which conditions buyers may cancel: for nothing until some hours before the start, then for a fee, then not.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::limits::CANCELLATION_HOURS_MAX;
use crate::money::{Money, Price};

/// Basis points of a whole.
const WHOLE: u16 = 10_000;

/// The conditions. Hours count back from the start of the Event as it is scheduled at the time of the cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Conditions", into = "Conditions")]
pub struct CancellationPolicy {
    free_hours: u32,
    fee: Fee,
    closes_hours: u32,
}

/// What is kept of what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// A share, in hundredths of a percent: 1500 are 15 %.
    BasisPoints(u16),
    /// A price for each place, never more than was paid for it.
    PerPlace(Price),
}

/// How a policy is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditions {
    /// Hours before the start until which cancelling is free.
    free_hours: u32,
    /// What it costs afterwards.
    fee: Fee,
    /// Hours before the start from which it is refused.
    closes_hours: u32,
}

/// Why conditions make no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// A fee of more than the whole.
    #[error("a fee is at most {WHOLE} basis points")]
    FeeTooHigh,
    /// Cancelling would close before it begins to cost something.
    #[error("cancelling closes no more hours before the start than it stops being free")]
    ClosesBeforeFree,
    /// More hours than [`CANCELLATION_HOURS_MAX`].
    #[error("hours before the start are at most {CANCELLATION_HOURS_MAX}")]
    TooManyHours,
}

impl CancellationPolicy {
    /// Free until `free_hours` before the start, for `fee` until `closes_hours` before it, then not.
    pub fn new(free_hours: u32, fee: Fee, closes_hours: u32) -> Result<Self, PolicyRefusal> {
        if free_hours > CANCELLATION_HOURS_MAX {
            return Err(PolicyRefusal::TooManyHours);
        }
        if closes_hours > free_hours {
            return Err(PolicyRefusal::ClosesBeforeFree);
        }
        match fee {
            Fee::BasisPoints(share) if share > WHOLE => Err(PolicyRefusal::FeeTooHigh),
            Fee::BasisPoints(_) | Fee::PerPlace(_) => Ok(Self {
                free_hours,
                fee,
                closes_hours,
            }),
        }
    }

    /// First moment at which cancelling is refused.
    pub fn closes_at(self, starts_at: DateTime<Utc>) -> DateTime<Utc> {
        starts_at - TimeDelta::hours(i64::from(self.closes_hours))
    }

    /// First moment at which cancelling costs the fee.
    pub fn free_until(self, starts_at: DateTime<Utc>) -> DateTime<Utc> {
        starts_at - TimeDelta::hours(i64::from(self.free_hours))
    }

    /// Hours before the start until which cancelling is free.
    pub const fn free_hours(self) -> u32 {
        self.free_hours
    }

    /// Hours before the start from which it is refused.
    pub const fn closes_hours(self) -> u32 {
        self.closes_hours
    }

    /// The fee, as cancelling after [`Self::free_until`] costs it.
    pub const fn fee(self) -> Fee {
        self.fee
    }
}

impl Fee {
    /// The fee of cancelling `places` places that cost `gross` together: whole minor units, rounded in the buyer's
    /// favour, never more than `gross`. `None` beyond what money can count.
    pub fn of(self, gross: Money, places: u32) -> Option<Money> {
        let amount = match self {
            Self::BasisPoints(share) => gross.amount.checked_mul(i64::from(share))? / i64::from(WHOLE),
            Self::PerPlace(price) => price.amount().checked_mul(i64::from(places))?.min(gross.amount),
        };
        Some(Money { amount, ..gross })
    }
}

impl TryFrom<Conditions> for CancellationPolicy {
    type Error = PolicyRefusal;

    fn try_from(conditions: Conditions) -> Result<Self, Self::Error> {
        Self::new(conditions.free_hours, conditions.fee, conditions.closes_hours)
    }
}

impl From<CancellationPolicy> for Conditions {
    fn from(policy: CancellationPolicy) -> Self {
        Self {
            free_hours: policy.free_hours,
            fee: policy.fee,
            closes_hours: policy.closes_hours,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{minute, price};
    use crate::money::Currency;

    fn euros(amount: i64) -> Money {
        Money {
            amount,
            currency: Currency::parse("EUR").unwrap(),
        }
    }

    #[test]
    fn a_share_is_rounded_in_the_buyers_favour() {
        assert_eq!(Fee::BasisPoints(1_500).of(euros(999), 1), Some(euros(149)));
        assert_eq!(Fee::BasisPoints(10_000).of(euros(999), 1), Some(euros(999)));
    }

    #[test]
    fn a_fee_for_each_place_is_never_more_than_was_paid() {
        assert_eq!(Fee::PerPlace(price(300)).of(euros(2_000), 2), Some(euros(600)));
        assert_eq!(
            Fee::PerPlace(price(3_000)).of(euros(2_000), 2),
            Some(euros(2_000))
        );
    }

    #[test]
    fn what_money_cannot_count_is_no_fee() {
        assert_eq!(Fee::BasisPoints(10_000).of(euros(i64::MAX), 1), None);
    }

    #[test]
    fn hours_count_back_from_the_start() {
        let policy = CancellationPolicy::new(48, Fee::BasisPoints(0), 2).unwrap();
        let start = minute(0);
        assert_eq!(policy.free_until(start), minute(-48 * 60));
        assert_eq!(policy.closes_at(start), minute(-120));
    }

    #[test]
    fn conditions_that_contradict_each_other_are_refused() {
        let policy = CancellationPolicy::new;
        assert_eq!(
            policy(1, Fee::BasisPoints(0), 2),
            Err(PolicyRefusal::ClosesBeforeFree)
        );
        assert_eq!(
            policy(1, Fee::BasisPoints(10_001), 0),
            Err(PolicyRefusal::FeeTooHigh)
        );
        assert_eq!(
            policy(9_000, Fee::BasisPoints(0), 0),
            Err(PolicyRefusal::TooManyHours)
        );
        let written = r#"{"free_hours":1,"fee":{"basis_points":1},"closes_hours":2}"#;
        assert!(serde_json::from_str::<CancellationPolicy>(written).is_err());
    }
}
