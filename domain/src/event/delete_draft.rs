//! Deleting a draft; a published Event stays.

use chrono::{DateTime, Utc};

use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, Stage};

/// Delete the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteDraft {
    pub by: By,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &DeleteDraft) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.profile_even_deleted().ok_or(EventRefusal::Absent)?;
    profile.is_run_by(command.by)?;
    match profile.stage {
        Stage::Draft => Ok(vec![EventFact::DraftDeleted { at: command.at }]),
        Stage::Deleted => Ok(Vec::new()),
        Stage::Published { .. } | Stage::Cancelled { .. } => Err(EventRefusal::NotDraft),
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::EventCommand;
    use crate::fixtures::{another_organizer, draft, event_of, facts_after, minute, organizer, published};

    type Given = TestFramework<Event>;

    fn delete(by: By) -> EventCommand {
        EventCommand::DeleteDraft(DeleteDraft { by, at: minute(1) })
    }

    #[test]
    fn a_draft_is_deleted_and_gone() {
        let facts = facts_after(draft(), &[delete(organizer())]);
        assert_eq!(facts.last(), Some(&EventFact::DraftDeleted { at: minute(1) }));
        assert!(!event_of(&facts).exists());
    }

    #[test]
    fn deleting_again_changes_nothing() {
        let facts = facts_after(draft(), &[delete(organizer())]);
        Given::with(())
            .given(facts)
            .when(delete(organizer()))
            .then_expect_events(vec![]);
    }

    #[test]
    fn a_published_event_stays() {
        Given::with(())
            .given(published())
            .when(delete(organizer()))
            .then_expect_error(EventRefusal::NotDraft);
    }

    #[test]
    fn another_organizer_cannot_delete() {
        Given::with(())
            .given(draft())
            .when(delete(another_organizer()))
            .then_expect_error(EventRefusal::NotYours);
    }
}
