//! The log from the beginning into tables beside those that serve: one reader, the projections side by side.

use std::sync::Arc;

use event_store::{Log, Position};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::fanout::Facts;
use crate::projector::{Absorbed, Projector, ProjectorError};
use crate::schema::Schema;
use crate::status::Status;
use crate::{Projection, RebuildError};

/// Facts read, and applied in one transaction: the larger, the less each costs.
const REPLAY_BATCH_FACTS: usize = 20_000;

/// Batches that wait for a projection while it applies one. With those in work, and as projections share them, this
/// bounds the memory of a replay to about six batches.
const QUEUE_BATCHES_MAX: usize = 2;

/// Key of the advisory lock that one rebuild or comparison at a time has for its session.
const TURN: i64 = 4722;

/// The sole right to build tables beside those that serve, for as long as the session lives.
pub(crate) struct Turn {
    pub(crate) connection: PgConnection,
}

impl Turn {
    /// Takes it, unless somebody has it.
    pub(crate) async fn take(pool: &PgPool) -> Result<Self, RebuildError> {
        let mut connection = PgConnection::connect_with(&unhurried(pool)).await?;
        let taken = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "taken!""#, TURN)
            .fetch_one(&mut connection)
            .await?;
        if taken {
            Ok(Self { connection })
        } else {
            Err(RebuildError::Busy)
        }
    }

    /// Gives it back.
    pub(crate) async fn end(self) -> Result<(), sqlx::Error> {
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

/// Tables that are being built.
pub(crate) struct Site {
    projectors: Vec<Arc<Projector>>,
    pool: PgPool,
}

impl Site {
    /// Makes the tables, empty.
    pub(crate) async fn open(
        turn: &mut Turn,
        pool: &PgPool,
        schema: Schema,
        projections: &[&'static dyn Projection],
    ) -> Result<Self, RebuildError> {
        schema.create(&mut turn.connection).await?;
        let options = unhurried(pool).options([("search_path", schema.search_path())]);
        let connections_max = u32::try_from(projections.len()).unwrap_or(u32::MAX);
        let pool = PgPoolOptions::new()
            .max_connections(connections_max)
            .connect_lazy_with(options);
        let projector = |each: &&'static dyn Projection| {
            Arc::new(Projector::unseen(*each, pool.clone(), Status::default()))
        };
        Ok(Self {
            projectors: projections.iter().map(projector).collect(),
            pool,
        })
    }

    /// Brings all of them up to `head`.
    pub(crate) async fn replay(&self, log: &Log, head: Position) -> Result<(), ProjectorError> {
        self.replay_each(log, |_| head).await
    }

    /// Brings each of them up to what `target` says of its name, or leaves it where it is beyond that.
    pub(crate) async fn replay_each(
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
            tasks.spawn(drink(Arc::clone(projector), facts, target));
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
    queues: Vec<mpsc::Sender<Facts>>,
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

async fn drink(
    projector: Arc<Projector>,
    mut queue: mpsc::Receiver<Facts>,
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
