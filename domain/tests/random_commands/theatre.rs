//! The domain under test: one Event with its Bookings, kept as a lane keeps them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{
    self, Booking, BookingCommand, BookingFact, BookingRefusal, CancelRefusal, ExpireBooking,
};
use domain::event::{
    self, CreateEvent, Event, EventCommand, EventDetails, EventFact, NewPlaces, NewSection, OpenSales,
    PublishEvent, Seating,
};
use domain::ids::BookingId;
use domain::money::{Currency, Price};
use domain::text::{Name, Title};

use crate::answer::{kind, organizers_kind};
use crate::command::{self, booking_id, organizer};
use crate::ledger::{Ledger, money_adds_up};
use crate::step::Step;

/// Sections: two seated ones, the first of which costs money, general admission, and one that is not there.
pub(crate) const SECTIONS: [&str; 4] = ["floor", "balcony", "standing", "nowhere"];
const FLOOR: (u32, u32) = (2, 7);
const BALCONY: (u32, u32) = (2, 5);
pub(crate) const STANDING: u32 = 9;
pub(crate) const LIMIT: u32 = 6;
/// What sections cost at first.
pub(crate) const FIRST_PRICES: [i64; 3] = [100, 0, 35];
/// What sections may cost later.
pub(crate) const PRICES: [i64; 4] = [0, 33, 100, 101];
/// Hours before the start at which the event begins, at first, and that it lasts.
pub(crate) const FIRST_TIMES: (i64, i64) = (24, 48);

/// Under which conditions buyers may cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) free_hours: i64,
    /// Basis points, where no place has a fee of its own.
    pub(crate) share: i64,
    pub(crate) per_place: i64,
    pub(crate) closes_hours: i64,
}

/// Under which of these buyers may cancel at first.
pub(crate) const FIRST_POLICY: u8 = 2;

pub(crate) const POLICIES: [Option<Policy>; 5] = [
    None,
    Some(Policy {
        free_hours: 2,
        share: 1_500,
        per_place: 0,
        closes_hours: 1,
    }),
    Some(Policy {
        free_hours: 48,
        share: 3_333,
        per_place: 0,
        closes_hours: 0,
    }),
    Some(Policy {
        free_hours: 30,
        share: 0,
        per_place: 40,
        closes_hours: 20,
    }),
    Some(Policy {
        free_hours: 30,
        share: 500,
        per_place: 0,
        closes_hours: 25,
    }),
];

/// What the domain answered, when, and what it then showed of every booking.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) at: DateTime<Utc>,
    pub(crate) result: Result<Vec<String>, String>,
    pub(crate) ledgers: BTreeMap<BookingId, Ledger>,
}

/// The domain under test.
pub(crate) struct Theatre {
    pub(crate) event: Event,
    pub(crate) facts: Vec<EventFact>,
    bookings: BTreeMap<BookingId, (Booking, Vec<BookingFact>)>,
    now: DateTime<Utc>,
}

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// The id of seat number `number`, some of which do not exist.
pub(crate) fn seat_id(number: u8) -> String {
    match number {
        0..7 => format!("floor-A-{}", number + 1),
        7..14 => format!("floor-B-{}", number - 6),
        14..19 => format!("balcony-A-{}", number - 13),
        19..24 => format!("balcony-B-{}", number - 18),
        _ => format!("nowhere-A-{number}"),
    }
}

/// What `picks` mean to who has `seats`: their own by their places, beyond 20 any seat by its number.
pub(crate) fn picked(seats: &[String], picks: &[u8]) -> Vec<String> {
    let pick = |pick: &u8| match seats.len() {
        0 => seat_id(*pick),
        _ if *pick >= 20 => seat_id(*pick),
        length => seats[usize::from(*pick) % length].clone(),
    };
    picks.iter().map(pick).collect()
}

impl Theatre {
    /// An Event that has been on sale for a moment.
    pub(crate) fn new() -> Self {
        let mut theatre = Self {
            event: Event::default(),
            facts: Vec::new(),
            bookings: BTreeMap::new(),
            now: start(),
        };
        let (at, by) = (start(), organizer());
        for command in [
            EventCommand::Create(create(at)),
            command::organizing(&Step::Policy { policy: FIRST_POLICY }, at).unwrap(),
            EventCommand::Publish(PublishEvent { by, at }),
            EventCommand::OpenSales(OpenSales { by, from: None, at }),
        ] {
            theatre.organize(&command).unwrap();
        }
        theatre
    }

    /// Takes one step; the answer of a booking lists the places it got.
    pub(crate) fn take(&mut self, step: &Step) -> Answer {
        let at = self.now;
        let result = match step {
            Step::Wait { seconds } => {
                self.now += TimeDelta::seconds(i64::from(*seconds));
                Ok(Vec::new())
            }
            _ => match command::organizing(step, at) {
                Some(command) => self.organize(&command),
                None => self.book(step),
            },
        };
        assert_eq!(
            self.event.seats().violations(),
            Vec::<String>::new(),
            "after {step:?}"
        );
        let ledger = |(id, (booking, _)): (&BookingId, &(Booking, Vec<BookingFact>))| {
            money_adds_up(booking);
            Some((*id, Ledger::of(booking, self.now)?))
        };
        Answer {
            at,
            result,
            ledgers: self.bookings.iter().filter_map(ledger).collect(),
        }
    }

