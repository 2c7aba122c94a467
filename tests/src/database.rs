//! A database of its own for each test, by every migration.

use event_store::database::{self, DatabaseRole};
use event_store::{Log, Snapshots};
use sqlx::migrate::Migrator;
use sqlx::{Connection, Executor, PgConnection, PgPool};
use uuid::Uuid;

/// Connections of each role: enough for a race of writers, few enough for many tests at once.
const CONNECTIONS_MAX: u32 = 12;

/// Seconds after which a database is left to the end of its server: less than a test waits for a connection.
const DROPPED_WITHIN_S: u32 = 2;

/// A migrated, empty database; dropped at the end of the test as far as possible.
#[derive(Debug)]
pub struct TestDatabase {
    /// Where it is, logging in as its owner.
    pub url: String,
    /// What appends.
    pub writer: PgPool,
    /// What writes read tables.
    pub projector: PgPool,
    /// What reads.
    pub reader: PgPool,
    server: String,
    name: String,
}

impl TestDatabase {
    /// Makes one on the server of the test run.
    ///
    /// # Panics
    /// Where there is no such server.
    pub async fn create() -> Self {
        Self::create_on(&crate::server("EVENTLY_TEST_DATABASE_URL")).await
    }

    /// Makes one on the server at this address, a superuser's.
    ///
    /// # Panics
    /// Where the server refuses.
    pub async fn create_on(server: &str) -> Self {
        Self::create_with(server, &database::MIGRATOR).await
    }

    /// Makes one with the schema as it was before migration number `version`; [`TestDatabase::migrate`] brings it up to
    /// date.
    ///
    /// # Panics
    /// Where there is no such server.
    pub async fn create_before(version: i64) -> Self {
        let earlier = database::MIGRATOR.iter().filter(|each| each.version < version);
        let migrator = Migrator {
            migrations: earlier.cloned().collect(),
            ..Migrator::DEFAULT
        };
        Self::create_with(&crate::server("EVENTLY_TEST_DATABASE_URL"), &migrator).await
    }

    /// Takes the migrations that are missing.
    ///
    /// # Panics
    /// Where one fails.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn migrate(&self) {
        database::migrate(&self.url).await.expect("it should migrate");
    }

    #[expect(clippy::expect_used, reason = "without a database no test can run")]
    async fn create_with(server: &str, migrator: &Migrator) -> Self {
        let name = format!("t_{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(server)
            .await
            .expect("the test server should answer");
        sqlx::query(&format!("create database {name}"))
            .execute(&mut admin)
            .await
            .expect("the login should be able to make databases");
        admin.close().await.expect("the connection should close");

        let url = on_database(server, &name);
        let mut owner = PgConnection::connect(&url)
            .await
            .expect("the owner should connect");
        migrator
            .run(&mut owner)
            .await
            .expect("an empty database should migrate");
        owner.close().await.expect("the connection should close");
        let pool = |role| {
            let url = url.clone();
            async move {
                database::connect(&url, role, CONNECTIONS_MAX, "test")
                    .await
                    .expect("each role should connect")
            }
        };
        Self {
            writer: pool(DatabaseRole::Writer).await,
            projector: pool(DatabaseRole::Projector).await,
            reader: pool(DatabaseRole::Reader).await,
            url,
            server: server.to_owned(),
            name,
        }
    }

    /// The log, as writers have it.
    pub fn log(&self) -> Log {
        Log::new(self.writer.clone())
    }

    /// The snapshots, as writers have them.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots::new(self.writer.clone())
    }

    /// A connection of the owner, whom no grant holds back.
    ///
    /// # Panics
    /// Where the server refuses.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.url)
            .await
            .expect("the owner should connect")
    }
}

/// The address of another database on the same server: its parameters, such as `?sslmode`, are kept.
fn on_database(server: &str, name: &str) -> String {
    let (address, parameters) = server
        .split_once('?')
        .map_or((server, None), |(a, p)| (a, Some(p)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let end = address
        .get(authority..)
        .and_then(|rest| rest.find('/'))
        .map_or(address.len(), |at| authority + at);
    let base = address.get(..end).unwrap_or(address);
    parameters.map_or_else(
        || format!("{base}/{name}"),
        |parameters| format!("{base}/{name}?{parameters}"),
    )
}

impl Drop for TestDatabase {
    /// On a thread and a runtime of its own: the test's runtime is busy with this very call.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let Ok(mut admin) = PgConnection::connect(&server).await else {
                    return;
                };
                // It waits for every connection that is being authenticated, so also for one whose client is the test that
                // waits here.
                let bound = format!("set statement_timeout = '{DROPPED_WITHIN_S}s'");
                let _ = admin.execute(bound.as_str()).await;
                let drop = format!("drop database if exists {name} with (force)");
                let _ = admin.execute(drop.as_str()).await;
            });
        });
        let _ = dropping.join();
    }
}
