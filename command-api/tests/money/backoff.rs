//! Failures are retried after pauses that grow, and reported as stuck after a while.

use chrono::{DateTime, Utc};
use edge::token::Role;
use gateway::GuardSettings;
use serde_json::json;
use sqlx::Row;
use tests::eventually;

use crate::app::person;
use crate::till::{SOON, Till, cancel, processes};

/// The longest pause and a second.
const PAUSE_MAX_SECONDS: u64 = 61;

async fn attempts_and_due(till: &Till) -> (i32, DateTime<Utc>) {
    let row = sqlx::query("select attempts, due_at from deadlines where process = 'refund'")
        .fetch_one(&till.database.writer)
        .await
        .unwrap();
    (row.get("attempts"), row.get("due_at"))
}

#[actix_web::test]
async fn a_refund_at_a_dead_gateway_is_tried_seldom_shown_as_stuck_and_made_once_it_is_back() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale_with_policy(person(Role::Organizer)).await;
    let booking = till.sold(buyer, &event, &["stalls-A-1"], "sandbox_approve").await;
    cancel(&till.app, buyer, &booking).await;
    let trusting = GuardSettings {
        failures_max: 1_000, // the breaker stays out of it
        ..GuardSettings::default()
    };
    let cut_off = till.node_cut_off(trusting);
    let run = till.run_refunds(&cut_off);
    let mut now = crate::app::first_of_may().now();
    let mut pauses = Vec::new();
    for attempt in 1..=8 {
        eventually("an attempt", SOON, || async {
            let rows = sqlx::query("select attempts from deadlines where process = 'refund'");
            let row = rows.fetch_optional(&till.database.writer).await.unwrap();
            row.is_some_and(|row| row.get::<i32, _>("attempts") == attempt)
        })
        .await;
        let (_, due_at) = attempts_and_due(&till).await;
        pauses.push((due_at - now).num_milliseconds());
        let stuck = &processes(&cut_off).await["stuck"];
        assert_eq!(
            stuck.as_array().unwrap().len(),
            usize::from(attempt == 8),
            "{stuck}"
        );
        if attempt < 8 {
            till.app.later(PAUSE_MAX_SECONDS);
            now += chrono::TimeDelta::seconds(61);
        }
    }
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert!((750..=1_000).contains(&pauses[0]), "{pauses:?}");
    assert!((45_000..=60_000).contains(&pauses[7]), "{pauses:?}");
    let stuck = processes(&cut_off).await["stuck"][0].clone();
    assert_eq!(
        (&stuck["process"], &stuck["attempts"]),
        (&json!("refund"), &json!(8))
    );
    assert_eq!(stuck["stream"], booking);
    assert!(stuck["reason"].as_str().unwrap().contains("unknown"), "{stuck}");
    run.stop().await;
    assert_eq!(till.status(&booking).await, "cancelled");

    let node = till.node();
    let run = till.run_refunds(&node);
    till.app.later(PAUSE_MAX_SECONDS);
    till.becomes(&booking, "refunded").await;
    till.at_rest(&run).await;
    run.stop().await;
    assert_eq!(processes(&node).await["stuck"], json!([]));
    assert_eq!(till.journal("refund_settled").len(), 1);
}
