//! The lock under which the log is appended to, in the hand of a test: appends wait in front of it until they are let pass.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use crate::{TestDatabase, eventually};

/// What is to wait at the turnstile comes within this.
const COMES_WITHIN: Duration = Duration::from_secs(30);

/// A closed turnstile. Dropped, it is open.
#[derive(Debug)]
pub struct Turnstile {
    url: String,
    holder: PgConnection,
}

impl Turnstile {
    /// Closes the log of `database`.
    ///
    /// # Panics
    /// Where the database is away.
    pub async fn close(database: &TestDatabase) -> Self {
        let mut holder = connect(&database.url).await;
        lock(&mut holder).await;
        Self {
            url: database.url.clone(),
            holder,
        }
    }

    /// Waits until an append waits.
    ///
    /// # Panics
    /// Where none comes.
    pub async fn wait_for_append(&self) {
        self.wait_for_appends(1).await;
    }

    /// Lets the first append that waits pass, and nothing after it.
    ///
    /// # Panics
    /// Where none comes.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn let_one_pass(self) -> Self {
        self.wait_for_append().await;
        let mut next = connect(&self.url).await;
        let queueing = tokio::spawn(async move {
            lock(&mut next).await;
            next
        });
        // PostgreSQL gives a lock in the order in which it was asked for.
        self.wait_for_appends(2).await;
        let url = self.url.clone();
        self.open().await;
        Self {
            url,
            holder: queueing.await.expect("the lock should come"),
        }
    }

    /// Sends away who waits: what they were to append is not appended.
    ///
    /// # Panics
    /// Where the database is away.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn turn_away(&mut self) {
        sqlx::query(&format!("select pg_terminate_backend(pid) from ({WAITING}) as w"))
            .execute(&mut self.holder)
            .await
            .expect("the owner should be able to end sessions");
        eventually("no append waits", COMES_WITHIN, || async {
            waiting(&self.url).await == 0
        })
        .await;
    }

    /// Opens it: appends that wait go on.
    ///
    /// # Panics
    /// Where the database is away.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn open(self) {
        self.holder.close().await.expect("the session should end");
    }

    async fn wait_for_appends(&self, wanted: i64) {
        eventually("an append waits", COMES_WITHIN, || async {
            waiting(&self.url).await >= wanted
        })
        .await;
    }
}

/// Sessions that wait for the log's lock, whose number `append_facts` knows.
const WAITING: &str =
    "select pid from pg_locks where locktype = 'advisory' and classid = 0 and objid = 4711 and not granted
       and database = (select oid from pg_database where datname = current_database())";

#[expect(clippy::expect_used, reason = "a test fails by panic")]
async fn waiting(url: &str) -> i64 {
    let mut connection = connect(url).await;
    let waiting = sqlx::query_scalar(&format!("select count(*) from ({WAITING}) as w"))
        .fetch_one(&mut connection)
        .await
        .expect("locks should be readable");
    connection.close().await.expect("the session should end");
    waiting
}

#[expect(clippy::expect_used, reason = "a test fails by panic")]
async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url)
        .await
        .expect("the owner should connect")
}

#[expect(clippy::expect_used, reason = "a test fails by panic")]
async fn lock(connection: &mut PgConnection) {
    sqlx::query("select pg_advisory_lock(4711)")
        .execute(connection)
        .await
        .expect("the lock should come");
}
