//! What roles stand on: connections to PostgreSQL by role of the database, the client of NATS, the clock.

use std::future::pending;
use std::time::Duration;

use anyhow::{Context, Result};
use event_store::clock::Clock;
use event_store::database::{DatabaseError, DatabaseRole, connect};
use event_store::fanout::Fanout;
use event_store::{DatabaseSettings, Log, Subjects};
use metrics::gauge;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// What the server's own list of connections calls us.
const APPLICATION: &str = "evently";
/// One appends; one more, for when the first is lost and its end is not yet known.
const APPENDER_CONNECTIONS: u32 = 2;
/// How long a start waits for the database: it may be starting too.
const DATABASE_WITHIN: Duration = Duration::from_secs(30);
/// The pause between two attempts.
const DATABASE_RETRY: Duration = Duration::from_millis(500);
/// How often it is asked whether the client of NATS lives.
const NATS_EVERY: Duration = Duration::from_secs(1);
/// How often the pools are looked at for metrics.
const POOLS_EVERY: Duration = Duration::from_secs(5);

/// Connections and names that roles share.
pub(crate) struct Backend {
    /// Appends facts and does nothing else: no wave of loads keeps an append waiting.
    pub(crate) appender: PgPool,
    /// Loads aggregates, keeps snapshots and credentials.
    pub(crate) writer: PgPool,
    /// Writes read tables.
    pub(crate) projector: PgPool,
    /// Reads.
    pub(crate) reader: PgPool,
    /// NATS, if there is one; connects by itself, sooner or later.
    pub(crate) nats: Option<async_nats::Client>,
    /// Names of subjects and of the stream.
    pub(crate) subjects: Subjects,
    /// The clock.
    pub(crate) clock: Clock,
}

impl Backend {
    /// Opens everything. Waits for the database, not for NATS: commands do without it.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        let nats = match &config.nats.nats_url {
            Some(url) => Some(
                event_store::connect_to_nats(url.expose_secret(), event_store::nats_options(APPLICATION))
                    .await
                    .context("cannot use the address of NATS")?,
            ),
            None => None,
        };
        let database = &config.database;
        Ok(Self {
            appender: pool(database, DatabaseRole::Writer, APPENDER_CONNECTIONS).await?,
            writer: pool(database, DatabaseRole::Writer, database.writer_connections).await?,
            projector: pool(database, DatabaseRole::Projector, database.projector_connections).await?,
            reader: pool(database, DatabaseRole::Reader, database.reader_connections).await?,
            nats,
            subjects: Subjects::new(config.nats.nats_prefix.as_str()).single(config.nats.nats_single_facts),
            clock: Clock::system(),
        })
    }

    /// Follows the log until `stop`, for everything in this process that reads facts.
    pub(crate) fn follow_facts(&self, stop: CancellationToken) -> Fanout {
        let log = Log::new(self.projector.clone());
        Fanout::start(log, self.nats.clone(), self.subjects.clone(), stop)
    }

    /// Measures how busy the pools are, until `stop`.
    pub(crate) fn measure_pools(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let pools = [
            ("appender", self.appender.clone()),
            ("writer", self.writer.clone()),
            ("projector", self.projector.clone()),
            ("reader", self.reader.clone()),
        ];
        async move {
            while stop.run_until_cancelled(sleep(POOLS_EVERY)).await.is_some() {
                for (name, pool) in &pools {
                    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
                    gauge!("evently_pool_connections", "pool" => *name, "state" => "idle")
                        .set(f64::from(idle));
                    let used = pool.size().saturating_sub(idle);
                    gauge!("evently_pool_connections", "pool" => *name, "state" => "used")
                        .set(f64::from(used));
                }
            }
        }
    }

    /// Returns when the client of NATS has ended for good, and never where there is none.
    pub(crate) fn nats_ended(&self) -> impl Future<Output = ()> + use<> {
        let nats = self.nats.clone();
        async move {
            match nats {
                Some(nats) => ended(&nats).await,
                None => pending().await,
            }
        }
    }

    /// Closes every connection to the database.
    pub(crate) async fn close(self) {
        tokio::join!(
            self.appender.close(),
            self.writer.close(),
            self.projector.close(),
            self.reader.close()
        );
    }
}

/// Returns when the task of `nats` is no more, after which nothing is sent and nothing comes. A flush waits as long as there
/// is no connection, so that one at a time is under way.
async fn ended(nats: &async_nats::Client) {
    while nats.flush().await.is_ok() {
        sleep(NATS_EVERY).await;
    }
}

/// Where `role` logs in.
pub(crate) fn url(database: &DatabaseSettings, role: DatabaseRole) -> Result<&SecretString> {
    database.url(role).context("EVENTLY_DATABASE_URL is missing")
}

/// Opens a pool, trying again while the database cannot be reached. A role that is refused will be refused again.
pub(crate) async fn pool(
    database: &DatabaseSettings,
    role: DatabaseRole,
    connections_max: u32,
) -> Result<PgPool> {
    let url = url(database, role)?.expose_secret();
    let given_up = Instant::now() + DATABASE_WITHIN;
    loop {
        match connect(url, role, connections_max, APPLICATION).await {
            Ok(pool) => return Ok(pool),
            Err(DatabaseError::Connect(error)) if Instant::now() < given_up => {
                tracing::warn!(%error, "the database cannot be reached yet");
                sleep(DATABASE_RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Runtime;
    use tokio::time::timeout;

    use super::*;

    #[test]
    fn the_end_of_the_task_of_a_client_is_noticed_and_a_server_that_is_away_is_not_taken_for_it() {
        let (here, of_the_client) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let options = event_store::nats_options("test");
        let client = of_the_client
            .block_on(event_store::connect_to_nats("nats://127.0.0.1:1", options))
            .unwrap();
        here.block_on(async {
            assert!(timeout(2 * NATS_EVERY, ended(&client)).await.is_err());
        });
        of_the_client.shutdown_background();
        here.block_on(async {
            assert!(timeout(10 * NATS_EVERY, ended(&client)).await.is_ok());
        });
    }
}
