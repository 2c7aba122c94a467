//! Audit: facts as they were recorded, and states as of any moment.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::Recorded;
use domain::account::{Account, AccountFact, Role as AccountRole, Sealed};
use domain::event::facts::Allotment;
use domain::event::plan::{PlanRow, PlanSeat};
use domain::event::{Event, EventDetails, EventFact};
use domain::ids::{AccountId, BookingId};
use domain::money::{Currency, Price};
use domain::text::{Name, SeatId, SectionId, Title};
use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{BUYER, ORGANIZER, STRANGER, World};

const AUDITOR: (Uuid, Role) = (Uuid::from_u128(0xd4), Role::Auditor);
const EVENT: Uuid = Uuid::from_u128(0xe5);
pub(crate) const BOOKING: Uuid = Uuid::from_u128(0xf6);

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn section() -> SectionId {
    SectionId::parse("stalls").unwrap()
}

fn seat(number: u32) -> SeatId {
    SeatId::parse(&format!("stalls-{number}")).unwrap()
}

pub(crate) fn seats(numbers: &[u32]) -> Vec<Allotment> {
    let seats: Vec<SeatId> = numbers.iter().map(|number| seat(*number)).collect();
    vec![Allotment {
        section: section(),
        quantity: u32::try_from(seats.len()).unwrap(),
        seats,
    }]
}

/// A draft with one row of ten seats.
pub(crate) fn draft(at: DateTime<Utc>) -> Vec<EventFact> {
    let details = EventDetails {
        title: Title::parse("Rock Night").unwrap(),
        description: String::new(),
        category: name("concert"),
        venue: name("Hall"),
        city: name("Berlin"),
        time_zone: name("Europe/Berlin"),
        starts_at: at + TimeDelta::days(10),
        ends_at: at + TimeDelta::days(11),
    };
    let row = (1..=10).map(|number| PlanSeat {
        id: seat(number),
        seat_number: name(&number.to_string()),
        rest: serde_json::Map::new(),
    });
    let row = PlanRow {
        zone: None,
        row_number: name("A"),
        seats: row.collect(),
        rest: serde_json::Map::new(),
    };
    vec![
        EventFact::EventCreated {
            organizer: AccountId::new(ORGANIZER),
            details,
            currency: Currency::parse("EUR").unwrap(),
            buyer_seats_max: 8,
            request: None,
            at,
        },
        EventFact::SectionAdded {
            section: section(),
            name: name("Stalls"),
            price: Price::parse(4_000).unwrap(),
            category: None,
            capacity: None,
            at,
        },
        EventFact::RowsAdded {
            section: section(),
            rows: vec![row],
            at,
        },
    ]
}

pub(crate) fn on_sale(at: DateTime<Utc>) -> Vec<EventFact> {
    vec![
        EventFact::EventPublished { at },
        EventFact::SalesOpened { from: at, at },
    ]
}

pub(crate) fn held(numbers: &[u32], at: DateTime<Utc>) -> EventFact {
    EventFact::SeatsHeld {
        booking: BookingId::new(BOOKING),
        buyer: AccountId::new(BUYER),
        places: seats(numbers),
        until: at + TimeDelta::minutes(10),
        at,
    }
}

pub(crate) async fn append(world: &World, after: i64, facts: &[EventFact]) {
    let facts: Vec<_> = facts
        .iter()
        .map(|fact| {
            (
                fact.name(),
                Event::FACT_VERSION,
                serde_json::to_string(fact).unwrap(),
            )
        })
        .collect();
    world.append("event", EVENT, after, facts).await;
}

pub(crate) async fn state(world: &World, query: &str) -> Value {
    let answer = world
        .get_as(AUDITOR, &format!("/audit/event/{EVENT}{query}"))
        .await;
    assert_eq!(answer.status, 200, "{query}: {:?}", answer.body);
    answer.json()
}

