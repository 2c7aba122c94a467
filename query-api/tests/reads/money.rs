//! Money: payments, cancellations and refunds of bookings, the ledger, and events that are cancelled or moved.

use domain::event::Fee;
use domain::money::Price;
use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{BUYER, ORGANIZER, STRANGER, World};

const USER: (Uuid, Role) = (BUYER, Role::User);
const AUDITOR: (Uuid, Role) = (Uuid::from_u128(0xd4), Role::Auditor);

fn euros(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// A night of which places are given back for a tenth of their price.
async fn event_with_fee(world: &World) -> Uuid {
    let event = world.rock_night().await; // starts in ten days
    let fee = Fee::BasisPoints(1_000);
    world.now().allow_cancelling(event, 11 * 24, fee, 0).await;
    event
}

#[actix_web::test]
async fn a_booking_shows_what_it_has_what_was_paid_and_what_came_back() {
    let world = World::new().await;
    let event = event_with_fee(&world).await;
    let id = world.now().hold(event, BUYER, &["a-1", "a-2"]).await;
    let payment = world.now().request_payment(id).await;
    world.now().capture(id, payment).await;
    let cancellation = world.now().cancel_seats(id, &["a-1"]).await;
    for body in [
        world.get_as(USER, &format!("/bookings/{id}")).await.json(),
        world.get_as(USER, "/bookings").await.items()[0].clone(),
    ] {
        assert_eq!(
            (&body["status"], &body["quantity"]),
            (&json!("confirmed"), &json!(1))
        );
        assert_eq!(body["lines"][0]["seats"], json!(["a-2"]));
        assert_eq!(
            (&body["total"], &body["paid"], &body["refunded"]),
            (&euros(3_000), &euros(3_000), &euros(0))
        );
        assert_eq!(body["payment"]["id"], json!(payment));
        assert_eq!(
            (&body["payment"]["status"], &body["payment"]["attempts_left"]),
            (&json!("captured"), &json!(5))
        );
        let cancelled = &body["cancelled"][0];
        assert_eq!(
            (&cancelled["id"], &cancelled["by"], &cancelled["fee"]),
            (&json!(cancellation), &json!("buyer"), &euros(150))
        );
        assert_eq!(cancelled["lines"][0]["seats"], json!(["a-1"]));
        let refund = &body["refunds"][0];
        assert_eq!(
            (&refund["status"], &refund["amount"]),
            (&json!("requested"), &euros(1_350))
        );
        assert_eq!(refund["reason"], "cancellation");
    }
    let free = world.booking(event, BUYER, "held", 0).await;
    let body = world.get_as(USER, &format!("/bookings/{free}")).await.json();
    assert_eq!((&body["payment"], &body["paid"]), (&json!(null), &euros(0)));
    assert_eq!((&body["cancelled"], &body["refunds"]), (&json!([]), &json!([])));
}

#[actix_web::test]
async fn each_status_lists_exactly_the_bookings_that_show_it() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let statuses = [
        "held",
        "awaiting_payment",
        "confirmed",
        "cancelled",
        "refunded",
        "released",
        "failed",
        "expired",
    ];
    for status in statuses {
        world.booking(event, BUYER, status, 10).await;
    }
    for status in statuses {
        let items = world
            .get_as(USER, &format!("/bookings?status={status}"))
            .await
            .items();
        assert_eq!(items.len(), 1, "{status}");
        assert_eq!(items[0]["status"], status);
    }
    world.later(10_000);
    let waiting = world
        .get_as(USER, "/bookings?status=awaiting_payment")
        .await
        .items();
    assert_eq!((waiting.len(), &waiting[0]["expires_at"]), (1, &json!(null)));
    assert_eq!(
        world.get_as(USER, "/bookings?status=expired").await.items().len(),
        2
    );
    assert_eq!(world.get_as(USER, "/bookings?status=paid").await.status, 422);
}

#[actix_web::test]
async fn a_booking_says_until_when_it_can_be_cancelled_and_for_how_much() {
    let world = World::new().await;
    let event = world.rock_night().await; // starts in ten days
    world.now().add_section(event, "lawn", 0, 5).await;
    let cancellable = async |id: Uuid| {
        let booking = world.get_as(USER, &format!("/bookings/{id}")).await;
        booking.json()["cancellable"].clone()
    };
    let before = world.booking(event, BUYER, "confirmed", 100).await;
    assert_eq!(cancellable(before).await, json!(null), "without a policy");

    let fee = Fee::BasisPoints(1_500);
    world.now().allow_cancelling(event, 48, fee, 24).await;
    let early = world.booking(event, BUYER, "confirmed", 100).await;
    let usual = |until: i64| {
        json!({"until": world.in_days(until), "free_until": world.in_days(until - 1),
               "fee": {"basis_points": 1500}})
    };
    assert_eq!(cancellable(early).await, usual(9));

    world.now().reschedule(event, 20, 19 * 24).await;
    let nineteen = json!(world.in_days(19));
    assert_eq!(
        cancellable(early).await,
        json!({"until": nineteen, "free_until": nineteen, "fee": null})
    );
    let late = world.booking(event, BUYER, "confirmed", 0).await;
    assert_eq!(
        cancellable(late).await,
        usual(19),
        "it was placed after the event was moved"
    );
    let free = world.now().buy(event, BUYER, &["lawn-1"]).await;

    world.later(19 * 24 * 3_600);
    assert_eq!(cancellable(late).await, json!(null), "too late");
    assert_eq!(
        cancellable(free).await["fee"],
        json!(null),
        "places that cost nothing are given back for nothing"
    );
    assert_eq!(
        cancellable(free).await["until"],
        json!(world.in_days(1)),
        "until the event starts"
    );
    world.now().call_off(event).await;
    assert_eq!(cancellable(free).await, json!(null));
}

