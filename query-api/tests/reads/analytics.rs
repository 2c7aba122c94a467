//! Analytics: who sees whose figures, what may be asked, and how they add up.

use chrono::{DurationRound, TimeDelta};
use domain::event::Fee;
use domain::money::Price;
use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{BUYER, NewEvent, ORGANIZER, STRANGER, World, new_id};

const PATH: &str = "/admin/analytics";
const ADMIN: (Uuid, Role) = (Uuid::from_u128(1), Role::Admin);
const AUDITOR: (Uuid, Role) = (Uuid::from_u128(2), Role::Auditor);

/// An event on sale for weeks, with one section of twenty places at 15.00; who cancels loses 1.00 a place.
async fn event(world: &World, organizer: Uuid, title: &'static str, currency: &'static str) -> Uuid {
    let event = NewEvent {
        organizer,
        currency,
        starts_in_days: 9,
        sales_from_in_days: Some(-49),
        ..NewEvent::on_sale(title)
    };
    let id = world.event(event).await;
    let fee = Fee::PerPlace(Price::parse(100).unwrap());
    let then = world.at(world.in_days(-49));
    then.add_section(id, "a", 1_500, 20).await;
    then.allow_cancelling(id, 8_784, fee, 0).await;
    id
}

/// So many hours ago six places were sold to two bookings, one of which gave its only place back; one hold expired, and
/// one was declined, given back, and paid too late.
async fn sold(world: &World, event: Uuid, hours_ago: i64) {
    let then = world.clock.now() - TimeDelta::hours(hours_ago);
    let hour = then.duration_trunc(TimeDelta::hours(1)).unwrap();
    let (begin, end) = (
        world.at(hour + TimeDelta::minutes(5)),
        world.at(hour + TimeDelta::minutes(20)),
    );
    world.stop_projecting();
    let hold = async |quantity| begin.hold_any(event, new_id(), "a", quantity).await;
    begin.pay(hold(5).await).await;
    let one = hold(1).await;
    begin.pay(one).await;
    let two = hold(2).await;
    let payment = begin.request_payment(two).await;
    begin.decline(two, payment).await;
    begin.cancel(two).await;
    let another = hold(1).await;
    end.cancel(one).await;
    end.refund(one, true).await;
    end.capture(two, payment).await;
    end.refund(two, true).await;
    end.expire(another).await;
    world.project().await;
}

async fn figures(world: &World, caller: (Uuid, Role), path: &str) -> Value {
    let answer = world.get_as(caller, path).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
    answer.json()
}

#[actix_web::test]
async fn an_empty_platform_has_zeros_and_no_shares() {
    let world = World::new().await;
    let answer = world.get_as(ADMIN, PATH).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["totals"]["bookings_confirmed"], 0);
    assert_eq!(body["events"]["published"], 0);
    assert_eq!((&body["money"], &body["popular"]), (&json!([]), &json!([])));
    assert!(body["utilisation_bp"].is_null() && body["cancellation_rate_bp"].is_null());
    let series = body["series"].as_array().unwrap();
    assert_eq!(series.len(), 30, "the last thirty days");
    assert!(
        series
            .iter()
            .all(|point| point["holds"] == 0 && point["money"] == json!([]))
    );
    assert_eq!(answer.header("evently-position"), "0");
}

