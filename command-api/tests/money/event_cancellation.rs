//! Events that do not take place: nothing is sold any more, and every booking is cancelled and refunded in full.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use edge::token::Role;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use gateway::GuardSettings;
use processes::{Acted, Due, EventCancellation, Note, Obstacle, Process};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::app::{Answer, Person, new_event, person};
use crate::till::{Till, cancel, metadata, pay};

async fn call_off(till: &Till, by: Person, event: &str) -> Answer {
    let path = format!("/api/v1/admin/events/{event}/cancellation");
    let body = json!({ "reason": "Storm warning" });
    till.app.post(&path).by(by).json(&body).await
}

#[actix_web::test]
async fn a_cancelled_event_returns_all_that_was_paid_and_sells_nothing_more() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale(organizer).await; // without a policy
    let mut sold = Vec::new();
    for seat in ["stalls-A-1", "stalls-A-2", "stalls-A-3"] {
        sold.push(till.sold(buyer, &event, &[seat], "sandbox_approve").await);
    }
    let held = till.held(buyer, &event, &["stalls-B-1"]).await;
    let released = till.held(buyer, &event, &["stalls-B-2"]).await;
    cancel(&till.app, buyer, &released).await;
    let node = till.node();
    let run = till.run_all(&node);

    let cancelled = call_off(&till, organizer, &event).await;
    assert_eq!(cancelled.status, StatusCode::ACCEPTED, "{}", cancelled.body);
    assert_eq!(cancelled.body["status"], "cancelled");
    let path = format!("/api/v1/admin/events/{event}/cancellation");
    assert_eq!(cancelled.header("location"), Some(path.as_str()));
    let again = call_off(&till, organizer, &event).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.body);
    assert_eq!(till.count("EventCancelled").await, 1);
    let late = till
        .app
        .place(person(Role::User), &event, "k", &["stalls-C-1"])
        .await;
    assert_eq!(late.problem(), (409, "event-cancelled"));

    for booking in &sold {
        till.becomes(booking, "refunded").await;
    }
    till.becomes(&held, "cancelled").await;
    till.at_rest(&run).await;
    run.stop().await;
    assert_eq!(till.status(&released).await, "released");
    let answer = cancel(&till.app, buyer, &sold[0]).await;
    assert_eq!(
        answer.body["cancelled"][0]["by"], "event_cancellation",
        "{}",
        answer.body
    );
    assert_eq!(answer.body["cancelled"][0]["fee"]["amount"], 0);
    let returned: Vec<Value> = till.journal("refund_settled");
    assert_eq!(returned.len(), 3);
    assert!(returned.iter().all(|entry| entry["amount"] == 1200));
    let unpaid = pay(&till.app, buyer, &held, "p1", "sandbox_approve").await;
    assert_eq!(unpaid.problem(), (409, "invalid-state"));
    assert_eq!(till.journal("charge_captured").len(), 3);
}

#[actix_web::test]
async fn a_cancelled_event_changes_no_more_and_a_draft_is_not_cancelled() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    call_off(&till, organizer, &event).await;
    let path = |what: &str| format!("/api/v1/admin/events/{event}/{what}");
    let times = json!({ "starts_at": "2030-06-22T19:00:00Z", "ends_at": "2030-06-22T23:00:00Z" });
    for (method, what, body) in [
        (Method::POST, "schedule", times),
        (Method::POST, "opening", json!({})),
        (Method::PUT, "sections/stalls/price", json!({ "amount": 1 })),
        (Method::PUT, "sections/lawn/capacity", json!({ "capacity": 20 })),
    ] {
        let refused = till.app.call(method, &path(what)).by(organizer).json(&body).await;
        assert_eq!(refused.problem(), (409, "event-cancelled"), "{what}");
    }
    let (draft, _) = till.app.draft(organizer).await;
    assert_eq!(
        call_off(&till, organizer, &draft).await.problem(),
        (409, "invalid-state")
    );
    let past = till.on_sale(organizer).await;
    till.app.later(60 * 24 * 60 * 60);
    assert_eq!(
        call_off(&till, organizer, &past).await.problem(),
        (409, "invalid-state"),
        "it is over"
    );
}

