//! Feeds: each fact once and in order, whatever becomes of messages, streams and NATS.

use std::time::{Duration, Instant};

use async_nats::HeaderMap;
use event_store::feed::{Feed, FeedError};
use event_store::{Doorbell, Position};
use tests::{NatsServer, TestDatabase, TestNats, eventually, nats};

use crate::following::{SOON, append_many, follow_to, start_relay};

#[tokio::test]
async fn a_feed_without_nats_polls_the_log() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    append_many(&log, 1_200).await;
    let mut feed = Feed::open(
        log.clone(),
        None,
        nats.subjects.clone(),
        Position::new(100),
        "test",
    )
    .await
    .unwrap();
    follow_to(&mut feed, Position::new(1_200)).await;
    append_many(&log, 300).await;
    follow_to(&mut feed, Position::new(1_500)).await;
}

#[tokio::test]
async fn a_feed_brings_facts_within_milliseconds_of_their_commit() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    let relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    eventually("a relay leads", SOON, || async { relay.status.leading() }).await;
    let doorbell = Doorbell::new(nats.client.clone(), &nats.subjects);
    let mut feed = open(&database, &nats, Position::START).await;
    let mut waited = Vec::new();
    for count in 1..=40 {
        append_many(&log, 1).await;
        let since = Instant::now();
        doorbell.ring();
        follow_to(&mut feed, Position::new(count)).await;
        waited.push(since.elapsed());
    }
    waited.sort();
    assert!(
        waited[20] < Duration::from_millis(50),
        "half of them took longer than {:?}",
        waited[20]
    );
}

async fn open(database: &TestDatabase, nats: &TestNats, after: Position) -> Feed {
    Feed::open(
        database.log(),
        Some(nats.client.clone()),
        nats.subjects.clone(),
        after,
        "test",
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn a_feed_that_is_slower_than_the_messages_loses_none() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    let relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    let options = event_store::nats_options("test").subscription_capacity(1);
    let forgetful = event_store::connect_to_nats(&nats.url, options).await.unwrap();
    let mut feed = Feed::open(
        log.clone(),
        Some(forgetful),
        nats.subjects.clone(),
        Position::START,
        "test",
    )
    .await
    .unwrap();
    for round in 1..=5 {
        append_many(&log, 600).await; // more than one page
        let head = Position::new(round * 600);
        eventually("all is published, and most of it dropped", SOON, || async {
            relay.status.published() == head
        })
        .await;
        follow_to(&mut feed, head).await;
    }
}

#[tokio::test]
async fn messages_that_are_no_facts_or_not_the_next_do_no_harm() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    let mut feed = open(&database, &nats, Position::START).await;
    for (id, payload) in [
        ("1-1", "garbage"),
        ("0-0", "[]"),
        ("1-9", "[]"),
        ("70-71", "[]"),
        ("x", ""),
        ("12", "[]"),
        ("9-3", "[]"),
    ] {
        append_many(&log, 3).await;
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", id);
        nats.client
            .publish_with_headers(nats.subjects.facts(), headers, payload.into())
            .await
            .unwrap();
        follow_to(&mut feed, log.head().await.unwrap()).await;
    }
}

#[tokio::test]
async fn dropping_the_wait_for_facts_loses_none() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    let _relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    let mut feed = open(&database, &nats, Position::START).await;
    let load = tokio::spawn(async move { append_many(&log, 2_000).await });
    let mut last = Position::START;
    while last < Position::new(2_000) {
        if let Ok(facts) = tokio::time::timeout(Duration::from_micros(500), feed.next(50)).await {
            for fact in facts.unwrap() {
                assert_eq!(fact.position, last.next());
                last = fact.position;
            }
        }
    }
    load.await.unwrap();
}

#[tokio::test]
async fn a_feed_goes_on_while_nats_is_killed_wiped_and_back() {
    let mut server = NatsServer::temporary().await.unwrap();
    let (database, nats) = (TestDatabase::create().await, TestNats::on(&server.url()).await);
    let log = database.log();
    let relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    let mut feed = open(&database, &nats, Position::START).await;
    append_many(&log, 400).await;
    follow_to(&mut feed, Position::new(400)).await;

    server.kill_9();
    append_many(&log, 400).await;
    follow_to(&mut feed, Position::new(800)).await;
    server.wipe_store().unwrap();
    server.restart().await.unwrap();
    append_many(&log, 400).await;
    follow_to(&mut feed, Position::new(1_200)).await;

    eventually("the relay is back", SOON, || async {
        relay.status.published() == Position::new(1_200)
    })
    .await;
    append_many(&log, 400).await;
    follow_to(&mut feed, Position::new(1_600)).await;
}

#[tokio::test]
async fn a_feed_from_beyond_the_log_is_refused() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    append_many(&database.log(), 5).await;
    let nats_client = Some(nats.client.clone());
    let refused = Feed::open(
        database.log(),
        nats_client,
        nats.subjects.clone(),
        Position::new(6),
        "test",
    )
    .await;
    assert!(matches!(refused, Err(FeedError::AheadOfLog { .. })));
}
