//! What readers see of an event and its bookings, act by act, from facts to answers.

use domain::event::Fee;
use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{BUYER, NewEvent, ORGANIZER, STRANGER, World};

const USER: (Uuid, Role) = (BUYER, Role::User);

fn euros(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// The seats that the map shows as held and as sold, as of all that happened.
async fn map(world: &World, event: Uuid) -> Value {
    let path = format!("/events/{event}/seats");
    let now = world.head().await;
    world.ask(&path, &[("evently-min-position", &now)]).await.json()["seats"].clone()
}

async fn section(world: &World, event: Uuid) -> Value {
    let body = world.get(&format!("/events/{event}/availability")).await.json();
    body["sections"][0].clone()
}

async fn booking(world: &World, id: Uuid) -> Value {
    world.get_as(USER, &format!("/bookings/{id}")).await.json()
}

#[actix_web::test]
async fn a_hold_shows_its_seats_as_held_until_it_expires() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let hold = world.now().hold(event, BUYER, &["a-1", "a-2"]).await;
    assert_eq!(
        map(&world, event).await,
        json!({"held": ["a-1", "a-2"], "sold": []})
    );
    assert_eq!(section(&world, event).await["held"], 2);

    world.later(600);
    world.now().expire(hold).await;
    assert_eq!(map(&world, event).await, json!({"held": [], "sold": []}));
    assert_eq!(section(&world, event).await["free"], 20);
    assert_eq!(booking(&world, hold).await["status"], "expired");
}

#[actix_web::test]
async fn a_hold_that_is_given_back_frees_its_seats() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let hold = world.now().hold(event, BUYER, &["a-1"]).await;
    world.later(5);
    world.now().cancel(hold).await;
    assert_eq!(map(&world, event).await, json!({"held": [], "sold": []}));
    let body = booking(&world, hold).await;
    assert_eq!(
        (&body["status"], &body["ended_at"]),
        (&json!("released"), &json!(world.clock.now()))
    );
}

#[actix_web::test]
async fn a_sale_shows_its_seats_as_sold_and_a_part_that_is_cancelled_as_free() {
    let world = World::new().await;
    let event = world.rock_night().await;
    world
        .now()
        .allow_cancelling(event, 24, Fee::BasisPoints(0), 0)
        .await;
    let sale = world.now().buy(event, BUYER, &["a-1", "a-2"]).await;
    assert_eq!(
        map(&world, event).await,
        json!({"held": [], "sold": ["a-1", "a-2"]})
    );
    world.now().cancel_seats(sale, &["a-1"]).await;
    assert_eq!(map(&world, event).await, json!({"held": [], "sold": ["a-2"]}));
    let section = section(&world, event).await;
    assert_eq!((&section["sold"], &section["free"]), (&json!(1), &json!(19)));
}

#[actix_web::test]
async fn a_seat_that_changes_hands_while_readers_wait_has_its_last_holder() {
    let world = World::new().await;
    let event = world.rock_night().await;
    world.stop_projecting();
    let first = world.now().hold(event, STRANGER, &["a-1"]).await;
    world.now().cancel(first).await;
    world.now().buy(event, BUYER, &["a-1"]).await;
    world.project().await;
    assert_eq!(map(&world, event).await, json!({"held": [], "sold": ["a-1"]}));
    assert_eq!(section(&world, event).await["held"], 0);
}

#[actix_web::test]
async fn general_admission_is_counted_and_has_no_seats_on_the_map() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Open air")).await;
    world.now().add_floor(event, "floor", 2_000, 100).await;
    let sale = world.now().hold_any(event, BUYER, "floor", 3).await;
    world.now().pay(sale).await;
    world.now().hold_any(event, STRANGER, "floor", 4).await;
    let section = section(&world, event).await;
    assert_eq!(
        (&section["sold"], &section["held"], &section["free"]),
        (&json!(3), &json!(4), &json!(93))
    );
    assert_eq!(map(&world, event).await, json!({"held": [], "sold": []}));
    assert_eq!(booking(&world, sale).await["lines"][0]["seats"], json!([]));
}

