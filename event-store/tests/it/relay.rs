//! The relay: everything in order, one leader, and healing of whatever the stream lost.

use std::time::Duration;

use async_nats::jetstream;
use event_store::{Doorbell, Position};
use futures::StreamExt;
use sqlx::Executor;
use tests::{NatsServer, TestDatabase, TestNats, eventually, nats};
use tokio::time::timeout;

use crate::counter::{stream, unit};
use crate::following::{SOON, append_many, assert_mirrored, mirrored, start_relay};

/// Longer than the relay leaves between two comparisons of the stream with the log.
const COMPARED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn every_fact_is_published_once_and_in_order() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    append_many(&log, 2_500).await;
    let relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    append_many(&log, 2_500).await;
    assert_mirrored(&log, &nats.client, &nats.subjects).await;
    eventually("its status tells", SOON, || async {
        relay.status.leading()
            && relay.status.published() == Position::new(5_000)
            && relay.status.head() == Position::new(5_000)
    })
    .await;
    drop(relay.shutdown);
    eventually("it stops", SOON, || async { !relay.status.leading() }).await;
}

#[tokio::test]
async fn a_fact_is_published_by_itself_where_that_is_asked_for() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let single = nats.subjects.clone().single(true);
    let chosen = format!("{}.fact.counter.*.Counted", single.prefix());
    let mut facts = nats.client.subscribe(chosen).await.unwrap();
    nats.client.flush().await.unwrap();
    let _relay = start_relay(&database.reader, &nats.client, &single);
    let (log, stream_id) = (database.log(), stream());
    log.append(&[unit(&stream_id, 1), unit(&stream_id, 2)])
        .await
        .unwrap();
    assert_mirrored(&log, &nats.client, &single).await;
    for position in ["1", "2"] {
        let message = timeout(SOON, facts.next()).await.unwrap().unwrap();
        let id = &stream_id.aggregate_id;
        assert_eq!(
            message.subject.as_str(),
            format!("{}.fact.counter.{id}.Counted", single.prefix())
        );
        let headers = message.headers.unwrap();
        assert_eq!(headers.get("Nats-Msg-Id").unwrap().as_str(), position);
        assert_eq!(
            headers.get("Content-Type").unwrap().as_str(),
            "application/cloudevents+json"
        );
        let event: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(event["id"], position);
        assert_eq!(event["type"], "evently.counter.Counted");
    }
}

#[tokio::test]
async fn facts_are_published_as_a_batch_of_cloud_events() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let _relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    let (log, stream_id) = (database.log(), stream());
    log.append(&[unit(&stream_id, 1)]).await.unwrap();
    assert_mirrored(&log, &nats.client, &nats.subjects).await;
    let held = jetstream::new(nats.client.clone())
        .get_stream(nats.subjects.stream())
        .await
        .unwrap();
    let message = held.get_raw_message(1).await.unwrap();
    assert_eq!(
        message.subject.as_str(),
        format!("{}.facts", nats.subjects.prefix())
    );
    let header = |name: &str| message.headers.get(name).unwrap().to_string();
    assert_eq!(header("Content-Type"), "application/cloudevents-batch+json");
    assert_eq!(header("Nats-Msg-Id"), "1-1");
    let page: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(
        (&page[0]["specversion"], &page[0]["id"]),
        (&"1.0".into(), &"1".into())
    );
    assert_eq!(page[0]["subject"], stream_id.to_string());
    assert_eq!(page[0]["data"]["payload"]["Counted"]["by"], 1);
}

