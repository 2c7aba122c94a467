//! Commands for aggregates without a lane: load, decide, append; decided again where another writer was faster.
//!
//! Each command costs a load and an append of its own. Aggregates that many commands meet at once have lanes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{EventEnvelope, EventStore};
use domain::Recorded;
use event_store::clock::Clock;
use event_store::{AppendError, Doorbell, EsStore, Log, Outcome, Position, Sequence, StreamId};
use uuid::Uuid;

use crate::cause::Cause;
use crate::lane::{ATTEMPTS_MAX, CommandError, Done, Failure, Store};

/// Pauses between attempts: a race is over at once, and so is the loss of one connection.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(5))
    .with_max_times(ATTEMPTS_MAX as usize - 1)
    .with_jitter();

/// Commands for aggregates `A`. Cheap to clone.
pub struct Executor<A: Recorded> {
    events: Arc<EsStore<A>>,
    log: Log,
    doorbell: Doorbell,
    clock: Clock,
}

impl<A: Recorded> Clone for Executor<A> {
    fn clone(&self) -> Self {
        Self {
            events: Arc::clone(&self.events),
            log: self.log.clone(),
            doorbell: self.doorbell.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl<A: Recorded> fmt::Debug for Executor<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("aggregate", &A::TYPE)
            .finish_non_exhaustive()
    }
}

/// What became of one attempt.
enum Attempt<A> {
    Done(Done<A>),
    /// Another writer was faster; nothing was written.
    Conflict,
    /// Perhaps the facts were written: their answer was lost.
    Unknown,
}

/// An aggregate as its facts make it.
struct Loaded<A> {
    state: A,
    sequence: Sequence,
    latest: Option<DateTime<Utc>>,
}

impl<A: Recorded<Services = ()>> Executor<A> {
    /// Reads from `store`, appends by `appends`, and rings at the relay's after each append.
    pub fn new(store: &Store, appends: Log, doorbell: Doorbell) -> Self {
        Self {
            events: Arc::new(EsStore::new(store.log.clone()).appending_by(appends)),
            log: store.log.clone(),
            doorbell,
            clock: store.clock.clone(),
        }
    }

    /// Aggregate `id` as the log has it.
    pub async fn load(&self, id: A::Id) -> Result<A, Failure> {
        Ok(fold(self.history(id).await?).state)
    }

    /// Carries out on aggregate `id` what `command` asks for at the moment at which it is decided.
    pub async fn execute(
        &self,
        id: A::Id,
        command: impl Fn(DateTime<Utc>) -> A::Command,
        cause: &Cause,
    ) -> Result<Done<A>, CommandError<A::Error>> {
        let mut pauses = PAUSES.build();
        let mut unknown = false;
        loop {
            match self.attempt(id, &command, cause, unknown).await? {
                Attempt::Done(done) => return Ok(done),
                Attempt::Conflict => {}
                Attempt::Unknown => unknown = true,
            }
            match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None if unknown => return Err(CommandError::Unavailable),
                None => return Err(CommandError::Contended),
            }
        }
    }

    /// Decides upon what the log has now. `unknown`: an earlier attempt may have been written.
    async fn attempt(
        &self,
        id: A::Id,
        command: &impl Fn(DateTime<Utc>) -> A::Command,
        cause: &Cause,
        unknown: bool,
    ) -> Result<Attempt<A>, CommandError<A::Error>> {
        let mut history = self.history(id).await.map_err(|error| failed::<A>(id, &error))?;
        if unknown && let Some(last) = last_of(&history, cause.command_id) {
            history.truncate(last + 1);
            return self.found(id, fold(history), true).await;
        }
        let Loaded {
            mut state,
            sequence,
            latest,
        } = fold(history);
        let now = self.clock.now();
        let sink = EventSink::default();
        state
            .handle(command(latest.map_or(now, |latest| latest.max(now))), &(), &sink)
            .await
            .map_err(CommandError::Refused)?;
        let facts = sink.collect().await;
        if facts.is_empty() {
            let unchanged = Loaded {
                state,
                sequence,
                latest,
            };
            return self.found(id, unchanged, false).await;
        }
        let metadata = cause.metadata().map_err(|error| failed::<A>(id, &error))?;
        let appended = self
            .events
            .append(&StreamId::of::<A>(id), sequence, &facts, &metadata)
            .await;
        match appended {
            Ok(Outcome::Appended(position)) => {
                self.doorbell.ring();
                let count = i64::try_from(facts.len()).unwrap_or_default();
                Ok(Attempt::Done(Done {
                    state,
                    sequence: Sequence::new(sequence.get() + count),
                    position,
                    changed: true,
                }))
            }
            Ok(Outcome::Conflict) => Ok(Attempt::Conflict),
            Err(error @ AppendError::Unknown(_)) => {
                tracing::warn!(
                    stream = %StreamId::of::<A>(id),
                    error = &error as &dyn std::error::Error,
                    "append outcome unknown"
                );
                Ok(Attempt::Unknown)
            }
            Err(error) => Err(failed::<A>(id, &error)),
        }
    }

    /// The answer to a command whose facts stand in the log already, or that changes nothing.
    async fn found(
        &self,
        id: A::Id,
        loaded: Loaded<A>,
        changed: bool,
    ) -> Result<Attempt<A>, CommandError<A::Error>> {
        let Loaded { state, sequence, .. } = loaded;
        let last = self
            .log
            .read_stream_page(&StreamId::of::<A>(id), sequence.previous(), 1)
            .await
            .map_err(|error| failed::<A>(id, &error))?;
        Ok(Attempt::Done(Done {
            state,
            sequence,
            position: last.first().map_or(Position::START, |fact| fact.position),
            changed,
        }))
    }

    async fn history(&self, id: A::Id) -> Result<Vec<EventEnvelope<A>>, Failure> {
        let id: Uuid = id.into();
        let history = self.events.load_events(&id.to_string()).await;
        history.map_err(|error| Failure::Load(error.to_string()))
    }
}

fn fold<A: Recorded>(history: Vec<EventEnvelope<A>>) -> Loaded<A> {
    let mut loaded = Loaded {
        state: A::default(),
        sequence: Sequence::START,
        latest: None,
    };
    for envelope in history {
        loaded.sequence = loaded.sequence.next();
        loaded.latest = loaded.latest.max(Some(A::fact_at(&envelope.payload)));
        loaded.state.apply(envelope.payload);
    }
    loaded
}

/// Where the last fact stands that follows from the command with this id.
fn last_of<A: Recorded>(history: &[EventEnvelope<A>], command_id: Uuid) -> Option<usize> {
    let command_id = command_id.to_string();
    history
        .iter()
        .rposition(|envelope| envelope.metadata.get("command_id") == Some(&command_id))
}

fn failed<A: Recorded>(id: A::Id, error: &(dyn std::error::Error + 'static)) -> CommandError<A::Error> {
    tracing::error!(stream = %StreamId::of::<A>(id), error, "command failed");
    CommandError::Unavailable
}
