//! `limit`: what one connection reaches that appends prebuilt batches of the same rows, and nothing else.

use std::time::Instant;

use anyhow::Context;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use super::hot_event::{self, Effort};
use crate::report::Report;
use crate::stage::Stage;

/// Facts of a batch: as many as 256 connections with two facts each can have waiting at once.
const FACTS_PER_BATCH: usize = 512;

/// Batches that go before the clock starts.
const WARM_UP_BATCHES: usize = 20;

/// The arguments of one `append_facts`.
#[derive(Default)]
struct Batch {
    units: Vec<i32>,
    types: Vec<String>,
    ids: Vec<Uuid>,
    sequences: Vec<i64>,
    names: Vec<String>,
    versions: Vec<String>,
    payloads: Vec<String>,
    metas: Vec<String>,
}

/// Sells an Event to have rows, then appends the same rows alone.
pub(crate) async fn run(effort: Effort, commit_ms: u64) -> anyhow::Result<()> {
    let stage = Stage::start("command-api", commit_ms).await?;
    let load = hot_event::sell(&stage, effort).await?.load;
    let limit = measure(&stage).await?;
    let mut report = Report::of("limit", commit_ms);
    report.count("rows", "rows appended", load.accepted * 2);
    report.figure(
        "limit_rows_per_s",
        "rows/s of one connection with prebuilt batches",
        limit,
    );
    report.print();
    Ok(())
}

/// Appends the facts of holds that stand in the stage's log to an empty log on the same server; rows per second.
pub(crate) async fn measure(stage: &Stage) -> anyhow::Result<f64> {
    let batches = batches_of(&stage.database_url).await?;
    let fresh = stage.fresh_database().await?;
    let mut connection = PgConnection::connect(&fresh).await?;
    let (warm_up, timed) = batches.split_at(WARM_UP_BATCHES.min(batches.len() / 4));
    for batch in warm_up {
        append(&mut connection, batch).await?;
    }
    let rows: usize = timed.iter().map(|batch| batch.units.len()).sum();
    let started = Instant::now();
    for batch in timed {
        append(&mut connection, batch).await?;
    }
    Ok(rows as f64 / started.elapsed().as_secs_f64())
}

/// All facts of holds and their Bookings, in the order of the log, two a unit, their sequences counted anew.
async fn batches_of(database: &str) -> anyhow::Result<Vec<Batch>> {
    let pool = PgPoolOptions::new().max_connections(1).connect(database).await?;
    let rows = sqlx::query(
        "select aggregate_type, aggregate_id, event_type, event_version, payload::text, metadata::text,
                row_number() over (partition by aggregate_type, aggregate_id order by sequence) as sequence
           from public.events where event_type in ('SeatsHeld', 'BookingPlaced') order by position",
    )
    .fetch_all(&pool)
    .await?;
    let mut batches = Vec::with_capacity(rows.len() / FACTS_PER_BATCH + 1);
    for chunk in rows.chunks(FACTS_PER_BATCH) {
        let mut batch = Batch::default();
        for (place, row) in chunk.iter().enumerate() {
            batch.units.push(i32::try_from(place / 2)?);
            batch.types.push(row.try_get("aggregate_type")?);
            batch.ids.push(row.try_get::<String, _>("aggregate_id")?.parse()?);
            batch.sequences.push(row.try_get("sequence")?);
            batch.names.push(row.try_get("event_type")?);
            batch.versions.push(row.try_get("event_version")?);
            batch.payloads.push(row.try_get("payload")?);
            batch.metas.push(row.try_get("metadata")?);
        }
        batches.push(batch);
    }
    Ok(batches)
}

async fn append(connection: &mut PgConnection, batch: &Batch) -> anyhow::Result<()> {
    let appended = sqlx::query("select last_position from append_facts($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(&batch.units)
        .bind(&batch.types)
        .bind(&batch.ids)
        .bind(&batch.sequences)
        .bind(&batch.names)
        .bind(&batch.versions)
        .bind(&batch.payloads)
        .bind(&batch.metas)
        .fetch_all(connection)
        .await?;
    for row in appended {
        row.try_get::<Option<i64>, _>("last_position")?
            .context("a prebuilt batch met a conflict")?;
    }
    Ok(())
}
