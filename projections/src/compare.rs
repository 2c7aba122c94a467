//! Proves that the tables that serve are what the log says, by replaying it beside them.

use std::collections::BTreeMap;

use event_store::{Log, Position};
use sqlx::PgPool;

use crate::fingerprint::{self, fingerprint_in};
use crate::replay::{RebuildLock, Replay};
use crate::schema::{SERVING, Schema};
use crate::{PROJECTIONS, RebuildError, TableFingerprint};

/// The tables that serve, and the same from a fresh replay up to the same positions.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Up to where each projection had applied the log.
    pub positions: BTreeMap<String, Position>,
    pub serving: Vec<TableFingerprint>,
    pub replayed: Vec<TableFingerprint>,
}

impl Comparison {
    /// The tables that differ; none is as it should be.
    pub fn differing(&self) -> Vec<&str> {
        let differs = |table: &&TableFingerprint| !self.replayed.contains(table);
        let lacks = |table: &&TableFingerprint| !self.serving.iter().any(|each| each.table == table.table);
        let unlike = self.serving.iter().filter(differs);
        unlike
            .chain(self.replayed.iter().filter(lacks))
            .map(|table| table.table.as_str())
            .collect()
    }
}

/// Compares the tables that serve with a replay, while they go on serving and changing: their state of one moment counts.
pub async fn compare(pool: &PgPool, log: &Log) -> Result<Comparison, RebuildError> {
    let mut lock = RebuildLock::take(pool).await?;
    let (positions, serving) = serving(pool).await?;
    let replay = Replay::open(&mut lock, pool, Schema::Check, PROJECTIONS).await?;
    let target = |name: &str| positions.get(name).copied().unwrap_or_default();
    let replayed = replay.upto_each(log, target).await;
    replay.close().await;
    let replayed = match replayed {
        Ok(()) => fingerprint::fingerprint(pool, Schema::Check.name())
            .await
            .map_err(RebuildError::from),
        Err(error) => Err(error.into()),
    };
    Schema::Check.drop(&mut lock.connection).await?;
    lock.release().await?;
    Ok(Comparison {
        positions,
        serving,
        replayed: replayed?,
    })
}

async fn serving(pool: &PgPool) -> Result<(BTreeMap<String, Position>, Vec<TableFingerprint>), sqlx::Error> {
    let mut tx = fingerprint::begin(pool).await?;
    let checkpoints = sqlx::query!("select projection, position from checkpoints")
        .fetch_all(&mut *tx)
        .await?;
    let positions = checkpoints
        .into_iter()
        .map(|row| (row.projection, Position::new(row.position)))
        .collect();
    let tables = fingerprint_in(&mut tx, SERVING).await?;
    tx.commit().await?;
    Ok((positions, tables))
}
