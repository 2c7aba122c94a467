//! A booking as the rules see it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::money::{Attempt, Back, Given};
use crate::theatre::Policy;

/// A booking as the rules see it.
pub(crate) struct Placed {
    pub(crate) request: String,
    pub(crate) buyer: u8,
    pub(crate) seats: BTreeSet<String>,
    pub(crate) standing: u32,
    /// What each of its sections costs.
    pub(crate) prices: [i64; 3],
    pub(crate) total: i64,
    pub(crate) policy: Option<Policy>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    pub(crate) extended: bool,
    pub(crate) stands: Stands,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) given: Vec<Given>,
    pub(crate) refunds: Vec<Back>,
}

/// Where a booking stands. A hold whose deadline passed is over, whatever is written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    Held,
    Paying,
    Sold,
    /// All was given back.
    Cancelled,
    Failed,
    /// Given back, or run out, before it was sold.
    Over,
}

impl Placed {
    pub(crate) fn is_live(&self, at: DateTime<Utc>) -> bool {
        match self.stands {
            Stands::Held => at < self.until,
            Stands::Paying | Stands::Sold => true,
            Stands::Cancelled | Stands::Failed | Stands::Over => false,
        }
    }

    pub(super) fn size(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap() + self.standing
    }

    /// What it has, seats by their ids and places without names by their number.
    pub(crate) fn places(&self) -> BTreeSet<String> {
        let standing = (self.standing > 0).then(|| format!("standing*{}", self.standing));
        self.seats.iter().cloned().chain(standing).collect()
    }

    /// What `seats` and so many places without names cost.
    pub(crate) fn cost<'a>(&self, seats: impl IntoIterator<Item = &'a String>, standing: u32) -> i64 {
        self.prices(seats, standing).into_iter().sum()
    }

    /// What each of them costs.
    pub(crate) fn prices<'a>(&self, seats: impl IntoIterator<Item = &'a String>, standing: u32) -> Vec<i64> {
        let price = |seat: &String| self.prices[usize::from(!seat.starts_with("floor"))];
        let standing = std::iter::repeat_n(self.prices[2], standing as usize);
        seats.into_iter().map(price).chain(standing).collect()
    }
}
