//! What roles stand on: connections to PostgreSQL by role of the database, the client of NATS, the clock.

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
