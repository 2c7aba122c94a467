//! The log: one table of facts in PostgreSQL, appended to by one function, read in order.

mod append;
mod read;

use sqlx::PgPool;

pub use self::append::{AppendError, FACT_BYTES_MAX, FACTS_PER_APPEND_MAX, Outcome};
pub use self::read::{LogError, read_streams};
pub(crate) use self::read::{fact_at, head, last_older_than, read_after};

/// The log. Cheap to clone: clones share the pool.
#[derive(Clone, Debug)]
pub struct Log {
    pool: PgPool,
}

impl Log {
    /// The log in the database that `pool` leads to.
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The pool it works through.
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }
}