#[actix_web::test]
async fn a_new_price_is_for_new_holds_and_those_that_are_held_keep_theirs() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let held = world.now().hold(event, BUYER, &["a-1"]).await;
    world.now().change_price(event, "a", 2_500).await;
    let later = world.now().hold(event, BUYER, &["a-2"]).await;
    assert_eq!(booking(&world, held).await["total"], euros(1_500));
    assert_eq!(booking(&world, later).await["total"], euros(2_500));
    let shown = world.get(&format!("/events/{event}")).await.json();
    assert_eq!(shown["sections"][0]["price"], euros(2_500));
    world.now().pay(held).await;
    assert_eq!(booking(&world, held).await["paid"], euros(1_500));
}

#[actix_web::test]
async fn a_hold_that_is_extended_has_its_new_deadline() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let hold = world.now().hold(event, BUYER, &["a-1"]).await;
    world.now().extend(hold).await;
    let body = booking(&world, hold).await;
    assert_eq!(
        (&body["extended"], &body["expires_in_seconds"]),
        (&json!(true), &json!(900))
    );
}

#[actix_web::test]
async fn a_payment_under_way_keeps_the_hold_and_a_declined_one_says_why() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let hold = world.now().hold(event, BUYER, &["a-1"]).await;
    let payment = world.now().request_payment(hold).await;
    let body = booking(&world, hold).await;
    assert_eq!(
        (&body["status"], &body["expires_at"], &body["payment"]["status"]),
        (&json!("awaiting_payment"), &json!(null), &json!("pending"))
    );
    assert_eq!(map(&world, event).await["held"], json!(["a-1"]));

    world.now().decline(hold, payment).await;
    let body = booking(&world, hold).await;
    assert_eq!(body["status"], "held");
    assert_eq!(
        (
            &body["payment"]["status"],
            &body["payment"]["reason"],
            &body["payment"]["attempts_left"]
        ),
        (&json!("declined"), &json!("card_declined"), &json!(4))
    );
    assert!(body["expires_at"].is_string());
    assert_eq!(body["paid"], euros(0));
}

#[actix_web::test]
async fn the_last_declined_payment_ends_the_hold() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let failed = world.booking(event, BUYER, "failed", 0).await;
    let body = booking(&world, failed).await;
    assert_eq!(
        (&body["status"], &body["payment"]["attempts_left"]),
        (&json!("failed"), &json!(0))
    );
    assert_eq!(map(&world, event).await["held"], json!([]));
}

#[actix_web::test]
async fn money_that_comes_too_late_is_shown_and_returned() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let hold = world.now().hold(event, BUYER, &["a-1"]).await;
    let payment = world.now().request_payment(hold).await;
    world.now().decline(hold, payment).await;
    world.now().cancel(hold).await;
    world.now().capture(hold, payment).await;
    let body = booking(&world, hold).await;
    assert_eq!(
        (
            &body["status"],
            &body["paid"],
            &body["payment"]["late"],
            &body["refunds"][0]["reason"]
        ),
        (
            &json!("released"),
            &euros(1_500),
            &json!(true),
            &json!("late_capture")
        )
    );
    world.now().refund(hold, true).await;
    assert_eq!(booking(&world, hold).await["refunded"], euros(1_500));
    assert_eq!(map(&world, event).await, json!({"held": [], "sold": []}));
}

