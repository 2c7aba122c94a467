//! Rebuilding while everything goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event_store::Subjects;
use event_store::fanout::Fanout;
use projections::{Live, RebuildError, Status, compare, fingerprint, rebuild, run};
use sqlx::{Connection, PgConnection, PgPool};
use tests::{TestDatabase, eventually};
use tokio_util::sync::CancellationToken;

use crate::story::{Story, floor, project};

/// Everything about the tables that serve, as the catalogue has it.
async fn catalogue(pool: &PgPool) -> Vec<String> {
    let sql = "select format('%s %s %s %s %s', c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod),
                             coalesce(pg_get_expr(d.adbin, d.adrelid), '')) || a.attnotnull || a.attnum
                 from pg_class c join pg_attribute a on a.attrelid = c.oid
                 left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
                where c.relnamespace = 'read'::regnamespace and a.attnum > 0
               union all select indexdef from pg_indexes where schemaname = 'read'
               union all select conname || pg_get_constraintdef(oid) from pg_constraint
                          where connamespace = 'read'::regnamespace
               union all select format('%s %s %s', relname, relowner::regrole, obj_description(oid, 'pg_class'))
                           from pg_class where relnamespace = 'read'::regnamespace
               union all select format('%s %s %s', table_name, grantee, privilege_type)
                           from information_schema.table_privileges where table_schema = 'read'
               union all select format('%s', nspowner::regrole) from pg_namespace where nspname = 'read'
               order by 1";
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn a_rebuild_makes_the_same_tables_with_the_same_rows() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    project(&database.projector, &story.log, 100).await;
    let (rows, shape) = (
        fingerprint(&database.projector, "read").await.unwrap(),
        catalogue(&database.projector).await,
    );

    let report = rebuild(&database.projector, &story.log).await.unwrap();
    assert_eq!(report.position, story.head);
    assert_eq!(fingerprint(&database.projector, "read").await.unwrap(), rows);
    assert_eq!(catalogue(&database.projector).await, shape);
    let schemas: Vec<String> =
        sqlx::query_scalar("select nspname::text from pg_namespace where nspname like 'read%'")
            .fetch_all(&database.projector)
            .await
            .unwrap();
    assert_eq!(schemas, ["read"], "nothing is left of the old tables");
}

#[tokio::test]
async fn rebuilds_while_facts_come_and_queries_run_lose_nothing() {
    let database = TestDatabase::create().await;
    let shutdown = CancellationToken::new();
    let _ends = shutdown.clone().drop_guard();
    for _ in 0..2 {
        let live = Live {
            pool: database.projector.clone(),
            log: database.log(),
            facts: Fanout::start(database.log(), None, Subjects::new("none"), shutdown.clone()),
            nats: None,
            subjects: Subjects::new("none"),
            status: Status::default(),
        };
        tokio::spawn(run(live, shutdown.clone()));
    }
    let done = AtomicBool::new(false);
    let mut story = Story::new(database.log());
    let event = story.event("Spring").await;
    let writing = async {
        for round in 0..200 {
            let booking = story.hold(event, vec![floor(1)]).await;
            if round % 3 == 0 {
                story.release(event, booking, vec![floor(1)]).await;
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    let rebuilding = async {
        let mut rebuilds = 0;
        while !done.load(Ordering::Relaxed) {
            rebuild(&database.projector, &database.log()).await.unwrap();
            rebuilds += 1;
        }
        rebuilds
    };
    let reading = async {
        while !done.load(Ordering::Relaxed) {
            consistent(&database.reader).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let ((), rebuilds, ()) = futures::join!(writing, rebuilding, reading);
    assert!(rebuilds > 1, "{rebuilds}");

    let head = story.head.get();
    eventually("every table has every fact", Duration::from_secs(20), || async {
        let behind = "select count(*) from checkpoints where position < $1";
        sqlx::query_scalar::<_, i64>(behind)
            .bind(head)
            .fetch_one(&database.reader)
            .await
            .unwrap()
            == 0
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

/// A reader sees the checkpoints and the rows of one moment.
async fn consistent(reader: &PgPool) {
    let mut tx = reader
        .begin_with("begin isolation level repeatable read read only")
        .await
        .unwrap();
    let position: Option<i64> =
        sqlx::query_scalar("select position from checkpoints where projection = 'bookings'")
            .fetch_optional(&mut *tx)
            .await
            .unwrap();
    let newest: Option<i64> = sqlx::query_scalar("select max(position) from bookings")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert!(newest <= position, "{newest:?} {position:?}");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn one_rebuild_at_a_time_and_an_interrupted_one_is_made_anew() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    project(&database.projector, &story.log, 100).await;
    let before = fingerprint(&database.projector, "read").await.unwrap();

    let mut another = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query("select pg_advisory_lock(4722)")
        .execute(&mut another)
        .await
        .unwrap();
    let refused = rebuild(&database.projector, &story.log).await;
    assert!(matches!(refused, Err(RebuildError::Busy)), "{refused:?}");
    // what an interrupted one leaves
    sqlx::raw_sql(
        "set role evently_projector; create schema read_next; create table read_next.seats (half int)",
    )
    .execute(&mut another)
    .await
    .unwrap();
    another.close().await.unwrap();

    assert_eq!(fingerprint(&database.projector, "read").await.unwrap(), before);
    eventually("the lock is free", Duration::from_secs(5), || async {
        rebuild(&database.projector, &story.log).await.is_ok()
    })
    .await;
    assert_eq!(fingerprint(&database.projector, "read").await.unwrap(), before);
}
