//! Under which conditions buyers may cancel: for nothing until some hours before the start, then for a fee, then not.
//! Both sides ask here: commands what a cancellation costs, queries what it would cost.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::limits::CANCELLATION_HOURS_MAX;
use crate::money::{Currency, Money, Price};
use crate::seating::BookingLine;

/// Basis points of a whole.
const WHOLE: u16 = 10_000;

/// The conditions. Hours count back from the start of the Event as it is scheduled at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct CancellationPolicy {
    free_hours: u32,
    fee: Fee,
    closes_hours: u32,
}

/// What is kept of what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// A share, in hundredths of a percent: 1500 are 15 %; rounded down for each place.
    BasisPoints(u16),
    /// A price for each place, never more than was paid for it.
    PerPlace(Price),
}

/// How a policy is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    free_hours: u32,
    fee: Fee,
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
        hours_before(self.closes_hours, starts_at)
    }

    /// First moment at which cancelling costs the fee.
    pub fn free_until(self, starts_at: DateTime<Utc>) -> DateTime<Utc> {
        hours_before(self.free_hours, starts_at)
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

/// A time before all that can be written is the first of these: facts of old may name any start.
fn hours_before(hours: u32, starts_at: DateTime<Utc>) -> DateTime<Utc> {
    let before = starts_at.checked_sub_signed(TimeDelta::hours(i64::from(hours)));
    before.unwrap_or(DateTime::<Utc>::MIN_UTC)
}

impl Fee {
    /// The fee of cancelling the places of `lines`. `None` beyond what money can count.
    ///
    /// It is reckoned place by place, so that cancelling one after the other costs what cancelling at once does.
    pub fn of(self, lines: &[BookingLine], currency: Currency) -> Option<Money> {
        let amount = lines.iter().try_fold(0_i64, |sum, line| {
            let fee = self.of_place(line.unit_price)?;
            sum.checked_add(fee.checked_mul(i64::from(line.quantity))?)
        });
        Some(Money {
            amount: amount?,
            currency,
        })
    }

    /// The fee of one place: whole minor units, rounded down in the buyer's favour, never more than its price.
    fn of_place(self, price: Price) -> Option<i64> {
        let price = price.amount();
        match self {
            Self::BasisPoints(share) => Some(price.checked_mul(i64::from(share))? / i64::from(WHOLE)),
            Self::PerPlace(fee) => Some(fee.amount().min(price)),
        }
    }
}

/// That an Event was moved to another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescheduled {
    /// When that was decided.
    pub at: DateTime<Utc>,
    /// First moment at which the usual conditions hold again for buyers who booked before.
    pub free_until: DateTime<Utc>,
}

impl Rescheduled {
    /// A move after an `earlier` one, of which it takes nothing away that buyers were given.
    pub fn again(earlier: Option<Self>, at: DateTime<Utc>, free_until: DateTime<Utc>) -> Self {
        let given = earlier.map_or(free_until, |earlier| earlier.free_until);
        Self {
            at,
            free_until: given.max(free_until),
        }
    }
}

/// What decides under which conditions its buyer may cancel a confirmed Booking of an Event that takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The policy of the sale; `None`: it allows no cancellation.
    pub policy: Option<CancellationPolicy>,
    /// Whether the Booking cost nothing.
    pub is_free: bool,
    pub placed_at: DateTime<Utc>,
    /// When the Event starts, as it is scheduled now.
    pub starts_at: DateTime<Utc>,
    pub rescheduled: Option<Rescheduled>,
}

/// Until when a buyer may cancel, and for how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// First moment at which cancelling is refused.
    pub until: DateTime<Utc>,
    /// First moment at which it costs the fee; `until` where it never does.
    pub free_until: DateTime<Utc>,
    pub fee: Option<Fee>,
}

/// Why a buyer cannot cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCancellable {
    #[error("the booking cannot be cancelled by its buyer")]
    Never,
    /// It was possible until then.
    #[error("it could be cancelled until {until}")]
    TooLate { until: DateTime<Utc> },
}

impl Terms {
    /// The conditions; `None` where the Booking can never be cancelled.
    pub fn conditions(&self) -> Option<Conditions> {
        let moved = self.rescheduled.filter(|moved| self.placed_at < moved.at);
        let window = moved.map(|moved| moved.free_until.min(self.starts_at));
        match (self.usual(), window) {
            (Some(usual), Some(window)) if usual.until > window => Some(Conditions {
                free_until: usual.free_until.max(window),
                ..usual
            }),
            (usual, None) => usual,
            (_, Some(window)) => Some(Conditions::free(window)),
        }
    }

    /// What is kept of the price of places that are cancelled at `at`; `None`: nothing.
    pub fn fee_at(&self, at: DateTime<Utc>) -> Result<Option<Fee>, NotCancellable> {
        match self.conditions() {
            Some(conditions) if at < conditions.free_until => Ok(None),
            Some(conditions) if at < conditions.until => Ok(conditions.fee),
            Some(_) | None if self.starts_at <= at => Err(NotCancellable::TooLate {
                until: self.starts_at,
            }),
            Some(_) | None => {
                Err(self
                    .usual()
                    .map_or(NotCancellable::Never, |usual| NotCancellable::TooLate {
                        until: usual.until,
                    }))
            }
        }
    }