#[actix_web::test]
async fn a_refund_is_shown_from_its_request_to_its_end() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let sale = world.booking(event, BUYER, "cancelled", 0).await;
    let shown = async || {
        let body = booking(&world, sale).await;
        let refund = &body["refunds"][0];
        let fields = [&body["status"], &refund["status"], &refund["attempt"]];
        let statuses = fields.map(ToString::to_string).join(" ");
        (
            statuses,
            refund["refuse_reason"].clone(),
            body["refunded"]["amount"].clone(),
        )
    };
    assert_eq!(
        shown().await,
        (r#""cancelled" "requested" 1"#.into(), json!(null), json!(0))
    );
    world.now().refund(sale, false).await;
    assert_eq!(
        shown().await,
        (
            r#""cancelled" "refused" 1"#.into(),
            json!("account_closed"),
            json!(0)
        )
    );
    world.now().retry_refunds(sale).await;
    assert_eq!(
        shown().await,
        (r#""cancelled" "requested" 2"#.into(), json!(null), json!(0))
    );
    world.now().refund(sale, true).await;
    assert_eq!(
        shown().await,
        (r#""refunded" "settled" 2"#.into(), json!(null), json!(3_000))
    );
}

#[actix_web::test]
async fn a_booking_of_a_cancelled_event_is_cancelled_and_refunded_whole() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let fee = Fee::BasisPoints(5_000);
    world.now().allow_cancelling(event, 24, fee, 0).await;
    let (sold, held) = (
        world.booking(event, BUYER, "confirmed", 0).await,
        world.booking(event, BUYER, "held", 0).await,
    );
    world.now().call_off(event).await;
    assert_eq!(
        booking(&world, sold).await["status"],
        "confirmed",
        "until the process reaches it"
    );
    for id in [sold, held] {
        world.now().sweep(id).await;
    }
    let body = booking(&world, sold).await;
    assert_eq!(
        (&body["status"], &body["cancelled"][0]["by"]),
        (&json!("cancelled"), &json!("event_cancellation"))
    );
    assert_eq!(body["refunds"][0]["amount"], euros(3_000), "without a fee");
    assert_eq!(booking(&world, held).await["refunds"], json!([]));
    assert_eq!(map(&world, event).await, json!({"held": [], "sold": []}));
}

#[actix_web::test]
async fn a_reschedule_shows_the_new_time_and_keeps_the_longest_promise() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let sale = world.booking(event, BUYER, "confirmed", 100).await;
    world.now().reschedule(event, 20, 15 * 24).await;
    world.now().reschedule(event, 30, 24).await;
    let shown = world.get(&format!("/events/{event}")).await.json();
    assert_eq!(shown["starts_at"], json!(world.in_days(30)));
    assert_eq!(shown["rescheduled"]["free_until"], json!(world.in_days(15)));
    let cancellable = booking(&world, sale).await["cancellable"].clone();
    assert_eq!(cancellable["free_until"], json!(world.in_days(15)));
    let listed = world.get_as(USER, "/bookings").await.items();
    assert_eq!(listed[0]["event_starts_at"], json!(world.in_days(30)));
}

#[actix_web::test]
async fn a_draft_is_listed_once_it_is_published() {
    let world = World::new().await;
    let event = world.event(NewEvent::draft("Figaro")).await;
    world.now().add_section(event, "a", 1_500, 20).await;
    assert_eq!(world.get("/events").await.items(), Vec::<Value>::new());
    world.now().publish(event).await;
    let listed = world
        .ask("/events", &[("evently-min-position", &world.head().await)])
        .await
        .items();
    assert_eq!(
        (listed.len(), &listed[0]["title"], &listed[0]["price_from"]),
        (1, &json!("Figaro"), &euros(1_500))
    );
    let own = world
        .get_as(
            (ORGANIZER, Role::Organizer),
            &format!("/admin/events/{event}/bookings"),
        )
        .await;
    assert_eq!(own.items(), Vec::<Value>::new());
}

#[actix_web::test]
async fn places_that_cost_nothing_are_confirmed_without_money() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Open day")).await;
    world.now().add_section(event, "a", 0, 20).await;
    let sale = world.now().buy(event, BUYER, &["a-1"]).await;
    let body = booking(&world, sale).await;
    assert_eq!(
        (&body["status"], &body["total"], &body["payment"]),
        (&json!("confirmed"), &euros(0), &json!(null))
    );
    let auditor = (Uuid::from_u128(0xd4), Role::Auditor);
    let ledger = world
        .get_as(auditor, &format!("/audit/bookings/{sale}/ledger"))
        .await
        .json();
    assert_eq!(
        (&ledger["items"], &ledger["balanced"]),
        (&json!([]), &json!(true))
    );
}

#[actix_web::test]
async fn the_ledger_of_a_booking_comes_to_nothing_once_all_is_returned() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let sale = world.booking(event, BUYER, "refunded", 0).await;
    let auditor = (Uuid::from_u128(0xd4), Role::Auditor);
    let ledger = world
        .get_as(auditor, &format!("/audit/bookings/{sale}/ledger"))
        .await
        .json();
    assert_eq!(ledger["balanced"], json!(true));
    let sums = ledger["sums"].as_object().unwrap();
    assert!(sums.values().all(|sum| sum["amount"] == 0), "{sums:?}");
}
