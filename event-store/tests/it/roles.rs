//! Connections act as the role that they were opened for.

use event_store::database::{DatabaseError, DatabaseRole, connect, is_migrated, migrate};
use sqlx::Executor;
use tests::TestDatabase;

#[tokio::test]
async fn a_connection_acts_as_its_role_with_the_limits_of_it() {
    let database = TestDatabase::create().await;
    for (pool, role, timeout) in [
        (&database.writer, "evently_writer", "10s"),
        (&database.projector, "evently_projector", "2min"),
        (&database.reader, "evently_reader", "10s"),
    ] {
        let (acts_as, waits): (String, String) =
            sqlx::query_as("select current_user::text, current_setting('statement_timeout')")
                .fetch_one(pool)
                .await
                .unwrap();
        assert_eq!((acts_as.as_str(), waits.as_str()), (role, timeout));
    }
}

#[tokio::test]
async fn a_writer_waits_for_the_disk_whatever_the_default_of_the_database() {
    let database = TestDatabase::create().await;
    let name: String = sqlx::query_scalar("select current_database()::text")
        .fetch_one(&database.writer)
        .await
        .unwrap();
    let mut owner = database.owner().await;
    owner
        .execute(&*format!("alter database {name} set synchronous_commit = off"))
        .await
        .unwrap();
    let writer = connect(&database.url, DatabaseRole::Writer, 1, "test")
        .await
        .unwrap();
    let waits: String = sqlx::query_scalar("select current_setting('synchronous_commit')")
        .fetch_one(&writer)
        .await
        .unwrap();
    assert_eq!(waits, "on");
}

#[tokio::test]
async fn a_login_that_may_not_act_as_the_role_is_refused() {
    let database = TestDatabase::create().await;
    let login = format!("login_{}", uuid::Uuid::new_v4().simple());
    let mut owner = database.owner().await;
    owner
        .execute(format!("create role {login} login password 'secret'").as_str())
        .await
        .unwrap();
    let place = database.url.split_once('@').unwrap().1;
    let url = format!("postgres://{login}:secret@{place}");

    let refused = connect(&url, DatabaseRole::Writer, 1, "test")
        .await
        .expect_err("not a member");
    assert!(
        matches!(
            refused,
            DatabaseError::Role {
                role: "evently_writer",
                ..
            }
        ),
        "{refused:?}"
    );
    owner
        .execute(format!("grant evently_writer to {login}").as_str())
        .await
        .unwrap();
    connect(&url, DatabaseRole::Writer, 1, "test")
        .await
        .expect("a member")
        .close()
        .await;
    owner
        .execute(format!("drop role {login}").as_str())
        .await
        .unwrap();
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let database = TestDatabase::create().await;
    migrate(&database.url).await.unwrap();
    let (one, two) = tokio::join!(migrate(&database.url), migrate(&database.url));
    one.unwrap();
    two.unwrap();
}

#[tokio::test]
async fn every_role_sees_whether_the_newest_migration_is_there() {
    let database = TestDatabase::create().await;
    let pools = [&database.writer, &database.projector, &database.reader];
    let all = async |expected: bool| {
        for pool in pools {
            assert_eq!(is_migrated(pool).await.unwrap(), expected);
        }
    };
    all(false).await; // it does not show its migrations
    database.migrate().await;
    all(true).await;
    let mut owner = database.owner().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                 values (1000000, 'newer', true, '', 0)";
    owner.execute(newer).await.unwrap();
    all(true).await;
    let without = "delete from _sqlx_migrations where version >= \
                   (select max(version) from _sqlx_migrations where version < 1000000)";
    owner.execute(without).await.unwrap();
    all(false).await;
    owner.execute("drop table _sqlx_migrations").await.unwrap();
    all(false).await;
}

#[tokio::test]
async fn several_may_migrate_at_once() {
    let database = TestDatabase::create().await;
    tokio::join!(
        database.migrate(),
        database.migrate(),
        database.migrate(),
        database.migrate()
    );
    assert!(is_migrated(&database.reader).await.unwrap());
}