#[actix_web::test]
async fn the_facts_of_anything_come_page_by_page_as_they_were_recorded() {
    let world = World::new().await;
    append(&world, 0, &draft(world.clock.now())).await;
    append(&world, 3, &on_sale(world.clock.now())).await;
    let path = format!("/audit/event/{EVENT}/facts");
    let first = world.get_as(AUDITOR, &format!("{path}?limit=3")).await;
    assert_eq!(first.status, 200);
    let body = first.json();
    let types = |body: &Value| -> Vec<String> {
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fact| fact["type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(types(&body), ["EventCreated", "SectionAdded", "RowsAdded"]);
    assert_eq!(
        body["items"][0]["payload"]["EventCreated"]["details"]["title"],
        "Rock Night"
    );
    assert_eq!(body["items"][0]["metadata"]["actor"], "tester");
    assert_eq!(body["items"][2]["sequence"], 3);
    assert_eq!(body["next_after"], 3);
    let rest = world
        .get_as(AUDITOR, &format!("{path}?after=3&limit=2"))
        .await
        .json();
    assert_eq!(types(&rest), ["EventPublished", "SalesOpened"]);
    assert!(rest["next_after"].is_null());
    let end = world.get_as(AUDITOR, &format!("{path}?after=5")).await.json();
    assert_eq!(end, json!({"items": [], "next_after": null}));
    assert_eq!(first.header("evently-position"), "5");
}

#[actix_web::test]
async fn the_state_of_an_event_is_readable() {
    let world = World::new().await;
    let at = world.clock.now();
    append(&world, 0, &draft(at)).await;
    append(&world, 3, &on_sale(at)).await;
    append(&world, 5, &[held(&[3, 4], at)]).await;
    let view = state(&world, "").await;
    assert_eq!(
        (&view["aggregate"], &view["sequence"], &view["position"]),
        (&json!("event"), &json!(6), &json!(6))
    );
    let state = &view["state"];
    assert_eq!(state["status"], "on_sale");
    assert_eq!(state["details"]["title"], "Rock Night");
    assert_eq!(
        (&state["sections"][0]["held"], &state["sections"][0]["free"]),
        (&json!(2), &json!(8))
    );
    assert_eq!(state["holds"][0]["booking"], json!(BOOKING));
    assert_eq!(
        state["holds"][0]["places"][0]["seats"],
        json!(["stalls-3", "stalls-4"])
    );
    assert_eq!((&state["sales"], &state["violations"]), (&json!([]), &json!([])));
}

#[actix_web::test]
async fn a_state_can_be_asked_for_as_of_any_position() {
    let world = World::new().await;
    let at = world.clock.now();
    append(&world, 0, &draft(at)).await;
    append(&world, 3, &on_sale(at)).await;
    append(&world, 5, &[held(&[3, 4], at)]).await;
    let sold = EventFact::SeatsSold {
        booking: BookingId::new(BOOKING),
        buyer: AccountId::new(BUYER),
        places: seats(&[3, 4]),
        at,
    };
    append(&world, 6, &[sold]).await;
    for (position, status, holds, sales) in [
        (3, "draft", 0, 0),
        (4, "published", 0, 0),
        (5, "on_sale", 0, 0),
        (6, "on_sale", 1, 0),
        (7, "on_sale", 0, 1),
    ] {
        let view = state(&world, &format!("?at_position={position}")).await;
        let state = &view["state"];
        // The clock of the state is the database's, which is a little after the facts' own.
        assert_eq!(
            (&state["status"], &view["sequence"]),
            (&json!(status), &json!(position)),
            "{position}"
        );
        assert_eq!(state["holds"].as_array().unwrap().len(), holds, "{position}");
        assert_eq!(state["sales"].as_array().unwrap().len(), sales, "{position}");
    }
}

#[actix_web::test]
async fn a_state_can_be_asked_for_as_of_any_time() {
    let world = World::new().await;
    let at = world.clock.now();
    append(&world, 0, &draft(at)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let between: DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()")
        .fetch_one(&world.database.reader)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    append(&world, 3, &on_sale(at)).await;
    world.later(3_600);
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let then = state(&world, &format!("?as_of={}", time(between))).await;
    assert_eq!(
        (&then["sequence"], &then["state"]["status"]),
        (&json!(3), &json!("draft"))
    );
    assert_eq!(state(&world, "").await["sequence"], 5);
    let before = format!(
        "/audit/event/{EVENT}?as_of={}",
        time(between - TimeDelta::hours(1))
    );
    assert_eq!(world.get_as(AUDITOR, &before).await.status, 404);
}

#[actix_web::test]
async fn long_histories_are_folded_page_by_page() {
    let world = World::new().await;
    let at = world.clock.now();
    append(&world, 0, &draft(at)).await;
    append(&world, 3, &on_sale(at)).await;
    let released = EventFact::HoldReleased {
        booking: BookingId::new(BOOKING),
        places: seats(&[1]),
        at,
    };
    let turns: Vec<EventFact> = (0..150)
        .flat_map(|_| [held(&[1], at), released.clone()])
        .collect();
    append(&world, 5, &turns).await;
    let view = state(&world, "").await;
    assert_eq!(
        (&view["sequence"], &view["state"]["violations"]),
        (&json!(305), &json!([]))
    );
    assert_eq!(
        state(&world, "?at_position=304").await["state"]["sections"][0]["held"],
        1
    );
}

#[actix_web::test]
async fn personal_data_stays_sealed() {
    let world = World::new().await;
    let fact = AccountFact::AccountRegistered {
        personal: Sealed("c2VhbGVk".to_owned()),
        role: AccountRole::User,
        at: world.clock.now(),
    };
    let fact = (
        fact.name(),
        Account::FACT_VERSION,
        serde_json::to_string(&fact).unwrap(),
    );
    world.append("account", BUYER, 0, vec![fact]).await;
    let view = world
        .get_as(AUDITOR, &format!("/audit/account/{BUYER}"))
        .await
        .json();
    assert_eq!(view["state"]["registered"]["personal"], "c2VhbGVk");
    assert_eq!(view["state"]["registered"]["role"], "user");
}

#[actix_web::test]
async fn only_auditors_and_admins_see_history() {
    let world = World::new().await;
    append(&world, 0, &draft(world.clock.now())).await;
    for path in [
        format!("/audit/event/{EVENT}"),
        format!("/audit/event/{EVENT}/facts"),
    ] {
        assert_eq!(world.get(&path).await.status, 401);
        assert_eq!(world.get_as((BUYER, Role::User), &path).await.status, 403);
        assert_eq!(
            world.get_as((ORGANIZER, Role::Organizer), &path).await.status,
            403
        );
        let admin = world.get_as((STRANGER, Role::Admin), &path).await;
        assert_eq!(
            (admin.status.as_u16(), admin.header("cache-control")),
            (200, "no-store")
        );
    }
}

#[actix_web::test]
async fn what_the_log_does_not_have_is_not_found_and_what_makes_no_sense_refused() {
    let world = World::new().await;
    append(&world, 0, &draft(world.clock.now())).await;
    for path in [
        format!("/audit/event/{STRANGER}"),
        format!("/audit/event/{STRANGER}/facts"),
        format!("/audit/booking/{EVENT}"),
        format!("/audit/venue/{EVENT}"),
        "/audit/event/nonsense".to_owned(),
    ] {
        assert_eq!(world.get_as(AUDITOR, &path).await.status, 404, "{path}");
    }
    for query in [
        "?as_of=2030-01-01T00:00:00Z&at_position=1",
        "?at_position=0",
        "?as_of=noon",
        "?at=3",
    ] {
        let answer = world
            .get_as(AUDITOR, &format!("/audit/event/{EVENT}{query}"))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (422, "invalid-parameters"),
            "{query}"
        );
    }
    let ahead = world
        .get_as(AUDITOR, &format!("/audit/event/{EVENT}?at_position=99"))
        .await;
    assert_eq!(
        (ahead.status.as_u16(), ahead.problem().as_str()),
        (503, "position-not-reached")
    );
}
