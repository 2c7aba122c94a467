//! What commands accept, every projector stores and every query returns unchanged: times, texts and numbers at the ends
//! of their ranges and beyond.

use chrono::{DateTime, TimeDelta, Utc};
use contract::Event as EventBody;
use domain::booking::{BookingCommand, Fingerprint, PlaceBooking, SeatRequest};
use domain::event::{
    By, CancellationPolicy, ChangeCapacity, ChangePrice, CloseSales, CreateEvent, EditDetails, EventCommand,
    EventDetails, Fee, NewPlaces, NewSection, OpenSales, PublishEvent, RescheduleEvent, Seating,
    SetCancellationPolicy,
};
use domain::ids::{AccountId, BookingId, EventId};
use domain::money::{Currency, Price};
use domain::text::{Name, SectionId, Title};
use edge::token::Role;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::world::{BUYER, ORGANIZER, World, new_id};

/// Enough that each end of each range meets each verb, few enough for a second or two.
const EVENTS: usize = 200;

const VERBS_MAX: usize = 8;

/// One thing to ask of an Event.
#[derive(Clone, Debug)]
enum Verb {
    Publish,
    Open(Option<DateTime<Utc>>),
    Close(Option<DateTime<Utc>>),
    Reschedule(DateTime<Utc>, DateTime<Utc>, u32),
    Edit(DateTime<Utc>, String, u32),
    Price(Price),
    Capacity(u32),
    Policy(u32, Fee, u32),
    Place(u32),
}

fn times(now: DateTime<Utc>) -> BoxedStrategy<DateTime<Utc>> {
    let edges = [
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00Z",
        "2026-12-31T23:59:60Z",
        "2030-01-01T00:00:00.0001Z",
        "2199-12-31T23:59:59.999Z",
        "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "+10000-01-01T00:00:00Z",
    ];
    let mut edges: Vec<DateTime<Utc>> = edges.iter().map(|text| text.parse().unwrap()).collect();
    edges.extend([DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC]);
    let near = (-3_600_000_i64..400 * 86_400_000).prop_map(move |ms| now + TimeDelta::milliseconds(ms));
    prop_oneof![4 => near, 1 => select(edges)].boxed()
}

fn counts() -> impl Strategy<Value = u32> {
    let edges = vec![0, 1, 20, 999_999, 1_000_000, 1_000_001, i32::MAX as u32, u32::MAX];
    prop_oneof![1..2_000_u32, select(edges)]
}

/// Mostly what is within bounds.
fn limits() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 1..=1_000_000_u32, 1 => counts()]
}

fn prices() -> impl Strategy<Value = Price> {
    prop_oneof![Just(0), Just(1), Just(Price::MAX), 0..10_000_i64]
        .prop_map(|amount| Price::parse(amount).unwrap())
}

fn texts(chars: usize) -> impl Strategy<Value = String> {
    let letters = select(vec!["a", "ß", "音", "🎶", "'", "\"", "\\", "%", "<", "\u{301}"]);
    (letters, select(vec![1, 17, chars])).prop_map(|(letter, count)| format!("x{}", letter.repeat(count - 1)))
}

fn details(now: DateTime<Utc>) -> impl Strategy<Value = EventDetails> {
    (
        texts(Title::CHARS_MAX),
        texts(10_000),
        texts(Name::CHARS_MAX),
        times(now),
        times(now),
    )
        .prop_map(|(title, description, name, one, other)| EventDetails {
            title: Title::parse(&title).unwrap(),
            description,
            category: Name::parse(&name).unwrap(),
            venue: Name::parse(&name).unwrap(),
            city: Name::parse(&name).unwrap(),
            time_zone: Name::parse("Europe/Berlin").unwrap(),
            starts_at: one.min(other),
            ends_at: one.max(other),
        })
}

fn verbs(now: DateTime<Utc>) -> impl Strategy<Value = Verb> {
    let fees = prop_oneof![
        (0..=10_000_u16).prop_map(Fee::BasisPoints),
        prices().prop_map(Fee::PerPlace),
    ];
    let hours = || prop_oneof![0..200_u32, Just(8_784), Just(8_785), Just(u32::MAX)];
    prop_oneof![
        3 => Just(Verb::Publish),
        2 => proptest::option::of(times(now)).prop_map(Verb::Open),
        1 => proptest::option::of(times(now)).prop_map(Verb::Close),
        2 => (times(now), times(now), hours()).prop_map(|(a, b, hours)| Verb::Reschedule(a.min(b), a.max(b), hours)),
        1 => (times(now), texts(10_000), counts()).prop_map(|(at, text, limit)| Verb::Edit(at, text, limit)),
        1 => prices().prop_map(Verb::Price),
        2 => counts().prop_map(Verb::Capacity),
        1 => (hours(), fees, hours()).prop_map(|(free, fee, closes)| Verb::Policy(free, fee, closes)),
        2 => (1..=21_u32).prop_map(Verb::Place),
    ]
}

