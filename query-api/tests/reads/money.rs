//! Money: payments, cancellations and refunds of bookings, the ledger, and events that are called off or moved.

use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{BUYER, NewEvent, ORGANIZER, STRANGER, World};

const USER: (Uuid, Role) = (BUYER, Role::User);
const AUDITOR: (Uuid, Role) = (Uuid::from_u128(0xd4), Role::Auditor);
const PAYMENT: Uuid = Uuid::from_u128(0x71);
const REFUND: Uuid = Uuid::from_u128(0x72);

/// What tests vary of the money of a booking.
struct Money {
    lines: &'static str,
    payment: &'static str,
    refund_status: &'static str,
}

const SOLD_IN_PART: Money = Money {
    lines: r#"[{"section":"a","quantity":1,"seats":["a-2"],"unit_price":1500}]"#,
    payment: "captured",
    refund_status: "requested",
};

fn euros(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// A booking of two seats at 15.00, one of which was given back for a fee.
async fn booking(world: &World, event: Uuid, status: &str, money: &Money) -> Uuid {
    let id = world.booking(event, BUYER, status, 100).await;
    let at = world.clock.now().to_rfc3339();
    let settled = money.refund_status == "settled";
    let (open, refused) = (
        money.refund_status == "requested",
        money.refund_status == "refused",
    );
    let (lines, payment, refund) = (money.lines, money.payment, money.refund_status);
    world
        .sql(&format!(
            r#"insert into booking_money (booking_id, event_id, lines, quantity, payment, attempts_left, cancelled, refunds,
                                          paid_amount, refunded_amount, due_amount, refunds_open, refunds_settled,
                                          refunds_refused, position)
               values ('{id}', '{event}', '{lines}', json_array_length('{lines}'),
                       '{{"id":"{PAYMENT}","status":"{payment}","amount":3000,"gateway":"sandbox","reason":null,
                          "late":false,"requested_at":"{at}"}}', 4,
                       '[{{"id":"{REFUND}","lines":[{{"section":"a","quantity":1,"seats":["a-1"],"unit_price":1500}}],
                           "by":"buyer","gross":1500,"fee":150,"refund":1350,"at":"{at}"}}]',
                       '[{{"id":"{REFUND}","payment_id":"{PAYMENT}","amount":1350,"reason":"cancellation",
                           "status":"{refund}","attempt":1,"refuse_reason":null,"requested_at":"{at}"}}]',
                       3000, {}, {}, {}, {}, {}, 2)"#,
            if settled { 1_350 } else { 0 },
            if settled { 0 } else { 1_350 },
            u8::from(open),
            u8::from(settled),
            u8::from(refused),
        ))
        .await;
    id
}

