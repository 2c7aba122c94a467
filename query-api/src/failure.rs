//! What can go wrong while answering, as problem details.

use edge::problem::{FieldError, Problem, kinds};
use event_store::{LogError, Position};

/// SQLSTATEs of a reader's limits (PostgreSQL, appendix A): `query_canceled`, which took longer than it may;
/// `lock_not_available`, which waited too long for a lock; `idle_in_transaction_session_timeout`.
const TOO_LONG: [&str; 3] = ["57014", "55P03", "25P03"];
/// SQLSTATE classes of a server that is away, starting, stopping or out of something.
const AWAY: [&str; 3] = ["08", "53", "57"];

/// There is no such thing, or the caller may not know of it: the answers are the same.
pub(crate) fn not_found() -> Problem {
    Problem::new(&kinds::NOT_FOUND)
}

/// A query parameter is impossible; `detail` goes on after its name.
pub(crate) fn invalid(parameter: &'static str, detail: &'static str) -> Problem {
    Problem::new(&kinds::INVALID_PARAMETERS).errors(vec![FieldError::parameter(parameter, detail)])
}

/// The read tables did not reach the position that the client wants to see.
pub(crate) fn position_not_reached(needed: Position) -> Problem {
    Problem::new(&kinds::POSITION_NOT_REACHED).detail(format!("Position {needed} has not arrived."))
}

/// More of this work is under way than there is room for.
pub(crate) fn overloaded() -> Problem {
    Problem::new(&kinds::OVERLOADED)
}

/// The database did not answer as it should: busy, away, or an error of ours.
pub(crate) fn database(error: sqlx::Error) -> Problem {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let too_long = code.as_deref().is_some_and(|code| TOO_LONG.contains(&code));
    let refused = code.is_some_and(|code| AWAY.iter().any(|class| code.starts_with(class)));
    let broken = matches!(
        error,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed
    );
    if too_long || matches!(error, sqlx::Error::PoolTimedOut) {
        overloaded().cause(error)
    } else if refused || broken {
        unavailable().cause(error)
    } else {
        Problem::internal(error)
    }
}

/// The log could not be read.
pub(crate) fn log(error: LogError) -> Problem {
    match error {
        LogError::Database(error) => database(error),
        damaged @ (LogError::Damaged { .. } | LogError::State(_)) => Problem::internal(damaged),
    }
}

/// The database is away, or does not say a word.
pub(crate) fn unavailable() -> Problem {
    Problem::new(&kinds::UNAVAILABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exhausted_pool_is_too_busy_and_a_broken_connection_unavailable() {
        assert_eq!(database(sqlx::Error::PoolTimedOut).kind().slug, "overloaded");
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert_eq!(database(sqlx::Error::Io(broken)).kind().slug, "unavailable");
        assert_eq!(database(sqlx::Error::RowNotFound).kind().slug, "internal");
    }
}
