//! Snapshots: state folded once, so that the next load need not start at the beginning. Never the truth: one that
//! cannot be trusted is left aside, and the stream is folded from its start.

use aws_lc_rs::digest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgPool;

use crate::{LogError, Sequence, StreamId};

/// The snapshots of every stream. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshots {
    pool: PgPool,
}

impl Snapshots {
    /// The snapshots in the database that `pool` leads to.
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The state of `stream` and the sequence it includes, as `schema_version` of the state's shape. None where there is
    /// none, or where it is damaged, unreadable, or ahead of the stream: that is logged and counted.
    pub async fn load<S: DeserializeOwned>(
        &self,
        stream: &StreamId,
        schema_version: i32,
    ) -> Result<Option<(Sequence, S)>, LogError> {
        let row = sqlx::query!(
            r#"select s.sequence, s.state, s.sha256,
                      exists (select from public.events e
                               where e.aggregate_type = s.aggregate_type and e.aggregate_id = s.aggregate_id
                                 and e.sequence = s.sequence) as "reached!"
                 from public.snapshots s
                where s.aggregate_type = $1 and s.aggregate_id = $2 and s.schema_version = $3"#,
            stream.aggregate_type.as_ref(),
            stream.aggregate_id.to_string(),
            schema_version,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let sequence = Sequence::new(row.sequence);
        if row.sha256 != seal(stream, schema_version, sequence, &row.state).as_ref() {
            return Ok(ignored(stream, sequence, "damaged"));
        }
        if !row.reached {
            return Ok(ignored(stream, sequence, "ahead"));
        }
        match serde_json::from_slice(&row.state) {
            Ok(state) => Ok(Some((sequence, state))),
            Err(_) => Ok(ignored(stream, sequence, "unreadable")),
        }
    }

    /// Keeps `state`, which includes the facts of `stream` up to `sequence`, unless a newer one is kept already.
    /// Serialises on a thread for blocking work.
    pub async fn save<S: Serialize + Send + 'static>(
        &self,
        stream: &StreamId,
        schema_version: i32,
        sequence: Sequence,
        state: S,
    ) -> Result<(), LogError> {
        let written = tokio::task::spawn_blocking(move || serde_json::to_vec(&state)).await;
        let state = written.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))??;
        let sha256 = seal(stream, schema_version, sequence, &state);
        sqlx::query!(
            "insert into public.snapshots as s (aggregate_type, aggregate_id, schema_version, sequence, state, sha256)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (aggregate_type, aggregate_id, schema_version) do update
                set sequence = excluded.sequence, state = excluded.state, sha256 = excluded.sha256, taken_at = now()
              where s.sequence < excluded.sequence",
            stream.aggregate_type.as_ref(),
            stream.aggregate_id.to_string(),
            schema_version,
            sequence.get(),
            state,
            sha256.as_ref(),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// Covers what the state claims to be as well as the state, so that a row under a wrong name is noticed.
fn seal(stream: &StreamId, schema_version: i32, sequence: Sequence, state: &[u8]) -> digest::Digest {
    let mut seal = digest::Context::new(&digest::SHA256);
    seal.update(format!("{stream} {schema_version} {sequence}\n").as_bytes());
    seal.update(state);
    seal.finish()
}

fn ignored<T>(stream: &StreamId, sequence: Sequence, reason: &'static str) -> Option<T> {
    tracing::warn!(%stream, %sequence, reason, "a snapshot is left aside");
    metrics::counter!("evently_snapshots_ignored_total", "reason" => reason).increment(1);
    None
}
