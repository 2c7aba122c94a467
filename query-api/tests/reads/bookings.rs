//! Bookings: whose they are, how they stand, what happened to them.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Recorded;
use domain::booking::Booking;
use domain::booking::facts::{BookingFact, BookingLine};
use domain::booking::{Fingerprint, Reference};
use domain::ids::{AccountId, BookingId, EventId};
use domain::money::{Currency, Money, Price};
use domain::text::{SeatId, SectionId};
use edge::token::Role;
use serde_json::json;
use uuid::Uuid;

use crate::world::{BUYER, ORGANIZER, STRANGER, World};

const USER: (Uuid, Role) = (BUYER, Role::User);

#[actix_web::test]
async fn a_booking_shows_its_seats_its_price_and_the_seconds_left() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let then = world.at(world.clock.now() - TimeDelta::seconds(100));
    let booking = then.hold(event, BUYER, &["a-1", "a-2"]).await;
    let answer = world.get_as(USER, &format!("/bookings/{booking}")).await;
    let body = answer.json();
    assert_eq!(body["status"], "held");
    assert_eq!(body["expires_in_seconds"], 500);
    assert_eq!(body["total"], json!({"amount": 3000, "currency": "EUR"}));
    assert_eq!(
        body["lines"],
        json!([{"section_id": "a", "quantity": 2, "seats": ["a-1", "a-2"],
                "unit_price": {"amount": 1500, "currency": "EUR"}}])
    );
    assert_eq!(body["event_title"], "Rock Night");
    assert_eq!(
        (answer.header("evently-position"), answer.header("cache-control")),
        (world.head().await.as_str(), "no-store")
    );
}

#[actix_web::test]
async fn a_hold_past_its_deadline_is_expired_whatever_is_recorded() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let booking = world.booking(event, BUYER, "held", 0).await;
    world.later(599);
    let held = world.get_as(USER, "/bookings?status=held").await.items();
    assert_eq!((held.len(), &held[0]["expires_in_seconds"]), (1, &json!(1)));
    world.later(1);
    let body = world.get_as(USER, &format!("/bookings/{booking}")).await.json();
    assert_eq!(
        (&body["status"], &body["expires_in_seconds"]),
        (&json!("expired"), &json!(null))
    );
    assert_eq!(
        (&body["ended_at"], &body["expires_at"]),
        (&held[0]["expires_at"], &json!(null))
    );
    assert_eq!(world.get_as(USER, "/bookings?status=held").await.items().len(), 0);
    assert_eq!(
        world.get_as(USER, "/bookings?status=expired").await.items().len(),
        1
    );
}

#[actix_web::test]
async fn a_foreign_booking_answers_like_an_absent_one() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let booking = world.booking(event, BUYER, "confirmed", 0).await;
    let path = format!("/bookings/{booking}");
    for caller in [
        (STRANGER, Role::User),
        (STRANGER, Role::Organizer),
        (STRANGER, Role::Auditor),
    ] {
        let foreign = world.get_as(caller, &path).await;
        let absent = world
            .get_as(caller, &format!("/bookings/{}", Uuid::from_u128(5)))
            .await;
        assert_eq!((foreign.status, foreign.body), (absent.status, absent.body));
        assert_eq!(foreign.status, 404);
    }
    assert_eq!(world.get(&path).await.status, 401);
    for caller in [USER, (ORGANIZER, Role::Organizer), (STRANGER, Role::Admin)] {
        assert_eq!(world.get_as(caller, &path).await.status, 200);
    }
}

