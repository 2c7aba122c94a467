//! An Event on sale, nodes that sell it, and what the log says of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use command_api::CommandApi;
use domain::Fingerprint;
use domain::booking::{
    BookingCommand, BookingRefusal, CancelPlaces, CancelRequest, Canceller, ConfirmBooking, PlaceBooking,
    PlaceRefusal, SeatRefusal, SeatRequest,
};
use domain::event::facts::EventFact;
use domain::event::{
    By, CreateEvent, EventCommand, EventDetails, EventRefusal, NewPlaces, NewSection, OpenSales,
    PublishEvent, Seating, SetBuyerLimit,
};
use domain::ids::{AccountId, BookingId, EventId, RefundId};
use domain::money::{Currency, Price};
use domain::text::{Name, SeatId, SectionId, Title};
use event_store::clock::Clock;
use event_store::{Doorbell, Log, Position, RecordedFact, Sequence};
use lanes::{Cause, CommandError, Done, LaneSettings, Store};
use sqlx::{PgPool, Postgres, Transaction};
use tests::{TestDatabase, eventually};
use uuid::Uuid;

/// Longer than anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Facts that a test may make.
const FACTS_MAX: usize = 100_000;

/// What became of a command on a Booking.
pub(crate) type Booked = Result<Done<Arc<lanes::Booked>>, CommandError<BookingRefusal>>;

/// What became of a command on an Event.
pub(crate) type Managed = Result<Done<Option<contract::Event>>, CommandError<EventRefusal>>;

/// An Event on sale: one row of two hundred seats that cost nothing.
pub(crate) struct Sale {
    /// What sees and ends every session.
    pub(crate) owner: PgPool,
    pub(crate) database: TestDatabase,
    pub(crate) clock: Clock,
    pub(crate) event: EventId,
}

/// A node that sells the Event.
pub(crate) struct Node {
    pub(crate) api: CommandApi,
    event: EventId,
}

impl Sale {
    /// In a log of its own. Its clock stands at the present, as far as the database agrees about it.
    pub(crate) async fn open() -> Self {
        let database = TestDatabase::create().await;
        let mut sale = Self {
            owner: PgPool::connect(&database.url).await.unwrap(),
            database,
            clock: Clock::manual(Clock::system().now()),
            event: EventId::new(Uuid::nil()),
        };
        sale.event = sale.another_event().await;
        sale
    }

    /// Puts another Event on sale.
    pub(crate) async fn another_event(&self) -> EventId {
        let event = EventId::new(Uuid::new_v4());
        let node = self.node();
        let at = self.clock.now();
        let publish = PublishEvent { by: organizer(), at };
        let open = OpenSales {
            by: organizer(),
            from: None,
            at,
        };
        for command in [
            EventCommand::Create(self.creation()),
            EventCommand::Publish(publish),
            EventCommand::OpenSales(open),
        ] {
            node.api
                .events
                .event(event, command, None, cause())
                .await
                .unwrap();
        }
        node.api.drain().await;
        event
    }

    fn creation(&self) -> CreateEvent {
        let name = |text| Name::parse(text).unwrap();
        let at = self.clock.now();
        CreateEvent {
            organizer: organizer().account,
            details: EventDetails {
                title: Title::parse("Midsummer Night").unwrap(),
                description: String::new(),
                category: name("concert"),
                venue: name("Old Harbour"),
                city: name("Hamburg"),
                time_zone: name("Europe/Berlin"),
                starts_at: at + TimeDelta::days(30),
                ends_at: at + TimeDelta::days(31),
            },
            currency: Currency::parse("EUR").unwrap(),
            buyer_seats_max: 20,
            seating: Seating::Sections(vec![NewSection {
                name: name("Stalls"),
                price: Price::parse(0).unwrap(),
                places: NewPlaces::Rows {
                    rows: 1,
                    seats_per_row: 200,
                },
            }]),
            request: None,
            at,
        }
    }

    /// A node with usual bounds.
    pub(crate) fn node(&self) -> Node {
        self.node_with(LaneSettings::default())
    }

    /// A node with these bounds.
    pub(crate) fn node_with(&self, settings: LaneSettings) -> Node {
        self.node_of(Store {
            settings,
            ..self.store()
        })
    }

    /// A node that has its own idea of the time.
    pub(crate) fn node_at(&self, clock: Clock) -> Node {
        self.node_of(Store {
            clock,
            ..self.store()
        })
    }

    pub(crate) fn node_of(&self, store: Store) -> Node {
        self.node_on(CommandApi::start(store, Doorbell::silent()))
    }

    /// A node that does it by `api`.
    pub(crate) fn node_on(&self, api: CommandApi) -> Node {
        Node {
            api,
            event: self.event,
        }
    }

    pub(crate) fn store(&self) -> Store {
        Store {
            log: self.database.log(),
            snapshots: self.database.snapshots(),
            clock: self.clock.clone(),
            settings: LaneSettings::default(),
        }
    }

