//! Publishing a draft: everybody may see it from now on; it sells once sales open.

use chrono::{DateTime, Utc};

use crate::event::command::{By, commanded};
use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, Profile, Stage};

/// Show a draft to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishEvent {
    /// Who asks.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &PublishEvent) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = commanded(event, command.by)?;
    match profile.stage {
        Stage::Published { .. } => Ok(Vec::new()),
        Stage::Draft => {
            is_not_over(profile, command.at)?;
            Ok(vec![EventFact::EventPublished { at: command.at }])
        }
        Stage::Deleted => Err(EventRefusal::Absent),
    }
}

/// Nothing can be sold for what has ended by `at`.
pub(crate) fn is_not_over(profile: &Profile, at: DateTime<Utc>) -> Result<(), EventRefusal> {
    let ends_at = profile.details.ends_at;
    if at < ends_at {
        Ok(())
    } else {
        Err(EventRefusal::Over { ends_at })
    }
}
