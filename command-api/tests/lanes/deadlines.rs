//! Holds whose time is over.

use std::sync::Arc;
use std::time::Duration;

use domain::booking::HOLD_MINUTES;
use event_store::{Position, Subjects};
use futures::future::join_all;
use processes::{HoldExpiry, Processes, ProcessesParts};
use tests::eventually;
use tokio_util::sync::CancellationToken;

use crate::sale::{Node, PATIENCE, Sale, taken};

/// Lets every hold of now end.
fn let_holds_end(sale: &Sale) {
    let minutes = u64::try_from(HOLD_MINUTES).unwrap();
    sale.clock.advance(Duration::from_mins(minutes));
}

async fn expired(sale: &Sale, after: Position) -> Vec<String> {
    let mut names = sale.names_after(after).await;
    names.sort();
    names
}

#[tokio::test]
async fn holds_end_by_themselves() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    let last = node.place(2, &[2]).await.unwrap().position;
    let_holds_end(&sale);
    eventually("both holds ended", PATIENCE, || async {
        expired(&sale, last).await == ["BookingExpired", "BookingExpired", "HoldExpired", "HoldExpired"]
    })
    .await;
    node.place(3, &[1, 2]).await.unwrap();
}

#[tokio::test]
async fn a_confirmed_or_released_booking_does_not_end_by_itself() {
    let sale = Sale::open().await;
    let node = sale.node();
    for number in 1..=3 {
        node.place(number, &[number]).await.unwrap();
    }
    node.confirm(1).await.unwrap();
    let last = node.release(2).await.unwrap().position;
    let_holds_end(&sale);
    eventually("the hold that was left ended", PATIENCE, || async {
        expired(&sale, last).await == ["BookingExpired", "HoldExpired"]
    })
    .await;
    assert_eq!(sale.story(3).await, ["BookingPlaced", "BookingExpired"]);
    assert_eq!(node.place(4, &[1]).await.unwrap_err(), taken(&[1]));
}

#[tokio::test]
async fn holds_of_a_node_that_is_gone_are_ended_once_by_the_others() {
    let sale = Sale::open().await;
    let node = sale.node();
    let last = node.place(1, &[1]).await.unwrap().position;
    node.api.drain().await;
    let_holds_end(&sale);

    sale.clock.advance(Duration::from_secs(3)); // what the node's own lane would have had
    let nodes = [sale.node(), sale.node()];
    let stop = CancellationToken::new();
    let running = nodes
        .each_ref()
        .map(|node| tokio::spawn(expiring(&sale, node).run(stop.clone())));
    eventually("the hold ended", PATIENCE, || async {
        expired(&sale, last).await == ["BookingExpired", "HoldExpired"]
    })
    .await;
    stop.cancel();
    join_all(running).await;
    assert_eq!(sale.story(1).await, ["BookingPlaced", "BookingExpired"]);
}

/// The process of hold expiry, as one node runs it.
fn expiring(sale: &Sale, node: &Node) -> Processes {
    let parts = ProcessesParts {
        log: sale.database.log(),
        nats: None,
        subjects: Subjects::new("lanes"),
        deadlines: node.api.deadlines.clone(),
        clock: sale.clock.clone(),
    };
    Processes::new(parts, vec![Arc::new(HoldExpiry::new(node.api.events.clone()))])
}

#[tokio::test]
async fn a_hold_that_is_over_gives_way_in_the_very_unit_of_the_next_one() {
    let sale = Sale::open().await;
    let node = sale.node();
    let last = node.place(1, &[1]).await.unwrap().position;
    let_holds_end(&sale);
    let place = async |number: u32| node.place(number, &[1]).await;
    let answers = join_all([2, 3].map(place)).await;

    assert_eq!(answers[0].as_ref().unwrap().state.status(), "held");
    assert_eq!(answers[1].as_ref().unwrap_err(), &taken(&[1]));
    let names = sale.names_after(last).await;
    assert_eq!(
        names,
        ["HoldExpired", "BookingExpired", "SeatsHeld", "BookingPlaced"]
    );
    let facts = sale.facts().await;
    let unit: Vec<_> = facts.iter().filter(|fact| fact.position > last).collect();
    assert!(
        unit.iter().all(|fact| fact.recorded_at == unit[0].recorded_at),
        "they were appended together"
    );
}

#[tokio::test]
async fn a_hold_is_confirmed_until_its_end_and_not_after() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    node.place(2, &[2]).await.unwrap();
    let minutes = u64::try_from(HOLD_MINUTES).unwrap();
    sale.clock
        .advance(Duration::from_mins(minutes).saturating_sub(Duration::from_millis(1)));
    node.confirm(1).await.unwrap();
    sale.clock.advance(Duration::from_millis(1));
    node.confirm(2).await.unwrap_err();
    let story = sale.story(2).await;
    assert!(!story.contains(&"BookingConfirmed".to_owned()), "{story:?}");
}

#[tokio::test]
async fn two_nodes_end_a_hold_once() {
    let sale = Sale::open().await;
    let nodes = [sale.node(), sale.node()];
    nodes[0].place(1, &[1]).await.unwrap();
    let last = nodes[1].place(2, &[2]).await.unwrap().position;
    let_holds_end(&sale);
    eventually("both holds ended", PATIENCE, || async {
        expired(&sale, last).await.len() >= 4
    })
    .await;
    nodes[0].place(3, &[1]).await.unwrap();
    nodes[1].place(4, &[2]).await.unwrap();
    assert_eq!(sale.story(1).await, ["BookingPlaced", "BookingExpired"]);
    assert_eq!(sale.story(2).await, ["BookingPlaced", "BookingExpired"]);
}
