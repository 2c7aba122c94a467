//! Seat maps kept ready as bytes: built once per change, by one request while the others wait, and served to all.

mod cache;
mod head;
mod plan;
mod seats;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::ProjectionName;
use domain::ids::EventId;
use edge::problem::Problem;
use event_store::Position;
use tokio::sync::Semaphore;
use uuid::Uuid;

use self::cache::{Cache, Claim};
use self::head::Head;
pub(crate) use self::plan::Plan;
pub(crate) use self::seats::SeatStates;
use crate::QueryApi;
use crate::answer::PositionHeader;
use crate::encoding::Encoded;
use crate::failure;
use crate::snapshot::Snapshot;

/// How long the state of seats is served without asking whether it changed: far below the 100 ms in which a sale shall
/// be seen, far above the time of the question.
const SEATS_FRESH: Duration = Duration::from_millis(50);
/// The same for the plan, which hardly ever changes.
const PLAN_FRESH: Duration = Duration::from_secs(1);
/// After a build that took long, its result is served for this many times as long: a huge map that changes all the time
/// takes at most a third of one core.
const REST_PER_BUILD: u32 = 2;
/// Maps that are built at once: each may take the memory of a stadium.
const BUILDS_MAX: usize = 2;
/// Memory of all maps that are kept: three stadiums, or some hundred halls.
const CACHE_BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// What both kinds of map read.
const READS: [ProjectionName; 2] = [ProjectionName::Events, ProjectionName::Seats];

/// Which map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MapKey {
    pub(crate) event: EventId,
    pub(crate) kind: MapKind,
}

/// What a map shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MapKind {
    /// What stays: sections, prices, geometry.
    Plan,
    /// What changes: who has which seat.
    Seats,
}

impl MapKind {
    const fn fresh(self) -> Duration {
        match self {
            Self::Plan => PLAN_FRESH,
            Self::Seats => SEATS_FRESH,
        }
    }
}

/// A map that is ready to be sent.
#[derive(Debug)]
pub(crate) struct SeatMap {
    head: Head,
    pub(crate) body: Encoded,
}

impl SeatMap {
    /// Whether everybody may see it.
    pub(crate) const fn is_public(&self) -> bool {
        self.head.public
    }

    /// Who else may.
    pub(crate) const fn organizer(&self) -> Uuid {
        self.head.organizer
    }
}

/// A map as it was when it was last compared with the tables.
#[derive(Clone, Debug)]
pub(crate) struct ReadyMap {
    pub(crate) map: Arc<SeatMap>,
    pub(crate) position: PositionHeader,
    reflects: Position,
    fresh_until: Instant,
}

impl ReadyMap {
    /// A map that was found to be right at `position` by work that began at `started`.
    fn new(map: Arc<SeatMap>, kind: MapKind, position: Position, started: Instant) -> Self {
        let now = Instant::now();
        let rest = now.duration_since(started).saturating_mul(REST_PER_BUILD);
        Self {
            map,
            position: position.into(),
            reflects: position,
            fresh_until: now + kind.fresh().max(rest),
        }
    }

    fn serves(&self, min: Position) -> bool {
        // A client that asks for a position that is here is served at once, and never with less.
        Instant::now() < self.fresh_until && self.reflects >= min
    }
}

/// The maps of this process.
#[derive(Debug)]
pub(crate) struct SeatMaps {
    cache: Cache,
    builds: Semaphore,
    hits: metrics::Counter,
    checks: metrics::Counter,
    built: metrics::Counter,
}

impl SeatMaps {
    pub(crate) fn new() -> Self {
        Self {
            cache: Cache::new(CACHE_BYTES_MAX),
            builds: Semaphore::new(BUILDS_MAX),
            hits: metrics::counter!("query_seat_maps_total", "outcome" => "hit"),
            checks: metrics::counter!("query_seat_maps_total", "outcome" => "unchanged"),
            built: metrics::counter!("query_seat_maps_total", "outcome" => "built"),
        }
    }
}

impl QueryApi {
    /// The map `key` at position `min` or after it; `None` where there is no such Event.
    pub(crate) async fn seat_map(
        &self,
        key: MapKey,
        min: Position,
    ) -> Result<Option<Arc<ReadyMap>>, Problem> {
        let maps = &self.seat_maps;
        if let Some(ready) = maps.cache.ready(key).filter(|ready| ready.serves(min)) {
            maps.hits.increment(1);
            return Ok(Some(ready));
        }
        self.freshness.wait(&READS, min).await?;
        let claim = maps.cache.claim(key);
        let _turn = claim.turn().await;
        if let Some(ready) = claim.ready().filter(|ready| ready.serves(min)) {
            maps.hits.increment(1);
            return Ok(Some(ready));
        }
        self.renew(&claim, min).await
    }

    async fn renew(&self, claim: &Claim<'_>, min: Position) -> Result<Option<Arc<ReadyMap>>, Problem> {
        let maps = &self.seat_maps;
        let mut permit = None;
        loop {
            let started = Instant::now();
            let mut snapshot = self.snapshot(&READS, min).await?;
            let position = snapshot.position();
            let head = Head::read(&mut snapshot, claim.key).await;
            let Some(head) = head.map_err(failure::database)? else {
                claim.forget();
                return Ok(None);
            };
            let kept = claim.ready().map(|ready| Arc::clone(&ready.map));
            if let Some(map) = kept.filter(|map| map.head == head) {
                snapshot.close().await.map_err(failure::database)?;
                maps.checks.increment(1);
                return Ok(Some(claim.keep(ReadyMap::new(
                    map,
                    claim.key.kind,
                    position,
                    started,
                ))));
            }
            permit = permit.or_else(|| maps.builds.try_acquire().ok());
            if permit.is_none() {
                // Who waits for leave to build keeps no connection from others meanwhile, and then looks again.
                snapshot.close().await.map_err(failure::database)?;
                permit = Some(maps.builds.acquire().await.map_err(Problem::internal)?);
                continue;
            }
            let map = Arc::new(build(snapshot, claim.key, head).await?);
            maps.built.increment(1);
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
