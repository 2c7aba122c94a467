//! Which process relays: the one that holds a lock of the database.

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool};

/// The relay's lock: a number that nothing else in this database locks.
const LOCK: i64 = 4712;

/// How often one who stands by tries.
const TRY_EVERY: Duration = Duration::from_millis(500);

/// Waits until this process is the one that relays. The lock belongs to the connection's session: it lasts as long as
/// the connection, and goes to another when that is lost.
pub(super) async fn win(pool: &PgPool) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
    loop {
        let won = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "won!""#, LOCK)
            .fetch_one(&mut connection)
            .await?;
        if won {
            return Ok(connection);
        }
        tokio::time::sleep(TRY_EVERY).await;
    }
}
