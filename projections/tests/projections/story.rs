//! Facts for the log as aggregates would write them, without deciding anything.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::Booking;
use domain::booking::facts::{BookingFact, BookingLine};
use domain::booking::{Fingerprint, Reference};
use domain::event::Event;
use domain::event::details::EventDetails;
use domain::event::facts::{Allotment, EventFact};
use domain::event::plan::{PlanRow, PlanSeat};
use domain::ids::{AccountId, BookingId, EventId};
use domain::money::{Currency, Money, Price};
use domain::text::{Name, SeatId, SectionId, Title};
use event_store::{Log, NewFact, Outcome, Position, Sequence, StreamId, Unit};
use projections::{PROJECTIONS, Projection, Projector, Status};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A fact of one of the two aggregates, or something that only looks like one.
pub(crate) enum StoryFact {
    Event(EventId, EventFact),
    Booking(BookingId, BookingFact),
    Nonsense(EventId, &'static str),
}

/// Appends facts to a log, minute by minute.
pub(crate) struct Story {
    pub(crate) log: Log,
    sequences: HashMap<StreamId, i64>,
    at: DateTime<Utc>,
    metadata: Arc<str>,
    pub(crate) head: Position,
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn section(text: &str) -> SectionId {
    SectionId::parse(text).unwrap()
}

pub(crate) fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub(crate) fn details(title: &str, at: DateTime<Utc>) -> EventDetails {
    EventDetails {
        title: Title::parse(title).unwrap(),
        description: "An evening".to_owned(),
        category: name("concert"),
        venue: name("Arena"),
        city: name("Berlin"),
        time_zone: name("Europe/Berlin"),
        starts_at: at + TimeDelta::days(30),
        ends_at: at + TimeDelta::days(31),
    }
}

/// Seats `a-1`, `a-2` … of the seated section.
pub(crate) fn seats(numbers: std::ops::RangeInclusive<u32>) -> Vec<SeatId> {
    numbers
        .map(|number| SeatId::parse(&format!("a-{number}")).unwrap())
        .collect()
}

/// A run of seats in the seated section, called stalls.
pub(crate) fn stalls(numbers: std::ops::RangeInclusive<u32>) -> Allotment {
    let seats = seats(numbers);
    Allotment {
        section: section("stalls"),
        quantity: u32::try_from(seats.len()).unwrap(),
        seats,
    }
}

/// Places in general admission, called floor.
pub(crate) fn floor(quantity: u32) -> Allotment {
    Allotment {
        section: section("floor"),
        quantity,
        seats: Vec::new(),
    }
}

impl Story {
    pub(crate) fn new(log: Log) -> Self {
        let metadata = r#"{"actor":"storyteller","role":"user","command_id":"0193a5c2-0000-7000-8000-000000000000","correlation_id":"story"}"#;
        Self {
            log,
            sequences: HashMap::new(),
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            metadata: metadata.into(),
            head: Position::START,
        }
    }

    /// A minute later.
    pub(crate) fn now(&mut self) -> DateTime<Utc> {
        self.at += TimeDelta::minutes(1);
        self.at
    }

    /// Facts to append; their places are taken.
    pub(crate) fn unit(&mut self, facts: Vec<StoryFact>) -> Unit {
        let facts = facts.into_iter().map(|fact| self.fact(fact)).collect();
        Unit { facts }
    }

    fn fact(&mut self, fact: StoryFact) -> NewFact {
        let (stream, event_type, payload) = match fact {
            StoryFact::Event(id, fact) => (
                StreamId::of::<Event>(id),
                fact.name(),
                serde_json::to_string(&fact),
            ),
            StoryFact::Booking(id, fact) => (
                StreamId::of::<Booking>(id),
                fact.name(),
                serde_json::to_string(&fact),
            ),
            StoryFact::Nonsense(id, event_type) => (
                StreamId::of::<Event>(id),
                event_type,
                Ok("{\"nonsense\":true}".to_owned()),
            ),
        };
        let sequence = self.sequences.entry(stream.clone()).or_default();
        *sequence += 1;
        NewFact {
            stream,
            sequence: Sequence::new(*sequence),
            event_type,
            event_version: "1.0",
            payload: payload.unwrap(),
            metadata: Arc::clone(&self.metadata),
        }
    }

