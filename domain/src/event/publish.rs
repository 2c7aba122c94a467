//! Publishing a draft: everybody may see it from now on; it sells once sales open.

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::{EventCancelled, EventRefusal};
use crate::event::state::{Event, Profile, Stage};

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
            is_publishable(profile, command.at)?;
            Ok(vec![EventFact::EventPublished { at: command.at }])
        }
        Stage::Cancelled { .. } => Err(EventCancelled.into()),
        Stage::Deleted => Err(EventRefusal::Absent),
    }
}

/// All that is wrong with a draft: what was written by older rules, and what became wrong as time went by.
fn is_publishable(profile: &Profile, at: DateTime<Utc>) -> Result<(), EventRefusal> {
    let details = &profile.details;
    let mut faults = details.faults();
    if let Err(over) = profile.is_not_over(at) {
        faults.push(over);
    } else if details.starts_at <= at {
        faults.push(EventRefusal::StartsInPast);
    }
    if !profile.currency.exists() {
        faults.push(EventRefusal::CurrencyUnknown);
    }
    ensure(faults.is_empty(), EventRefusal::NotPublishable { faults })
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::{DeleteDraft, EventCommand};
    use crate::fixtures::{
        admin, another_organizer, details, draft, facts_after, minute, organizer, published,
    };
    use crate::instant::InstantRefusal;

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
            .then_expect_error(EventRefusal::NotPublishable {
                faults: vec![EventRefusal::Over {
                    ends_at: details().ends_at,
                }],
            });
    }

    #[test]
    fn what_has_begun_cannot_be_published() {
        Given::with(())
            .given(draft())
            .when(publish(organizer(), 10_000))
            .then_expect_error(EventRefusal::NotPublishable {
                faults: vec![EventRefusal::StartsInPast],
            });
    }

    #[test]
    fn a_refusal_names_all_that_is_wrong_with_a_draft_of_old() {
        let mut facts = draft();
        let Some(EventFact::EventCreated {
            details, currency, ..
        }) = facts.first_mut()
        else {
            panic!("a draft begins with its creation");
        };
        details.ends_at = "9999-12-31T23:59:59Z".parse().unwrap();
        details.description = "\u{7f}".to_owned();
        *currency = serde_json::from_str("\"ZZZ\"").unwrap();
        Given::with(())
            .given(facts)
            .when(publish(organizer(), 10_001))
            .then_expect_error(EventRefusal::NotPublishable {
                faults: vec![
                    EventRefusal::End(InstantRefusal::OutOfYears),
                    EventRefusal::DescriptionControlCharacter,
                    EventRefusal::StartsInPast,
                    EventRefusal::CurrencyUnknown,
                ],
            });
    }
}
