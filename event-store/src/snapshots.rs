//! Snapshots: state folded once, so that the next load need not start at the beginning. Never the truth: one that
//! cannot be trusted is left aside, and the stream is folded from its start.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{self, Digest, SHA256};
use domain::InParts;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::{LogError, Sequence, StreamId};

/// The snapshots of every stream. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshots {
    pool: PgPool,
}

/// What there is of a snapshot: which state of which stream it says it is.
#[derive(Clone, Debug)]
struct Name {
    stream: StreamId,
    schema_version: i32,
}

/// A state as bytes.
struct Written {
    head: Vec<u8>,
    /// Covers all of it.
    seal: Digest,
    /// The seal of every part, by its number.
    seals: Seals,
    /// Those that are not kept already.
    changed: BTreeMap<i64, Vec<u8>>,
}

type Seals = BTreeMap<i64, Vec<u8>>;

impl Snapshots {
    /// The snapshots in the database that `pool` leads to.
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The state of `stream` and the sequence it includes, as `schema_version` of the state's shape. None where there is
    /// none, or where it is damaged, unreadable, or ahead of the stream: that is logged and counted.
    pub async fn load<S: InParts>(
        &self,
        stream: &StreamId,
        schema_version: i32,
    ) -> Result<Option<(Sequence, S)>, LogError> {
        let row = sqlx::query!(
            r#"select s.sequence, s.state, s.sha256,
                      exists (select from public.events e
                               where e.aggregate_type = s.aggregate_type and e.aggregate_id = s.aggregate_id
                                 and e.sequence = s.sequence) as "reached!",
                      array(select p.part from public.snapshot_parts p
                             where (p.aggregate_type, p.aggregate_id, p.schema_version) = ($1, $2, $3)
                             order by p.part) as "numbers!",
                      array(select p.state from public.snapshot_parts p
                             where (p.aggregate_type, p.aggregate_id, p.schema_version) = ($1, $2, $3)
                             order by p.part) as "parts!"
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
        let seals = row
            .numbers
            .into_iter()
            .zip(row.parts.iter().map(|part| sealed(part)));
        let name = Name {
            stream: stream.clone(),
            schema_version,
        };
        if row.sha256 != name.seal(sequence, &row.state, &seals.collect()).as_ref() {
            return Ok(ignored(stream, sequence, "damaged"));
        }
        if !row.reached {
            return Ok(ignored(stream, sequence, "ahead"));
        }
        match read(&row.state, &row.parts) {
            Ok(state) => Ok(Some((sequence, state))),
            Err(_) => Ok(ignored(stream, sequence, "unreadable")),
        }
    }

    /// Keeps `state`, split into its parts, which includes the facts of `stream` up to `sequence`, unless a newer one is kept already. Writes
    /// the parts that changed; serialises on a thread for blocking work.
    pub async fn save<S: InParts<Part: Send> + Send + 'static>(
        &self,
        stream: &StreamId,
        schema_version: i32,
        sequence: Sequence,
        state: (S, BTreeMap<u32, S::Part>),
    ) -> Result<(), LogError> {
        let name = Name {
            stream: stream.clone(),
            schema_version,
        };
        let kept = name.parts(&mut *self.pool.acquire().await?).await?;
        let writing = {
            let (name, kept) = (name.clone(), kept.clone());
            tokio::task::spawn_blocking(move || write(&name, sequence, state, &kept)).await
        };
        let written = writing.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))??;
        let mut tx = self.pool.begin().await?;
        name.lock(&mut tx).await?;
        let undisturbed = name.parts(&mut tx).await? == kept; // else another saver was faster, and its snapshot stays
        if undisturbed && name.put(&mut tx, sequence, &written).await? {
            tx.commit().await?;
        }
        Ok(())
    }
}

impl Name {
    /// Covers what the state claims to be as well as the state, so that a row under a wrong name is noticed.
    fn seal(&self, sequence: Sequence, head: &[u8], parts: &Seals) -> Digest {
        let mut seal = digest::Context::new(&SHA256);
        seal.update(format!("{} {} {sequence}\n", self.stream, self.schema_version).as_bytes());
        for (number, part) in parts {
            seal.update(&number.to_be_bytes());
            seal.update(part);
        }
        seal.update(head);
        seal.finish()
    }

