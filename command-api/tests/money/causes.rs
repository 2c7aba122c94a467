//! What processes do is traced to the fact that it follows from, and has the same command id however often it is done.

use actix_web::http::StatusCode;
use edge::token::Role;
use event_store::RecordedFact;
use serde_json::json;
use uuid::Uuid;

use crate::app::person;
use crate::till::{Till, cancel, metadata};

/// Namespace of the ids of commands that processes issue. For ever.
const COMMANDS: Uuid = Uuid::from_u128(0x3a0d_9d52_7e0e_4b5a_8a51_5f0e_62f5_1b6c);

/// The id of the command that `process` issues for `subject` because of `cause`.
fn command_id(process: &str, cause: &RecordedFact, subject: Uuid) -> String {
    let mut name = cause.position.get().to_be_bytes().to_vec();
    name.extend_from_slice(subject.as_bytes());
    name.extend_from_slice(process.as_bytes());
    Uuid::new_v5(&COMMANDS, &name).to_string()
}

fn named<'a>(facts: &'a [RecordedFact], name: &str) -> Vec<&'a RecordedFact> {
    facts.iter().filter(|fact| fact.event_type == name).collect()
}

/// That `fact` is what `process` did for `subject` because of `cause`.
fn follows(fact: &RecordedFact, process: &str, cause: &RecordedFact, subject: Uuid) {
    let metadata = metadata(fact);
    assert_eq!(metadata["actor"], process, "{}", fact.event_type);
    assert_eq!(metadata["role"], "process");
    assert_eq!(
        metadata["causation_id"],
        cause.position.to_string(),
        "{}",
        fact.event_type
    );
    assert_eq!(
        metadata["command_id"],
        command_id(process, cause, subject),
        "{}",
        fact.event_type
    );
}

fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap()
}

#[actix_web::test]
async fn payments_refunds_and_cancellations_name_the_facts_that_caused_them() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale_with_policy(organizer).await;
    let first = till.sold(buyer, &event, &["stalls-A-1"], "sandbox_approve").await;
    let second = till.sold(buyer, &event, &["stalls-A-2"], "sandbox_approve").await;
    let cancelled = cancel(&till.app, buyer, &first).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    let path = format!("/api/v1/admin/events/{event}/cancellation");
    let reason = json!({ "reason": "Storm warning" });
    till.app.post(&path).by(organizer).json(&reason).await;
    let node = till.node();
    let run = till.run_all(&node);
    for booking in [&first, &second] {
        till.becomes(booking, "refunded").await;
    }
    till.at_rest(&run).await;
    run.stop().await;

    let facts = till.facts().await;
    let charges = till.journal("charge_captured");
    for (number, charge) in charges.iter().enumerate() {
        let requested = named(&facts, "PaymentRequested")[number];
        let payment = id(charge["key"].as_str().unwrap());
        for name in ["PaymentCaptured", "BookingConfirmed", "SeatsSold"] {
            follows(named(&facts, name)[number], "payment", requested, payment);
        }
    }
    let refunds: [(usize, Uuid); 2] = [
        (0, id(cancelled.body["refunds"][0]["id"].as_str().unwrap())),
        (1, id(&second)),
    ];
    for (number, refund) in refunds {
        let requested = named(&facts, "RefundRequested")[number];
        let settled = named(&facts, "RefundSettled")
            .into_iter()
            .find(|fact| fact.stream == requested.stream)
            .unwrap();
        follows(settled, "refund", requested, refund);
    }
    let called_off = named(&facts, "EventCancelled")[0];
    for name in ["PlacesCancelled", "RefundRequested", "SeatsReturned"] {
        let fact = named(&facts, name)[1];
        follows(fact, "event-cancellation", called_off, id(&second));
    }
}
