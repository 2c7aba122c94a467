//! The log from the beginning into tables beside those that serve: one reader, the projections side by side.

use std::sync::Arc;

use event_store::fanout::Batch;
use event_store::{Log, LogError, Position};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::Projection;
use crate::projector::{Absorbed, Projector, ProjectorError};
use crate::schema::Schema;
use crate::status::Status;

/// Facts read, and applied in one transaction: the larger, the less each costs.
const REPLAY_BATCH_FACTS: usize = 20_000;

/// Batches that wait for a projection while it applies one. With those in work, and as projections share them, this
/// bounds the memory of a replay to about six batches.
const QUEUE_BATCHES_MAX: usize = 2;

/// Key of the advisory lock that one rebuild or comparison at a time has for its session.
const REBUILD_LOCK: i64 = 4722;

/// The old tables go on serving.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("another rebuild or comparison of the read tables is at work")]
    Busy,
    #[error("the read tables were migrated meanwhile: start over")]
    Migrated,
    #[error("cannot read the log")]
    Log(#[from] LogError),
    #[error("cannot fill the new tables")]
    Replay(#[from] ProjectorError),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Held by the one rebuild or comparison that may be at work, for as long as its session lives.
pub(crate) struct RebuildLock {
    pub(crate) connection: PgConnection,
}

impl RebuildLock {
    /// Takes it, unless another session has it.
    pub(crate) async fn take(pool: &PgPool) -> Result<Self, RebuildError> {
        let mut connection = PgConnection::connect_with(&unhurried(pool)).await?;
        let taken = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "taken!""#, REBUILD_LOCK)
            .fetch_one(&mut connection)
            .await?;
        if taken {
            Ok(Self { connection })
        } else {
            Err(RebuildError::Busy)
        }
    }

    pub(crate) async fn release(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }
}

/// The pool's connections, with statements that may take as long as a large table needs.
fn unhurried(pool: &PgPool) -> PgConnectOptions {
    pool.connect_options()
        .as_ref()
        .clone()
        .options([("statement_timeout", "0")])
}

/// A replay of the log into tables of their own.
pub(crate) struct Replay {
    projectors: Vec<Arc<Projector>>,
    pool: PgPool,
}

impl Replay {
    /// Makes the tables, empty.
    pub(crate) async fn open(
        lock: &mut RebuildLock,
        pool: &PgPool,
        schema: Schema,
        projections: &[&'static Projection],
    ) -> Result<Self, RebuildError> {
        schema.create(&mut lock.connection).await?;
        let options = unhurried(pool).options([("search_path", schema.search_path())]);
        let connections_max = u32::try_from(projections.len()).unwrap_or(u32::MAX);
        let pool = PgPoolOptions::new()
            .max_connections(connections_max)
            .connect_lazy_with(options);
        let projector = |each: &&'static Projection| {
            Arc::new(Projector::not_serving(each, pool.clone(), Status::default()))
        };
        Ok(Self {
            projectors: projections.iter().map(projector).collect(),
            pool,
        })
    }

    /// Brings all of them up to `head`.
    pub(crate) async fn upto(&self, log: &Log, head: Position) -> Result<(), ProjectorError> {
        self.upto_each(log, |_| head).await
    }

    /// Brings each of them up to what `target` says of its name, or leaves it where it is beyond that.
    pub(crate) async fn upto_each(
        &self,
        log: &Log,
        target: impl Fn(&str) -> Position,
    ) -> Result<(), ProjectorError> {
        let mut tasks = JoinSet::new();
        let mut queues = Vec::new();
        let (mut from, mut upto) = (None, Position::START);
        for projector in &self.projectors {
            let (position, target) = (projector.position().await?, target(projector.name()));
            from = Some(from.map_or(position, |from: Position| from.min(position)));
            upto = upto.max(target);
            let (queue, facts) = mpsc::channel(QUEUE_BATCHES_MAX);
            queues.push(queue);
            tasks.spawn(apply_queued(Arc::clone(projector), facts, target));
        }
        let read = read(log, from.unwrap_or(upto), upto, queues).await;
        while let Some(applied) = tasks.join_next().await {
            match applied {
                Ok(applied) => applied?,
                Err(failed) => return Err(sqlx::Error::Protocol(failed.to_string()).into()),
            }
        }
        read
    }

    /// Ends the connections to the tables.
    pub(crate) async fn close(self) {
        self.pool.close().await;
    }
}

/// Reads for all; ends early when a projection has given up.
async fn read(
    log: &Log,
    mut position: Position,
    upto: Position,
    queues: Vec<mpsc::Sender<Batch>>,
) -> Result<(), ProjectorError> {
    while position < upto {
        let missing = usize::try_from(upto.get() - position.get()).unwrap_or(REPLAY_BATCH_FACTS);
        let facts = log.read_after(position, missing.min(REPLAY_BATCH_FACTS)).await?;
        let Some(last) = facts.last() else {
            return Err(ProjectorError::Holey { position });
        };
        position = last.position;
        let facts = Arc::new(facts);
        for queue in &queues {
            if queue.send(Arc::clone(&facts)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn apply_queued(
    projector: Arc<Projector>,
    mut queue: mpsc::Receiver<Batch>,
    target: Position,
) -> Result<(), ProjectorError> {
    while let Some(facts) = queue.recv().await {
        let wanted = facts.partition_point(|fact| fact.position <= target);
        if let Absorbed::Hole(position) = projector.absorb(facts.get(..wanted).unwrap_or_default()).await? {
            return Err(ProjectorError::Holey { position });
        }
    }
    Ok(())
}
