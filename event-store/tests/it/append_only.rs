//! The log never changes: neither its owner nor a role can change it, by any statement.

use sqlx::{Executor, PgPool};
use tests::TestDatabase;

use crate::appending::assert_dense;
use crate::counter::{stream, unit};

const CHANGES: [&str; 6] = [
    "update public.events set payload = '1'",
    "update public.events set position = position + 1",
    "delete from public.events",
    "truncate public.events",
    "truncate public.events cascade",
    "insert into public.events select * from public.events on conflict on constraint events_pkey do update set payload = '1'",
];

#[tokio::test]
async fn update_delete_and_truncate_are_refused_to_every_role() {
    let database = TestDatabase::create().await;
    let log = database.log();
    log.append(&[unit(&stream(), 1)]).await.unwrap();
    let mut owner = database.owner().await;
    for change in CHANGES {
        let refusal = owner.execute(change).await.expect_err(change);
        assert_eq!(
            refusal.as_database_error().unwrap().code().unwrap(),
            "42501",
            "{change}"
        );
        for role in [&database.writer, &database.projector, &database.reader] {
            role.execute(change).await.expect_err(change);
        }
    }
    assert_eq!(
        log.read_after(event_store::Position::START, 10).await.unwrap()[0]
            .payload
            .get(),
        r#"{"Counted":{"by":1}}"#
    );
    assert_dense(&log).await;
}

#[tokio::test]
async fn only_a_writer_appends_and_only_the_owner_touches_triggers() {
    let database = TestDatabase::create().await;
    for role in [&database.projector, &database.reader] {
        let log = event_store::Log::new(PgPool::clone(role));
        log.append(&[unit(&stream(), 1)])
            .await
            .expect_err("this role must not append");
    }
    for role in [&database.writer, &database.projector, &database.reader] {
        for change in [
            "alter table public.events disable trigger all",
            "drop trigger events_append_only on public.events",
            "drop table public.events",
            "set session_replication_role = replica",
        ] {
            role.execute(change).await.expect_err(change);
        }
    }
}
