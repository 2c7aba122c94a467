//! Throwing a draft away; a published Event stays.

use chrono::{DateTime, Utc};

use crate::event::command::{By, is_theirs};
use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, Stage};

/// Throw the draft away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteDraft {
    /// Who asks.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &DeleteDraft) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.profile_even_deleted().ok_or(EventRefusal::Absent)?;
    is_theirs(profile, command.by)?;
    match profile.stage {
        Stage::Draft => Ok(vec![EventFact::DraftDeleted { at: command.at }]),
        Stage::Deleted => Ok(Vec::new()),
        Stage::Published { .. } => Err(EventRefusal::NotDraft),
    }
}
