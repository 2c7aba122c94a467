//! Reading facts for processes: what they mean becomes deadlines, and the position moves, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use event_store::{DecodeError, Position, RecordedFact};
use uuid::Uuid;

use crate::deadlines::{Deadlines, Noted, hold_positions, move_positions, write};
use crate::{Note, Process};

/// Facts were not read; everything is as before.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The database is away.
    #[error("cannot write deadlines")]
    Database(#[from] sqlx::Error),
    /// Between the position and the facts some are missing: read the log after it.
    #[error("facts are missing after position {0}")]
    Hole(Position),
    /// It is another log, or an older copy of it.
    #[error("the log ends at {head}, before position {position}, which was read already")]
    AheadOfLog { position: Position, head: Position },
}

/// Reads `facts`, which are in order, for all `processes`, called `names`; each leaves out what it has read before. Nodes take turns. Answers
/// the earliest new deadline of each.
pub(super) async fn read(
    deadlines: &Deadlines,
    processes: &[Arc<dyn Process>],
    names: &[String],
    facts: &[&RecordedFact],
) -> Result<Vec<Option<DateTime<Utc>>>, ReadError> {
    let Some(last) = facts.last() else {
        return Ok(Vec::new());
    };
    let mut earliest = Vec::with_capacity(processes.len());
    let mut tx = deadlines.pool().begin().await?;
    let positions = hold_positions(&mut tx, names).await?;
    for process in processes {
        let before = positions.get(process.name()).copied().unwrap_or(Position::START);
        let have = facts.partition_point(|fact| fact.position <= before);
        let fresh = facts.get(have..).unwrap_or_default();
        if fresh.first().is_some_and(|first| first.position != before.next()) {
            return Err(ReadError::Hole(before));
        }
        let noted = noted(process, fresh);
        write(&mut tx, process.name(), &noted).await?;
        earliest.push(noted.values().filter_map(|noted| noted.note.due()).min());
    }
    move_positions(&mut tx, names, last.position).await?;
    tx.commit().await?;
    Ok(earliest)
}

/// What `facts` mean together: the last note of each subject, and of several deadlines the earliest.
/// A fact that this program cannot read leaves its stream stuck, loudly; the others go on.
fn noted(process: &Arc<dyn Process>, facts: &[&RecordedFact]) -> BTreeMap<Uuid, Noted> {
    let mut noted: BTreeMap<Uuid, Noted> = BTreeMap::new();
    for fact in facts {
        let note = match process.read(fact) {
            Ok(Some(note)) => note,
            Ok(None) => continue,
            Err(error) => unreadable(process.name(), fact, &error),
        };
        let later = Noted {
            note,
            stream: fact.stream.aggregate_id,
            cause: fact.position,
        };
        noted
            .entry(later.note.subject())
            .and_modify(|earlier| *earlier = earlier.then(&later))
            .or_insert(later);
    }
    noted
}

fn unreadable(process: &'static str, fact: &RecordedFact, error: &DecodeError) -> Note {
    tracing::error!(process, position = %fact.position, error = error as &dyn std::error::Error, "process.fact.unreadable");
    Note::Stuck {
        subject: fact.stream.aggregate_id,
        reason: format!("the fact at position {} cannot be read: {error}", fact.position),
    }
}

impl Noted {
    /// This, and then `later`.
    fn then(&self, later: &Self) -> Self {
        let mut both = later.clone();
        if let (Note::Due { at: earlier, .. }, Note::Due { at, .. }) = (&self.note, &mut both.note) {
            *at = (*at).min(*earlier);
        }
        both
    }
}

impl Note {
    /// When to look, where it is a deadline.
    const fn due(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Due { at, .. } => Some(*at),
            Self::Done { .. } | Self::Stuck { .. } => None,
        }
    }

    /// What it is about.
    pub(super) const fn subject(&self) -> Uuid {
        match self {
            Self::Due { subject, .. } | Self::Done { subject } | Self::Stuck { subject, .. } => *subject,
        }
    }
}
