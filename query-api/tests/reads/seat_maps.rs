//! Seat maps: the plan that stays, the state that changes, and how they are kept.

use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use edge::token::Role;
use serde_json::json;
use uuid::Uuid;

use crate::world::{NewEvent, ORGANIZER, World};

/// Longer than the state of seats is served without asking.
const NOT_FRESH_ANY_MORE: Duration = Duration::from_millis(400);

async fn hall(world: &World) -> Uuid {
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    world.now().add_section(event, "stalls", 4_000, 60).await;
    world.now().add_section(event, "balcony", 1_500, 40).await;
    event
}

fn gunzip(body: &Bytes) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&body[..])
        .read_to_end(&mut plain)
        .unwrap();
    plain
}

fn unbrotli(body: &Bytes) -> Vec<u8> {
    let mut plain = Vec::new();
    brotli::Decompressor::new(&body[..], 4_096)
        .read_to_end(&mut plain)
        .unwrap();
    plain
}

#[actix_web::test]
async fn the_plan_has_sections_prices_zones_and_rows_with_their_geometry() {
    let world = World::new().await;
    let event = hall(&world).await;
    let answer = world.get(&format!("/events/{event}/plan")).await;
    let body = answer.json();
    assert_eq!(body["event_id"], event.to_string());
    assert_eq!(body["plan"]["size"]["width"], 10);
    assert_eq!(body["zones"], json!([{"name": "Stalls"}]));
    assert_eq!(body["sections"][0]["id"], "stalls");
    assert_eq!(
        body["sections"][0]["price"],
        json!({"amount": 4000, "currency": "EUR"})
    );
    assert_eq!(body["sections"][1]["capacity"], 40);
    assert_eq!(body["rows"]["balcony"][0]["seats"][39]["seat_guid"], "balcony-40");
    assert_eq!(
        body["rows"]["stalls"][0]["seats"][0]["position"],
        json!({"x": 1, "y": 0})
    );
    assert_eq!(answer.header("evently-position"), world.head().await);
    assert_eq!(answer.header("cache-control"), "public, max-age=10");
}

#[actix_web::test]
async fn a_plan_without_named_seats_has_no_rows() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    let body = world.get(&format!("/events/{event}/plan")).await.json();
    assert_eq!((&body["sections"], &body["rows"]), (&json!([]), &json!({})));
}

#[actix_web::test]
async fn the_state_names_only_seats_that_are_not_free() {
    let world = World::new().await;
    let event = hall(&world).await;
    world.take(event, "stalls-7", "sold").await;
    world.take(event, "stalls-8", "sold").await;
    let before: i64 = world.head().await.parse().unwrap();
    world.take(event, "balcony-1", "held").await;
    world.event(NewEvent::draft("Elsewhere")).await;
    let answer = world.get(&format!("/events/{event}/seats")).await;
    let body = answer.json();
    assert_eq!(
        body["seats"],
        json!({"held": ["balcony-1"], "sold": ["stalls-7", "stalls-8"]})
    );
    assert_eq!(
        body["position"],
        before + 1,
        "of the last fact that changed the map"
    );
    assert_eq!(
        body["sections"][0],
        json!({"id": "stalls", "capacity": 60, "held": 0, "sold": 2, "free": 58})
    );
    assert_eq!(answer.header("evently-position"), world.head().await);
}

#[actix_web::test]
async fn maps_come_in_the_coding_that_is_asked_for_each_with_its_own_tag() {
    let world = World::new().await;
    let event = hall(&world).await;
    for path in [format!("/events/{event}/plan"), format!("/events/{event}/seats")] {
        let plain = world.get(&path).await;
        let gzip = world.ask(&path, &[("accept-encoding", "gzip")]).await;
        let brotli = world.ask(&path, &[("accept-encoding", "gzip, br")]).await;
        assert_eq!(
            (plain.header("content-encoding"), gzip.header("content-encoding")),
            ("", "gzip")
        );
        assert_eq!(brotli.header("content-encoding"), "br");
        assert_eq!(gunzip(&gzip.body), plain.body);
        assert_eq!(unbrotli(&brotli.body), plain.body);
        assert_ne!(gzip.header("etag"), plain.header("etag"));
        let tag = brotli.header("etag").to_owned();
        let again = world
            .ask(&path, &[("accept-encoding", "br"), ("if-none-match", &tag)])
            .await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
        assert_eq!(again.header("vary"), "accept-encoding, evently-min-position");
    }
}

