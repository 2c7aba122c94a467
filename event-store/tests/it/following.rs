//! What tests of the relay and of feeds share: a running relay, many facts, and a look at the stream.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::{self, consumer};
use event_store::feed::Feed;
use event_store::relay::{self, RelayStatus};
use event_store::{Log, Position, Subjects, Unit};
use futures::{StreamExt, TryStreamExt};
use sqlx::PgPool;
use tests::eventually;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::counter::{stream, unit};

pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A relay that stops when it is dropped.
pub(crate) struct RunningRelay {
    pub(crate) status: Arc<RelayStatus>,
    pub(crate) shutdown: DropGuard,
}

pub(crate) fn start_relay(pool: &PgPool, nats: &Client, subjects: &Subjects) -> RunningRelay {
    let status = Arc::new(RelayStatus::default());
    let shutdown = CancellationToken::new();
    tokio::spawn(relay::run(
        pool.clone(),
        nats.clone(),
        subjects.clone(),
        status.clone(),
        shutdown.clone(),
    ));
    RunningRelay {
        status,
        shutdown: shutdown.drop_guard(),
    }
}

/// Appends `count` facts, each the first of a stream, in a few appends.
pub(crate) async fn append_many(log: &Log, count: usize) {
    let units: Vec<Unit> = (0..count).map(|_| unit(&stream(), 1)).collect();
    for some in units.chunks(100) {
        log.append(some).await.unwrap();
    }
}

/// The positions that the stream holds, in its order.
pub(crate) async fn mirrored(nats: &Client, subjects: &Subjects) -> Vec<i64> {
    let Ok(stream) = jetstream::new(nats.clone()).get_stream(subjects.stream()).await else {
        return Vec::new();
    };
    let count = usize::try_from(stream.cached_info().state.messages).unwrap();
    if count == 0 {
        return Vec::new();
    }
    let all = consumer::pull::Config {
        ack_policy: consumer::AckPolicy::None,
        ..Default::default()
    };
    let consumer = stream.create_consumer(all).await.unwrap();
    let messages = consumer.messages().await.unwrap().take(count);
    let pages = messages.map_ok(|message| {
        let page: Vec<serde_json::Value> = serde_json::from_slice(&message.payload).unwrap();
        let position = |event: &serde_json::Value| event["id"].as_str().unwrap().parse::<i64>().unwrap();
        page.iter().map(position).collect::<Vec<_>>()
    });
    // A stream that is purged meanwhile never brings as many as were counted: the reader looks again.
    let pages: Vec<Vec<i64>> = tokio::time::timeout(Duration::from_secs(2), pages.try_collect())
        .await
        .map_or_else(|_| Vec::new(), Result::unwrap);
    pages.concat()
}

/// Waits until the stream holds the whole log, every position once and in order.
pub(crate) async fn assert_mirrored(log: &Log, nats: &Client, subjects: &Subjects) {
    let head = log.head().await.unwrap().get();
    eventually("the stream holds the whole log", SOON, || async {
        mirrored(nats, subjects).await.last() == Some(&head)
    })
    .await;
    assert_eq!(mirrored(nats, subjects).await, (1..=head).collect::<Vec<_>>());
}

/// Reads a feed until it reaches `head`; fails where a fact comes twice, not at all, or out of order.
pub(crate) async fn follow_to(feed: &mut Feed, head: Position) {
    while feed.position() < head {
        let expected = feed.position().next();
        let facts = tokio::time::timeout(SOON, feed.next(500))
            .await
            .expect("facts should come")
            .unwrap();
        assert!(!facts.is_empty());
        let positions: Vec<i64> = facts.iter().map(|fact| fact.position.get()).collect();
        let dense: Vec<i64> = (expected.get()..).take(facts.len()).collect();
        assert_eq!(positions, dense);
        assert_eq!(feed.position(), facts[facts.len() - 1].position);
    }
}