#[actix_web::test]
async fn a_payment_that_comes_in_after_the_event_was_cancelled_is_returned() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale(organizer).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    // The node that asks cannot reach the gateway, so that the payment stays open.
    let cut_off = till.node_cut_off(GuardSettings::default());
    let pending = pay(&cut_off, buyer, &booking, "p1", "sandbox_approve").await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{}", pending.body);
    call_off(&till, organizer, &event).await;
    let node = till.node();
    let run = till.run_all(&node);
    till.becomes(&booking, "cancelled").await;
    till.at_rest(&run).await;
    till.app.later(15);
    till.journal_has("refund_settled", 1).await;
    till.at_rest(&run).await;
    run.stop().await;
    assert_eq!(till.journal("charge_captured").len(), 1);
    assert_eq!(till.count("PaymentCapturedLate").await, 1);
    assert_eq!(till.count("SeatsSold").await, 0);
    assert_eq!(till.status(&booking).await, "refunded");
}

/// The process of event cancellation, on a node that ends as soon as it has acted once.
#[derive(Debug)]
struct Once {
    process: EventCancellation,
    end: CancellationToken,
}

impl Process for Once {
    fn name(&self) -> &'static str {
        self.process.name()
    }

    fn concurrency(&self) -> usize {
        self.process.concurrency()
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        self.process.read(fact)
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>> {
        let acting = self.process.act(due);
        acting.inspect(|_| self.end.cancel()).boxed()
    }
}

#[actix_web::test]
async fn what_one_node_began_to_cancel_another_one_finishes() {
    const BOOKINGS: usize = 620;
    const SWEEP: usize = 500;
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let mut body = new_event();
    body["sections"][1]["capacity"] = json!(BOOKINGS);
    let created = till
        .app
        .post("/api/v1/admin/events")
        .by(organizer)
        .json(&body)
        .await;
    let event = created.id();
    for verb in ["publication", "opening"] {
        let path = format!("/api/v1/admin/events/{event}/{verb}");
        till.app.post(&path).by(organizer).send().await;
    }
    let body = json!({ "event_id": event, "section_id": "lawn", "quantity": 1 });
    let place = |_| {
        let call = till.app.post("/api/v1/bookings").by(person(Role::User)).key("k");
        call.json(&body)
    };
    for placed in join_all((0..BOOKINGS).map(place)).await {
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    }
    call_off(&till, organizer, &event).await;

    let (node, end) = (till.node(), CancellationToken::new());
    let once = Once {
        process: EventCancellation::new(node.api.events.clone()),
        end: end.clone(),
    };
    till.run_until(&node, vec![Arc::new(once)], end).ended().await;
    assert_eq!(till.count("PlacesCancelled").await, SWEEP, "one sweep");

    let other = till.node();
    let run = till.run(
        &other,
        vec![Arc::new(EventCancellation::new(other.api.events.clone()))],
    );
    till.at_rest(&run).await;
    run.stop().await;
    let facts = till.facts().await;
    let cancelled: Vec<&RecordedFact> = facts
        .iter()
        .filter(|fact| fact.event_type == "PlacesCancelled")
        .collect();
    let streams: HashSet<_> = cancelled.iter().map(|fact| fact.stream.aggregate_id).collect();
    assert_eq!(
        (cancelled.len(), streams.len()),
        (BOOKINGS, BOOKINGS),
        "each once"
    );
    let cause = facts
        .iter()
        .find(|fact| fact.event_type == "EventCancelled")
        .unwrap();
    for fact in cancelled {
        assert_eq!(metadata(fact)["causation_id"], cause.position.to_string());
    }
}