const fn organizer() -> By {
    By {
        account: AccountId::new(ORGANIZER),
        any_event: false,
    }
}

fn section() -> SectionId {
    SectionId::parse("floor").unwrap()
}

fn creation(
    details: EventDetails,
    limit: u32,
    capacity: u32,
    price: Price,
    at: DateTime<Utc>,
) -> EventCommand {
    EventCommand::Create(CreateEvent {
        organizer: AccountId::new(ORGANIZER),
        details,
        currency: Currency::parse("EUR").unwrap(),
        buyer_seats_max: limit,
        seating: Seating::Sections(vec![NewSection {
            name: Name::parse("Floor").unwrap(),
            price,
            places: NewPlaces::Capacity(capacity),
        }]),
        request: None,
        at,
    })
}

/// The command of `verb` to an Event; `None` for one to a Booking, and for a policy that is none.
fn command(verb: Verb, at: DateTime<Utc>) -> Option<EventCommand> {
    let (by, section) = (organizer(), section());
    Some(match verb {
        Verb::Publish => EventCommand::Publish(PublishEvent { by, at }),
        Verb::Open(from) => EventCommand::OpenSales(OpenSales { by, from, at }),
        Verb::Close(until) => EventCommand::CloseSales(CloseSales { by, until, at }),
        Verb::Reschedule(starts_at, ends_at, free_hours) => EventCommand::Reschedule(RescheduleEvent {
            by,
            starts_at,
            ends_at,
            free_hours,
            sales_until: None,
            at,
        }),
        Verb::Edit(starts_at, description, limit) => EventCommand::EditDetails(EditDetails {
            by,
            title: None,
            description: Some(description),
            category: None,
            venue: None,
            city: None,
            time_zone: None,
            starts_at: Some(starts_at),
            ends_at: None,
            buyer_seats_max: Some(limit),
            at,
        }),
        Verb::Price(price) => EventCommand::ChangePrice(ChangePrice {
            by,
            section,
            price,
            at,
        }),
        Verb::Capacity(capacity) => EventCommand::ChangeCapacity(ChangeCapacity {
            by,
            section,
            capacity,
            at,
        }),
        Verb::Policy(free_hours, fee, closes_hours) => {
            let policy = CancellationPolicy::new(free_hours, fee, closes_hours).ok()?;
            EventCommand::SetCancellationPolicy(SetCancellationPolicy {
                by,
                policy: Some(policy),
                at,
            })
        }
        Verb::Place(_) => return None,
    })
}

/// Asks for it, and counts what is accepted.
async fn ask(world: &World, id: EventId, verb: Verb) -> usize {
    let at = world.clock.now();
    let mut write = world.write.lock().await;
    let accepted = if let Verb::Place(quantity) = verb {
        let place = PlaceBooking {
            booking: BookingId::new(new_id()),
            event: id,
            buyer: AccountId::new(BUYER),
            seats: SeatRequest::Any {
                section: section(),
                quantity,
            },
            request: Fingerprint::new(1),
            at,
        };
        write.try_command(id, BookingCommand::Place(place)).await
    } else if let Some(command) = command(verb, at) {
        write.try_organize(id, command).await
    } else {
        false
    };
    usize::from(accepted)
}

#[actix_web::test]
async fn what_commands_accept_every_projector_stores_and_every_query_returns_unchanged() {
    let world = World::new().await;
    world.stop_projecting();
    let now = world.clock.now();
    let cases = (
        details(now),
        limits(),
        limits(),
        prices(),
        prop::collection::vec(verbs(now), 0..VERBS_MAX),
    );
    let mut runner = TestRunner::deterministic();
    let (mut events, mut accepted) = (Vec::new(), 0);
    for _ in 0..EVENTS {
        let (details, limit, capacity, price, verbs) = cases.new_tree(&mut runner).unwrap().current();
        let id = EventId::new(new_id());
        let created = creation(details, limit, capacity, price, now);
        if world.write.lock().await.try_organize(id, created).await {
            events.push(id);
        }
        for verb in verbs {
            accepted += ask(&world, id, verb).await;
        }
    }
    assert!(
        events.len() > EVENTS / 3 && accepted > EVENTS / 2,
        "{} {accepted}",
        events.len()
    );

    world.project().await;
    let parked: Vec<String> = sqlx::query_scalar("select error from parked_streams")
        .fetch_all(&world.database.reader)
        .await
        .unwrap();
    assert_eq!(parked, [""; 0]);
    for id in events {
        let answer = world
            .get_as((ORGANIZER, Role::Organizer), &format!("/admin/events/{id}"))
            .await;
        let write = world.write.lock().await;
        let (event, sequence) = write.event(id);
        let told = EventBody::of(id, event, sequence, now).unwrap();
        assert_eq!(answer.json(), serde_json::to_value(told).unwrap());
    }
}
