//! Live projections: what they make of a log is what a replay makes of it, whatever crashes and whatever is lost.

use std::time::Duration;

use event_store::fanout::Fanout;
use event_store::{Position, Subjects, relay};
use futures::future::join_all;
use projections::{Absorbed, BOOKINGS, Live, PROJECTIONS, Projector, SEAT_MAPS, Status, compare, run};
use sqlx::PgExecutor;
use tests::{PostgresServer, TestDatabase, eventually, nats};
use tokio_util::sync::CancellationToken;

use crate::story::{Story, floor, project, stalls};

const SOON: Duration = Duration::from_secs(20);

async fn all_at(database: impl PgExecutor<'_>, head: Position) -> bool {
    let sql = "select count(*) from read.checkpoints where position = $1";
    let count: i64 = sqlx::query_scalar(sql)
        .bind(head.get())
        .fetch_one(database)
        .await
        .unwrap();
    count == i64::try_from(PROJECTIONS.len()).unwrap()
}

/// Live projections of a database; they end when this is dropped.
fn start(database: &TestDatabase, nats: Option<&tests::TestNats>) -> (Status, tokio_util::sync::DropGuard) {
    let (status, shutdown) = (Status::default(), CancellationToken::new());
    let subjects = nats.map_or_else(|| Subjects::new("none"), |nats| nats.subjects.clone());
    let nats = nats.map(|nats| nats.client.clone());
    let live = Live {
        pool: database.projector.clone(),
        log: database.log(),
        facts: Fanout::start(database.log(), nats.clone(), subjects.clone(), shutdown.clone()),
        nats,
        subjects,
        status: status.clone(),
    };
    tokio::spawn(run(live, shutdown.clone()));
    (status, shutdown.drop_guard())
}

fn start_relay(database: &TestDatabase, nats: &tests::TestNats) -> tokio_util::sync::DropGuard {
    let shutdown = CancellationToken::new();
    let (pool, client, subjects) = (
        database.projector.clone(),
        nats.client.clone(),
        nats.subjects.clone(),
    );
    tokio::spawn(relay::run(
        pool,
        client,
        subjects,
        std::sync::Arc::default(),
        shutdown.clone(),
    ));
    shutdown.drop_guard()
}

#[tokio::test]
async fn what_was_projected_live_equals_a_replay() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let _relay = start_relay(&database, &nats);
    let (status, _live) = start(&database, Some(&nats));
    let mut story = Story::new(database.log());
    for _ in 0..5 {
        story.everything().await;
    }
    eventually("every table has every fact", SOON, || {
        all_at(&database.reader, story.head)
    })
    .await;
    let comparison = compare(&database.projector, &story.log).await.unwrap();
    assert_eq!(comparison.differing(), Vec::<&str>::new());
    assert!(
        comparison
            .serving
            .iter()
            .any(|table| table.table == "bookings" && table.rows == 25)
    );
    eventually("the lag is measured", SOON, || async {
        let projections = status.projections();
        projections.len() == PROJECTIONS.len()
            && projections
                .values()
                .all(|each| each.position == story.head && each.lag_positions == 0)
    })
    .await;
}

#[tokio::test]
async fn what_a_power_cut_takes_of_the_tables_comes_back_from_the_log() {
    let mut server = PostgresServer::temporary().await.unwrap();
    let database = TestDatabase::create_on(&server.url("postgres")).await;
    for rare in [
        "alter system set wal_writer_delay = '10s'",
        "alter system set wal_writer_flush_after = '1GB'",
        "select pg_reload_conf()",
    ] {
        sqlx::raw_sql(rare)
            .execute(&mut database.owner().await)
            .await
            .unwrap();
    }
    let mut story = Story::new(database.log());
    for _ in 0..5 {
        story.everything().await;
    }
    project(&database.projector, &story.log, 100).await;
    server.restart().await.unwrap();
    // by connections of their own: those of the pools died with the server
    let all_there = async || all_at(&mut database.owner().await, story.head).await;
    assert!(
        !all_there().await,
        "commits that did not wait for the disk were lost"
    );

    let (_, _live) = start(&database, None);
    for _ in 0..2 {
        eventually(
            "every table has every fact, though no more come",
            SOON,
            &all_there,
        )
        .await;
        server.restart().await.unwrap();
    }
    eventually("every table has every fact", SOON, &all_there).await;
    let comparison = compare(&database.projector, &story.log).await.unwrap();
    assert_eq!(comparison.differing(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_comparison_shows_a_row_that_was_changed_by_hand() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    project(&database.projector, &story.log, 100).await;
    sqlx::query("update seats set state = 'sold' where seat_id = 'a-5'")
        .execute(&database.projector)
        .await
        .unwrap();
    let comparison = compare(&database.projector, &story.log).await.unwrap();
    assert_eq!(comparison.differing(), ["seats"]);
}

#[tokio::test]
async fn without_nats_the_log_is_enough() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await; // before the start
    let (_status, _live) = start(&database, None);
    story.everything().await;
    eventually("every table has every fact", SOON, || {
        all_at(&database.reader, story.head)
    })
    .await;
    assert!(
        compare(&database.projector, &story.log)
            .await
            .unwrap()
            .differing()
            .is_empty()
    );
}

#[tokio::test]
async fn a_stream_that_is_wiped_costs_nothing_but_time() {
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let relay = start_relay(&database, &nats);
    let (_status, _live) = start(&database, Some(&nats));
    let mut story = Story::new(database.log());
    story.everything().await;
    eventually("the first facts", SOON, || all_at(&database.reader, story.head)).await;

    async_nats::jetstream::new(nats.client.clone())
        .delete_stream(nats.subjects.stream())
        .await
        .unwrap();
    drop(relay); // and nothing is published for a while: a hole, seen or unseen
    story.everything().await;
    let _relay = start_relay(&database, &nats);
    story.everything().await;
    eventually("every table has every fact", SOON, || {
        all_at(&database.reader, story.head)
    })
    .await;
    assert!(
        compare(&database.projector, &story.log)
            .await
            .unwrap()
            .differing()
            .is_empty()
    );
}

#[tokio::test]
async fn two_projectors_of_one_projection_take_turns() {
    let database = TestDatabase::create().await;
    let (_first, _one) = start(&database, None);
    let (_second, _two) = start(&database, None);
    let mut story = Story::new(database.log());
    let event = story.event("Spring").await;
    for number in 1..=40 {
        story.hold(event, vec![stalls(number..=number), floor(1)]).await;
    }
    eventually("every table has every fact", SOON, || {
        all_at(&database.reader, story.head)
    })
    .await;
    assert!(
        compare(&database.projector, &story.log)
            .await
            .unwrap()
            .differing()
            .is_empty()
    );
}

#[tokio::test]
async fn a_batch_that_two_projectors_have_is_applied_by_one() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    let facts = story.log.read_after(Position::START, 1_000).await.unwrap();
    let projector = || Projector::new(&SEAT_MAPS, database.projector.clone(), Status::default());
    let projectors: Vec<Projector> = (0..6).map(|_| projector()).collect();
    let absorbed = join_all(projectors.iter().map(|projector| projector.absorb(&facts))).await;
    assert!(
        absorbed
            .into_iter()
            .all(|absorbed| absorbed.unwrap() == Absorbed::Upto(story.head))
    );
    project(&database.projector, &story.log, 100).await;
    assert!(
        compare(&database.projector, &story.log)
            .await
            .unwrap()
            .differing()
            .is_empty()
    );
}