    /// Keeps other savers away until the transaction ends.
    async fn lock(&self, tx: &mut Transaction<'_, Postgres>) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "select from public.snapshots
              where aggregate_type = $1 and aggregate_id = $2 and schema_version = $3 for update",
            self.stream.aggregate_type.as_ref(),
            self.stream.aggregate_id.to_string(),
            self.schema_version,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// The seals of the parts that are kept.
    async fn parts(&self, connection: &mut PgConnection) -> Result<Seals, sqlx::Error> {
        let parts = sqlx::query!(
            "select part, sha256 from public.snapshot_parts
              where aggregate_type = $1 and aggregate_id = $2 and schema_version = $3",
            self.stream.aggregate_type.as_ref(),
            self.stream.aggregate_id.to_string(),
            self.schema_version,
        )
        .fetch_all(connection)
        .await?;
        Ok(parts.into_iter().map(|part| (part.part, part.sha256)).collect())
    }

    /// Writes what changed and deletes the parts that are no more; false where a newer snapshot is kept.
    async fn put(
        &self,
        tx: &mut Transaction<'_, Postgres>,
        sequence: Sequence,
        written: &Written,
    ) -> Result<bool, sqlx::Error> {
        let id = self.stream.aggregate_id.to_string();
        let head = sqlx::query!(
            "insert into public.snapshots as s (aggregate_type, aggregate_id, schema_version, sequence, state, sha256)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (aggregate_type, aggregate_id, schema_version) do update
                set sequence = excluded.sequence, state = excluded.state, sha256 = excluded.sha256, taken_at = now()
              where s.sequence < excluded.sequence",
            self.stream.aggregate_type.as_ref(),
            id,
            self.schema_version,
            sequence.get(),
            written.head,
            written.seal.as_ref(),
        );
        if head.execute(&mut **tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let seals = written
            .changed
            .keys()
            .filter_map(|number| written.seals.get(number));
        sqlx::query!(
            "insert into public.snapshot_parts (aggregate_type, aggregate_id, schema_version, part, state, sha256)
             select $1, $2, $3, unnest($4::bigint[]), unnest($5::bytea[]), unnest($6::bytea[])
             on conflict (aggregate_type, aggregate_id, schema_version, part) do update
                set state = excluded.state, sha256 = excluded.sha256",
            self.stream.aggregate_type.as_ref(),
            id,
            self.schema_version,
            &written.changed.keys().copied().collect::<Vec<_>>(),
            &written.changed.values().map(Vec::as_slice).collect::<Vec<_>>() as &[&[u8]],
            &seals.map(Vec::as_slice).collect::<Vec<_>>() as &[&[u8]],
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "delete from public.snapshot_parts
              where aggregate_type = $1 and aggregate_id = $2 and schema_version = $3 and part <> all($4)",
            self.stream.aggregate_type.as_ref(),
            id,
            self.schema_version,
            &written.seals.keys().copied().collect::<Vec<_>>(),
        )
        .execute(&mut **tx)
        .await?;
        Ok(true)
    }
}

/// `state` as bytes; of its parts, those that are not `kept` as they are.
fn write<S: InParts>(
    name: &Name,
    sequence: Sequence,
    (head, parts): (S, BTreeMap<u32, S::Part>),
    kept: &Seals,
) -> serde_json::Result<Written> {
    let (mut seals, mut changed) = (Seals::new(), BTreeMap::new());
    for (number, part) in parts {
        let (number, part) = (i64::from(number), serde_json::to_vec(&part)?);
        let seal = sealed(&part);
        if kept.get(&number) != Some(&seal) {
            changed.insert(number, part);
        }
        seals.insert(number, seal);
    }
    let head = serde_json::to_vec(&head)?;
    Ok(Written {
        seal: name.seal(sequence, &head, &seals),
        head,
        seals,
        changed,
    })
}

fn read<S: InParts>(head: &[u8], parts: &[Vec<u8>]) -> serde_json::Result<S> {
    let mut state: S = serde_json::from_slice(head)?;
    for part in parts {
        state.put_part(serde_json::from_slice(part)?);
    }
    Ok(state)
}

fn sealed(part: &[u8]) -> Vec<u8> {
    digest::digest(&SHA256, part).as_ref().to_vec()
}

fn ignored<T>(stream: &StreamId, sequence: Sequence, reason: &'static str) -> Option<T> {
    tracing::warn!(%stream, %sequence, reason, "a snapshot is left aside");
    metrics::counter!("evently_snapshots_ignored_total", "reason" => reason).increment(1);
    None
}
