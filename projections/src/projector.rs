//! Runs one projection: what is next is applied and the checkpoint moved in one transaction.
//!
//! The checkpoint alone makes every fact count once. A projector holds the checkpoint's row, so that two projectors of
//! one projection take turns and the second drops what the first has done; the compare-and-set at the end is the fence
//! should that ever fail.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use event_store::{Log, LogError, Position, RecordedFact};
use sqlx::{Executor, PgConnection, PgPool, Postgres, Transaction};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span};

use crate::decode::Entry;
use crate::parking::Cut;
use crate::status::Status;
use crate::{ApplyError, Projection, parking};

/// Facts read from the log in one go: enough that the round trips do not matter, few enough to hold in memory.
pub(crate) const LOG_BATCH_MAX: usize = 10_000;

/// Facts that are tried together at first, after one in a batch was to blame: what is tried in vain for each stays bounded.
const PIECE_FACTS: usize = 64;

/// How a batch is written.
///
/// No commit waits for the disk: what a crash takes of the tables goes with their checkpoint, and the log has it.
///
/// Batches join arrays of unknown length with tables that grow. A plan that scans a table while it is small would be kept
/// when it has become large, so rows are always looked up by index.
macro_rules! settings {
    () => {
        "set local synchronous_commit = off; set local jit = off; set local enable_seqscan = off;
         set local enable_hashjoin = off; set local enable_mergejoin = off"
    };
}

/// First of all in a batch on the tables that serve. Batches share the lock that a swap of schemas takes alone, so that
/// none writes half to the old tables and half to the new. It is taken in a statement of its own, before any snapshot.
const LIVE: &str = concat!("select pg_advisory_xact_lock_shared(4721); ", settings!());

/// First of all in a batch on tables that do not serve yet.
const NOT_SERVING: &str = settings!();

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absorbed {
    /// The checkpoint stands here now, by whichever projector, at or beyond the end of the batch.
    Upto(Position),
    /// Nothing was applied: between here and the beginning of the batch facts are missing.
    Hole(Position),
}