#[actix_web::test]
async fn figures_add_up_by_currency_and_hour() {
    let world = World::new().await;
    let (first, second) = (
        event(&world, ORGANIZER, "Rock Night", "EUR").await,
        event(&world, STRANGER, "Kabuki", "JPY").await,
    );
    for (event, hours_ago) in [(first, 1), (first, 3), (second, 3)] {
        sold(&world, event, hours_ago).await;
    }
    let body = figures(&world, ADMIN, &format!("{PATH}?granularity=hour")).await;
    assert_eq!(body["totals"]["places_sold"], 18);
    assert_eq!(body["totals"]["holds"], 12);
    assert_eq!(body["cancellation_rate_bp"], 5_000);
    assert_eq!(body["utilisation_bp"], 3_750);
    assert_eq!(body["places"], json!({"capacity": 40, "held": 0, "sold": 15}));
    assert_eq!(
        (&body["events"]["upcoming"], &body["events"]["on_sale"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        body["money"],
        json!([
            {"currency": "EUR", "gross": 18000, "refunds": 2800, "net": 15200, "fees": 200, "refunds_due": 2800,
             "late_captured": 6000, "late_refunded": 6000},
            {"currency": "JPY", "gross": 9000, "refunds": 1400, "net": 7600, "fees": 100, "refunds_due": 1400,
             "late_captured": 3000, "late_refunded": 3000},
        ])
    );
    let popular = &body["popular"];
    assert_eq!(popular[0]["event_id"], first.to_string());
    assert_eq!(
        popular[1],
        json!({"event_id": second, "title": "Kabuki", "sold": 6, "capacity": 20, "utilisation_bp": 2500,
               "gross": {"amount": 9000, "currency": "JPY"}})
    );
    let series = body["series"].as_array().unwrap();
    let held: Vec<i64> = series
        .iter()
        .rev()
        .take(5)
        .map(|point| point["holds"].as_i64().unwrap())
        .collect();
    assert_eq!(held, [0, 4, 0, 8, 0], "from this hour back");
    assert_eq!(series[716]["money"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn an_event_has_its_funnel_sections_and_pace() {
    let world = World::new().await;
    let event = event(&world, ORGANIZER, "Rock Night", "EUR").await;
    sold(&world, event, 24 * 40).await;
    sold(&world, event, 2).await;
    let body = figures(
        &world,
        (ORGANIZER, Role::Organizer),
        &format!("{PATH}/events/{event}"),
    )
    .await;
    assert_eq!(body["funnel"]["holds"], 8);
    assert_eq!(body["funnel"]["payments_declined"], 2);
    assert_eq!(body["money"]["net"], 15_200);
    assert_eq!(
        body["sections"],
        json!([{"id": "a", "name": "a", "price": {"amount": 1500, "currency": "EUR"}, "capacity": 20, "held": 0,
                "sold": 10, "returned": 2, "utilisation_bp": 5000}])
    );
    let hours = body["pace"]["hours"].as_array().unwrap();
    assert_eq!((hours.len(), &hours[45]["places_sold"]), (48, &json!(6)));
    let days = body["pace"]["days"].as_array().unwrap();
    assert!(
        (40..=42).contains(&days.len()),
        "every day from the first to the last: {}",
        days.len()
    );
}

#[actix_web::test]
async fn an_event_without_holds_has_no_pace_yet() {
    let world = World::new().await;
    let event = event(&world, ORGANIZER, "Rock Night", "EUR").await;
    let body = figures(&world, ADMIN, &format!("{PATH}/events/{event}")).await;
    assert_eq!(body["pace"]["days"], json!([]));
    assert_eq!(body["pace"]["hours"].as_array().unwrap().len(), 48);
    assert_eq!(body["money"]["gross"], 0);
    assert!(body["cancellation_rate_bp"].is_null());
}

#[actix_web::test]
async fn security_18_organizers_see_no_figures_of_each_other() {
    let world = World::new().await;
    let mine = event(&world, ORGANIZER, "Mine", "EUR").await;
    let theirs = event(&world, STRANGER, "Theirs", "JPY").await;
    for event in [mine, theirs] {
        sold(&world, event, 1).await;
    }
    let me = (ORGANIZER, Role::Organizer);
    for query in [String::new(), format!("?organizer_id={ORGANIZER}")] {
        let body = figures(&world, me, &format!("{PATH}{query}")).await;
        assert_eq!(body["totals"]["places_sold"], 6);
        assert_eq!(body["money"].as_array().unwrap().len(), 1);
        assert_eq!(body["places"]["capacity"], 20);
        assert_eq!(body["events"]["upcoming"], 1);
        assert_eq!(body["popular"].as_array().unwrap().len(), 1);
        assert!(!body.to_string().contains("JPY"));
    }
    let absent = Uuid::new_v4();
    let answers = [
        world.get_as(me, &format!("{PATH}?event_id={absent}")).await,
        world.get_as(me, &format!("{PATH}?event_id={theirs}")).await,
        world.get_as(me, &format!("{PATH}?organizer_id={STRANGER}")).await,
        world
            .get_as(me, &format!("{PATH}?organizer_id={STRANGER}&event_id={mine}"))
            .await,
        world.get_as(me, &format!("{PATH}/events/{absent}")).await,
        world.get_as(me, &format!("{PATH}/events/{theirs}")).await,
        world.get_as(me, &format!("{PATH}/events/nonsense")).await,
    ];
    for answer in answers {
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (404, "not-found")
        );
    }
}

#[actix_web::test]
async fn admins_and_auditors_see_all_or_what_they_ask_for_and_users_nothing() {
    let world = World::new().await;
    let mine = event(&world, ORGANIZER, "Mine", "EUR").await;
    let theirs = event(&world, STRANGER, "Theirs", "JPY").await;
    for event in [mine, theirs] {
        sold(&world, event, 1).await;
    }
    for caller in [ADMIN, AUDITOR] {
        let sold = async |query: String| {
            figures(&world, caller, &format!("{PATH}?{query}")).await["totals"]["places_sold"].clone()
        };
        assert_eq!(sold(String::new()).await, 12);
        assert_eq!(sold(format!("organizer_id={STRANGER}")).await, 6);
        assert_eq!(sold(format!("event_id={theirs}")).await, 6);
        assert_eq!(sold(format!("organizer_id={BUYER}")).await, 0);
        let elsewhere = format!("{PATH}?organizer_id={STRANGER}&event_id={mine}");
        assert_eq!(world.get_as(caller, &elsewhere).await.status, 404);
        figures(&world, caller, &format!("{PATH}/events/{theirs}")).await;
    }
    for path in [PATH.to_owned(), format!("{PATH}/events/{mine}")] {
        assert_eq!(world.get_as((ORGANIZER, Role::User), &path).await.status, 403);
        assert_eq!(world.get(&path).await.status, 401);
    }
}

#[actix_web::test]
async fn what_cannot_be_asked_is_refused() {
    let world = World::new().await;
    let event = event(&world, ORGANIZER, "Mine", "EUR").await;
    for query in [
        "as_of=2026-05-01T00:00:00Z",
        "granularity=week",
        "from=yesterday",
        "event_id=1",
        "organizer_id=me",
        "granularity=hour&from=2026-05-01T00:30:00Z&to=2026-05-01T02:00:00Z",
        "from=2026-05-01T01:00:00Z&to=2026-05-03T00:00:00Z",
        "from=2026-05-03T00:00:00Z&to=2026-05-03T00:00:00Z",
        "from=2026-05-03T00:00:00Z&to=2026-05-02T00:00:00Z",
        "from=9000-01-01T00:00:00Z",
        "from=2000-01-01T00:00:00Z&to=2003-01-01T00:00:00Z",
        "to=%2B200000-01-01T00:00:00Z",
        "from=-4999-01-01T00:00:00Z&to=-4998-01-01T00:00:00Z",
    ] {
        let answer = world.get_as(ADMIN, &format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.problem(), "invalid-parameters", "{query}");
    }
    let path = format!("{PATH}/events/{event}?granularity=hour");
    assert_eq!(world.get_as(ADMIN, &path).await.status, 422);
    for query in [
        "to=1970-01-01T00:00:00Z",
        "from=2199-12-01T00:00:00Z&to=2199-12-31T00:00:00Z",
    ] {
        figures(&world, ADMIN, &format!("{PATH}?{query}")).await;
    }
}

#[actix_web::test]
async fn answers_are_the_callers_alone_as_fresh_as_asked_for_and_sent_once() {
    let world = World::new().await;
    let event = event(&world, ORGANIZER, "Mine", "EUR").await;
    let head = world.head().await;
    let beyond = (head.parse::<i64>().unwrap() + 1).to_string();
    let bearer = world.bearer(ADMIN);
    for path in [PATH.to_owned(), format!("{PATH}/events/{event}")] {
        let ask = async |header: (&str, &str)| world.ask(&path, &[("authorization", &bearer), header]).await;
        let first = ask(("evently-min-position", &head)).await;
        assert_eq!(
            (first.status.as_u16(), first.header("cache-control")),
            (200, "no-store")
        );
        assert_eq!(first.header("evently-position"), head);
        assert_eq!(
            ask(("if-none-match", first.header("etag"))).await.status,
            304,
            "{path}"
        );
        let ahead = ask(("evently-min-position", &beyond)).await;
        assert_eq!(
            (ahead.status.as_u16(), ahead.problem().as_str()),
            (503, "position-not-reached")
        );
    }
}