#[tokio::test]
async fn a_stream_that_was_purged_or_deleted_heals() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    let _relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    append_many(&log, 700).await;
    assert_mirrored(&log, &nats.client, &nats.subjects).await;

    let jetstream = jetstream::new(nats.client.clone());
    let held = jetstream.get_stream(nats.subjects.stream()).await.unwrap();
    held.purge().await.unwrap();
    assert_mirrored(&log, &nats.client, &nats.subjects).await;

    jetstream.delete_stream(nats.subjects.stream()).await.unwrap();
    append_many(&log, 50).await;
    assert_mirrored(&log, &nats.client, &nats.subjects).await;

    held.delete_message(held.get_info().await.unwrap().state.last_sequence)
        .await
        .unwrap();
    append_many(&log, 50).await;
    eventually("the lost message is back behind the others", SOON, || async {
        mirrored(&nats.client, &nats.subjects)
            .await
            .ends_with(&[799, 800])
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_is_ahead_of_the_log_is_published_anew() {
    let (older, newer, nats) = (
        TestDatabase::create().await,
        TestDatabase::create().await,
        nats().await,
    );
    let relay = start_relay(&newer.reader, &nats.client, &nats.subjects);
    append_many(&newer.log(), 30).await;
    assert_mirrored(&newer.log(), &nats.client, &nats.subjects).await;
    drop(relay);

    append_many(&older.log(), 20).await; // as if restored from a backup
    let relay = start_relay(&older.reader, &nats.client, &nats.subjects);
    assert_mirrored(&older.log(), &nats.client, &nats.subjects).await;
    drop(relay);

    append_many(&newer.log(), 5).await; // longer now, but another history
    let _relay = start_relay(&newer.reader, &nats.client, &nats.subjects);
    assert_mirrored(&newer.log(), &nats.client, &nats.subjects).await;
}

#[tokio::test]
async fn of_two_relays_one_leads_and_the_other_takes_over() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    let relays = [0, 1].map(|_| start_relay(&database.reader, &nats.client, &nats.subjects));
    let leaders = || relays.iter().filter(|relay| relay.status.leading()).count();
    append_many(&log, 100).await;
    assert_mirrored(&log, &nats.client, &nats.subjects).await;
    assert_eq!(leaders(), 1);

    let first = relays.iter().position(|relay| relay.status.leading()).unwrap();
    let kill = "select pg_terminate_backend(pid) from pg_locks
                 where locktype = 'advisory' and objid = 4712 and granted
                   and database = (select oid from pg_database where datname = current_database())";
    database.owner().await.execute(kill).await.unwrap();
    eventually("the other leads", SOON, || async {
        relays[1 - first].status.leading() && leaders() == 1
    })
    .await;
    append_many(&log, 100).await;
    assert_mirrored(&log, &nats.client, &nats.subjects).await;
}

#[tokio::test]
async fn a_store_that_was_wiped_under_load_heals() {
    let mut server = NatsServer::temporary().await.unwrap();
    let (database, nats) = (TestDatabase::create().await, TestNats::on(&server.url()).await);
    let log = database.log();
    let _relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    append_many(&log, 500).await;
    assert_mirrored(&log, &nats.client, &nats.subjects).await;
    let load = tokio::spawn({
        let log = log.clone();
        async move {
            for _ in 0..20 {
                append_many(&log, 100).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.wipe_store().unwrap();
    server.restart().await.unwrap();
    load.await.unwrap();
    assert_mirrored(&log, &nats.client, &nats.subjects).await;
}

#[tokio::test]
async fn the_doorbell_wakes_the_relay() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let log = database.log();
    let relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    let doorbell = Doorbell::new(nats.client.clone(), &nats.subjects);
    append_many(&log, 1).await;
    assert_mirrored(&log, &nats.client, &nats.subjects).await;
    let mut waited = Vec::new();
    for count in 2..=12_i64 {
        append_many(&log, 1).await;
        let since = std::time::Instant::now();
        doorbell.ring();
        while relay.status.published() < Position::new(count) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        waited.push(since.elapsed());
    }
    waited.sort();
    assert!(
        waited[5] < Duration::from_millis(100),
        "half of them took longer than {:?}",
        waited[5]
    );
}

#[tokio::test]
async fn what_the_stream_let_go_of_for_its_age_is_not_published_again() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let (log, jetstream) = (database.log(), jetstream::new(nats.client.clone()));
    let age_max = Duration::from_secs(2);
    let config = jetstream::stream::Config {
        name: nats.subjects.stream(),
        subjects: vec![nats.subjects.facts()],
        max_age: age_max,
        duplicate_window: Duration::from_millis(100),
        ..Default::default()
    };
    let held = jetstream.create_stream(config).await.unwrap();
    let state = async || held.get_info().await.unwrap().state;
    append_many(&log, 50).await;
    let relay = start_relay(&database.reader, &nats.client, &nats.subjects);
    eventually("all were published", SOON, || async {
        relay.status.published() == Position::new(50)
    })
    .await;
    eventually("all are gone", SOON, || async { state().await.messages == 0 }).await;

    let pages = state().await.last_sequence;
    tokio::time::sleep(COMPARED_WITHIN).await;
    assert_eq!(state().await.last_sequence, pages, "nothing was published again");

    append_many(&log, 10).await;
    eventually("what comes next is published", SOON, || async {
        relay.status.published() == Position::new(60)
    })
    .await;
    tokio::time::sleep(COMPARED_WITHIN).await;
    assert_eq!(state().await.last_sequence, pages + 1, "and it alone, once");
}
