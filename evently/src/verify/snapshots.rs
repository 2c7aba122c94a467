//! Snapshots against the log: what they say must equal a fold of the facts that they claim to hold.

use std::collections::HashMap;

use anyhow::Result;
use domain::Recorded;
use domain::event::Event;
use domain::ids::EventId;
use event_store::{RecordedFact, Sequence, Snapshots, StreamId};
use sqlx::PgPool;
use tokio::runtime::Handle;

use super::findings::Findings;
use super::replay::Replay;

/// The snapshots of Events of today's shape, and where each stands in its stream.
pub(crate) struct SnapshotCheck {
    snapshots: Snapshots,
    awaited: HashMap<StreamId, Sequence>,
    runtime: Handle,
}

impl SnapshotCheck {
    /// Reads which snapshots there are. Those of other shapes are never loaded, so there is nothing to check.
    pub(crate) async fn open(pool: &PgPool) -> Result<Self> {
        let rows = sqlx::query!(
            r#"select aggregate_id, sequence from public.snapshots
                where aggregate_type = 'event' and schema_version = $1"#,
            Event::SCHEMA_VERSION
        )
        .fetch_all(pool)
        .await?;
        let awaited = rows
            .into_iter()
            .filter_map(|row| {
                let id = row.aggregate_id.parse().ok()?;
                Some((StreamId::of::<Event>(id), Sequence::new(row.sequence)))
            })
            .collect();
        Ok(Self {
            snapshots: Snapshots::new(pool.clone()),
            awaited,
            runtime: Handle::current(),
        })
    }

    /// Compares the snapshot that ends with `fact`, if there is one, with what the facts fold to. Blocks on the database.
    pub(crate) fn compare_at(&mut self, fact: &RecordedFact, replay: &mut Replay) -> Result<()> {
        if self.awaited.get(&fact.stream) != Some(&fact.sequence) {
            return Ok(());
        }
        self.awaited.remove(&fact.stream);
        let loaded = self
            .runtime
            .block_on(self.snapshots.load::<Event>(&fact.stream, Event::SCHEMA_VERSION))?;
        let folded = replay.event_state(EventId::new(fact.stream.aggregate_id));
        match loaded {
            Some((sequence, _)) if sequence > fact.sequence => {} // a newer one took its place meanwhile
            Some((_, state)) if Some(&state) == folded => replay.findings.checked.snapshots += 1,
            Some(_) => different(&mut replay.findings, fact),
            None => {
                // A damaged snapshot is never trusted, so it does no harm; but the operator should know.
                replay
                    .findings
                    .violation(format!("the snapshot of {} is damaged", fact.stream));
            }
        }
        Ok(())
    }

    /// Notes the snapshots whose place in their stream was never met: they claim facts that are not there.
    pub(crate) fn unmet(self, replay: &mut Replay) {
        for (stream, sequence) in self.awaited {
            replay.findings.violation(format!(
                "the snapshot of {stream} is ahead of it, at sequence {sequence}"
            ));
        }
    }
}

fn different(findings: &mut Findings, fact: &RecordedFact) {
    findings.violation(format!(
        "the snapshot of {} at sequence {} differs from a fold of its facts",
        fact.stream, fact.sequence
    ));
}
