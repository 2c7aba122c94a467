//! Appends that are held open, rolled back, killed in the midst, or whose answer is lost.

use std::time::Duration;

use event_store::{AppendError, Log, Outcome, Position, Sequence, Unit, database};
use sqlx::Connection;
use sqlx::postgres::PgPoolOptions;
use tests::{LossyProxy, PostgresServer, TestDatabase, eventually};

use crate::appending::assert_dense;
use crate::counter::{appended, stream, unit};

/// What `append_facts` is called with, by a session of the test's own.
const APPEND: &str =
    "select append_facts('{0}', '{counter}', array[$1::uuid], '{1}', '{Counted}', '{1}', '{1}', '{\"{}\"}')";

#[tokio::test]
async fn an_append_held_open_hides_nothing_from_readers() {
    let database = TestDatabase::create().await;
    let log = database.log();
    let held = stream();
    log.append(&[unit(&stream(), 1)]).await.unwrap();

    let mut owner = database.owner().await;
    let mut transaction = owner.begin().await.unwrap();
    sqlx::query(APPEND)
        .bind(held.aggregate_id)
        .execute(&mut *transaction)
        .await
        .unwrap();
    let others: Vec<_> = (0..5)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move { log.append(&[unit(&stream(), 1)]).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(
        log.head().await.unwrap(),
        Position::new(1),
        "no fact may be seen before the one that came first"
    );
    transaction.commit().await.unwrap();

    for other in others {
        assert!(matches!(other.await.unwrap().unwrap()[0], Outcome::Appended(at) if at > Position::new(2)));
    }
    let facts = log.read_after(Position::new(1), 10).await.unwrap();
    assert_eq!(facts[0].stream, held);
    assert_dense(&log).await;
}

#[tokio::test]
async fn a_rolled_back_append_leaves_no_hole() {
    let database = TestDatabase::create().await;
    let log = database.log();
    log.append(&[unit(&stream(), 1)]).await.unwrap();
    let mut owner = database.owner().await;
    let mut transaction = owner.begin().await.unwrap();
    sqlx::query(APPEND)
        .bind(stream().aggregate_id)
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(log.append(&[unit(&stream(), 1)]).await.unwrap(), [appended(2)]);
    assert_dense(&log).await;
}

#[tokio::test]
async fn killed_backends_leave_no_hole_and_no_acknowledged_fact_is_lost() {
    const WRITERS: usize = 6;
    let database = TestDatabase::create().await;
    let log = database.log();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for _ in 0..150 {
                    let stream = stream();
                    if let Ok(outcomes) = log.append(&[unit(&stream, 1)]).await {
                        assert!(matches!(outcomes[0], Outcome::Appended(_)));
                        acknowledged.push(stream);
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut owner = database.owner().await;
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and query like '%append_facts%' and pid <> pg_backend_pid()";
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        sqlx::query(kill).execute(&mut owner).await.unwrap();
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    // Connections of the pool that were killed while they idled tell so only when they are used.
    let log = Log::new(PgPoolOptions::new().connect(&database.url).await.unwrap());
    for writer in writers {
        for stream in writer.await.unwrap() {
            assert_eq!(log.read_stream(&stream, Sequence::START).await.unwrap().len(), 1);
        }
    }
    assert_dense(&log).await;
}

#[tokio::test]
async fn a_session_that_is_killed_in_an_append_leaves_its_outcome_unknown() {
    let database = TestDatabase::create().await;
    let log = database.log();
    let mut owner = database.owner().await;
    let mut transaction = owner.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(4711)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let waiting = tokio::spawn({
        let log = log.clone();
        async move { log.append(&[unit(&stream(), 1)]).await }
    });
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'";
    let mut killed = 0_i64;
    while killed == 0 {
        killed = sqlx::query_scalar(kill)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
    }
    let answer = waiting.await.unwrap();
    assert!(matches!(answer, Err(AppendError::Unknown(_))), "{answer:?}");
    drop(transaction);
    drop(owner);
    assert_dense(&log).await;
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_unknown_and_may_well_stand() {
    let database = TestDatabase::create().await;
    let options = database.writer.connect_options();
    let proxy = LossyProxy::to(options.get_port()).await;
    let pool = PgPoolOptions::new()
        .test_before_acquire(false)
        .connect_with((*options).clone().port(proxy.port))
        .await
        .unwrap();
    let log = Log::new(pool.clone());
    let stream = stream();
    assert_eq!(log.append(&[unit(&stream, 1)]).await.unwrap(), [appended(1)]);

    eventually(
        "the connection is back in the pool",
        Duration::from_secs(5),
        || async { pool.num_idle() > 0 },
    )
    .await;
    proxy.lose_answers(true);
    let answer = log.append(&[unit(&stream, 2)]).await;
    assert!(matches!(answer, Err(AppendError::Unknown(_))), "{answer:?}");
    proxy.lose_answers(false);
    assert_eq!(
        database.log().head().await.unwrap(),
        Position::new(2),
        "it stands"
    );
    assert_eq!(
        log.append(&[unit(&stream, 2)]).await.unwrap(),
        [Outcome::Conflict],
        "trying again adds nothing"
    );
}

#[tokio::test]
async fn an_append_that_gets_no_connection_was_not_sent() {
    let database = TestDatabase::create().await;
    let pool = database::connect(&database.url, database::DatabaseRole::Writer, 1, "test")
        .await
        .unwrap();
    let taken = pool.acquire().await.unwrap();
    let answer = Log::new(pool).append(&[unit(&stream(), 1)]).await;
    assert!(matches!(answer, Err(AppendError::NotAppended(_))), "{answer:?}");
    drop(taken);
}

#[tokio::test]
async fn a_writer_does_not_wait_for_the_log_for_ever() {
    let database = TestDatabase::create().await;
    let mut owner = database.owner().await;
    let mut transaction = owner.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(4711)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let answer = database.log().append(&[unit(&stream(), 1)]).await;
    assert!(matches!(answer, Err(AppendError::NotAppended(_))), "{answer:?}");
}

#[tokio::test]
async fn a_killed_postgresql_keeps_what_it_acknowledged() {
    let mut server = PostgresServer::temporary().await.unwrap();
    let database = TestDatabase::create_on(&server.url("postgres")).await;
    let log = database.log();
    let writing = tokio::spawn({
        let log = log.clone();
        async move {
            let mut acknowledged = 0;
            loop {
                let units: Vec<Unit> = (0..20).map(|_| unit(&stream(), 1)).collect();
                match log.append(&units).await {
                    Ok(_) => acknowledged += units.len(),
                    Err(AppendError::Unknown(_)) => return acknowledged,
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    });
    eventually("facts are written", Duration::from_secs(10), || async {
        log.head().await.unwrap() > Position::new(1_000)
    })
    .await;
    server.kill_9();
    let acknowledged = writing.await.unwrap();
    let refused = log.append(&[unit(&stream(), 1)]).await;
    assert!(
        matches!(
            refused,
            Err(AppendError::NotAppended(_) | AppendError::Unknown(_))
        ),
        "{refused:?}"
    );
    server.restart().await.unwrap();

    let pool = database::connect(&database.url, database::DatabaseRole::Reader, 2, "test")
        .await
        .unwrap();
    let after = Log::new(pool);
    let head = usize::try_from(after.head().await.unwrap().get()).unwrap();
    assert!(
        acknowledged > 0 && (head == acknowledged || head == acknowledged + 20),
        "{head} {acknowledged}"
    );
    assert_dense(&after).await;
}