/// A batch was not applied; the tables are as before.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// The database is away, or another projector moved the checkpoint meanwhile: try again.
    #[error("cannot apply facts to the read tables")]
    Apply(#[from] ApplyError),
    /// The log cannot be read: try again.
    #[error("cannot read the log")]
    Log(#[from] LogError),
    /// The log lacks what comes next, which no append leaves: it is damaged.
    #[error("the log has a hole after position {position}")]
    Holey { position: Position },
    /// The tables are ahead of the log: it is another log, or an older copy of it. A rebuild makes them follow it.
    #[error("the tables of {projection} are at position {position}, the log ends at {head}: rebuild them")]
    AheadOfLog {
        projection: &'static str,
        position: Position,
        head: Position,
    },
    /// The checkpoint was moved while its row was held.
    #[error("another projector moved the checkpoint of {projection}")]
    Outrun { projection: &'static str },
}

impl From<sqlx::Error> for ProjectorError {
    fn from(error: sqlx::Error) -> Self {
        Self::Apply(ApplyError::Database(error))
    }
}

/// Applies facts to the tables of one projection.
pub struct Projector {
    projection: &'static Projection,
    pool: PgPool,
    prelude: &'static str,
    status: Status,
}

/// The checkpoint, held until the transaction ends.
struct Checkpoint {
    position: Position,
    /// Whether the projection left any stream out.
    parks: bool,
}

impl Projector {
    /// A projector for the tables that serve. `pool` acts as `evently_projector`.
    pub const fn new(projection: &'static Projection, pool: PgPool, status: Status) -> Self {
        Self {
            projection,
            pool,
            prelude: LIVE,
            status,
        }
    }

    /// A projector for tables that do not serve yet.
    pub(crate) const fn not_serving(projection: &'static Projection, pool: PgPool, status: Status) -> Self {
        Self {
            projection,
            pool,
            prelude: NOT_SERVING,
            status,
        }
    }

    pub fn name(&self) -> &'static str {
        self.projection.name
    }

    /// Up to where its projection has applied the log.
    pub async fn position(&self) -> Result<Position, ProjectorError> {
        let position = sqlx::query_scalar!(
            "select position from checkpoints where projection = $1",
            self.name()
        );
        let position = position.fetch_optional(&self.pool).await?;
        Ok(position.map_or(Position::START, Position::new))
    }

    /// The same, which must not be beyond the end of the log.
    pub(crate) async fn position_in(&self, log: &Log) -> Result<Position, ProjectorError> {
        let position = self.position().await?;
        let head = log.head().await?;
        if position > head {
            return Err(ProjectorError::AheadOfLog {
                projection: self.name(),
                position,
                head,
            });
        }
        Ok(position)
    }

    /// Applies those of `facts` that are next; they are in the order of the log. A stream with a fact that cannot be
    /// applied is parked, and the others go on.
    pub async fn absorb(&self, facts: &[RecordedFact]) -> Result<Absorbed, ProjectorError> {
        let span = debug_span!(
            "projection.apply",
            otel.name = format_args!("projection.{}.apply", self.name()),
            facts = facts.len(),
        );
        match self.attempt(facts).instrument(span).await {
            Err(ProjectorError::Apply(error)) if error.is_of_data() => {
                tracing::warn!(
                    projection = self.name(),
                    error = &error as &dyn std::error::Error,
                    "projection.batch.refused: looking for the fact to blame"
                );
                self.absorb_in_pieces(facts).await
            }
            other => other,
        }
    }

    /// Applies `facts` piece by piece, each in a transaction of its own, so that what is to blame is found with bounded
    /// locks: a piece that is refused is cut before the fact to blame, or in half where that is not known.
    async fn absorb_in_pieces(&self, facts: &[RecordedFact]) -> Result<Absorbed, ProjectorError> {
        let (mut rest, mut size) = (facts, PIECE_FACTS);
        let mut reached = Position::START;
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(size.min(rest.len()));
            match self.attempt(piece).await {
                Ok(Absorbed::Upto(position)) => (reached, rest, size) = (position, later, size * 2),
                Ok(Absorbed::Hole(position)) => return Ok(Absorbed::Hole(position)),
                Err(ProjectorError::Apply(error)) if error.is_of_data() => {
                    match parking::cut(piece, &error) {
                        Cut::After(fitting) => size = fitting,
                        Cut::Park(culprit) => {
                            self.park(culprit, &error).await?;
                            (reached, size) = (culprit.position, PIECE_FACTS);
                            rest = rest.get(1..).unwrap_or_default();
                        }
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Absorbed::Upto(reached))
    }

    /// Parks the stream of `culprit` and moves on, unless another projector did.
    async fn park(&self, culprit: &RecordedFact, error: &ApplyError) -> Result<(), ProjectorError> {
        let mut tx = self.begin().await?;
        let before = checkpoint(&mut tx, self.name()).await?.position;
        if before.next() != culprit.position {
            return Ok(());
        }
        parking::park(self.name(), &mut tx, culprit, error).await?;
        let now = move_checkpoint(&mut tx, self.name(), before, culprit.position).await?;
        tx.commit().await?;
        self.status.moved(self.name(), culprit, now, 1);
        Ok(())
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        tx.execute(sqlx::raw_sql(self.prelude)).await?;
        Ok(tx)
    }

    /// Applies `facts` and, before them, whatever is missing, from the log. Answers where the checkpoint stands: before
    /// the end of `facts` only after `shutdown`.
    pub async fn absorb_with_log(
        &self,
        facts: &[RecordedFact],
        log: &Log,
        shutdown: &CancellationToken,
    ) -> Result<Position, ProjectorError> {
        loop {
            let (position, first) = match (self.absorb(facts).await?, facts.first()) {
                (Absorbed::Upto(position), _) | (Absorbed::Hole(position), None) => return Ok(position),
                (Absorbed::Hole(position), Some(first)) => (position, first),
            };
            if shutdown.is_cancelled() {
                return Ok(position);
            }
            self.catch_up(log, Position::new(first.position.get() - 1), shutdown)
                .await?;
        }
    }

    /// Applies the log up to `head`, up to which it certainly reaches, or a little further. Answers where the checkpoint
    /// stands: before `head` only after `shutdown`.
    pub async fn catch_up(
        &self,
        log: &Log,
        head: Position,
        shutdown: &CancellationToken,
    ) -> Result<Position, ProjectorError> {
        let mut position = self.position().await?;
        while position < head && !shutdown.is_cancelled() {
            let facts = log.read_after(position, LOG_BATCH_MAX).await?;
            position = match self.absorb(&facts).await? {
                Absorbed::Upto(reached) if !facts.is_empty() => reached,
                Absorbed::Upto(_) | Absorbed::Hole(_) => return Err(ProjectorError::Holey { position }),
            };
        }
        Ok(position)
    }

    async fn attempt(&self, facts: &[RecordedFact]) -> Result<Absorbed, ProjectorError> {
        let mut tx = self.begin().await?;
        let before = checkpoint(&mut tx, self.name()).await?;
        let have = facts.partition_point(|fact| fact.position <= before.position);
        let Some((fresh, last)) = facts.get(have..).and_then(|fresh| Some((fresh, fresh.last()?))) else {
            return Ok(Absorbed::Upto(before.position));
        };
        if !follows_densely(before.position, fresh) {
            return Ok(Absorbed::Hole(before.position));
        }
        self.apply(&mut tx, fresh, before.parks).await?;
        let now = move_checkpoint(&mut tx, self.name(), before.position, last.position).await?;
        tx.commit().await?;
        self.status.moved(self.name(), last, now, fresh.len());
        Ok(Absorbed::Upto(last.position))
    }

    /// Applies what the projection reads of `fresh`, but for parked streams. What cannot even be decoded is parked at once.
    async fn apply(
        &self,
        tx: &mut Transaction<'_, Postgres>,
        fresh: &[RecordedFact],
        parks: bool,
    ) -> Result<(), ApplyError> {
        let read = self.projection.aggregates;
        let wanted = |fact: &&RecordedFact| read.contains(&fact.stream.aggregate_type.as_ref());
        let facts: Vec<&RecordedFact> = fresh.iter().filter(wanted).collect();
        let mut parked = if parks {
            parking::parked_among(self.name(), tx, &facts).await?
        } else {
            HashSet::new()
        };
        let mut entries = Vec::with_capacity(facts.len());
        for fact in facts {
            if parked.contains(&fact.stream) {
                continue;
            }
            match Entry::of(fact) {
                Ok(entry) => entries.extend(entry),
                Err(error) => {
                    parking::park(self.name(), tx, fact, &error.into()).await?;
                    parked.insert(fact.stream.clone());
                }
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        (self.projection.apply)(tx, &entries).await
    }
}

/// Whether `facts` go on right after `position` and lack none.
fn follows_densely(position: Position, facts: &[RecordedFact]) -> bool {
    facts
        .iter()
        .try_fold(position, |before, fact| {
            (fact.position == before.next()).then_some(fact.position)
        })
        .is_some()
}

/// Reads the checkpoint and holds its row; a projection that has none yet starts before the first fact.
async fn checkpoint(connection: &mut PgConnection, projection: &str) -> Result<Checkpoint, sqlx::Error> {
    let mut found = read_checkpoint(connection, projection).await?;
    if found.is_none() {
        let begin = sqlx::query!(
            "insert into checkpoints (projection, position) values ($1, 0) on conflict do nothing",
            projection
        );
        begin.execute(&mut *connection).await?;
        found = read_checkpoint(connection, projection).await?;
    }
    found.ok_or(sqlx::Error::RowNotFound)
}

async fn read_checkpoint(
    connection: &mut PgConnection,
    projection: &str,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let found = sqlx::query!(
        r#"select position,
                  exists (select from parked_streams p where p.projection = c.projection) as "parks!"
             from checkpoints c where projection = $1 for update"#,
        projection
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|found| Checkpoint {
        position: Position::new(found.position),
        parks: found.parks,
    }))
}

/// Moves the checkpoint, and answers what time it is by the clock that stamped the facts.
async fn move_checkpoint(
    connection: &mut PgConnection,
    projection: &'static str,
    from: Position,
    to: Position,
) -> Result<DateTime<Utc>, ProjectorError> {
    let now = sqlx::query_scalar!(
        r#"update checkpoints set position = $3 where projection = $1 and position = $2
           returning clock_timestamp() as "now!""#,
        projection,
        from.get(),
        to.get()
    );
    now.fetch_optional(connection)
        .await?
        .ok_or(ProjectorError::Outrun { projection })
}