    /// The conditions of the sale, as long as its Event is not moved. What cost nothing is free to cancel until the
    /// Event starts.
    fn usual(&self) -> Option<Conditions> {
        if self.is_free {
            return Some(Conditions::free(self.starts_at));
        }
        self.policy.map(|policy| Conditions {
            until: policy.closes_at(self.starts_at),
            free_until: policy.free_until(self.starts_at),
            fee: Some(policy.fee()),
        })
    }
}

impl Conditions {
    const fn free(until: DateTime<Utc>) -> Self {
        Self {
            until,
            free_until: until,
            fee: None,
        }
    }
}

impl TryFrom<Written> for CancellationPolicy {
    type Error = PolicyRefusal;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Self::new(written.free_hours, written.fee, written.closes_hours)
    }
}

impl From<CancellationPolicy> for Written {
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
    use crate::fixtures::{minute, price, section};

    fn places(quantity: u32, amount: i64) -> BookingLine {
        BookingLine {
            section: section("floor"),
            quantity,
            seats: Vec::new(),
            unit_price: price(amount),
        }
    }

    fn fee(fee: Fee, lines: &[BookingLine]) -> Option<i64> {
        let euro = Currency::parse("EUR").unwrap();
        fee.of(lines, euro).map(|fee| fee.amount)
    }

    #[test]
    fn a_share_is_rounded_in_the_buyers_favour_for_each_place() {
        assert_eq!(fee(Fee::BasisPoints(1_500), &[places(1, 3_333)]), Some(499));
        let three = [places(2, 3_333), places(1, 3_333)];
        assert_eq!(fee(Fee::BasisPoints(1_500), &three), Some(1_497));
        assert_eq!(fee(Fee::BasisPoints(10_000), &[places(2, 999)]), Some(1_998));
    }

    #[test]
    fn cancelling_one_after_the_other_costs_what_cancelling_at_once_does() {
        for share in [1, 33, 100, 1_500, 9_999] {
            for amount in [0, 1, 99, 3_333, Price::MAX] {
                let (one, all) = ([places(1, amount)], [places(20, amount)]);
                for each in [Fee::BasisPoints(share), Fee::PerPlace(price(i64::from(share)))] {
                    assert_eq!(fee(each, &one).map(|fee| 20 * fee), fee(each, &all));
                }
            }
        }
    }

    #[test]
    fn a_fee_for_each_place_is_never_more_than_was_paid_for_it() {
        assert_eq!(fee(Fee::PerPlace(price(300)), &[places(2, 1_000)]), Some(600));
        let lines = [places(1, 1_000), places(1, 5_000)];
        assert_eq!(fee(Fee::PerPlace(price(3_000)), &lines), Some(4_000));
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

    /// Paid at minute 10 for an Event that starts at minute 10,000.
    fn terms(policy: Option<CancellationPolicy>, moved: Option<Rescheduled>) -> Terms {
        Terms {
            policy,
            is_free: false,
            placed_at: minute(10),
            starts_at: minute(10_000),
            rescheduled: moved,
        }
    }

    #[test]
    fn a_forecast_says_what_cancelling_costs_at_every_moment() {
        let policy = CancellationPolicy::new(48, Fee::BasisPoints(500), 2).unwrap();
        let moved = |at, free_until| {
            let (at, free_until) = (minute(at), minute(free_until));
            Some(Rescheduled { at, free_until })
        };
        for policy in [None, Some(policy)] {
            for moved in [
                None,
                moved(5, 9_000),
                moved(20, 100),
                moved(20, 9_950),
                moved(20, 20_000),
            ] {
                for is_free in [false, true] {
                    let terms = Terms {
                        is_free,
                        ..terms(policy, moved)
                    };
                    for at in (0..10_100).step_by(10).map(minute) {
                        let forecast = terms.conditions().filter(|conditions| at < conditions.until);
                        let fee =
                            forecast.map(|conditions| conditions.fee.filter(|_| conditions.free_until <= at));
                        assert_eq!(terms.fee_at(at).ok(), fee, "{terms:?} at {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_cancelled_once_the_event_has_started() {
        let moved = Some(Rescheduled {
            at: minute(20),
            free_until: minute(20_000),
        });
        let refused = NotCancellable::TooLate {
            until: minute(10_000),
        };
        assert_eq!(terms(None, moved).fee_at(minute(9_999)), Ok(None));
        assert_eq!(terms(None, moved).fee_at(minute(10_000)), Err(refused));
    }

    #[test]
    fn a_second_move_takes_nothing_away_that_the_first_one_gave() {
        let first = Rescheduled::again(None, minute(1), minute(100));
        let second = Rescheduled::again(Some(first), minute(2), minute(50));
        assert_eq!((second.at, second.free_until), (minute(2), minute(100)));
    }
}
