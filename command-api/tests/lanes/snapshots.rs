//! What a lane saves of an Event, and how it starts again from there or without.

use domain::Recorded;
use domain::event::Event;
use event_store::StreamId;
use lanes::LaneSettings;

use crate::sale::{Node, Sale, taken};

const ROW: &str = "select sequence from snapshots where aggregate_type = 'event' and aggregate_id = $1::text";

/// The version that the Event's snapshot has, if there is one.
async fn saved(sale: &Sale) -> Option<i64> {
    sqlx::query_scalar(ROW)
        .bind(sale.event.to_string())
        .fetch_optional(&sale.owner)
        .await
        .unwrap()
}

/// Seats 1 to 3 held, 4 released, 5 sold.
async fn sell(node: &Node) {
    for number in 1..=5 {
        node.place(number, &[number]).await.unwrap();
    }
    node.release(4).await.unwrap();
    node.confirm(5).await.unwrap();
}

fn few_facts() -> LaneSettings {
    LaneSettings {
        snapshot_every: 5,
        ..LaneSettings::default()
    }
}

/// What [`sell`] left is as it was.
async fn assert_sold(node: &Node) {
    for number in [1, 2, 3, 5] {
        let other = number + 100;
        assert_eq!(node.place(other, &[number]).await.unwrap_err(), taken(&[number]));
    }
    node.place(104, &[4]).await.unwrap();
    assert_eq!(node.confirm(1).await.unwrap().state.booking.status(), "confirmed");
    assert_eq!(node.release(2).await.unwrap().state.booking.status(), "released");
    node.place(102, &[2]).await.unwrap();
}

#[tokio::test]
async fn a_lane_saves_a_snapshot_at_its_end_and_starts_again_from_it() {
    let sale = Sale::open().await;
    assert_eq!(saved(&sale).await, None, "too few facts");
    let node = sale.node_with(few_facts());
    sell(&node).await;
    let version = node.limit(sale.event, 7, None).await.unwrap().sequence;
    node.api.drain().await;
    assert_eq!(saved(&sale).await, Some(version.get()));

    let store = sale.store();
    let stream = StreamId::of::<Event>(sale.event);
    let snapshot = store
        .snapshots
        .load::<Event>(&stream, Event::SCHEMA_VERSION)
        .await
        .unwrap();
    let folded = store.fold::<Event>(sale.event).await.unwrap();
    assert_eq!(snapshot, Some((folded.sequence, folded.state)));
    assert_sold(&sale.node_with(few_facts())).await;
}

#[tokio::test]
async fn a_lane_starts_again_from_an_older_snapshot_and_what_came_after() {
    let sale = Sale::open().await;
    let node = sale.node_with(few_facts());
    node.place(201, &[101]).await.unwrap();
    node.api.drain().await;
    let version = saved(&sale).await;
    assert!(version.is_some());

    let node = sale.node();
    sell(&node).await;
    node.api.drain().await;
    assert_eq!(saved(&sale).await, version, "too few facts for another");
    let node = sale.node();
    assert_sold(&node).await;
    assert_eq!(node.place(202, &[101]).await.unwrap_err(), taken(&[101]));
}

#[tokio::test]
async fn a_damaged_snapshot_is_left_aside() {
    let sale = Sale::open().await;
    let node = sale.node_with(few_facts());
    sell(&node).await;
    node.api.drain().await;
    let damage = "update snapshots set state = set_byte(state, length(state) / 2, 0)";
    let damaged = sqlx::query(damage).execute(&sale.owner).await.unwrap();
    assert_eq!(damaged.rows_affected(), 1);
    assert_sold(&sale.node_with(few_facts())).await;
}
