//! The rules, written naively: lists of bookings, walked through for every question. Money and its rules are in `money`.

mod organizing;
mod placed;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::BookingId;

pub(crate) use self::placed::{Placed, Stands};
use crate::best_seats::are_together_where_they_can_be;
use crate::command::booking_id;
use crate::step::Step;
use crate::theatre::{
    Answer, FIRST_POLICY, FIRST_PRICES, FIRST_TIMES, LIMIT, POLICIES, Policy, SECTIONS, STANDING, rows,
    seat_id, start,
};

/// The rules.
pub(crate) struct Model {
    pub(crate) bookings: BTreeMap<u8, Placed>,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    limit: u32,
    prices: [i64; 3],
    capacity: u32,
    policy: Option<Policy>,
    pub(crate) starts_at: DateTime<Utc>,
    pub(crate) ends_at: DateTime<Utc>,
    /// When it was last moved, and until when bookings made before it are free to cancel: the longest promise so far.
    pub(crate) moved: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(crate) called_off: bool,
    pub(crate) now: DateTime<Utc>,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            bookings: BTreeMap::new(),
            from: start(),
            until: None,
            limit: LIMIT,
            prices: FIRST_PRICES,
            capacity: STANDING,
            policy: POLICIES[usize::from(FIRST_POLICY)],
            starts_at: start() + TimeDelta::hours(FIRST_TIMES.0),
            ends_at: start() + TimeDelta::hours(FIRST_TIMES.1),
            moved: None,
            called_off: false,
            now: start(),
        }
    }

    /// Compares what the rules say about `step` with what was answered, takes the step, and compares all bookings.
    pub(crate) fn check(&mut self, step: &Step, answer: &Answer) {
        self.now = answer.at;
        let expected = self.answer(step);
        let refused = answer.result.as_ref().err();
        assert_eq!(refused, expected.as_ref().err(), "{step:?} at {}", self.now);
        if expected.is_ok() {
            self.take(step, answer.result.as_deref().unwrap_or_default());
        }
        assert_eq!(answer.ledgers, self.ledgers(), "after {step:?} at {}", self.now);
    }

    /// Compares who has what.
    pub(crate) fn check_holdings(&self, holdings: &BTreeMap<BookingId, BTreeSet<String>>) {
        let live = self
            .bookings
            .iter()
            .filter(|(_, placed)| placed.is_live(self.now));
        let expected: BTreeMap<BookingId, BTreeSet<String>> = live
            .map(|(key, placed)| (booking_id(*key), placed.places()))
            .collect();
        assert_eq!(holdings, &expected);
    }

    fn answer(&self, step: &Step) -> Result<(), String> {
        match step {
            Step::PlaceNamed { key, buyer, seats } => self.answer_named(step, *key, *buyer, seats),
            Step::PlaceAny {
                key,
                buyer,
                section,
                quantity,
            } => self.answer_any(
                step,
                *key,
                *buyer,
                SECTIONS[usize::from(*section)],
                u32::from(*quantity),
            ),
            Step::Extend { key, buyer } => self.answer_extend(*key, *buyer),
            Step::Prolong { key, buyer } => self.of(*key, *buyer).map(|_| ()),
            Step::Expire { key } => {
                let placed = self.bookings.get(key).ok_or("Absent")?;
                if placed.stands == Stands::Held && self.now < placed.until {
                    return Err("NotOver".to_owned());
                }
                Ok(())
            }
            Step::Confirm { key, buyer } => self.answer_confirm(*key, *buyer),
            Step::Wait { .. }
            | Step::Open { .. }
            | Step::Close { .. }
            | Step::Limit { .. }
            | Step::Policy { .. }
            | Step::Reschedule { .. }
            | Step::Price { .. }
            | Step::Capacity { .. }
            | Step::CallOff => self.answer_organizer(step),
            Step::Release { .. }
            | Step::CancelAll { .. }
            | Step::CancelSeats { .. }
            | Step::CancelCount { .. } => self.answer_cancel(step),
            Step::Pay { .. } | Step::Settle { .. } | Step::SettleRefund { .. } | Step::RetryRefund { .. } => {
                self.answer_paying(step)
            }
        }
    }

    fn answer_named(&self, step: &Step, key: u8, buyer: u8, numbers: &[u8]) -> Result<(), String> {
        if self.is_repeated(step, key)? {
            return Ok(());
        }
        self.takes_place()?;
        self.is_on_sale()?;
        if numbers.is_empty() {
            return Err("NoSeats".to_owned());
        }
        let ids: Vec<String> = numbers.iter().map(|number| seat_id(*number)).collect();
        let listed = |kind: &str, seats: BTreeSet<&String>| {
            if seats.is_empty() {
                Ok(())
            } else {
                Err(format!("{kind} {seats:?}"))
            }
        };
        let count = |id: &String| ids.iter().filter(|other| *other == id).count();
        listed("DuplicateSeats", ids.iter().filter(|id| count(id) > 1).collect())?;
        listed(
            "UnknownSeats",
            ids.iter().filter(|id| id.starts_with("nowhere")).collect(),
        )?;
        self.stays_within_limit(buyer, u32::try_from(ids.len()).unwrap())?;
        let taken = self.taken();
        listed(
            "SeatsTaken",
            ids.iter().filter(|id| taken.contains(*id)).collect(),
        )
    }

    fn answer_any(
        &self,
        step: &Step,
        key: u8,
        buyer: u8,
        section: &str,
        quantity: u32,
    ) -> Result<(), String> {
        if self.is_repeated(step, key)? {
            return Ok(());
        }
        self.takes_place()?;
        self.is_on_sale()?;
        if quantity == 0 {
            return Err("NoSeats".to_owned());
        }
        if section == "nowhere" {
            return Err("UnknownSection".to_owned());
        }
        self.stays_within_limit(buyer, quantity)?;
        let left = self.left(section);
        if quantity <= left {
            Ok(())
        } else {
            Err(format!("SoldOut, {left} left"))
        }
    }

    fn answer_extend(&self, key: u8, buyer: u8) -> Result<(), String> {
        let placed = self.of(key, buyer)?;
        match placed.stands {
            Stands::Sold => Err("Confirmed".to_owned()),
            Stands::Paying => Err("PaymentInFlight".to_owned()),
            _ if placed.is_live(self.now) && self.now < self.ends_at => Ok(()),
            _ => Err("Over".to_owned()),
        }
    }

    fn answer_confirm(&self, key: u8, buyer: u8) -> Result<(), String> {
        let placed = self.of(key, buyer)?;
        match placed.stands {
            Stands::Sold => Ok(()),
            _ if !placed.is_live(self.now) => Err("Over".to_owned()),
            Stands::Held if self.ends_at <= self.now => Err("Over".to_owned()),
            Stands::Held if self.called_off => Err("EventCancelled".to_owned()),
            _ if placed.total > 0 => Err("PaymentRequired".to_owned()),
            _ => Ok(()),
        }
    }

    fn take(&mut self, step: &Step, got: &[String]) {
        let (now, ends_at) = (self.now, self.ends_at);
        match step {
            Step::Wait { seconds } => self.now += TimeDelta::seconds(i64::from(*seconds)),
            Step::PlaceNamed { key, buyer, .. } | Step::PlaceAny { key, buyer, .. } => {
                if !self.bookings.contains_key(key) {
                    self.place(step, *key, *buyer, got);
                }
            }
            Step::Extend { key, .. } => self.change(*key, |placed| {
                if !placed.extended {
                    let longer = (placed.until + TimeDelta::minutes(5)).min(longest(placed.at, ends_at));
                    placed.extended |= placed.until < longer;
                    placed.until = placed.until.max(longer);
                }
            }),
            Step::Prolong { key, .. } => self.change(*key, |placed| {
                let is_held = placed.stands == Stands::Held && placed.is_live(now) && now < ends_at;
                if is_held && placed.until < longest(placed.at, ends_at) {
                    placed.until = longest(placed.at, ends_at);
                    placed.extended = true;
                }
            }),
            Step::Expire { key } => self.change(*key, |placed| {
                if placed.stands == Stands::Held {
                    placed.stands = Stands::Over;
                }
            }),
            Step::Confirm { key, .. } => self.change(*key, |placed| placed.stands = Stands::Sold),
            Step::Release { .. }
            | Step::CancelAll { .. }
            | Step::CancelSeats { .. }
            | Step::CancelCount { .. } => self.take_cancel(step),
            Step::Pay { .. } | Step::Settle { .. } | Step::SettleRefund { .. } | Step::RetryRefund { .. } => {
                self.take_paying(step);
            }
            Step::Open { .. }
            | Step::Close { .. }
            | Step::Limit { .. }
            | Step::Policy { .. }
            | Step::Reschedule { .. }
            | Step::Price { .. }
            | Step::Capacity { .. }
            | Step::CallOff => self.take_organizer(step),
        }
    }

    fn place(&mut self, step: &Step, key: u8, buyer: u8, got: &[String]) {
        let standing = got
            .iter()
            .filter_map(|place| place.strip_prefix("standing*"))
            .map(str::parse::<u32>);
        let standing = standing.map(Result::unwrap).sum();
        let seats: BTreeSet<String> = got.iter().filter(|place| !place.contains('*')).cloned().collect();
        self.is_what_was_asked(step, &seats, standing);
        let mut placed = Placed {
            request: format!("{step:?}"),
            buyer,
            seats,
            standing,
            prices: self.prices,
            total: 0,
            policy: self.policy,
            at: self.now,
            until: (self.now + TimeDelta::minutes(10)).min(self.ends_at),
            extended: false,
            stands: Stands::Held,
            attempts: Vec::new(),
            given: Vec::new(),
            refunds: Vec::new(),
        };
        placed.total = placed.cost(&placed.seats, standing);
        self.bookings.insert(key, placed);
        assert!(self.owned(buyer) <= self.limit, "never above the limit");
        assert!(self.standing() <= self.capacity, "never above the capacity");
    }

    fn is_what_was_asked(&self, step: &Step, seats: &BTreeSet<String>, standing: u32) {
        assert!(seats.is_disjoint(&self.taken()), "never two holders");
        match step {
            Step::PlaceNamed { seats: numbers, .. } => {
                assert_eq!(*seats, numbers.iter().map(|number| seat_id(*number)).collect());
                assert_eq!(standing, 0);
            }
            Step::PlaceAny {
                section: 2, quantity, ..
            } => assert_eq!(standing, u32::from(*quantity)),
            Step::PlaceAny {
                section, quantity, ..
            } => {
                let section = SECTIONS[usize::from(*section)];
                assert_eq!(seats.len(), usize::from(*quantity));
                assert!(seats.iter().all(|seat| seat.starts_with(section)));
                are_together_where_they_can_be(section, &self.taken(), seats);
            }
            _ => unreachable!("places nothing"),
        }
    }

    pub(crate) fn change(&mut self, key: u8, change: impl FnOnce(&mut Placed)) {
        change(self.bookings.get_mut(&key).unwrap());
    }

    fn is_repeated(&self, step: &Step, key: u8) -> Result<bool, String> {
        match self.bookings.get(&key) {
            None => Ok(false),
            Some(placed) if placed.request == format!("{step:?}") => Ok(true),
            Some(_) => Err("KeyReused".to_owned()),
        }
    }

    fn takes_place(&self) -> Result<(), String> {
        if self.called_off {
            return Err("EventCancelled".to_owned());
        }
        Ok(())
    }

    fn window_is_open(&self) -> bool {
        self.from <= self.now && self.until.is_none_or(|until| self.now < until)
    }

    fn is_on_sale(&self) -> Result<(), String> {
        if self.window_is_open() && self.now < self.ends_at {
            Ok(())
        } else {
            Err("NotOnSale".to_owned())
        }
    }

    fn stays_within_limit(&self, buyer: u8, quantity: u32) -> Result<(), String> {
        if self.owned(buyer) + quantity <= self.limit {
            Ok(())
        } else {
            Err("OverBuyerLimit".to_owned())
        }
    }

    pub(crate) fn of(&self, key: u8, buyer: u8) -> Result<&Placed, String> {
        let placed = self.bookings.get(&key).ok_or("Absent")?;
        if placed.buyer == buyer {
            Ok(placed)
        } else {
            Err("NotYours".to_owned())
        }
    }

    fn live(&self) -> impl Iterator<Item = &Placed> {
        self.bookings.values().filter(|placed| placed.is_live(self.now))
    }

    fn owned(&self, buyer: u8) -> u32 {
        self.live()
            .filter(|placed| placed.buyer == buyer)
            .map(Placed::size)
            .sum()
    }

    fn taken(&self) -> BTreeSet<String> {
        self.live()
            .flat_map(|placed| placed.seats.iter().cloned())
            .collect()
    }

    fn standing(&self) -> u32 {
        self.live().map(|placed| placed.standing).sum()
    }

    fn left(&self, section: &str) -> u32 {
        if section == "standing" {
            return self.capacity - self.standing();
        }
        let taken = self.taken();
        let free = rows(section)
            .into_iter()
            .flatten()
            .filter(|seat| !taken.contains(seat))
            .count();
        u32::try_from(free).unwrap()
    }
}

/// Until when a hold that began at `at` lasts at most, where its event ends at `ends_at`.
pub(crate) fn longest(at: DateTime<Utc>, ends_at: DateTime<Utc>) -> DateTime<Utc> {
    (at + TimeDelta::minutes(15)).min(ends_at)
}
