//! What a projection is, and why one may refuse a fact.

use event_store::{DecodeError, Position};
use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::decode::Entry;

/// Facts in, rows out.
#[derive(Debug)]
pub struct Projection {
    /// Key of its checkpoint, its parked streams and its metrics. For ever: another name is another projection.
    pub name: &'static str,
    /// The aggregates whose facts it gets: `event`, `booking`, or both.
    pub aggregates: &'static [&'static str],
    /// Brings its tables from before some facts to after them. They come in the order of the log, all facts of its
    /// aggregates, within a transaction that moves the checkpoint as well.
    pub apply: Apply,
}

/// How facts become rows.
pub type Apply = for<'a> fn(&'a mut PgConnection, &'a [Entry<'a>]) -> BoxFuture<'a, Result<(), ApplyError>>;

/// Facts could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The log holds a fact that this program cannot read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// A fact contradicts what came before it.
    #[error("the fact at position {position} does not fit: {reason}")]
    Unfit {
        position: Position,
        reason: &'static str,
    },
    /// PostgreSQL refused, or is away.
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

impl ApplyError {
    pub(crate) const fn unfit(position: i64, reason: &'static str) -> Self {
        Self::Unfit {
            position: Position::new(position),
            reason,
        }
    }

    /// Where the fact to blame stands, if that is known.
    pub(crate) const fn position(&self) -> Option<Position> {
        match self {
            Self::Unreadable(
                DecodeError::Newer { position, .. } | DecodeError::Unreadable { position, .. },
            )
            | Self::Unfit { position, .. } => Some(*position),
            Self::Database(_) => None,
        }
    }

    /// Whether a fact is to blame, so that trying again would end in the same way.
    ///
    /// Of PostgreSQL's error classes (appendix A) these are 21 cardinality violation, 22 data exception, 23 integrity
    /// constraint violation and 54 program limit exceeded. Anything else is the database's state, which gets better.
    pub(crate) fn is_of_data(&self) -> bool {
        let Self::Database(error) = self else { return true };
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| {
            ["21", "22", "23", "54"]
                .iter()
                .any(|class| code.starts_with(class))
        })
    }
}
