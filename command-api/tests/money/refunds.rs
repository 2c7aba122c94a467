//! Refunds: asked for at the gateway until it has returned the money, or refused.

use actix_web::http::StatusCode;
use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::person;
use crate::till::{Till, cancel, processes};

#[actix_web::test]
async fn a_cancelled_sale_is_refunded_once_by_the_refund_process() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale_with_policy(person(Role::Organizer)).await;
    for (number, method) in [
        "sandbox_approve",
        "sandbox_refund_500_then_success",
        "sandbox_duplicate",
    ]
    .iter()
    .enumerate()
    {
        let seat = format!("stalls-B-{}", number + 1);
        let booking = till.sold(buyer, &event, &[&seat], method).await;
        assert_eq!(cancel(&till.app, buyer, &booking).await.status, StatusCode::OK);
        let run = till.run_refunds(&till.app);
        till.at_rest(&run).await;
        till.app.later(2); // after the pause that follows a failure
        till.becomes(&booking, "refunded").await;
        till.at_rest(&run).await;
        run.stop().await;
        let answer = cancel(&till.app, buyer, &booking).await;
        assert_eq!(answer.body["status"], "refunded");
        assert_eq!(answer.body["refunds"][0]["status"], "settled");
        let returned = till.journal("refund_settled");
        assert_eq!(returned.len(), number + 1, "{method}");
        assert_eq!(returned[number]["amount"], 1200);
        assert_eq!(returned[number]["metadata"]["booking"], json!(booking));
    }
    assert_eq!(till.count("RefundSettled").await, 3);
}

#[actix_web::test]
async fn a_refused_refund_is_stuck_until_it_is_resumed_and_then_asked_for_once_more() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale_with_policy(person(Role::Organizer)).await;
    let booking = till
        .sold(buyer, &event, &["stalls-A-1"], "sandbox_refund_refused")
        .await;
    let cancelled = cancel(&till.app, buyer, &booking).await;
    let refund = cancelled.body["refunds"][0]["id"].as_str().unwrap().to_owned();
    let run = till.run_refunds(&till.app);
    till.journal_has("refund_refused", 1).await;
    till.at_rest(&run).await;
    till.app.later(24 * 60 * 60);
    till.at_rest(&run).await;
    assert_eq!(
        till.journal("refund_refused").len(),
        1,
        "it is not asked for by itself"
    );
    let listed = processes(&till.app).await;
    let [stuck] = listed["stuck"].as_array().unwrap().as_slice() else {
        panic!("one is stuck: {listed}");
    };
    assert_eq!(stuck["process"], "refund");
    assert_eq!(stuck["subject"], refund);
    assert_eq!(stuck["stream"], booking);
    assert!(
        stuck["reason"].as_str().unwrap().contains("account_closed"),
        "{stuck}"
    );
    assert_eq!(process_status(&listed, "refund")["stuck"], 1);
    let answer = cancel(&till.app, buyer, &booking).await;
    assert_eq!(answer.body["refunds"][0]["status"], "refused");
    assert_eq!(answer.body["refunds"][0]["refuse_reason"], "account_closed");

    let path =
        |process: &str, subject: &str| format!("/api/v1/admin/processes/{process}/{subject}/resumption");
    for role in [Role::User, Role::Organizer, Role::Auditor] {
        let refused = till
            .app
            .post(&path("refund", &refund))
            .by(person(role))
            .send()
            .await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{role:?}");
    }
    let admin = person(Role::Admin);
    let absent = Uuid::new_v4().to_string();
    for (process, subject) in [
        ("payment", refund.as_str()),
        ("refund", &absent),
        ("refund", "no-uuid"),
    ] {
        let absent = till.app.post(&path(process, subject)).by(admin).send().await;
        assert_eq!(absent.problem(), (404, "not-found"));
    }
    assert_eq!(till.journal("refund_refused").len(), 1);

    let resumed = till.app.post(&path("refund", &refund)).by(admin).send().await;
    assert_eq!(resumed.status, StatusCode::ACCEPTED, "{}", resumed.body);
    till.journal_has("refund_refused", 2).await;
    till.at_rest(&run).await;
    let keys: Vec<Value> = till
        .journal("refund_refused")
        .iter()
        .map(|entry| entry["key"].clone())
        .collect();
    assert_eq!(keys, [json!(format!("{refund}-1")), json!(format!("{refund}-2"))]);
    assert_eq!(
        process_status(&processes(&till.app).await, "refund")["stuck"],
        1,
        "stuck again"
    );
    assert_eq!(till.count("RefundRequested").await, 2);
    assert_eq!(till.count("RefundRefused").await, 2);
    run.stop().await;
}

fn process_status<'a>(listed: &'a Value, process: &str) -> &'a Value {
    let mut processes = listed["processes"].as_array().unwrap().iter();
    processes.find(|each| each["process"] == process).unwrap()
}
