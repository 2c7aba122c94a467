//! One moment of the read tables: what is read from it and the position it reflects belong together.

use event_store::Position;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::freshness::Projection;

/// A repeatable-read transaction over the read tables, and the position that they are at in it.
///
/// It holds a lock on `checkpoints` to its end, so that a rebuild, which takes that lock, cannot swap the tables in between.
pub(crate) struct Snapshot {
    transaction: Transaction<'static, Postgres>,
    position: Position,
}

impl Snapshot {
    /// Opens a snapshot; its position is that of the slowest of `projections`, which must be all that are read from it.
    pub(crate) async fn open(pool: &PgPool, projections: &[Projection]) -> Result<Self, sqlx::Error> {
        let mut transaction = pool
            .begin_with("begin isolation level repeatable read read only")
            .await?;
        let names: Vec<String> = projections
            .iter()
            .map(|projection| projection.name().to_owned())
            .collect();
        let position = sqlx::query_scalar!(
            r#"select coalesce(min(coalesce(c.position, 0)), 0) as "position!"
                 from unnest($1::text[]) as wanted(name) left join checkpoints c on c.projection = wanted.name"#,
            &names
        )
        .fetch_one(&mut *transaction)
        .await?;
        Ok(Self {
            transaction,
            position: Position::new(position),
        })
    }

    /// All facts up to here, and none after it, are in what the snapshot shows of its slowest projection.
    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    /// Where to run queries.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Ends the transaction.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await
    }
}
