//! One event: details, availability, who may see it.

use edge::token::Role;
use serde_json::json;
use uuid::Uuid;

use crate::world::{BUYER, NewEvent, ORGANIZER, STRANGER, World};

#[actix_web::test]
async fn an_event_shows_what_is_left_of_its_sections() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    world.now().add_section(event, "b", 4_000, 10).await;
    world.now().add_section(event, "a", 1_500, 20).await;
    world.take(event, "b-3", "held").await;
    world.take(event, "b-4", "sold").await;
    let answer = world.get(&format!("/events/{event}")).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["title"], "Rock Night");
    assert_eq!(body["status"], "on_sale");
    assert_eq!(
        body["availability"],
        json!({"capacity": 30, "held": 1, "sold": 1, "free": 28})
    );
    assert_eq!(body["price_from"], json!({"amount": 1500, "currency": "EUR"}));
    assert_eq!(body["sections"][0]["id"], "b");
    assert_eq!(body["sections"][0]["free"], 8);
    assert_eq!(body["sections"][1]["price"]["amount"], 1500);
    assert_eq!(answer.header("evently-position"), world.head().await);
}

#[actix_web::test]
async fn availability_counts_by_section() {
    let world = World::new().await;
    let event = world.rock_night().await;
    world.take(event, "a-3", "held").await;
    let body = world.get(&format!("/events/{event}/availability")).await.json();
    assert_eq!(
        (&body["capacity"], &body["held"], &body["free"]),
        (&json!(20), &json!(1), &json!(19))
    );
    assert_eq!(body["sections"][0]["held"], 1);
}

#[actix_web::test]
async fn a_draft_is_there_for_its_organizer_and_admins_only() {
    let world = World::new().await;
    let event = world.event(NewEvent::draft("Secret")).await;
    for path in ["", "/plan", "/seats", "/availability"] {
        let path = format!("/events/{event}{path}");
        assert_eq!(world.get(&path).await.status, 404, "{path}");
        assert_eq!(
            world.get_as((STRANGER, Role::Organizer), &path).await.status,
            404,
            "{path}"
        );
        assert_eq!(
            world.get_as((ORGANIZER, Role::User), &path).await.status,
            404,
            "{path}"
        );
        let own = world.get_as((ORGANIZER, Role::Organizer), &path).await;
        assert_eq!(
            (own.status.as_u16(), own.header("cache-control")),
            (200, "no-store"),
            "{path}"
        );
        assert_eq!(
            world.get_as((BUYER, Role::Admin), &path).await.status,
            200,
            "{path}"
        );
    }
}

#[actix_web::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    for path in ["", "/plan", "/seats", "/availability"] {
        for id in [Uuid::from_u128(9).to_string(), "nonsense".to_owned()] {
            let answer = world.get(&format!("/events/{id}{path}")).await;
            assert_eq!(answer.status, 404, "{id}{path}");
            assert_eq!(answer.problem(), "not-found");
        }
    }
}

#[actix_web::test]
async fn a_token_that_is_not_valid_is_refused_even_where_none_is_needed() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    let answer = world
        .ask(&format!("/events/{event}"), &[("authorization", "Bearer forged")])
        .await;
    assert_eq!(answer.status, 401);
}

#[actix_web::test]
async fn an_organizers_event_is_tagged_with_its_sequence() {
    let world = World::new().await;
    let event = world.event(NewEvent::draft("Mine")).await;
    let path = format!("/admin/events/{event}");
    let own = world.get_as((ORGANIZER, Role::Organizer), &path).await;
    assert_eq!((own.status.as_u16(), own.header("etag")), (200, "\"3\""));
    assert_eq!(own.json()["status"], "draft");
    assert_eq!(world.get_as((STRANGER, Role::Organizer), &path).await.status, 404);
    assert_eq!(world.get_as((ORGANIZER, Role::User), &path).await.status, 403);
    assert_eq!(world.get_as((BUYER, Role::Admin), &path).await.status, 200);
}

#[actix_web::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    for path in [
        "/events".to_owned(),
        format!("/events/{event}"),
        format!("/events/{event}/availability"),
    ] {
        let first = world.get(&path).await;
        let tag = first.header("etag").to_owned();
        let again = world.ask(&path, &[("if-none-match", &tag)]).await;
        assert_eq!(again.status, 304, "{path}");
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("evently-position"), world.head().await);
        let other = world.ask(&path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, 200, "{path}");
    }
}