    /// Who has what right now: holds that are not over, and sales.
    pub(crate) fn live_holdings(&self) -> BTreeMap<BookingId, BTreeSet<String>> {
        let holds = self
            .event
            .seats()
            .holds()
            .filter(|hold| hold.until.is_none_or(|until| self.now < until));
        let all = holds.chain(self.event.seats().sales());
        all.map(|holding| (holding.booking, holding.places.iter().flat_map(places).collect()))
            .collect()
    }

    /// Every booking, with all its facts.
    pub(crate) fn bookings(&self) -> impl Iterator<Item = &(Booking, Vec<BookingFact>)> {
        self.bookings.values()
    }

    fn organize(&mut self, command: &EventCommand) -> Result<Vec<String>, String> {
        if let EventCommand::ChangeCapacity(_) = command {
            self.expire_what_is_over(); // what is over counts as taken until it is expired
        }
        let facts = event::decide(&self.event, command).map_err(|refusal| organizers_kind(&refusal))?;
        facts.into_iter().for_each(|fact| self.apply(fact));
        Ok(Vec::new())
    }

    fn expire_what_is_over(&mut self) {
        let at = self.now;
        for booking in self.event.seats().overdue(at, usize::MAX) {
            let expire = BookingCommand::Expire(ExpireBooking { booking, at });
            self.decide_and_apply(&expire).expect("what is overdue is over");
        }
    }

    fn book(&mut self, step: &Step) -> Result<Vec<String>, String> {
        if step.is_by_others() {
            self.expire_what_is_over(); // they get different answers for a hold that is over and for one that was ended
        }
        let at = self.now;
        let known = |id: BookingId| self.bookings.get(&id).map(|(booking, _)| booking);
        let unplaced = Booking::default();
        let booking = known(booking_id(step.key())).unwrap_or(&unplaced);
        let command = command::booking(step, booking, at);
        let is_over = booking.until().is_some_and(|until| until <= at);
        for booking in booking::expired_holds_blocking(&self.event, &command) {
            let expire = BookingCommand::Expire(ExpireBooking { booking, at });
            self.decide_and_apply(&expire)
                .expect("what is in the way is over");
        }
        self.decide_and_apply(&command).map_err(|refusal| match refusal {
            BookingRefusal::Cancel(CancelRefusal::NotConfirmed) if is_over => "Over".to_owned(),
            other => kind(&other),
        })
    }

    fn decide_and_apply(&mut self, command: &BookingCommand) -> Result<Vec<String>, BookingRefusal> {
        let (booking, facts) = self.bookings.entry(command.booking()).or_default();
        let change = booking::decide(&self.event, booking, command)?;
        change.booking.iter().for_each(|fact| booking.evolve(fact));
        facts.extend(change.booking);
        let got = change.event.iter().flat_map(held_places).collect();
        change.event.into_iter().for_each(|fact| self.apply(fact));
        Ok(got)
    }

    fn apply(&mut self, fact: EventFact) {
        self.event.evolve(&fact);
        self.facts.push(fact);
    }
}

fn held_places(fact: &EventFact) -> Vec<String> {
    match fact {
        EventFact::SeatsHeld { places: held, .. } => held.iter().flat_map(places).collect(),
        _ => Vec::new(),
    }
}

/// Seats by their ids, and places of general admission as `standing*3`.
fn places(allotment: &event::facts::Allotment) -> Vec<String> {
    if allotment.seats.is_empty() {
        vec![format!("{}*{}", allotment.section, allotment.quantity)]
    } else {
        allotment.seats.iter().map(ToString::to_string).collect()
    }
}

fn create(at: DateTime<Utc>) -> CreateEvent {
    let name = |text| Name::parse(text).unwrap();
    let section = |text, amount, places| NewSection {
        name: name(text),
        price: Price::parse(amount).unwrap(),
        places,
    };
    let rows = |(rows, seats_per_row)| NewPlaces::Rows { rows, seats_per_row };
    CreateEvent {
        organizer: organizer().account,
        details: EventDetails {
            title: Title::parse("Any").unwrap(),
            description: String::new(),
            category: name("any"),
            venue: name("Any"),
            city: name("Any"),
            time_zone: name("UTC"),
            starts_at: at + TimeDelta::hours(FIRST_TIMES.0),
            ends_at: at + TimeDelta::hours(FIRST_TIMES.1),
        },
        request: None,
        currency: Currency::parse("EUR").unwrap(),
        buyer_seats_max: LIMIT,
        seating: Seating::Sections(vec![
            section("Floor", FIRST_PRICES[0], rows(FLOOR)),
            section("Balcony", FIRST_PRICES[1], rows(BALCONY)),
            section("Standing", FIRST_PRICES[2], NewPlaces::Capacity(STANDING)),
        ]),
        at,
    }
}

/// The ids of the seats of a section, row by row.
pub(crate) fn rows(section: &str) -> Vec<Vec<String>> {
    let (rows, seats) = if section == "floor" { FLOOR } else { BALCONY };
    let row = |letter: char| {
        (1..=seats)
            .map(|seat| format!("{section}-{letter}-{seat}"))
            .collect()
    };
    ('A'..='Z').take(rows as usize).map(row).collect()
}