#[actix_web::test]
async fn long_lists_are_compressed_too() {
    let world = World::new().await;
    for _ in 0..5 {
        world.event(NewEvent::on_sale("Rock Night")).await;
    }
    let plain = world.get("/events").await;
    let brotli = world.ask("/events", &[("accept-encoding", "br")]).await;
    assert_eq!(brotli.header("content-encoding"), "br");
    assert_eq!(unbrotli(&brotli.body), plain.body);
}

#[actix_web::test]
async fn a_sale_is_seen_a_moment_later_with_another_tag() {
    let world = World::new().await;
    let event = hall(&world).await;
    let path = format!("/events/{event}/seats");
    let before = world.get(&path).await;
    world.take(event, "stalls-7", "sold").await;
    tokio::time::sleep(NOT_FRESH_ANY_MORE).await;
    let after = world.get(&path).await;
    assert_eq!(after.json()["seats"]["sold"], json!(["stalls-7"]));
    assert_ne!(after.header("etag"), before.header("etag"));
    world.event(NewEvent::draft("Elsewhere")).await;
    tokio::time::sleep(NOT_FRESH_ANY_MORE).await;
    let unchanged = world.get(&path).await;
    assert_eq!(unchanged.header("etag"), after.header("etag"));
    assert_eq!(unchanged.header("evently-position"), world.head().await);
}

#[actix_web::test]
async fn a_buyer_sees_their_own_hold_at_once() {
    let world = World::new().await;
    let event = hall(&world).await;
    let path = format!("/events/{event}/seats");
    for seat in 1..=20 {
        world.get(&path).await;
        world.take(event, &format!("stalls-{seat}"), "held").await;
        let position = world.head().await;
        let answer = world.ask(&path, &[("evently-min-position", &position)]).await;
        assert_eq!(answer.json()["sections"][0]["held"], seat);
        assert_eq!(answer.header("evently-position"), position);
    }
}

#[actix_web::test]
async fn a_plan_that_grows_and_a_draft_that_is_published_are_seen() {
    let world = World::new().await;
    let event = world.event(NewEvent::draft("Rock Night")).await;
    world.now().add_section(event, "stalls", 4_000, 60).await;
    let path = format!("/events/{event}/plan");
    let organizer = (ORGANIZER, Role::Organizer);
    assert_eq!(
        world.get_as(organizer, &path).await.json()["sections"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    world.now().add_section(event, "balcony", 1_500, 40).await;
    world.now().publish(event).await;
    let answer = world
        .ask(&path, &[("evently-min-position", &world.head().await)])
        .await;
    assert_eq!(answer.json()["sections"].as_array().unwrap().len(), 2);
    assert_eq!(answer.header("cache-control"), "public, max-age=10");
}

#[actix_web::test]
async fn a_draft_that_was_deleted_is_gone() {
    let world = World::new().await;
    let event = world.event(NewEvent::draft("Rock Night")).await;
    let path = format!("/events/{event}/seats");
    let organizer = (ORGANIZER, Role::Organizer);
    assert_eq!(world.get_as(organizer, &path).await.status, 200);
    world.now().delete_draft(event).await;
    tokio::time::sleep(NOT_FRESH_ANY_MORE).await;
    assert_eq!(world.get_as(organizer, &path).await.status, 404);
}

#[actix_web::test]
async fn many_at_once_get_the_same_map() {
    let world = World::new().await;
    let event = hall(&world).await;
    let path = format!("/events/{event}/plan");
    let answers = futures::future::join_all((0..50).map(|_| world.get(&path))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 && answer.header("etag") == answers[0].header("etag"))
    );
}

#[actix_web::test]
async fn a_stadium_of_fifty_thousand_seats_is_served_whole() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Final")).await;
    world.stadium(event).await;
    let brotli = [("accept-encoding", "br")];
    let plan = world.ask(&format!("/events/{event}/plan"), &brotli).await;
    let body: serde_json::Value = serde_json::from_slice(&unbrotli(&plan.body)).unwrap();
    let rows = body["rows"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|rows| rows.as_array().unwrap());
    let seats: usize = rows.map(|row| row["seats"].as_array().unwrap().len()).sum();
    assert_eq!(seats, 50_000);
    let state = world.ask(&format!("/events/{event}/seats"), &brotli).await;
    let state: serde_json::Value = serde_json::from_slice(&unbrotli(&state.body)).unwrap();
    assert_eq!(state["seats"]["sold"].as_array().unwrap().len(), 50_000);
    assert_eq!(state["sections"][49]["free"], 0);
}
