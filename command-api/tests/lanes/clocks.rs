//! Clocks that disagree: the time of an Event does not run backwards.

use std::time::Duration;

use chrono::{DateTime, Utc};
use event_store::clock::Clock;
use serde_json::Value;

use crate::sale::Sale;

/// When each fact of the log happened, in the log's order.
async fn times(sale: &Sale) -> Vec<DateTime<Utc>> {
    let facts = sale.facts().await;
    let times = facts.iter().map(|fact| {
        let payload: Value = serde_json::from_str(fact.payload.get()).unwrap();
        payload[&fact.event_type]["at"].as_str().unwrap().parse().unwrap()
    });
    times.collect()
}

#[tokio::test]
async fn a_clock_that_is_behind_does_not_turn_an_event_back() {
    let sale = Sale::open().await;
    let behind = Clock::manual(sale.clock.now() - Duration::from_hours(1));
    let (one, two) = (sale.node(), sale.node_at(behind.clone()));
    let placed = one.place(1, &[1]).await.unwrap();
    for number in 2..6 {
        two.place(number, &[number]).await.unwrap();
        one.place(number + 10, &[number + 10]).await.unwrap();
        sale.clock.advance(Duration::from_secs(1));
        behind.advance(Duration::from_secs(1));
    }
    let held = two.place(6, &[6]).await.unwrap();
    assert!(held.state.booking.until() >= placed.state.booking.until());
    two.confirm(1).await.unwrap();
    two.release(15).await.unwrap();
    let times = times(&sale).await;
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn a_clock_that_was_set_back_between_two_starts_does_not_turn_an_event_back() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    node.api.drain().await;
    let behind = sale.node_at(Clock::manual(sale.clock.now() - Duration::from_hours(24)));
    behind.confirm(1).await.unwrap();
    behind.place(2, &[2]).await.unwrap();
    let times = times(&sale).await;
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn a_clock_that_is_ahead_takes_the_others_with_it() {
    let sale = Sale::open().await;
    let ahead = sale.node_at(Clock::manual(sale.clock.now() + Duration::from_mins(5)));
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    ahead.place(2, &[2]).await.unwrap();
    node.place(3, &[3]).await.unwrap();
    let times = times(&sale).await;
    assert!(times.is_sorted(), "{times:?}");
}