#[actix_web::test]
async fn callers_list_their_own_bookings_page_by_page_the_newest_first() {
    let world = World::new().await;
    let (first, second) = (world.rock_night().await, world.rock_night().await);
    let mut expected = Vec::new();
    for age in 0..5 {
        expected.push(
            world
                .booking(first, BUYER, "confirmed", age * 10)
                .await
                .to_string(),
        );
    }
    world.booking(first, STRANGER, "confirmed", 3).await;
    let page = world.get_as(USER, "/bookings?limit=3").await;
    world.booking(first, BUYER, "confirmed", 0).await; // comes too late for the second page
    let cursor = page.json()["next_cursor"].as_str().unwrap().to_owned();
    let rest = world
        .get_as(USER, &format!("/bookings?limit=3&cursor={cursor}"))
        .await;
    let seen: Vec<String> = page
        .items()
        .iter()
        .chain(&rest.items())
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(seen, expected);
    assert!(rest.json()["next_cursor"].is_null());
    let other = world.booking(second, BUYER, "released", 0).await;
    let filtered = world
        .get_as(USER, &format!("/bookings?event_id={second}"))
        .await
        .items();
    assert_eq!((filtered.len(), &filtered[0]["id"]), (1, &json!(other)));
    assert_eq!(
        world
            .get_as(USER, "/bookings?status=released")
            .await
            .items()
            .len(),
        1
    );
    assert_eq!(
        world.get_as(USER, "/bookings?mine=1").await.problem(),
        "invalid-parameters"
    );
    assert_eq!(world.get("/bookings").await.status, 401);
}

#[actix_web::test]
async fn organizers_list_the_bookings_of_their_events() {
    let world = World::new().await;
    let event = world.rock_night().await;
    for buyer in [BUYER, STRANGER] {
        world.booking(event, buyer, "confirmed", 0).await;
    }
    let path = format!("/admin/events/{event}/bookings");
    let own = world.get_as((ORGANIZER, Role::Organizer), &path).await;
    assert_eq!(own.items().len(), 2);
    assert!(
        own.items()
            .iter()
            .any(|item| item["account_id"] == json!(STRANGER))
    );
    assert_eq!(
        world.get_as((STRANGER, Role::Admin), &path).await.items().len(),
        2
    );
    let page = world
        .get_as(
            (ORGANIZER, Role::Organizer),
            &format!("{path}?limit=1&status=confirmed"),
        )
        .await;
    assert_eq!(page.items().len(), 1);
    assert!(page.json()["next_cursor"].is_string());
    assert_eq!(world.get_as((STRANGER, Role::Organizer), &path).await.status, 404);
    assert_eq!(world.get_as(USER, &path).await.status, 403);
    let absent = format!("/admin/events/{}/bookings", Uuid::from_u128(5));
    assert_eq!(world.get_as((STRANGER, Role::Admin), &absent).await.status, 404);
}

#[actix_web::test]
async fn the_history_of_a_booking_is_its_facts_for_its_buyer_alone() {
    let world = World::new().await;
    let booking = Uuid::from_u128(77);
    let facts = [
        placed(booking, world.clock.now()),
        BookingFact::BookingReleased {
            at: world.clock.now(),
        },
    ];
    let facts = facts.map(|fact| {
        (
            fact.name(),
            Booking::FACT_VERSION,
            serde_json::to_string(&fact).unwrap(),
        )
    });
    world.append("booking", booking, 0, facts.into()).await;
    let path = format!("/bookings/{booking}/history");
    let answer = world.get_as(USER, &path).await;
    let facts = answer.json()["facts"].as_array().unwrap().clone();
    assert_eq!(
        facts
            .iter()
            .map(|fact| fact["type"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["BookingPlaced", "BookingReleased"]
    );
    assert_eq!(
        facts[0]["payload"]["BookingPlaced"]["lines"][0]["seats"],
        json!(["a-1"])
    );
    assert_eq!(
        (&facts[1]["sequence"], &facts[1]["position"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(answer.header("evently-position"), "2");
    for caller in [(STRANGER, Role::User), (ORGANIZER, Role::Organizer)] {
        assert_eq!(world.get_as(caller, &path).await.status, 404);
    }
    let absent = format!("/bookings/{}/history", Uuid::from_u128(5));
    assert_eq!(world.get_as(USER, &absent).await.status, 404);
}

fn placed(booking: Uuid, at: DateTime<Utc>) -> BookingFact {
    let currency = Currency::parse("EUR").unwrap();
    BookingFact::BookingPlaced {
        event: EventId::new(Uuid::from_u128(1)),
        buyer: AccountId::new(BUYER),
        reference: Reference::of(BookingId::new(booking)),
        request: Fingerprint::new(1),
        lines: vec![BookingLine {
            section: SectionId::parse("a").unwrap(),
            quantity: 1,
            seats: vec![SeatId::parse("a-1").unwrap()],
            unit_price: Price::parse(1_500).unwrap(),
        }],
        total: Money {
            amount: 1_500,
            currency,
        },
        policy: None,
        until: at,
        at,
    }
}
