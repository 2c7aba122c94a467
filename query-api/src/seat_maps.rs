//! Seat maps kept ready as bytes: built once per change, by one request while the others wait, and served to all.

mod cache;
mod head;
mod key;
mod plan;
mod ready;
mod seats;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use contract::ProjectionName;
use edge::problem::Problem;
use event_store::Position;
use tokio::sync::Semaphore;

use self::cache::{Cache, Claim};
use self::head::Head;
pub(crate) use self::key::{MapKey, MapKind};
pub(crate) use self::plan::Plan;
use self::ready::{ReadyMap, SeatMap};
pub(crate) use self::seats::SeatStates;
use crate::encoding::Encoded;
use crate::failure;
use crate::snapshot::Snapshot;
use crate::tables::Tables;

/// Maps that are built at once: each may take the memory of a stadium.
const BUILDS_MAX: usize = 2;
/// Memory of all maps that are kept: three stadiums, or some hundred halls.
const CACHE_BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// What both kinds of map read.
const READS: [ProjectionName; 2] = [ProjectionName::Events, ProjectionName::Seats];

/// The maps of this process.
#[derive(Debug)]
pub(crate) struct SeatMaps {
    tables: Arc<Tables>,
    cache: Cache,
    builds: Semaphore,
    hits: metrics::Counter,
    checks: metrics::Counter,
    built: metrics::Counter,
}

impl SeatMaps {
    pub(crate) fn new(tables: Arc<Tables>) -> Self {
        Self {
            tables,
            cache: Cache::new(CACHE_BYTES_MAX),
            builds: Semaphore::new(BUILDS_MAX),
            hits: metrics::counter!("query_seat_maps_total", "outcome" => "hit"),
            checks: metrics::counter!("query_seat_maps_total", "outcome" => "unchanged"),
            built: metrics::counter!("query_seat_maps_total", "outcome" => "built"),
        }
    }

    /// The map `key` at position `min` or after it; `None` where there is no such Event.
    pub(crate) async fn get(&self, key: MapKey, min: Position) -> Result<Option<Arc<ReadyMap>>, Problem> {
        if let Some(ready) = self.cache.ready(key).filter(|ready| ready.serves(min)) {
            self.hits.increment(1);
            return Ok(Some(ready));
        }
        self.tables.wait(&READS, min).await?;
        let claim = self.cache.claim(key);
        let _turn = claim.turn().await;
        if let Some(ready) = claim.ready().filter(|ready| ready.serves(min)) {
            self.hits.increment(1);
            return Ok(Some(ready));
        }
        self.renew(&claim, min).await
    }

    async fn renew(&self, claim: &Claim<'_>, min: Position) -> Result<Option<Arc<ReadyMap>>, Problem> {
        let mut permit = None;
        loop {
            let started = Instant::now();
            let mut snapshot = self.tables.snapshot(&READS, min).await?;
            let position = snapshot.position();
            let head = Head::read(&mut snapshot, claim.key).await;
            let Some(head) = head.map_err(failure::database)? else {
                claim.forget();
                return Ok(None);
            };
            let kept = claim.ready().map(|ready| Arc::clone(&ready.map));
            if let Some(map) = kept.filter(|map| map.head == head) {
                snapshot.close().await.map_err(failure::database)?;
                self.checks.increment(1);
                return Ok(Some(claim.keep(ReadyMap::new(
                    map,
                    claim.key.kind,
                    position,
                    started,
                ))));
            }
            permit = permit.or_else(|| self.builds.try_acquire().ok());
            if permit.is_none() {
                // Who waits for leave to build keeps no connection from others meanwhile, and then looks again.
                snapshot.close().await.map_err(failure::database)?;
                permit = Some(self.builds.acquire().await.map_err(Problem::internal)?);
                continue;
            }
            let map = Arc::new(build(snapshot, claim.key, head).await?);
            self.built.increment(1);
            return Ok(Some(claim.keep(ReadyMap::new(
                map,
                claim.key.kind,
                position,
                started,
            ))));
        }
    }
}

/// Makes the map anew, and ends the snapshot before the work that needs none.
async fn build(mut snapshot: Snapshot, key: MapKey, head: Head) -> Result<SeatMap, Problem> {
    let body = match key.kind {
        MapKind::Plan => plan::body(&mut snapshot, key.event, &head).await?,
        MapKind::Seats => seats::body(&mut snapshot, key.event, &head).await?,
    };
    snapshot.close().await.map_err(failure::database)?;
    let body = encoded(body).await?;
    Ok(SeatMap { head, body })
}

/// Compression of a large map takes tens of milliseconds: not among the requests of others.
async fn encoded(body: Vec<u8>) -> Result<Encoded, Problem> {
    let encoded = tokio::task::spawn_blocking(move || Encoded::new(body)).await;
    encoded.map_err(Problem::internal)?.map_err(Problem::internal)
}
