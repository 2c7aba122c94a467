//! One moment of the read tables: what is read from it and the position it reflects belong together.

use std::time::Duration;

use contract::ProjectionName;
use event_store::Position;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgTransactionManager;
use sqlx::{PgConnection, PgPool, Postgres, TransactionManager};
use tokio::time::timeout;

/// A transaction begins at once, as it takes no lock; a server that does not say so within this is gone.
const BEGIN_WITHIN: Duration = Duration::from_secs(2);

/// A repeatable-read transaction over the read tables, and the position that they are at in it.
///
/// It holds a lock on `checkpoints` to its end, so that a rebuild, which takes that lock, cannot swap the tables in between.
pub(crate) struct Snapshot {
    begun: Begun,
    position: Position,
}

impl Snapshot {
    /// Opens a snapshot; its position is that of the slowest of `projections`, which must be all that are read from it.
    pub(crate) async fn open(pool: &PgPool, projections: &[ProjectionName]) -> Result<Self, sqlx::Error> {
        let beginning = tokio::spawn(Begun::on(pool.clone()));
        let mut begun = beginning.await.map_err(|_| sqlx::Error::WorkerCrashed)??;
        let names: Vec<String> = projections.iter().map(ToString::to_string).collect();
        let position = sqlx::query_scalar!(
            r#"select coalesce(min(coalesce(c.position, 0)), 0) as "position!"
                 from unnest($1::text[]) as wanted(name) left join checkpoints c on c.projection = wanted.name"#,
            &names
        )
        .fetch_one(&mut *begun.0)
        .await?;
        Ok(Self {
            begun,
            position: Position::new(position),
        })
    }

    /// All facts up to here, and none after it, are in what the snapshot shows of its slowest projection.
    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    /// Where to run queries.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.begun.0
    }

    /// Ends the transaction.
    pub(crate) async fn close(mut self) -> Result<(), sqlx::Error> {
        PgTransactionManager::commit(&mut self.begun.0).await
    }
}

/// A connection in a transaction, which is rolled back before anybody else gets the connection.
struct Begun(PoolConnection<Postgres>);

impl Begun {
    /// To be run as a task of its own, to the end even where the caller has gone: of a `begin` that is dropped in the
    /// middle sqlx 0.8 knows nothing, and would hand the connection with its open transaction to another query.
    async fn on(pool: PgPool) -> Result<Self, sqlx::Error> {
        let mut connection = pool.acquire().await?;
        let statement = "begin isolation level repeatable read read only";
        let beginning = PgTransactionManager::begin(&mut connection, Some(statement.into()));
        let Ok(begun) = timeout(BEGIN_WITHIN, beginning).await else {
            drop(connection.detach()); // for the same reason it must not be used again
            return Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
        };
        begun.map(|()| Self(connection))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        PgTransactionManager::start_rollback(&mut self.0); // nothing where it has ended
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::tests::{TestDatabase, eventually};

    use super::*;

    /// Yields to the runtime within which a snapshot is certainly opened, read and closed.
    const YIELDS_MAX: u32 = 400;

    async fn read(pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut snapshot = Snapshot::open(pool, &[ProjectionName::Events]).await?;
        sqlx::query("select event_id from events")
            .fetch_all(snapshot.connection())
            .await?;
        snapshot.close().await
    }

    async fn yields(count: u32) {
        for _ in 0..count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_query_that_is_dropped_in_the_middle_leaves_no_transaction_behind() {
        let database = TestDatabase::create().await;
        let pool = &database.reader;
        let (mut dropped, mut done) = (0, 0);
        for count in 0..YIELDS_MAX {
            tokio::select! {
                biased;
                read = read(pool) => {
                    read.unwrap();
                    done += 1;
                }
                () = yields(count) => dropped += 1,
            }
        }
        assert!(dropped > 50 && done > 0, "{dropped} dropped, {done} done");
        // Only the owner sees what others do; and sooner than the server itself would end them.
        let owner = PgPool::connect(&database.url).await.unwrap();
        eventually("no transaction is open", Duration::from_secs(5), || async {
            let open: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                  where datname = current_database() and state like 'idle in transaction%'",
            )
            .fetch_one(&owner)
            .await
            .unwrap();
            open == 0
        })
        .await;
        for _ in 0..pool.options().get_max_connections() {
            read(pool).await.unwrap();
        }
    }
}