#[actix_web::test]
async fn auditors_see_the_ledger_of_a_booking_and_whether_it_balances() {
    let world = World::new().await;
    let event = event_with_fee(&world).await;
    let id = world.now().hold(event, BUYER, &["a-1", "a-2"]).await;
    let path = format!("/audit/bookings/{id}/ledger");
    let empty = world.get_as(AUDITOR, &path).await.json();
    assert_eq!((&empty["items"], &empty["balanced"]), (&json!([]), &json!(true)));

    world.now().pay(id).await;
    world.now().cancel_seats(id, &["a-1"]).await;
    let ledger = world.get_as(AUDITOR, &path).await.json();
    assert_eq!(ledger["items"].as_array().unwrap().len(), 5);
    assert_eq!(
        (&ledger["items"][0]["account"], &ledger["items"][0]["amount"]),
        (&json!("gateway"), &euros(3_000))
    );
    assert_eq!(
        ledger["sums"],
        json!({"gateway": euros(3_000), "sales": euros(-1_500), "fees": euros(-150), "refunds_due": euros(-1_350)})
    );
    assert_eq!(ledger["balanced"], json!(true));

    world
        .damage(
            "update ledger set amount = -151 where account = 'fees';
             update ledger set amount = 3001 where account = 'gateway'",
        )
        .await;
    let ledger = world.get_as(AUDITOR, &path).await.json();
    assert_eq!(ledger["balanced"], json!(false), "two wrongs make no right");
    assert_eq!(world.get_as(USER, &path).await.status, 403);
    assert_eq!(
        world.get_as((ORGANIZER, Role::Organizer), &path).await.status,
        403
    );
    let absent = format!("/audit/bookings/{}/ledger", Uuid::from_u128(5));
    assert_eq!(world.get_as(AUDITOR, &absent).await.status, 404);
}

#[actix_web::test]
async fn organizers_see_how_far_the_cancelling_of_an_event_has_come() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let path = format!("/admin/events/{event}/cancellation");
    let organizer = (ORGANIZER, Role::Organizer);
    let before = world.get_as(organizer, &path).await.json();
    assert_eq!(
        (&before["status"], &before["done"]),
        (&json!("published"), &json!(false))
    );
    let mut sold = Vec::new();
    for buyer in [BUYER, BUYER, BUYER, STRANGER] {
        sold.push(world.booking(event, buyer, "confirmed", 10).await);
    }
    world.booking(event, STRANGER, "released", 10).await;
    world.now().call_off(event).await;
    for booking in &sold[..3] {
        world.now().sweep(*booking).await;
    }
    world.now().refund(sold[0], true).await;
    world.now().refund(sold[2], false).await;
    let progress = world.get_as(organizer, &path).await.json();
    assert_eq!(
        (&progress["status"], &progress["reason"]),
        (&json!("cancelled"), &json!("Storm"))
    );
    assert_eq!(
        progress["bookings"],
        json!({"total": 4, "cancelled": 3, "left": 1})
    );
    assert_eq!(
        progress["refunds"],
        json!({"requested": 1, "settled": 1, "refused": 1, "amount_due": euros(6_000), "amount_settled": euros(3_000)})
    );
    assert_eq!(progress["done"], json!(false));

    world.now().sweep(sold[3]).await;
    world.now().retry_refunds(sold[2]).await;
    for booking in &sold[1..] {
        world.now().refund(*booking, true).await;
    }
    assert_eq!(world.get_as(AUDITOR, &path).await.json()["done"], json!(true));
    assert_eq!(world.get_as((STRANGER, Role::Admin), &path).await.status, 200);
    assert_eq!(world.get_as((STRANGER, Role::Organizer), &path).await.status, 404);
    assert_eq!(world.get_as(USER, &path).await.status, 403);
    let absent = format!("/admin/events/{}/cancellation", Uuid::from_u128(5));
    assert_eq!(world.get_as(AUDITOR, &absent).await.status, 404);
}

#[actix_web::test]
async fn a_cancelled_event_stays_in_sight_and_says_why() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let path = format!("/events/{event}");
    let body = world.get(&path).await.json();
    assert_eq!(
        (
            &body["cancelled"],
            &body["cancellation_policy"],
            &body["rescheduled"]
        ),
        (&json!(null), &json!(null), &json!(null))
    );
    let fee = Fee::PerPlace(Price::parse(500).unwrap());
    world.now().allow_cancelling(event, 48, fee, 24).await;
    world.now().reschedule(event, 12, 24).await;
    world.now().call_off(event).await;
    let (now, tomorrow) = (world.clock.now(), world.in_days(1));
    world.later(2);
    let answer = world.get(&path).await;
    let body = answer.json();
    assert_eq!(body["status"], "cancelled");
    assert_eq!(body["cancelled"], json!({"at": now, "reason": "Storm"}));
    assert_eq!(
        body["cancellation_policy"],
        json!({"free_hours": 48, "fee": {"per_place": 500}, "closes_hours": 24})
    );
    assert_eq!(body["rescheduled"], json!({"at": now, "free_until": tomorrow}));
    for under in ["/plan", "/seats", "/availability"] {
        assert_eq!(world.get(&format!("{path}{under}")).await.status, 200, "{under}");
    }
    assert_eq!(world.get("/events").await.items().len(), 0);
    let listed = world.get("/events?status=cancelled").await.items();
    assert_eq!((listed.len(), &listed[0]["status"]), (1, &json!("cancelled")));
}
