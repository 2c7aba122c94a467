//! The rules, told naively: lists of bookings, walked through for every question.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::BookingId;

use crate::step::Step;
use crate::theatre::{Answer, BALCONY, FLOOR, LIMIT, SECTIONS, STANDING, booking_id, seat_id, start};

/// A booking as the rules see it.
struct Placed {
    request: String,
    buyer: u8,
    seats: BTreeSet<String>,
    standing: u32,
    until: DateTime<Utc>,
    extended: bool,
    sold: bool,
    ended: bool,
}

/// The rules.
pub(crate) struct Model {
    bookings: BTreeMap<u8, Placed>,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    limit: u32,
    now: DateTime<Utc>,
}

impl Placed {
    fn is_live(&self, at: DateTime<Utc>) -> bool {
        !self.ended && (self.sold || at < self.until)
    }

    fn size(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap() + self.standing
    }
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            bookings: BTreeMap::new(),
            from: start(),
            until: None,
            limit: LIMIT,
            now: start(),
        }
    }

    /// Compares what the rules say about `step` with what was answered, and takes the step.
    pub(crate) fn check(&mut self, step: &Step, answer: &Answer) {
        self.now = answer.at;
        let expected = self.answer(step);
        let refused = answer.result.as_ref().err();
        assert_eq!(refused, expected.as_ref().err(), "{step:?} at {}", self.now);
        if expected.is_ok() {
            self.take(step, answer.result.as_deref().unwrap_or_default());
        }
    }

    /// Compares who has what.
    pub(crate) fn check_holdings(&self, holdings: &BTreeMap<BookingId, BTreeSet<String>>) {
        let live = self
            .bookings
            .iter()
            .filter(|(_, placed)| placed.is_live(self.now));
        let expected: BTreeMap<BookingId, BTreeSet<String>> = live
            .map(|(key, placed)| {
                let standing = (placed.standing > 0).then(|| format!("standing*{}", placed.standing));
                (
                    booking_id(*key),
                    placed.seats.iter().cloned().chain(standing).collect(),
                )
            })
            .collect();
        assert_eq!(holdings, &expected);
    }

    fn answer(&self, step: &Step) -> Result<(), String> {
        match step {
            Step::Wait { .. } | Step::Open { .. } | Step::Close { .. } => Ok(()),
            Step::Limit { seats: 0 } => Err("BuyerLimitOutOfRange".to_owned()),
            Step::Limit { .. } => Ok(()),
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
            Step::Release { key, buyer } => self.of(*key, *buyer).map(|_| ()),
            Step::Expire { key } => {
                let placed = self.bookings.get(key).ok_or("Absent")?;
                let over = placed.sold || placed.ended || placed.until <= self.now;
                if over { Ok(()) } else { Err("NotOver".to_owned()) }
            }
            Step::Confirm { key, buyer } => self.answer_confirm(*key, *buyer),
        }
    }

    fn answer_named(&self, step: &Step, key: u8, buyer: u8, numbers: &[u8]) -> Result<(), String> {
        if self.is_repeated(step, key)? {
            return Ok(());
        }
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
        match placed {
            Placed { sold: true, .. } => Err("Confirmed".to_owned()),
            placed if placed.is_live(self.now) => Ok(()),
            _ => Err("Over".to_owned()),
        }
    }

    fn answer_confirm(&self, key: u8, buyer: u8) -> Result<(), String> {
        let placed = self.of(key, buyer)?;
        let costs = placed.seats.iter().any(|seat| seat.starts_with("floor"));
        match placed {
            Placed { sold: true, .. } => Ok(()),
            placed if !placed.is_live(self.now) => Err("Over".to_owned()),
            _ if costs => Err("PaymentRequired".to_owned()),
            _ => Ok(()),
        }
    }

    fn take(&mut self, step: &Step, got: &[String]) {
        let now = self.now;
        let ahead = |minutes: i8| now + TimeDelta::minutes(i64::from(minutes.max(0)));
        match step {
            Step::Wait { seconds } => self.now += TimeDelta::seconds(i64::from(*seconds)),
            Step::Open { minutes } => self.open(ahead(*minutes)),
            Step::Close { minutes } => self.close(ahead(*minutes)),
            Step::Limit { seats } => self.limit = u32::from(*seats),
            Step::PlaceNamed { key, buyer, .. } | Step::PlaceAny { key, buyer, .. } => {
                if !self.bookings.contains_key(key) {
                    self.place(step, *key, *buyer, got);
                }
            }
            Step::Extend { key, .. } => self.change(*key, |placed| {
                if !placed.extended {
                    placed.until += TimeDelta::minutes(5);
                    placed.extended = true;
                }
            }),
            Step::Release { key, .. } => {
                self.change(*key, |placed| (placed.ended, placed.sold) = (true, false))
            }
            Step::Expire { key } => self.change(*key, |placed| placed.ended |= !placed.sold),
            Step::Confirm { key, .. } => self.change(*key, |placed| placed.sold = true),
        }
    }

    fn open(&mut self, from: DateTime<Utc>) {
        let open_now = self.is_on_sale().is_ok();
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

    fn place(&mut self, step: &Step, key: u8, buyer: u8, got: &[String]) {
        let standing = got
            .iter()
            .filter_map(|place| place.strip_prefix("standing*"))
            .map(str::parse::<u32>);
        let standing = standing.map(Result::unwrap).sum();
        let seats: BTreeSet<String> = got.iter().filter(|place| !place.contains('*')).cloned().collect();
        self.is_what_was_asked(step, &seats, standing);
        let (request, until) = (format!("{step:?}"), self.now + TimeDelta::minutes(10));
        let placed = Placed {
            request,
            buyer,
            seats,
            standing,
            until,
            extended: false,
            sold: false,
            ended: false,
        };
        self.bookings.insert(key, placed);
        assert!(self.owned(buyer) <= self.limit, "never above the limit");
        assert!(self.standing() <= STANDING, "never above the capacity");
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
                self.is_together_where_it_can_be(section, seats);
            }
            _ => unreachable!("places nothing"),
        }
    }

    /// Where any window of free seats side by side would do, a window it is; and one that strands nobody, where any does.
    fn is_together_where_it_can_be(&self, section: &str, seats: &BTreeSet<String>) {
        let taken = self.taken();
        let windows: Vec<Vec<String>> = rows(section)
            .iter()
            .flat_map(|row| {
                row.windows(seats.len())
                    .map(<[String]>::to_vec)
                    .collect::<Vec<_>>()
            })
            .filter(|window| window.iter().all(|seat| !taken.contains(seat)))
            .collect();
        if windows.is_empty() {
            return;
        }
        let chosen = windows
            .iter()
            .find(|window| window.iter().collect::<BTreeSet<_>>() == seats.iter().collect());
        let chosen = chosen.unwrap_or_else(|| panic!("{seats:?} are apart and need not be"));
        let lonely_before: usize = rows(section).iter().map(|row| lonely(row, &taken, &[])).sum();
        let strands = |window: &Vec<String>| {
            let after: usize = rows(section).iter().map(|row| lonely(row, &taken, window)).sum();
            // One person may take a seat that stood alone.
            let was_lonely = window.len() == 1 && after < lonely_before;
            !was_lonely && after > lonely_before
        };
        if windows.iter().any(|window| !strands(window)) {
            assert!(!strands(chosen), "{seats:?} strand a seat");
        }
    }

    fn change(&mut self, key: u8, change: impl FnOnce(&mut Placed)) {
        change(self.bookings.get_mut(&key).unwrap());
    }

    fn is_repeated(&self, step: &Step, key: u8) -> Result<bool, String> {
        match self.bookings.get(&key) {
            None => Ok(false),
            Some(placed) if placed.request == format!("{step:?}") => Ok(true),
            Some(_) => Err("KeyReused".to_owned()),
        }
    }

    fn is_on_sale(&self) -> Result<(), String> {
        let open = self.from <= self.now && self.until.is_none_or(|until| self.now < until);
        if open { Ok(()) } else { Err("NotOnSale".to_owned()) }
    }

    fn stays_within_limit(&self, buyer: u8, quantity: u32) -> Result<(), String> {
        if self.owned(buyer) + quantity <= self.limit {
            Ok(())
        } else {
            Err("OverBuyerLimit".to_owned())
        }
    }

    fn of(&self, key: u8, buyer: u8) -> Result<&Placed, String> {
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
            return STANDING - self.standing();
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

fn rows(section: &str) -> Vec<Vec<String>> {
    let (rows, seats) = if section == "floor" { FLOOR } else { BALCONY };
    let row = |letter: char| {
        (1..=seats)
            .map(|seat| format!("{section}-{letter}-{seat}"))
            .collect()
    };
    ('A'..='Z').take(rows as usize).map(row).collect()
}

/// Free seats of `row` without a free neighbour, once `window` is taken too.
fn lonely(row: &[String], taken: &BTreeSet<String>, window: &[String]) -> usize {
    let free: Vec<bool> = row
        .iter()
        .map(|seat| !taken.contains(seat) && !window.contains(seat))
        .collect();
    let is_free = |seat: Option<usize>| seat.and_then(|seat| free.get(seat)).copied().unwrap_or(false);
    (0..free.len())
        .filter(|seat| is_free(Some(*seat)) && !is_free(seat.checked_sub(1)) && !is_free(Some(seat + 1)))
        .count()
}
