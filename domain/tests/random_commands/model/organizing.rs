//! What an organizer may do with an Event, and what becomes of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::Model;
use crate::step::Step;
use crate::theatre::{POLICIES, PRICES};

impl Model {
    pub(super) fn answer_organizer(&self, step: &Step) -> Result<(), String> {
        let refused = |kind: &str| Err(kind.to_owned());
        let over = |at: DateTime<Utc>| self.ends_at <= at;
        match step {
            Step::Limit { seats: 0 } => refused("BuyerLimitOutOfRange"),
            Step::Open { .. } | Step::Close { .. } | Step::Reschedule { .. } if self.called_off => {
                refused("Cancelled")
            }
            Step::Price { .. } | Step::Capacity { .. } if self.called_off => refused("Cancelled"),
            Step::Open { minutes } if over(self.ahead(*minutes)) => refused("Over"),
            Step::Reschedule { .. } if over(self.now) && !self.is_then(step) => refused("Over"),
            Step::Reschedule { minutes, .. } if *minutes <= 0 && !self.is_then(step) => {
                refused("StartsInPast")
            }
            Step::Reschedule { .. } if !self.is_then(step) => self.window_after(step).map(|_| ()),
            Step::Close { minutes } if *minutes > 0 && self.ahead(*minutes) <= self.from => {
                refused("ClosesBeforeOpening")
            }
            Step::Price { section: 3, .. } | Step::Capacity { section: 3, .. } => refused("UnknownSection"),
            Step::Capacity { section: 0 | 1, .. } => refused("NotGeneralAdmission"),
            Step::Capacity { capacity, .. } if u32::from(*capacity) == self.capacity => Ok(()),
            Step::Capacity { capacity: 0, .. } => refused("EmptySection"),
            Step::Capacity { capacity, .. } if u32::from(*capacity) < self.standing() => {
                Err(format!("BelowTaken, {} taken", self.standing()))
            }
            Step::CallOff if over(self.now) && !self.called_off => refused("Over"),
            _ => Ok(()),
        }
    }

    /// Whether the event takes place then already.
    fn is_then(&self, step: &Step) -> bool {
        let Step::Reschedule { minutes, .. } = step else {
            return false;
        };
        let starts_at = self.now + TimeDelta::minutes(i64::from(*minutes));
        (self.starts_at, self.ends_at) == (starts_at, starts_at + TimeDelta::hours(2))
    }

    /// When sales close after the event was moved: a closing ahead moves along.
    fn window_after(&self, step: &Step) -> Result<Option<DateTime<Utc>>, String> {
        let Step::Reschedule { minutes, .. } = step else {
            return Ok(self.until);
        };
        let starts_at = self.now + TimeDelta::minutes(i64::from(*minutes));
        if starts_at + TimeDelta::hours(2) <= self.from {
            return Err("OpensAfterEnd".to_owned());
        }
        let Some(until) = self.until.filter(|until| self.now < *until) else {
            return Ok(self.until);
        };
        let until = until + (starts_at - self.starts_at);
        if until <= self.now || until <= self.from {
            return Err("MovedClosing".to_owned());
        }
        Ok(Some(until))
    }

    fn ahead(&self, minutes: i8) -> DateTime<Utc> {
        self.now + TimeDelta::minutes(i64::from(minutes.max(0)))
    }

    pub(super) fn take_organizer(&mut self, step: &Step) {
        match step {
            Step::Open { minutes } => self.open(self.ahead(*minutes)),
            Step::Close { minutes } => self.close(self.ahead(*minutes)),
            Step::Limit { seats } => self.limit = u32::from(*seats),
            Step::Policy { policy } => self.policy = POLICIES[usize::from(*policy)],
            Step::Reschedule { minutes, free_hours } => {
                if self.is_then(step) {
                    return;
                }
                self.until = self.window_after(step).unwrap();
                self.starts_at = self.now + TimeDelta::minutes(i64::from(*minutes));
                self.ends_at = self.starts_at + TimeDelta::hours(2);
                let free_until = self.now + TimeDelta::hours(i64::from(*free_hours));
                let promised = self.moved.map_or(free_until, |(_, until)| until.max(free_until));
                self.moved = Some((self.now, promised));
            }
            Step::Price { section, price } => {
                self.prices[usize::from(*section)] = PRICES[usize::from(*price)];
            }
            Step::Capacity { capacity, .. } => self.capacity = u32::from(*capacity),
            Step::CallOff => self.called_off = true,
            other => unreachable!("{other:?} organizes nothing"),
        }
    }

    fn open(&mut self, from: DateTime<Utc>) {
        let open_now = self.window_is_open();
        if open_now && from <= self.now {
            return;
        }
        self.from = from;
        self.until = self.until.filter(|until| from < *until);
    }

    fn close(&mut self, until: DateTime<Utc>) {
        let closed = self.until.is_some_and(|closed| closed <= self.now);
        if !(closed && until <= self.now) {
            self.until = Some(until);
        }
    }
}