#[tokio::test]
async fn a_crash_between_apply_and_checkpoint_leaves_nothing() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    let facts = story.log.read_after(Position::START, 1_000).await.unwrap();
    let mut owner = database.owner().await;
    // the server ends the session at the moment when the checkpoint is moved
    let crash = "create function read.crash() returns trigger language plpgsql as
                 $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
                 alter function read.crash() security definer;
                 create trigger crash before update on read.checkpoints for each row execute function read.crash()";
    sqlx::raw_sql(crash).execute(&mut owner).await.unwrap();
    let projector = Projector::new(&BOOKINGS, database.projector.clone(), Status::default());
    projector.absorb(&facts).await.unwrap_err();
    let rows = || async {
        sqlx::query_scalar::<_, i64>("select count(*) from bookings")
            .fetch_one(&database.reader)
            .await
            .unwrap()
    };
    assert_eq!(rows().await, 0);

    sqlx::raw_sql("drop trigger crash on read.checkpoints")
        .execute(&mut owner)
        .await
        .unwrap();
    assert_eq!(
        projector.absorb(&facts).await.unwrap(),
        Absorbed::Upto(story.head)
    );
    assert_eq!(rows().await, 5);
}

#[tokio::test]
async fn a_batch_that_does_not_follow_is_not_applied() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    let mut facts = story.log.read_after(Position::START, 1_000).await.unwrap();
    let projector = Projector::new(&BOOKINGS, database.projector.clone(), Status::default());
    assert_eq!(
        projector.absorb(&facts[3..]).await.unwrap(),
        Absorbed::Hole(Position::START)
    );
    facts.remove(5);
    assert_eq!(
        projector.absorb(&facts).await.unwrap(),
        Absorbed::Hole(Position::START)
    );
    let reached = projector
        .absorb_with_log(&facts[9..], &story.log, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(reached, story.head);
}

#[tokio::test]
async fn tables_that_are_ahead_of_the_log_are_reported_and_left_alone() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    project(&database.projector, &story.log, 100).await;
    sqlx::query("update checkpoints set position = 1000")
        .execute(&database.projector)
        .await
        .unwrap();
    let (status, _live) = start(&database, None);
    eventually("the failure is reported", SOON, || async {
        let failing = status.projections().into_values().filter_map(|each| each.failing);
        failing.filter(|why| why.contains("rebuild")).count() == PROJECTIONS.len()
    })
    .await;
}

#[tokio::test]
async fn a_move_is_announced_over_nats() {
    use futures::StreamExt;
    let (database, nats) = (TestDatabase::create().await, nats().await);
    let mut rings = nats.client.subscribe(nats.subjects.projected()).await.unwrap();
    nats.client.flush().await.unwrap();
    let shutdown = CancellationToken::new();
    let _ends = shutdown.clone().drop_guard();
    let live = Live {
        pool: database.projector.clone(),
        log: database.log(),
        facts: Fanout::start(database.log(), None, nats.subjects.clone(), shutdown.clone()),
        nats: Some(nats.client.clone()),
        subjects: nats.subjects.clone(),
        status: Status::default(),
    };
    tokio::spawn(run(live, shutdown));
    let mut story = Story::new(database.log());
    story.everything().await;
    let announced = tokio::time::timeout(SOON, async {
        loop {
            let ring = rings.next().await.unwrap();
            let positions: std::collections::BTreeMap<String, i64> =
                serde_json::from_slice(&ring.payload).unwrap();
            if positions.len() == PROJECTIONS.len()
                && positions.values().all(|position| *position == story.head.get())
            {
                return;
            }
        }
    });
    announced.await.unwrap();
}
