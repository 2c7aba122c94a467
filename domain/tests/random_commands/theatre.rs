//! The domain under test: one Event with its Bookings, kept as a lane keeps them.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{
    self, Booking, BookingCommand, BookingRefusal, CancelPlaces, CancelRefusal, CancelRequest, Canceller,
    ConfirmBooking, ConfirmRefusal, ExpireBooking, ExpireRefusal, ExtendBooking, ExtendRefusal, Fingerprint,
    PlaceBooking, PlaceRefusal, SeatRequest,
};
use domain::event::{
    self, By, CloseSales, CreateEvent, Event, EventCommand, EventDetails, EventFact, NewPlaces, NewSection,
    OpenSales, PublishEvent, Seating, SetBuyerLimit,
};
use domain::ids::{AccountId, BookingId, EventId, RefundId};
use domain::money::{Currency, Price};
use domain::text::{Name, SeatId, SectionId, Title};
use uuid::Uuid;

use crate::step::Step;

/// Sections: two seated ones, the first of which costs money, general admission, and one that is not there.
pub(crate) const SECTIONS: [&str; 4] = ["floor", "balcony", "standing", "nowhere"];
pub(crate) const FLOOR: (u32, u32) = (2, 7);
pub(crate) const BALCONY: (u32, u32) = (2, 5);
pub(crate) const STANDING: u32 = 9;
pub(crate) const LIMIT: u32 = 6;

/// What the domain answered, and when.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) at: DateTime<Utc>,
    pub(crate) result: Result<Vec<String>, String>,
}

/// The domain under test.
pub(crate) struct Theatre {
    pub(crate) event: Event,
    pub(crate) facts: Vec<EventFact>,
    bookings: BTreeMap<BookingId, Booking>,
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

pub(crate) fn booking_id(key: u8) -> BookingId {
    BookingId::new(Uuid::from_u128(0xb00 + u128::from(key)))
}

fn account(number: u8) -> AccountId {
    AccountId::new(Uuid::from_u128(0xa00 + u128::from(number)))
}

fn organizer() -> By {
    By {
        account: account(255),
        any_event: false,
    }
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
        let at = start();
        for command in [
            EventCommand::Create(create(at)),
            EventCommand::Publish(PublishEvent { by: organizer(), at }),
            EventCommand::OpenSales(OpenSales {
                by: organizer(),
                from: None,
                at,
            }),
        ] {
            theatre.organize(&command).unwrap();
        }
        theatre
    }

    /// Takes one step; the answer of a booking lists the places it got.
    pub(crate) fn take(&mut self, step: &Step) -> Answer {
        let at = self.now;
        let minutes = |minutes: i8| Some(at + TimeDelta::minutes(i64::from(minutes)));
        let result = match step {
            Step::Wait { seconds } => {
                self.now += TimeDelta::seconds(i64::from(*seconds));
                Ok(Vec::new())
            }
            Step::Open { minutes: ahead } => self.organize(&EventCommand::OpenSales(OpenSales {
                by: organizer(),
                from: minutes(*ahead),
                at,
            })),
            Step::Close { minutes: ahead } => self.organize(&EventCommand::CloseSales(CloseSales {
                by: organizer(),
                until: minutes(*ahead),
                at,
            })),
            Step::Limit { seats } => {
                let buyer_seats_max = u32::from(*seats);
                self.organize(&EventCommand::SetBuyerLimit(SetBuyerLimit {
                    by: organizer(),
                    buyer_seats_max,
                    at,
                }))
            }
            Step::PlaceNamed { .. }
            | Step::PlaceAny { .. }
            | Step::Extend { .. }
            | Step::Release { .. }
            | Step::Expire { .. }
            | Step::Confirm { .. } => self.book(&command(step, at)),
        };
        assert_eq!(self.event.violations(), Vec::<String>::new(), "after {step:?}");
        Answer { at, result }
    }

    /// Who has what right now: holds that are not over, and sales.
    pub(crate) fn live_holdings(&self) -> BTreeMap<BookingId, BTreeSet<String>> {
        let holds = self
            .event
            .holds()
            .filter(|hold| hold.until.is_some_and(|until| self.now < until));
        let all = holds.chain(self.event.sales_made());
        all.map(|holding| (holding.booking, holding.places.iter().flat_map(places).collect()))
            .collect()
    }

    fn organize(&mut self, command: &EventCommand) -> Result<Vec<String>, String> {
        let facts = event::decide(&self.event, command).map_err(|refusal| format!("{refusal:?}"))?;
        facts.into_iter().for_each(|fact| self.apply(fact));
        Ok(Vec::new())
    }

    fn book(&mut self, command: &BookingCommand) -> Result<Vec<String>, String> {
        let at = self.now;
        for booking in booking::overdue_in_the_way(&self.event, command) {
            let expire = BookingCommand::Expire(ExpireBooking { booking, at });
            self.decide_and_apply(&expire)
                .expect("what is in the way is over");
        }
        self.decide_and_apply(command).map_err(|refusal| kind(&refusal))
    }