    /// Holds the log's lock: nothing is appended until the transaction ends.
    pub(crate) async fn hold_log(&self) -> Transaction<'static, Postgres> {
        let mut holding = self.owner.begin().await.unwrap();
        sqlx::query("select pg_advisory_xact_lock(4711)")
            .execute(&mut *holding)
            .await
            .unwrap();
        holding
    }

    /// Waits until so many appends wait for the log's lock.
    pub(crate) async fn appends_wait(&self, wanted: i64) {
        let waiting = "select count(*) from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock'";
        eventually("appends wait", PATIENCE, || async {
            let found: i64 = sqlx::query_scalar(waiting).fetch_one(&self.owner).await.unwrap();
            found == wanted
        })
        .await;
    }

    /// The whole log, which has no hole.
    pub(crate) async fn facts(&self) -> Vec<RecordedFact> {
        let log = Log::new(self.database.reader.clone());
        let facts = log.read_after(Position::START, FACTS_MAX).await.unwrap();
        for (fact, position) in facts.iter().zip(1..) {
            assert_eq!(fact.position, Position::new(position), "the log has a hole");
        }
        facts
    }

    /// The names of all facts after `after`, in order.
    pub(crate) async fn names_after(&self, after: Position) -> Vec<String> {
        let facts = self.facts().await;
        let after = facts.into_iter().filter(|fact| fact.position > after);
        after.map(|fact| fact.event_type).collect()
    }

    /// How often each seat was held, and for whom, by the whole log.
    pub(crate) async fn holders(&self) -> BTreeMap<SeatId, Vec<BookingId>> {
        let mut holders = BTreeMap::<_, Vec<_>>::new();
        for fact in self.facts().await {
            if fact.event_type != "SeatsHeld" {
                continue;
            }
            let held = serde_json::from_str::<EventFact>(fact.payload.get()).unwrap();
            let EventFact::SeatsHeld { booking, places, .. } = held else {
                panic!("{held:?}");
            };
            for seat in places.into_iter().flat_map(|place| place.seats) {
                holders.entry(seat).or_default().push(booking);
            }
        }
        holders
    }

    /// The names of the facts of a Booking.
    pub(crate) async fn story(&self, number: u32) -> Vec<String> {
        let id = booking(number).uuid();
        let facts = self.facts().await;
        let of_booking = facts.into_iter().filter(|fact| fact.stream.aggregate_id == id);
        of_booking.map(|fact| fact.event_type).collect()
    }
}

impl Node {
    /// Places Booking `number` of these seats, each Booking for a buyer of its own.
    pub(crate) async fn place(&self, number: u32, seats: &[u32]) -> Booked {
        self.place_in(self.event, number, seats).await
    }

    pub(crate) async fn place_in(&self, event: EventId, number: u32, seats: &[u32]) -> Booked {
        let seats = SeatRequest::Named(seats.iter().copied().map(seat).collect());
        self.place_for(buyer(number), event, number, seats).await
    }

    /// Places Booking `number` of any seats, for the buyer of all such Bookings.
    pub(crate) async fn place_any(&self, number: u32, quantity: u32) -> Booked {
        let section = SectionId::parse("stalls").unwrap();
        let seats = SeatRequest::Any { section, quantity };
        self.place_for(buyer(0), self.event, number, seats).await
    }

    async fn place_for(&self, buyer: AccountId, event: EventId, number: u32, seats: SeatRequest) -> Booked {
        let command = BookingCommand::Place(PlaceBooking {
            booking: booking(number),
            event,
            buyer,
            seats,
            request: Fingerprint::new(u64::from(number)),
            at: self.api.clock.now(),
        });
        self.api.events.booking(event, command, cause()).await
    }

    pub(crate) async fn release(&self, number: u32) -> Booked {
        let command = BookingCommand::Cancel(CancelPlaces {
            booking: booking(number),
            by: Canceller::Buyer(buyer(number)),
            places: CancelRequest::All,
            cancellation: RefundId::new(booking(number).uuid()),
            request: None,
            at: self.api.clock.now(),
        });
        self.api.events.booking(self.event, command, cause()).await
    }

    pub(crate) async fn confirm(&self, number: u32) -> Booked {
        let command = BookingCommand::Confirm(ConfirmBooking {
            booking: booking(number),
            buyer: buyer(number),
            at: self.api.clock.now(),
        });
        self.api.events.booking(self.event, command, cause()).await
    }

    /// Sets the limit of a buyer of `event`, if it is at the version `expected`.
    pub(crate) async fn limit(&self, event: EventId, limit: u32, expected: Option<Sequence>) -> Managed {
        let command = EventCommand::SetBuyerLimit(SetBuyerLimit {
            by: organizer(),
            buyer_seats_max: limit,
            at: self.api.clock.now(),
        });
        self.api.events.event(event, command, expected, cause()).await
    }

    /// Sets the limit of the sale's Event to 5, at the same time and by the same command of a process however often.
    pub(crate) async fn limit_by_process(&self) -> Managed {
        let command = EventCommand::SetBuyerLimit(SetBuyerLimit {
            by: organizer(),
            buyer_seats_max: 5,
            at: DateTime::UNIX_EPOCH,
        });
        let cause = Cause::process("test", self.event.uuid(), Position::START);
        self.api.events.event(self.event, command, None, cause).await
    }
}

pub(crate) fn booking(number: u32) -> BookingId {
    BookingId::new(Uuid::from_u128(0xb000_0000_0000 + u128::from(number)))
}

pub(crate) fn buyer(number: u32) -> AccountId {
    AccountId::new(Uuid::from_u128(0xa000_0000_0000 + u128::from(number)))
}

pub(crate) fn seat(number: u32) -> SeatId {
    SeatId::parse(&format!("stalls-A-{number}")).unwrap()
}

/// The refusal of a seat that is not free.
pub(crate) fn taken(seats: &[u32]) -> CommandError<BookingRefusal> {
    let seats = seats.iter().copied().map(seat).collect();
    CommandError::Refused(BookingRefusal::Place(PlaceRefusal::Seats(
        SeatRefusal::SeatsTaken(seats),
    )))
}

fn organizer() -> By {
    By {
        account: AccountId::new(Uuid::from_u128(1)),
        any_event: false,
    }
}

fn cause() -> Cause {
    Cause {
        role: "user",
        ..Cause::system("test", Uuid::new_v4())
    }
}
