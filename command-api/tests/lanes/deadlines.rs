//! Holds whose time is over.

use std::time::Duration;

use command_api::wake_lanes_with_holds;
use domain::booking::HOLD_MINUTES;
use event_store::Position;
use futures::future::join_all;
use tests::eventually;

use crate::sale::{PATIENCE, Sale, taken};

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
async fn holds_end_after_a_restart_once_their_lanes_are_woken() {
    let sale = Sale::open().await;
    let node = sale.node();
    let last = node.place(1, &[1]).await.unwrap().position;
    node.api.drain().await;
    let_holds_end(&sale);

    let node = sale.node();
    assert_eq!(wake_lanes_with_holds(&node.api.events).await.unwrap(), 1);
    eventually("the hold ended", PATIENCE, || async {
        expired(&sale, last).await == ["BookingExpired", "HoldExpired"]
    })
    .await;
    assert_eq!(sale.story(1).await, ["BookingPlaced", "BookingExpired"]);
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