    fn decide_and_apply(&mut self, command: &BookingCommand) -> Result<Vec<String>, BookingRefusal> {
        let booking = self.bookings.entry(command.booking()).or_default();
        let change = booking::decide(&self.event, booking, command)?;
        change.booking.iter().for_each(|fact| booking.evolve(fact));
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
            starts_at: at + TimeDelta::days(1),
            ends_at: at + TimeDelta::days(2),
        },
        request: None,
        currency: Currency::parse("EUR").unwrap(),
        buyer_seats_max: LIMIT,
        seating: Seating::Sections(vec![
            section("Floor", 100, rows(FLOOR)),
            section("Balcony", 0, rows(BALCONY)),
            section("Standing", 0, NewPlaces::Capacity(STANDING)),
        ]),
        at,
    }
}

fn command(step: &Step, at: DateTime<Utc>) -> BookingCommand {
    match step {
        Step::PlaceNamed { key, buyer, seats } => {
            let ids = seats
                .iter()
                .map(|number| SeatId::parse(&seat_id(*number)).unwrap());
            place(step, *key, *buyer, SeatRequest::Named(ids.collect()), at)
        }
        Step::PlaceAny {
            key,
            buyer,
            section,
            quantity,
        } => {
            let section = SectionId::parse(SECTIONS[usize::from(*section)]).unwrap();
            place(
                step,
                *key,
                *buyer,
                SeatRequest::Any {
                    section,
                    quantity: u32::from(*quantity),
                },
                at,
            )
        }
        Step::Extend { key, buyer } => BookingCommand::Extend(ExtendBooking {
            booking: booking_id(*key),
            buyer: account(*buyer),
            at,
        }),
        Step::Release { key, buyer } => BookingCommand::Cancel(CancelPlaces {
            booking: booking_id(*key),
            by: Canceller::Buyer(account(*buyer)),
            places: CancelRequest::All,
            cancellation: RefundId::new(booking_id(*key).uuid()),
            request: None,
            at,
        }),
        Step::Confirm { key, buyer } => BookingCommand::Confirm(ConfirmBooking {
            booking: booking_id(*key),
            buyer: account(*buyer),
            at,
        }),
        Step::Expire { key } => BookingCommand::Expire(ExpireBooking {
            booking: booking_id(*key),
            at,
        }),
        Step::Wait { .. } | Step::Open { .. } | Step::Close { .. } | Step::Limit { .. } => {
            unreachable!("not about a booking")
        }
    }
}

fn place(step: &Step, key: u8, buyer: u8, seats: SeatRequest, at: DateTime<Utc>) -> BookingCommand {
    let mut hasher = DefaultHasher::new();
    format!("{step:?}").hash(&mut hasher);
    BookingCommand::Place(PlaceBooking {
        booking: booking_id(key),
        event: EventId::new(Uuid::from_u128(1)),
        buyer: account(buyer),
        seats,
        request: Fingerprint::new(hasher.finish()),
        at,
    })
}

/// A refusal by its kind; that a hold was given back or ran out is one kind, as the moment somebody notices is open.
fn kind(refusal: &BookingRefusal) -> String {
    let kind = match refusal {
        BookingRefusal::Place(refusal) => match refusal {
            PlaceRefusal::NotOnSale { .. } => "NotOnSale",
            PlaceRefusal::OverBuyerLimit { .. } => "OverBuyerLimit",
            PlaceRefusal::SoldOut { left, .. } => return format!("SoldOut, {left} left"),
            PlaceRefusal::SeatsTaken(seats) => return format!("SeatsTaken {}", sorted(seats)),
            PlaceRefusal::UnknownSeats(seats) => return format!("UnknownSeats {}", sorted(seats)),
            PlaceRefusal::DuplicateSeats(seats) => return format!("DuplicateSeats {}", sorted(seats)),
            other => return format!("{other:?}"),
        },
        BookingRefusal::Extend(refusal) => match refusal {
            ExtendRefusal::Absent => "Absent",
            ExtendRefusal::NotYours => "NotYours",
            ExtendRefusal::Confirmed => "Confirmed",
            ExtendRefusal::Ended { .. } | ExtendRefusal::Expired { .. } => "Over",
            ExtendRefusal::PaymentInFlight => "PaymentInFlight",
        },
        BookingRefusal::Cancel(refusal) => match refusal {
            CancelRefusal::Absent => "Absent",
            CancelRefusal::NotYours => "NotYours",
            other => return format!("{other:?}"),
        },
        BookingRefusal::Expire(refusal) => match refusal {
            ExpireRefusal::Absent => "Absent",
            ExpireRefusal::NotOver { .. } => "NotOver",
        },
        BookingRefusal::Confirm(refusal) => match refusal {
            ConfirmRefusal::Absent => "Absent",
            ConfirmRefusal::NotYours => "NotYours",
            ConfirmRefusal::Ended { .. } | ConfirmRefusal::Expired { .. } => "Over",
            ConfirmRefusal::PaymentRequired { .. } => "PaymentRequired",
        },
        other => return format!("{other:?}"),
    };
    kind.to_owned()
}

fn sorted(seats: &[SeatId]) -> String {
    let ids: BTreeSet<&str> = seats.iter().map(SeatId::as_str).collect();
    format!("{ids:?}")
}