#[actix_web::test]
async fn a_booking_shows_what_it_has_what_was_paid_and_what_came_back() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    let id = booking(&world, event, "confirmed", &SOLD_IN_PART).await;
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
        assert_eq!(body["payment"]["id"], json!(PAYMENT));
        assert_eq!(
            (&body["payment"]["status"], &body["payment"]["attempts_left"]),
            (&json!("captured"), &json!(4))
        );
        let cancelled = &body["cancelled"][0];
        assert_eq!(
            (&cancelled["by"], &cancelled["fee"]),
            (&json!("buyer"), &euros(150))
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
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
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
    world
        .sql("update bookings set expires_at = null, ended_at = null where status = 'awaiting_payment'")
        .await;
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
    let event = world.event(NewEvent::on_sale("Rock Night")).await; // starts in ten days
    let path = format!(
        "/bookings/{}",
        world.booking(event, BUYER, "confirmed", 100).await
    );
    let cancellable = async || world.get_as(USER, &path).await.json()["cancellable"].clone();
    assert_eq!(cancellable().await, json!(null), "without a policy");

    world
        .sql(r#"update bookings set policy = '{"free_hours":48,"fee":{"basis_points":1500},"closes_hours":24}'"#)
        .await;
    let days = |days| json!(world.in_days(days));
    let (eight, nine) = (days(8), days(9));
    let usual = json!({"until": nine, "free_until": eight, "fee": {"basis_points": 1500}});
    assert_eq!(cancellable().await, usual);

    let moved = format!(
        "update events set rescheduled_at = '{0}', free_until = '{0}'::timestamptz + interval '9 days'",
        world.clock.now().to_rfc3339()
    );
    world.sql(&moved).await;
    assert_eq!(
        cancellable().await,
        json!({"until": nine, "free_until": nine, "fee": null})
    );
    world
        .sql("update events set rescheduled_at = rescheduled_at - interval '1 hour'")
        .await;
    assert_eq!(
        cancellable().await,
        usual,
        "it was placed after the event was moved"
    );

    world.later(9 * 24 * 3_600);
    assert_eq!(cancellable().await, json!(null), "too late");
    world.sql("update bookings set total_amount = 0").await;
    assert_eq!(
        cancellable().await["fee"],
        json!(null),
        "places that cost nothing are given back for nothing"
    );
    world.sql("update events set status = 'cancelled'").await;
    assert_eq!(cancellable().await, json!(null));
}

#[actix_web::test]
async fn auditors_see_the_ledger_of_a_booking_and_whether_it_balances() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    let id = booking(&world, event, "confirmed", &SOLD_IN_PART).await;
    let path = format!("/audit/bookings/{id}/ledger");
    let empty = world.get_as(AUDITOR, &path).await.json();
    assert_eq!((&empty["items"], &empty["balanced"]), (&json!([]), &json!(true)));

    let entry = |position: i64, entry: i32, account: &str, amount: i64| {
        format!(
            "insert into ledger (booking_id, position, entry, event_id, account, amount, currency, at, payment_id)
             values ('{id}', {position}, {entry}, '{event}', '{account}', {amount}, 'EUR', now(), '{PAYMENT}');"
        )
    };
    let entries = [
        entry(4, 1, "gateway", 3_000),
        entry(4, 2, "sales", -3_000),
        entry(7, 1, "sales", 1_500),
        entry(7, 2, "fees", -150),
        entry(7, 3, "refunds_due", -1_350),
    ];
    world.sql(&entries.concat()).await;
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
        .sql("update ledger set amount = -151 where account = 'fees'; update ledger set amount = 3001 where entry = 1 and position = 4")
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
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    let path = format!("/admin/events/{event}/cancellation");
    let organizer = (ORGANIZER, Role::Organizer);
    let before = world.get_as(organizer, &path).await.json();
    assert_eq!(
        (&before["status"], &before["done"]),
        (&json!("published"), &json!(false))
    );

    world
        .sql("update events set status = 'cancelled', cancelled_at = now(), cancel_reason = 'Storm'")
        .await;
    let all_gone = |refund_status| Money {
        lines: "[]",
        payment: "captured",
        refund_status,
    };
    booking(&world, event, "refunded", &all_gone("settled")).await;
    booking(&world, event, "cancelled", &all_gone("requested")).await;
    booking(&world, event, "cancelled", &all_gone("refused")).await;
    world.booking(event, STRANGER, "confirmed", 10).await;
    world.booking(event, STRANGER, "released", 10).await;
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
        json!({"requested": 1, "settled": 1, "refused": 1, "amount_due": euros(2_700), "amount_settled": euros(1_350)})
    );
    assert_eq!(progress["done"], json!(false));

    world
        .sql("update bookings set status = 'cancelled' where status = 'confirmed';
              update booking_money set refunds_open = 0, refunds_refused = 0, refunds_settled = 1, due_amount = 0")
        .await;
    assert_eq!(world.get_as(AUDITOR, &path).await.json()["done"], json!(true));
    assert_eq!(world.get_as((STRANGER, Role::Admin), &path).await.status, 200);
    assert_eq!(world.get_as((STRANGER, Role::Organizer), &path).await.status, 404);
    assert_eq!(world.get_as(USER, &path).await.status, 403);
    let absent = format!("/admin/events/{}/cancellation", Uuid::from_u128(5));
    assert_eq!(world.get_as(AUDITOR, &absent).await.status, 404);
}

#[actix_web::test]
async fn an_event_that_is_called_off_stays_in_sight_and_says_why() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    world.section(event, "a", 1_500, 20).await;
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
    world
        .sql(
            r#"update events set status = 'cancelled', cancelled_at = '2030-01-01T00:00:00Z', cancel_reason = 'Storm',
                      policy = '{"free_hours":48,"fee":{"per_place":500},"closes_hours":24}',
                      rescheduled_at = '2030-01-02T00:00:00Z', free_until = '2030-01-03T00:00:00Z'"#,
        )
        .await;
    world.later(2);
    let answer = world.get(&path).await;
    let body = answer.json();
    assert_eq!(body["status"], "cancelled");
    assert_eq!(
        body["cancelled"],
        json!({"at": "2030-01-01T00:00:00Z", "reason": "Storm"})
    );
    assert_eq!(
        body["cancellation_policy"],
        json!({"free_hours": 48, "fee": {"per_place": 500}, "closes_hours": 24})
    );
    assert_eq!(
        body["rescheduled"],
        json!({"at": "2030-01-02T00:00:00Z", "free_until": "2030-01-03T00:00:00Z"})
    );
    for under in ["/plan", "/seats", "/availability"] {
        assert_eq!(world.get(&format!("{path}{under}")).await.status, 200, "{under}");
    }
    assert_eq!(world.get("/events").await.items().len(), 0);
    let listed = world.get("/events?status=cancelled").await.items();
    assert_eq!((listed.len(), &listed[0]["status"]), (1, &json!("cancelled")));
}
