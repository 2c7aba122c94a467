//! Lists of events: filters, search, orders, pages.

use std::collections::BTreeSet;

use edge::token::Role;
use serde_json::Value;
use uuid::Uuid;

use crate::world::{BUYER, NewEvent, ORGANIZER, STRANGER, World};

fn titles(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn listed(world: &World, query: &str) -> Vec<String> {
    let items = world.get(&format!("/events{query}")).await.items();
    titles(&items).into_iter().map(str::to_owned).collect()
}

/// Every status, and what tells them apart.
async fn season(world: &World) {
    let event = NewEvent::on_sale("Rock Night");
    world.event(event.clone()).await;
    world
        .event(NewEvent {
            sales_from_in_days: Some(2),
            starts_in_days: 5,
            ..titled(&event, "Opera")
        })
        .await;
    world
        .event(NewEvent {
            sales_from_in_days: None,
            starts_in_days: 40,
            ..titled(&event, "Ballet")
        })
        .await;
    world
        .event(NewEvent {
            sales_until_in_days: Some(-1),
            starts_in_days: 3,
            ..titled(&event, "Play")
        })
        .await;
    world
        .event(NewEvent {
            starts_in_days: -9,
            ..titled(&event, "Jazz Festival")
        })
        .await;
    world.event(NewEvent::draft("Secret")).await;
}

fn titled(event: &NewEvent, title: &'static str) -> NewEvent {
    NewEvent {
        title,
        ..event.clone()
    }
}

#[actix_web::test]
async fn the_public_list_has_what_is_published_and_not_over_the_soonest_first() {
    let world = World::new().await;
    season(&world).await;
    let answer = world.get("/events").await;
    assert_eq!(titles(&answer.items()), ["Play", "Opera", "Rock Night", "Ballet"]);
    assert_eq!(answer.header("evently-position"), world.head().await);
    assert_eq!(answer.header("cache-control"), "public, max-age=1");
    assert_eq!(answer.json()["next_cursor"], Value::Null);
}

#[actix_web::test]
async fn each_status_lists_exactly_the_events_that_show_it() {
    let world = World::new().await;
    season(&world).await;
    for (status, expected) in [
        ("published", vec!["Opera", "Ballet"]),
        ("on_sale", vec!["Rock Night"]),
        ("closed", vec!["Jazz Festival", "Play"]),
    ] {
        let items = world.get(&format!("/events?status={status}")).await.items();
        assert_eq!(titles(&items), expected, "{status}");
        assert!(items.iter().all(|item| item["status"] == status));
    }
    assert_eq!(world.get("/events?status=draft").await.status, 422);
}

#[actix_web::test]
async fn what_has_ended_and_what_has_not_are_filters_of_the_list() {
    let world = World::new().await;
    season(&world).await;
    assert_eq!(listed(&world, "?when=past").await, ["Jazz Festival"]);
    assert_eq!(
        listed(&world, "?when=upcoming").await,
        ["Play", "Opera", "Rock Night", "Ballet"]
    );
    assert_eq!(listed(&world, "?when=upcoming&status=closed").await, ["Play"]);
    assert_eq!(world.get("/events?status=past").await.status, 422);
}

#[actix_web::test]
async fn filters_narrow_the_list() {
    let world = World::new().await;
    let event = NewEvent::on_sale("Rock Night");
    world.event(event.clone()).await;
    world
        .event(NewEvent {
            city: "München",
            ..titled(&event, "Stadium Show")
        })
        .await;
    world
        .event(NewEvent {
            category: "theatre",
            starts_in_days: 20,
            ..titled(&event, "Hamlet")
        })
        .await;
    assert_eq!(listed(&world, "?city=m%C3%BCnchen").await, ["Stadium Show"]);
    assert_eq!(listed(&world, "?category=THEATRE").await, ["Hamlet"]);
    let from = world
        .in_days(15)
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    assert_eq!(listed(&world, &format!("?from={from}")).await, ["Hamlet"]);
    assert_eq!(
        listed(&world, &format!("?to={from}&sort=title")).await,
        ["Rock Night", "Stadium Show"]
    );
    assert_eq!(
        listed(&world, "?city=Berlin&category=concert").await,
        ["Rock Night"]
    );
}

#[actix_web::test]
async fn a_search_finds_words_and_beginnings_of_words_in_all_texts() {
    let world = World::new().await;
    let event = NewEvent::on_sale("Rock Night");
    world.event(event.clone()).await;
    world
        .event(NewEvent {
            city: "Hamburg",
            ..titled(&event, "AC/DC live")
        })
        .await;
    for (q, expected) in [
        ("rock", vec!["Rock Night"]),
        ("nig%20roc", vec!["Rock Night"]),
        ("ac/dc", vec!["AC/DC live"]),
        ("hamb", vec!["AC/DC live"]),
        ("%22rock%20night%22", vec!["Rock Night"]),
        ("rock%20hamburg", vec![]),
        ("%26%7C!()%3A*%27", vec![]),
    ] {
        assert_eq!(listed(&world, &format!("?q={q}")).await, expected, "{q}");
    }
}

#[actix_web::test]
async fn the_popular_ones_are_those_with_the_highest_share_sold() {
    let world = World::new().await;
    for (title, capacity, sold, each) in [("Small", 2, 1, 1), ("Large", 100, 5, 8), ("Empty", 10, 0, 1)] {
        let event = world.event(NewEvent::on_sale(title)).await;
        world.now().add_section(event, "a", 1_500, capacity).await;
        for _ in 0..sold {
            let booking = world.now().hold_any(event, BUYER, "a", each).await;
            world.now().pay(booking).await;
        }
    }
    let answer = world.get("/events?sort=popular").await;
    assert_eq!(titles(&answer.items()), ["Small", "Large", "Empty"]);
    let large = &answer.items()[1];
    assert_eq!(
        large["availability"],
        serde_json::json!({"capacity": 100, "held": 0, "sold": 40, "free": 60})
    );
    assert_eq!(
        large["price_from"],
        serde_json::json!({"amount": 1500, "currency": "EUR"})
    );
}

#[actix_web::test]
async fn pages_show_everything_once_in_every_order() {
    let world = World::new().await;
    for title in ["Zebra", "alpha", "Beta", "gamma", "Delta"] {
        let event = world.event(NewEvent::on_sale(title)).await; // all start at once: the id decides
        world.now().add_section(event, "a", 1_500, 10).await;
    }
    for sort in ["starts_at", "-starts_at", "title", "popular"] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let answer = world.get(&format!("/events?sort={sort}&limit=2{cursor}")).await;
            seen.extend(
                answer
                    .items()
                    .iter()
                    .map(|item| item["title"].as_str().unwrap().to_owned()),
            );
            pages += 1;
            match answer.json()["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (5, 3), "{sort}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 5, "{sort}");
        if sort == "title" {
            assert_eq!(seen, ["alpha", "Beta", "Delta", "gamma", "Zebra"]);
        }
    }
}