    pub(crate) async fn record(&mut self, facts: Vec<StoryFact>) -> Position {
        let unit = self.unit(facts);
        self.append(&[unit]).await
    }

    pub(crate) async fn append(&mut self, units: &[Unit]) -> Position {
        for outcome in self.log.append(units).await.unwrap() {
            match outcome {
                Outcome::Appended(position) => self.head = self.head.max(position),
                Outcome::Conflict => panic!("nothing else writes this stream"),
            }
        }
        self.head
    }

    /// An event on sale: 40 seats in 4 rows of the stalls, 100 places on the floor.
    pub(crate) async fn event(&mut self, title: &str) -> EventId {
        let (id, organizer) = (EventId::new(Uuid::new_v4()), AccountId::new(Uuid::new_v4()));
        let at = self.now();
        let facts = vec![
            EventFact::EventCreated {
                organizer,
                details: details(title, at),
                currency: euro(),
                buyer_seats_max: 8,
                request: None,
                at,
            },
            EventFact::SectionAdded {
                section: section("stalls"),
                name: name("Stalls"),
                price: Price::parse(5_000).unwrap(),
                category: Some(name("Best")),
                capacity: None,
                at,
            },
            EventFact::RowsAdded {
                section: section("stalls"),
                rows: rows(1..=3),
                at,
            },
            EventFact::RowsAdded {
                section: section("stalls"),
                rows: rows(4..=4),
                at,
            },
            EventFact::SectionAdded {
                section: section("floor"),
                name: name("Floor"),
                price: Price::parse(2_000).unwrap(),
                category: None,
                capacity: Some(100),
                at,
            },
            EventFact::EventPublished { at },
            EventFact::SalesOpened { from: at, at },
        ];
        self.record(facts.into_iter().map(|fact| StoryFact::Event(id, fact)).collect())
            .await;
        id
    }

    /// What a hold of `places` appends.
    pub(crate) fn holding(&mut self, event: EventId, places: Vec<Allotment>) -> (BookingId, Unit) {
        let (booking, buyer) = (BookingId::new(Uuid::new_v4()), AccountId::new(Uuid::new_v4()));
        let (at, until) = (self.now(), self.at + TimeDelta::minutes(10));
        let price = Price::parse(5_000).unwrap();
        let lines: Vec<BookingLine> = places
            .iter()
            .map(|place| BookingLine {
                section: place.section.clone(),
                quantity: place.quantity,
                seats: place.seats.clone(),
                unit_price: price,
            })
            .collect();
        let total = lines.iter().fold(Money::zero(euro()), |total, line| {
            total.plus_seats(price, line.quantity).unwrap()
        });
        let booked = BookingFact::BookingPlaced {
            event,
            buyer,
            reference: Reference::of(booking),
            request: Fingerprint::new(1),
            lines,
            total,
            policy: None,
            until,
            at,
        };
        let held = EventFact::SeatsHeld {
            booking,
            buyer,
            places,
            until,
            at,
        };
        (
            booking,
            self.unit(vec![
                StoryFact::Event(event, held),
                StoryFact::Booking(booking, booked),
            ]),
        )
    }

    pub(crate) async fn hold(&mut self, event: EventId, places: Vec<Allotment>) -> BookingId {
        let (booking, unit) = self.holding(event, places);
        self.append(&[unit]).await;
        booking
    }

