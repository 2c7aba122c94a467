//! The same Booking placed again: by a client that lost the answer, on any node.

use std::ops::RangeInclusive;

use futures::future::join_all;

use crate::sale::{Booked, Node, Sale, booking};

/// Places each Booking of the seat of its number, all at once.
async fn place_all(node: &Node, numbers: RangeInclusive<u32>) -> Vec<Booked> {
    let place = async |number: u32| node.place(number, &[number]).await;
    join_all(numbers.map(place)).await
}

#[tokio::test]
async fn a_booking_placed_again_after_a_restart_is_the_same_one() {
    let sale = Sale::open().await;
    let node = sale.node();
    let placed = node.place(1, &[1]).await.unwrap();
    node.api.drain().await;
    let again = sale.node().place(1, &[1]).await.unwrap();
    assert_eq!(again.state, placed.state);
    assert_eq!(again.sequence, placed.sequence);
    assert!(again.position >= placed.position);
    assert_eq!(sale.story(1).await, ["BookingPlaced"]);
}

#[tokio::test]
async fn a_booking_placed_again_on_the_same_node_is_the_same_one() {
    let sale = Sale::open().await;
    let node = sale.node();
    let answers = join_all((0..5).map(|_| node.place(1, &[1]))).await;
    let first = answers[0].as_ref().unwrap().state.clone();
    for answer in answers {
        assert_eq!(answer.unwrap().state, first);
    }
    assert_eq!(sale.story(1).await, ["BookingPlaced"]);
}

#[tokio::test]
async fn a_released_booking_placed_again_after_a_restart_stays_released() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    let released = node.release(1).await.unwrap();
    node.api.drain().await;
    let again = sale.node().place(1, &[1]).await.unwrap();
    assert_eq!(again.state, released.state);
    assert_eq!(again.sequence, released.sequence);
    assert_eq!(sale.story(1).await, ["BookingPlaced", "BookingReleased"]);
}

#[tokio::test]
async fn many_released_bookings_placed_again_at_once_stay_released_and_new_ones_are_placed() {
    let sale = Sale::open().await;
    let node = sale.node();
    for answer in place_all(&node, 1..=8).await {
        answer.unwrap();
    }
    for number in 1..=8 {
        node.release(number).await.unwrap();
    }
    node.api.drain().await;

    let node = sale.node();
    let statuses: Vec<_> = place_all(&node, 1..=12)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().state.booking.status())
        .collect();
    assert_eq!(statuses[..8], ["released"; 8]);
    assert_eq!(statuses[8..], ["held"; 4]);
    assert_eq!(sale.story(8).await, ["BookingPlaced", "BookingReleased"]);
}

#[tokio::test]
async fn a_booking_placed_again_through_another_node_is_the_same_one() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    two.place(1, &[1]).await.unwrap();
    let placed = one.place(2, &[2]).await.unwrap();
    let again = two.place(2, &[2]).await.unwrap();
    assert_eq!(again.state, placed.state);
    assert_eq!(again.sequence, placed.sequence);
    assert_eq!(sale.story(2).await, ["BookingPlaced"]);
}

#[tokio::test]
async fn a_sold_booking_placed_again_through_another_node_is_the_same_one() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    two.place(1, &[1]).await.unwrap();
    one.place(2, &[2]).await.unwrap();
    let sold = one.confirm(2).await.unwrap();
    assert_eq!(two.place(2, &[2]).await.unwrap().state, sold.state);
    assert_eq!(sale.story(2).await, ["BookingPlaced", "BookingConfirmed"]);
}

#[tokio::test]
async fn the_event_of_a_booking_is_known_on_a_node_that_did_not_place_it() {
    let sale = Sale::open().await;
    sale.node().place(1, &[1]).await.unwrap();
    let node = sale.node();
    let placed = booking(1);
    assert_eq!(node.api.events.event_of(placed).await.unwrap(), Some(sale.event));
    let absent = booking(2);
    assert_eq!(node.api.events.event_of(absent).await.unwrap(), None);
}
