//! Every process on two nodes, and facts that are read again: nothing is charged, returned or recorded twice.

use std::collections::HashSet;

use actix_web::http::StatusCode;
use edge::token::Role;
use futures::future::{join, join_all};
use gateway::GuardSettings;
use serde_json::{Value, json};
use tests::eventually;

use crate::app::{App, Person, person};
use crate::till::{Run, SOON, Till, cancel, pay};

/// Bookings of a busy day, by what becomes of them.
struct Day {
    confirmed: Vec<String>,
    refunded: Vec<String>,
}

/// Some are paid, some cancelled, some of an Event that is cancelled, and of some the payment is still open.
async fn busy_day(till: &Till) -> Day {
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale_with_policy(organizer).await;
    let called_off = till.on_sale(organizer).await;
    let mut day = Day {
        confirmed: Vec::new(),
        refunded: Vec::new(),
    };
    for (number, method) in [
        "sandbox_approve",
        "sandbox_refund_500_then_success",
        "sandbox_500_after_capture",
        "sandbox_duplicate",
    ]
    .into_iter()
    .enumerate()
    {
        let seat = [format!("stalls-A-{}", number + 1)];
        let seat = [seat[0].as_str()];
        let other = person(Role::User);
        day.confirmed.push(
            till.sold(other, &event, &[&format!("stalls-B-{}", number + 1)], method)
                .await,
        );
        let cancelled = till.sold(buyer, &event, &seat, method).await;
        assert_eq!(cancel(&till.app, buyer, &cancelled).await.status, StatusCode::OK);
        day.refunded.push(cancelled);
        day.refunded
            .push(till.sold(other, &called_off, &seat, method).await);
    }
    day.confirmed.extend(unknown(till, &event).await);
    let path = format!("/api/v1/admin/events/{called_off}/cancellation");
    let reason = json!({ "reason": "Storm warning" });
    let cancelled = till.app.post(&path).by(organizer).json(&reason).await;
    assert_eq!(cancelled.status, StatusCode::ACCEPTED, "{}", cancelled.body);
    day
}

/// Bookings whose payments were requested by a node that cannot reach the gateway.
async fn unknown(till: &Till, event: &str) -> Vec<String> {
    let cut_off = till.node_cut_off(GuardSettings {
        failures_max: 1_000,
        ..GuardSettings::default()
    });
    let buyers: Vec<Person> = (0..4).map(|_| person(Role::User)).collect();
    let mut bookings = Vec::new();
    for (number, buyer) in buyers.iter().enumerate() {
        let seat = format!("stalls-C-{}", number + 1);
        bookings.push(till.held(*buyer, event, &[&seat]).await);
    }
    let paying = buyers.iter().zip(&bookings);
    let paying = paying.map(|(buyer, booking)| pay(&cut_off, *buyer, booking, "p1", "sandbox_approve"));
    for pending in join_all(paying).await {
        assert_eq!(pending.status, StatusCode::ACCEPTED, "{}", pending.body);
    }
    bookings
}

/// Runs every process on both nodes.
fn run_both(till: &Till, nodes: &[App; 2]) -> [Run; 2] {
    [till.run_all(&nodes[0]), till.run_all(&nodes[1])]
}

/// Waits until all is done, and stops.
async fn rest(till: &Till, [one, other]: [Run; 2]) {
    till.at_rest(&one).await;
    till.at_rest(&other).await;
    join(one.stop(), other.stop()).await;
}

/// How much there is in the log and in the sandbox's journal.
async fn size(till: &Till) -> (usize, usize) {
    (till.facts().await.len(), till.journal("").len())
}

async fn execute(till: &Till, statement: &str) {
    sqlx::query(statement)
        .execute(&till.database.writer)
        .await
        .unwrap();
}

/// That the sandbox did nothing under one key twice, and no outcome stands in the log twice.
async fn nothing_happened_twice(till: &Till) {
    let journal = till.journal("");
    let mut keys: HashSet<&str> = HashSet::new();
    for entry in &journal {
        let key = entry["key"].as_str().unwrap();
        assert!(keys.insert(key), "{} twice: {entry}", entry["kind"]);
    }
    let mut outcomes: HashSet<String> = HashSet::new();
    for fact in till.facts().await {
        let payload: Value = serde_json::from_str(fact.payload.get()).unwrap();
        let fields = &payload[&fact.event_type];
        let subject = match fact.event_type.as_str() {
            "PaymentCaptured" | "PaymentCapturedLate" => &fields["payment"],
            "RefundRequested" | "RefundSettled" => &fields["refund"],
            "PlacesCancelled" => &fields["cancellation"],
            "SeatsSold" | "SeatsReturned" => &fields["booking"],
            _ => continue,
        };
        assert!(
            outcomes.insert(format!("{} {subject}", fact.event_type)),
            "{} {subject} twice",
            fact.event_type
        );
    }
}

#[actix_web::test]
async fn two_nodes_that_run_every_process_do_everything_once() {
    let till = Till::start().await;
    let day = busy_day(&till).await;
    let nodes = [till.node(), till.node()];
    let runs = run_both(&till, &nodes);
    till.app.later(15); // the payments of unknown outcome are looked after now
    for booking in &day.confirmed {
        till.becomes(booking, "confirmed").await;
    }
    eventually("refunds after their first failure", SOON, || async {
        till.app.later(1);
        let mut left = 0;
        for booking in &day.refunded {
            left += usize::from(till.status(booking).await != "refunded");
        }
        left == 0
    })
    .await;
    rest(&till, runs).await;
    assert_eq!(
        till.journal("charge_captured").len(),
        day.confirmed.len() + day.refunded.len()
    );
    assert_eq!(till.journal("refund_settled").len(), day.refunded.len());
    nothing_happened_twice(&till).await;

    let before = size(&till).await;
    execute(&till, "update process_positions set position = 0").await;
    execute(&till, "delete from deadlines").await;
    let runs = run_both(&till, &nodes);
    rest(&till, runs).await;
    assert_eq!(
        size(&till).await,
        before,
        "reading everything again changes nothing"
    );
}

#[actix_web::test]
async fn what_is_done_already_is_not_done_again_by_a_deadline_that_was_not_forgotten() {
    let till = Till::start().await;
    let day = busy_day(&till).await;
    let nodes = [till.node(), till.node()];
    let run = till.run_all(&nodes[0]);
    eventually("everything is done", SOON, || async {
        till.app.later(5);
        let mut left = 0;
        for booking in &day.refunded {
            left += usize::from(till.status(booking).await != "refunded");
        }
        for booking in &day.confirmed {
            left += usize::from(till.status(booking).await != "confirmed");
        }
        left == 0
    })
    .await;
    till.at_rest(&run).await;
    run.stop().await;
    let before = size(&till).await;
    // As if every node had died between what it did and the writing down that it was done.
    for (process, fact, subject) in [
        (
            "payment",
            "PaymentRequested",
            "payload->'PaymentRequested'->>'payment'",
        ),
        (
            "refund",
            "RefundRequested",
            "payload->'RefundRequested'->>'refund'",
        ),
        ("event-cancellation", "EventCancelled", "aggregate_id"),
    ] {
        let again = format!(
            "insert into deadlines (process, subject, stream, cause, due_at)
             select '{process}', ({subject})::uuid, aggregate_id::uuid, position, now()
               from events where event_type = '{fact}'"
        );
        execute(&till, &again).await;
    }
    let runs = run_both(&till, &nodes);
    rest(&till, runs).await;
    assert_eq!(size(&till).await, before);
    nothing_happened_twice(&till).await;
}
