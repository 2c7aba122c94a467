//! Connections to PostgreSQL: which role they assume, what they may wait for, and the migrations.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

/// The migrations, as they were when the program was built.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// How long a caller waits for a connection of the pool: longer waiting helps no caller.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(5);

/// A connection that was used less than this long ago is taken to be alive; others are asked first.
const TRUSTED_WHEN_IDLE_FOR: Duration = Duration::from_secs(1);

/// How long a connection that was idle, or comes back from a reader who may have left in the middle of something, may
/// take to say that it is well. One whose server went away without a word would never say so, and never be replaced.
const WELL_WITHIN: Duration = Duration::from_secs(1);

/// Lets every role see which migrations there are. The lock is for those who migrate at the same time.
const SHOW_MIGRATIONS: &str = "begin; lock table public._sqlx_migrations in share row exclusive mode; \
     grant select on public._sqlx_migrations to evently_writer, evently_projector, evently_reader; commit";

/// What a schema answers that was never migrated, or not by a program that shows its migrations: "no such table" and "may
/// not" (PostgreSQL, appendix A).
const NOT_MIGRATED: [&str; 2] = ["42P01", "42501"];

/// A migration waits this long for a lock before it gives way to those who work.
const MIGRATION_LOCK_TIMEOUT_MS: &str = "10000";

/// What a connection is for, and so what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseRole {
    /// Owns the schema and changes it: the login itself.
    Migrator,
    /// Appends facts; keeps snapshots and credentials.
    Writer,
    /// Reads the log, writes read tables.
    Projector,
    /// Reads.
    Reader,
}

impl DatabaseRole {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Migrator, Self::Writer, Self::Projector, Self::Reader];

    /// The role that its connections assume.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Migrator => None,
            Self::Writer => Some("evently_writer"),
            Self::Projector => Some("evently_projector"),
            Self::Reader => Some("evently_reader"),
        }
    }

    /// Where its connections look for tables; in milliseconds, how long a statement may take, how long one may wait for
    /// a lock, and how long a transaction may idle. A rebuild fills whole tables in one statement.
    const fn limits(self) -> [&'static str; 4] {
        match self {
            Self::Migrator => ["public", "0", MIGRATION_LOCK_TIMEOUT_MS, "60000"],
            Self::Writer => ["public", "10000", "5000", "5000"],
            Self::Projector => ["read,public", "120000", "10000", "60000"],
            Self::Reader => ["read,public", "10000", "2000", "10000"],
        }
    }
}

/// No pool could be opened, or the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address is not one of a PostgreSQL database.
    #[error("cannot read the database's address")]
    Address(#[source] sqlx::Error),
    /// The login may not assume the role, or the role is not there yet.
    #[error("the login cannot act as {role}: run the migrations, then `grant {role} to` the login")]
    Role {
        /// The role that was wanted.
        role: &'static str,
        /// What the server said.
        source: sqlx::Error,
    },
    /// The database cannot be reached, or refuses the login.
    #[error("cannot connect to the database")]
    Connect(#[source] sqlx::Error),
    /// A migration failed; it left nothing behind.
    #[error("cannot migrate the database")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// Opens a pool of at most `connections_max` connections that act as `role`, and makes sure that one can be had.
///
/// `application_name` is what `pg_stat_activity` shows.
pub async fn connect(
    url: &str,
    role: DatabaseRole,
    connections_max: u32,
    application_name: &str,
) -> Result<PgPool, DatabaseError> {
    let options = connect_options(url, role, application_name)?;
    let mut pool = PgPoolOptions::new();
    if role == DatabaseRole::Reader {
        pool = pool.after_release(|connection, _| {
            Box::pin(async move {
                ping(connection).await?;
                Ok(true)
            })
        });
    }
    pool.after_connect(|connection, _| Box::pin(commit_to_disk(connection)))
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_WITHIN)
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(async move {
                if idle.idle_for >= TRUSTED_WHEN_IDLE_FOR {
                    ping(connection).await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(|source| refused(role, source))
}

/// What is answered is on the disk, whatever the server's default says. Those that wait for replicas too are left alone.
async fn commit_to_disk(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let raise = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";
    sqlx::query(raise).execute(connection).await.map(drop)
}

async fn ping(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    match tokio::time::timeout(WELL_WITHIN, connection.ping()).await {
        Ok(answered) => answered,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Brings the schema of the database up to date. Safe to run from several places at once, and again.
pub async fn migrate(url: &str) -> Result<(), DatabaseError> {
    let options = connect_options(url, DatabaseRole::Migrator, "evently migrate")?;
    let mut connection = PgConnection::connect_with(&options)
        .await
        .map_err(DatabaseError::Connect)?;
    MIGRATOR.run(&mut connection).await?;
    sqlx::raw_sql(SHOW_MIGRATIONS)
        .execute(&mut connection)
        .await
        .map_err(sqlx::migrate::MigrateError::Execute)?;
    connection.close().await.map_err(DatabaseError::Connect)
}

/// Whether the schema has every migration that this program knows. It may have newer ones: they fit this program too.
pub async fn is_migrated(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let newest = MIGRATOR.iter().map(|each| each.version).max();
    let found = sqlx::query_scalar(
        "select exists (select from public._sqlx_migrations where success and version >= $1)",
    )
    .bind(newest.unwrap_or_default())
    .fetch_one(pool)
    .await;
    match found {
        Err(error) if code(&error).is_some_and(|code| NOT_MIGRATED.contains(&code.as_ref())) => Ok(false),
        found => found,
    }
}

fn connect_options(
    url: &str,
    role: DatabaseRole,
    application_name: &str,
) -> Result<PgConnectOptions, DatabaseError> {
    let [search_path, statement, lock, idle_in_transaction] = role.limits();
    let options = PgConnectOptions::from_str(url)
        .map_err(DatabaseError::Address)?
        .application_name(application_name)
        .options(role.name().map(|role| ("role", role)))
        .options([
            ("search_path", search_path),
            ("statement_timeout", statement),
            ("lock_timeout", lock),
            ("idle_in_transaction_session_timeout", idle_in_transaction),
            // A node that vanished must not hold a lock for the two hours that TCP waits by itself.
            ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
        ]);
    Ok(options)
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

/// SQLSTATE 42501 is "may not", 22023 "no such role" (PostgreSQL, appendix A).
fn refused(role: DatabaseRole, source: sqlx::Error) -> DatabaseError {
    let about_role = code(&source).is_some_and(|code| code == "42501" || code == "22023");
    match role.name() {
        Some(role) if about_role => DatabaseError::Role { role, source },
        Some(_) | None => DatabaseError::Connect(source),
    }
}
