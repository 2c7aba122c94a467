//! Proves that the tables that serve are what the log says, by replaying it beside them.

use std::collections::BTreeMap;

use event_store::{Log, Position};
use sqlx::PgPool;

use crate::fingerprint::{self, fingerprint_in};
use crate::replay::{Site, Turn};
use crate::schema::{SERVING, Schema};
use crate::{PROJECTIONS, RebuildError, TableFingerprint};

/// The tables that serve, and the same from a fresh replay up to the same positions.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Up to where each projection had applied the log.
    pub positions: BTreeMap<String, Position>,
    /// What serves.
    pub serving: Vec<TableFingerprint>,
    /// What a replay makes.
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
    let mut turn = Turn::take(pool).await?;
    let (positions, serving) = serving(pool).await?;
    let site = Site::open(&mut turn, pool, Schema::Check, PROJECTIONS).await?;
    let target = |name: &str| positions.get(name).copied().unwrap_or_default();
    let replayed = site.replay_each(log, target).await;
    site.close().await;
    let replayed = match replayed {
        Ok(()) => fingerprint::fingerprint(pool, Schema::Check.name())
            .await
            .map_err(RebuildError::from),
        Err(error) => Err(error.into()),
    };
    Schema::Check.drop(&mut turn.connection).await?;
    turn.end().await?;
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