#[actix_web::test]
async fn events_that_come_between_move_no_item_to_another_page() {
    let world = World::new().await;
    for title in ["b", "d", "f"] {
        world.event(NewEvent::on_sale(title)).await;
    }
    let first = world.get("/events?sort=title&limit=2").await;
    assert_eq!(titles(&first.items()), ["b", "d"]);
    world.event(NewEvent::on_sale("a")).await;
    world.event(NewEvent::on_sale("e")).await;
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(
        listed(&world, &format!("?sort=title&limit=2&cursor={cursor}")).await,
        ["e", "f"]
    );
}

#[actix_web::test]
async fn what_a_list_does_not_know_is_refused() {
    let world = World::new().await;
    for query in [
        "colour=red",
        "limit=0",
        "limit=x",
        "cursor=forged",
        "sort=price",
        "from=yesterday",
        "q=%00",
        "status=gone",
    ] {
        let answer = world.get(&format!("/events?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.problem(), "invalid-parameters");
    }
    assert_eq!(world.get("/events?limit=100000").await.status, 200);
}

#[actix_web::test]
async fn organizers_list_their_own_events_and_admins_all() {
    let world = World::new().await;
    world.event(NewEvent::on_sale("Mine")).await;
    world.event(NewEvent::draft("My draft")).await;
    world
        .event(NewEvent {
            organizer: STRANGER,
            ..NewEvent::draft("Theirs")
        })
        .await;
    let path = "/admin/events?sort=title";
    let mine = world.get_as((ORGANIZER, Role::Organizer), path).await;
    assert_eq!(titles(&mine.items()), ["Mine", "My draft"]);
    assert_eq!(mine.header("cache-control"), "no-store");
    let all = world.get_as((Uuid::from_u128(1), Role::Admin), path).await;
    assert_eq!(titles(&all.items()), ["Mine", "My draft", "Theirs"]);
    let drafts = world
        .get_as((ORGANIZER, Role::Organizer), "/admin/events?status=draft")
        .await;
    assert_eq!(titles(&drafts.items()), ["My draft"]);
    assert_eq!(world.get_as((BUYER, Role::User), path).await.status, 403);
    assert_eq!(world.get_as((BUYER, Role::Auditor), path).await.status, 403);
    assert_eq!(world.get(path).await.status, 401);
}

#[tokio::test]
async fn a_time_is_an_instant_as_in_commands() {
    let world = World::new().await;
    world.event(NewEvent::on_sale("Rock Night")).await;
    for (query, found) in [
        ("?from=1970-01-01T00:00:00Z", 1),
        ("?to=2016-12-31T23:59:60.9999Z", 0),
        ("?to=2199-12-31T23:59:59.999999Z", 1),
    ] {
        assert_eq!(listed(&world, query).await.len(), found, "{query}");
    }
    for query in [
        "?from=-262143-01-01T00:00:00Z",
        "?to=0000-01-01T00:00:00Z",
        "?to=2200-01-01T00:00:00Z",
        "?to=%2B262142-01-01T00:00:00Z",
    ] {
        let answer = world.get(&format!("/events{query}")).await;
        assert_eq!(answer.problem(), "invalid-parameters", "{query}");
    }
}

#[actix_web::test]
async fn no_search_is_a_failure_of_ours() {
    let world = World::new().await;
    world.event(NewEvent::on_sale("Rock Night")).await;
    for piece in [
        "-", "- ", "-%22", "-%22%22", "%22-", "or ", "-or ", "%22", "-a ", "-%22a ", "(", "%26!", "%5C", "'",
        ":*", "%00",
    ] {
        for times in [1, 31, 50, 60, 190] {
            let q = piece.replace(' ', "%20").repeat(times);
            let status = world.get(&format!("/events?q={q}")).await.status;
            assert!(
                [200, 422].contains(&status.into()),
                "{piece} {times} times: {status}"
            );
        }
    }
    assert_eq!(listed(&world, "?q=--%20rock%20-").await, ["Rock Night"]);
}

#[actix_web::test]
async fn what_is_wrong_with_a_list_is_named_in_plain_words() {
    let world = World::new().await;
    for (query, parameter, detail) in [
        (
            "limit=-1",
            "limit",
            "is not a whole number from 0 to 18446744073709551615",
        ),
        ("limit=0", "limit", "is at least 1"),
        (
            "from=2027-01-01",
            "from",
            "is not a date and time with its offset, such as 2027-05-17T19:30:00+02:00",
        ),
        (
            "to=2027-02-29T20:00:00Z",
            "to",
            "names a day or an hour that does not exist",
        ),
        (
            "sort=price",
            "sort",
            "is not one of starts_at, -starts_at, title, popular",
        ),
        ("city=%00", "city", "contains a null character"),
        ("cursor=x", "cursor", "is not one that this list gave"),
    ] {
        let answer = world.get(&format!("/events?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        let expected = serde_json::json!([{ "parameter": parameter, "detail": detail }]);
        assert_eq!(answer.json()["errors"], expected, "{query}");
    }
    assert_eq!(world.get("/events?limit=99999999999").await.status, 200);
}
