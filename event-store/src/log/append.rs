//! Appending units: one statement, one round trip, one answer a unit.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use uuid::Uuid;

use super::Log;
use crate::{NewFact, Position, StreamId, Unit};

/// Facts in one append: bounds the statement's memory and how long it holds the log's lock (about 100 ms).
pub const FACTS_PER_APPEND_MAX: usize = 16_384;

/// Bytes of one fact's payload and metadata: NATS refuses messages over 1 MB.
pub const FACT_BYTES_MAX: usize = 256 * 1024;

/// Longer than the server's own `statement_timeout` for writers: only a connection that is dead without telling gets here.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What became of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands; this is the position of its last fact.
    Appended(Position),
    /// Another writer had one of its places, or its writer had seen more than the log holds: load and decide again.
    Conflict,
}

/// No unit has a known outcome.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// None of the units was appended: nothing was sent, or the server refused the statement.
    #[error("nothing was appended")]
    NotAppended(#[source] sqlx::Error),
    /// The statement was sent and its answer was lost. Each unit is either in the log or will never be: ask the log.
    #[error("it is unknown whether the units were appended")]
    Unknown(#[source] sqlx::Error),
    /// Nothing was appended: a fact has more than [`FACT_BYTES_MAX`] bytes.
    #[error("a fact of {stream} has {bytes} bytes, more than {FACT_BYTES_MAX}")]
    TooLarge {
        /// Where it was to stand.
        stream: StreamId,
        /// Payload and metadata together.
        bytes: usize,
    },
    /// Nothing was appended: the units have more than [`FACTS_PER_APPEND_MAX`] facts.
    #[error("{facts} facts in one append, more than {FACTS_PER_APPEND_MAX}")]
    TooMany {
        /// How many they were.
        facts: usize,
    },
    /// Nothing was appended: a fact does not serialise.
    #[error("a fact cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Log {
    /// Appends units, each whole or not at all, and answers for each in order. A unit without facts changes nothing and
    /// counts as appended at the start.
    ///
    /// The units of one call are tried in order; where one conflicts, later units of the same call that continue one of
    /// its streams conflict too. Where the future is dropped, the outcome is unknown.
    pub async fn append(&self, units: &[Unit]) -> Result<Vec<Outcome>, AppendError> {
        let columns = Columns::of(units)?;
        let facts = columns.units.len();
        if facts == 0 {
            return Ok(outcomes(units, &[]));
        }
        if facts > FACTS_PER_APPEND_MAX {
            return Err(AppendError::TooMany { facts });
        }
        let mut connection = self.pool.acquire().await.map_err(AppendError::NotAppended)?;
        if let Ok(answer) = tokio::time::timeout(ANSWER_WITHIN, columns.append(&mut connection)).await {
            return Ok(outcomes(units, &answer.map_err(classify)?));
        }
        drop(connection.detach()); // its answer may still be on the way: it is not used again
        Err(AppendError::Unknown(sqlx::Error::Io(
            std::io::ErrorKind::TimedOut.into(),
        )))
    }
}

/// The facts as PostgreSQL takes them: an array a column, borrowed from the units.
struct Columns<'a> {
    units: Vec<i32>,
    types: Vec<&'a str>,
    ids: Vec<Uuid>,
    sequences: Vec<i64>,
    names: Vec<&'a str>,
    versions: Vec<&'a str>,
    payloads: Vec<&'a str>,
    metas: Vec<&'a str>,
}

/// One row of the answer: a unit's number, and its last position unless it conflicted.
struct Answer {
    unit: Option<i32>,
    last_position: Option<i64>,
}

impl<'a> Columns<'a> {
    fn of(units: &'a [Unit]) -> Result<Self, AppendError> {
        let facts = || units.iter().flat_map(|unit| &unit.facts);
        let bytes = |fact: &NewFact| fact.payload.len() + fact.metadata.len();
        if let Some(fact) = facts().find(|fact| bytes(fact) > FACT_BYTES_MAX) {
            return Err(AppendError::TooLarge {
                stream: fact.stream.clone(),
                bytes: bytes(fact),
            });
        }
        let numbers = units.iter().zip(0..);
        Ok(Self {
            units: numbers
                .flat_map(|(unit, number)| unit.facts.iter().map(move |_| number))
                .collect(),
            types: facts().map(|fact| &*fact.stream.aggregate_type).collect(),
            ids: facts().map(|fact| fact.stream.aggregate_id).collect(),
            sequences: facts().map(|fact| fact.sequence.get()).collect(),
            names: facts().map(|fact| fact.event_type).collect(),
            versions: facts().map(|fact| fact.event_version).collect(),
            payloads: facts().map(|fact| &*fact.payload).collect(),
            metas: facts().map(|fact| &*fact.metadata).collect(),
        })
    }

    /// Reads to the very end of the answer: PostgreSQL commits an extended query after it has sent its rows, so that
    /// only what follows them confirms the commit.
    async fn append(&self, connection: &mut PgConnection) -> Result<Vec<Answer>, sqlx::Error> {
        sqlx::query_as!(
            Answer,
            "select unit, last_position from public.append_facts($1, $2, $3, $4, $5, $6, $7, $8)",
            self.units.as_slice() as &[i32],
            self.types.as_slice() as &[&str],
            self.ids.as_slice() as &[Uuid],
            self.sequences.as_slice() as &[i64],
            self.names.as_slice() as &[&str],
            self.versions.as_slice() as &[&str],
            self.payloads.as_slice() as &[&str],
            self.metas.as_slice() as &[&str],
        )
        .fetch_all(connection)
        .await
    }
}

fn outcomes(units: &[Unit], rows: &[Answer]) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = units
        .iter()
        .map(|unit| {
            if unit.facts.is_empty() {
                Outcome::Appended(Position::START)
            } else {
                Outcome::Conflict
            }
        })
        .collect();
    for row in rows {
        let unit = row.unit.and_then(|unit| usize::try_from(unit).ok());
        let (Some(unit), Some(position)) = (unit, row.last_position) else {
            continue;
        };
        if let Some(outcome) = outcomes.get_mut(unit) {
            *outcome = Outcome::Appended(Position::new(position));
        }
    }
    outcomes
}

/// An ERROR of the server rolled the statement back. A FATAL one ends the session at a moment that may lie behind the
/// commit, as does a lost connection.
fn classify(error: sqlx::Error) -> AppendError {
    let refusal = error
        .as_database_error()
        .and_then(|refusal| refusal.try_downcast_ref::<PgDatabaseError>());
    let rolled_back = refusal.map_or_else(
        || matches!(error, sqlx::Error::Encode(_)),
        |refusal| !matches!(refusal.severity(), PgSeverity::Fatal | PgSeverity::Panic),
    );
    if rolled_back {
        AppendError::NotAppended(error)
    } else {
        AppendError::Unknown(error)
    }
}
