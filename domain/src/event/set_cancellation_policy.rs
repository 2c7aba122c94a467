//! Setting under which conditions buyers may cancel. Who holds or owns already keeps the conditions of then.

use chrono::{DateTime, Utc};

use crate::cancellation::CancellationPolicy;
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;

/// Change the conditions for who holds from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCancellationPolicy {
    pub by: By,
    /// The conditions; `None`: buyers may not cancel.
    pub policy: Option<CancellationPolicy>,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &SetCancellationPolicy) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    if profile.policy == command.policy {
        return Ok(Vec::new());
    }
    Ok(vec![EventFact::CancellationPolicySet {
        policy: command.policy,
        at: command.at,
    }])
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::cancellation::Fee;
    use crate::event::{Event, EventCommand};
    use crate::fixtures::{another_organizer, draft, facts_after, minute, organizer};

    type Given = TestFramework<Event>;

    fn set(by: By) -> EventCommand {
        EventCommand::SetCancellationPolicy(SetCancellationPolicy {
            by,
            policy: Some(CancellationPolicy::new(48, Fee::BasisPoints(500), 2).unwrap()),
            at: minute(1),
        })
    }

    #[test]
    fn conditions_are_set_once() {
        let facts = facts_after(draft(), &[set(organizer())]);
        assert!(matches!(
            facts.last(),
            Some(EventFact::CancellationPolicySet { policy: Some(_), .. })
        ));
        Given::with(())
            .given(facts)
            .when(set(organizer()))
            .then_expect_events(vec![]);
    }

    #[test]
    fn another_organizer_cannot_set_them() {
        Given::with(())
            .given(draft())
            .when(set(another_organizer()))
            .then_expect_error(EventRefusal::NotYours);
    }
}
