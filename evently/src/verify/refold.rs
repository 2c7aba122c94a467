//! Bookings that changed after they were sold: few, so that they are folded again at the end, from the log itself, instead
//! of keeping a fold of every sale.

use std::collections::HashMap;

use anyhow::{Context, Result};
use domain::booking::Booking;
use domain::ids::BookingId;
use event_store::{Position, read_streams};
use sqlx::PgPool;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::replay::Replay;

/// Bookings that are read at once: some thousand facts.
const BOOKINGS_AT_ONCE: usize = 500;

/// Where to read them, and how far.
pub(crate) struct Refold {
    pool: PgPool,
    head: Position,
    runtime: Handle,
}

impl Refold {
    /// Up to `head` of the log that `pool` leads to. To be called within a runtime.
    pub(crate) fn new(pool: &PgPool, head: Position) -> Self {
        Self {
            pool: pool.clone(),
            head,
            runtime: Handle::current(),
        }
    }

    /// Folds the lapsed Bookings of `replay`, and compares. Blocks on the database.
    pub(crate) fn compare(&self, replay: &mut Replay) -> Result<()> {
        let lapsed: Vec<Uuid> = replay.lapsed().map(BookingId::uuid).collect();
        for some in lapsed.chunks(BOOKINGS_AT_ONCE) {
            let mut folds: HashMap<Uuid, Booking> = HashMap::new();
            for fact in self.runtime.block_on(self.read(some))? {
                let Ok(decoded) = fact.decode::<Booking>() else {
                    continue; // the replay reports it
                };
                folds
                    .entry(fact.stream.aggregate_id)
                    .or_default()
                    .evolve(&decoded);
            }
            for (id, folded) in folds {
                replay.compare_booking(BookingId::new(id), &folded);
            }
        }
        Ok(())
    }

    async fn read(&self, bookings: &[Uuid]) -> Result<Vec<event_store::RecordedFact>> {
        let mut connection = self.pool.acquire().await?;
        read_streams::<Booking>(&mut connection, bookings, self.head)
            .await
            .context("cannot read bookings again")
    }
}