    pub(crate) async fn extend(&mut self, event: EventId, booking: BookingId) {
        let (at, until) = (self.now(), self.at + TimeDelta::minutes(15));
        self.record(vec![
            StoryFact::Event(event, EventFact::HoldExtended { booking, until, at }),
            StoryFact::Booking(booking, BookingFact::BookingExtended { until, at }),
        ])
        .await;
    }

    pub(crate) async fn release(&mut self, event: EventId, booking: BookingId, places: Vec<Allotment>) {
        let at = self.now();
        self.record(vec![
            StoryFact::Event(event, EventFact::HoldReleased { booking, places, at }),
            StoryFact::Booking(booking, BookingFact::BookingReleased { at }),
        ])
        .await;
    }

    pub(crate) async fn expire(&mut self, event: EventId, booking: BookingId, places: Vec<Allotment>) {
        let at = self.now();
        self.record(vec![
            StoryFact::Event(event, EventFact::HoldExpired { booking, places, at }),
            StoryFact::Booking(booking, BookingFact::BookingExpired { at }),
        ])
        .await;
    }

    pub(crate) async fn sell(&mut self, event: EventId, booking: BookingId, places: Vec<Allotment>) {
        let at = self.now();
        let buyer = AccountId::new(Uuid::new_v4());
        self.record(vec![
            StoryFact::Event(
                event,
                EventFact::SeatsSold {
                    booking,
                    buyer,
                    places,
                    at,
                },
            ),
            StoryFact::Booking(booking, BookingFact::BookingConfirmed { at }),
        ])
        .await;
    }

    /// Everything that can happen to places, in two events.
    pub(crate) async fn everything(&mut self) -> EventId {
        let event = self.event("Spring").await;
        let other = self.event("Autumn").await;
        let sold = self.hold(event, vec![stalls(1..=3), floor(2)]).await;
        let released = self.hold(event, vec![stalls(4..=5)]).await;
        let expired = self.hold(event, vec![floor(7)]).await;
        self.hold(other, vec![stalls(1..=2)]).await;
        self.extend(event, sold).await;
        self.release(event, released, vec![stalls(4..=5)]).await;
        self.sell(event, sold, vec![stalls(1..=3), floor(2)]).await;
        self.expire(event, expired, vec![floor(7)]).await;
        self.hold(event, vec![stalls(5..=6), floor(1)]).await;
        event
    }
}

/// Rows with these numbers, of ten seats each.
pub(crate) fn rows(numbers: std::ops::RangeInclusive<u32>) -> Vec<PlanRow> {
    let seat = |number: u32| PlanSeat {
        id: SeatId::parse(&format!("a-{number}")).unwrap(),
        seat_number: name(&number.to_string()),
        rest: serde_json::Map::new(),
    };
    let row = |number: u32| PlanRow {
        zone: None,
        row_number: name(&number.to_string()),
        seats: (number * 10 - 9..=number * 10).map(seat).collect(),
        rest: serde_json::Map::new(),
    };
    numbers.map(row).collect()
}

/// As if the checkpoints had been lost while the rows were not.
pub(crate) async fn forget_checkpoints(pool: &PgPool) {
    let forgotten = sqlx::query("update checkpoints set position = 0")
        .execute(pool)
        .await;
    forgotten.unwrap();
}

/// Applies the whole log to the tables that serve, at most `max` facts at once.
pub(crate) async fn project(pool: &PgPool, log: &Log, max: usize) {
    for projection in PROJECTIONS {
        project_one(projection, pool, log, max).await;
    }
}

pub(crate) async fn project_one(projection: &'static Projection, pool: &PgPool, log: &Log, max: usize) {
    let projector = Projector::new(projection, pool.clone(), Status::default());
    loop {
        let facts = log
            .read_after(projector.position().await.unwrap(), max)
            .await
            .unwrap();
        if facts.is_empty() {
            return;
        }
        projector
            .absorb_with_log(&facts, log, &CancellationToken::new())
            .await
            .unwrap();
    }
}
