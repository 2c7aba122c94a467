//! Publishing a draft: everybody may see it from now on; it sells once sales open.

use chrono::{DateTime, Utc};

use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::{EventCancelled, EventRefusal};
use crate::event::state::{Event, Stage};

/// Show a draft to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishEvent {
    pub by: By,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &PublishEvent) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    match profile.stage {
        Stage::Published { .. } => Ok(Vec::new()),
        Stage::Draft => {
            profile.is_not_over(command.at)?;
            Ok(vec![EventFact::EventPublished { at: command.at }])
        }
        Stage::Cancelled { .. } => Err(EventCancelled.into()),
        Stage::Deleted => Err(EventRefusal::Absent),
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::{DeleteDraft, EventCommand};
    use crate::fixtures::{
        admin, another_organizer, details, draft, facts_after, minute, organizer, published,
    };

    type Given = TestFramework<Event>;

    fn publish(by: By, at: i64) -> EventCommand {
        EventCommand::Publish(PublishEvent { by, at: minute(at) })
    }

    #[test]
    fn a_draft_is_published() {
        Given::with(())
            .given(draft())
            .when(publish(organizer(), 1))
            .then_expect_events(vec![EventFact::EventPublished { at: minute(1) }]);
    }

    #[test]
    fn an_administrator_publishes_the_event_of_another() {
        Given::with(())
            .given(draft())
            .when(publish(admin(), 1))
            .then_expect_events(vec![EventFact::EventPublished { at: minute(1) }]);
    }

    #[test]
    fn publishing_again_changes_nothing() {
        Given::with(())
            .given(published())
            .when(publish(organizer(), 1))
            .then_expect_events(vec![]);
    }

    #[test]
    fn another_organizer_cannot_publish() {
        Given::with(())
            .given(draft())
            .when(publish(another_organizer(), 1))
            .then_expect_error(EventRefusal::NotYours);
    }

    #[test]
    fn what_never_was_or_was_deleted_cannot_be_published() {
        Given::with(())
            .given_no_previous_events()
            .when(publish(organizer(), 1))
            .then_expect_error(EventRefusal::Absent);
        let delete = EventCommand::DeleteDraft(DeleteDraft {
            by: organizer(),
            at: minute(0),
        });
        Given::with(())
            .given(facts_after(draft(), &[delete]))
            .when(publish(organizer(), 1))
            .then_expect_error(EventRefusal::Absent);
    }

    #[test]
    fn what_is_over_cannot_be_published() {
        Given::with(())
            .given(draft())
            .when(publish(organizer(), 10_200))
            .then_expect_error(EventRefusal::Over {
                ends_at: details().ends_at,
            });
    }
}
