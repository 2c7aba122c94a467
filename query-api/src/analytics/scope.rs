//! Whose figures a caller may see, and which of them are asked for.

use contract::ProjectionName;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::token::Role;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::failure;
use crate::snapshot::Snapshot;

/// What every report reads.
pub(super) const PROJECTIONS: &[ProjectionName] = &[
    ProjectionName::Analytics,
    ProjectionName::Events,
    ProjectionName::Seats,
];

/// The events that a report is about; a query joins them as `e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    organizer: Option<Uuid>,
    event: Option<Uuid>,
}

impl Scope {
    /// What `caller` may see of what is asked for: organizers their own events alone. What is others' is not found.
    pub(super) fn new(
        caller: &Caller,
        organizer: Option<Uuid>,
        event: Option<Uuid>,
    ) -> Result<Self, Problem> {
        caller.require(&[Role::Organizer, Role::Admin, Role::Auditor])?;
        if caller.role != Role::Organizer {
            return Ok(Self { organizer, event });
        }
        if organizer.is_some_and(|organizer| organizer != caller.account) {
            return Err(failure::not_found());
        }
        Ok(Self {
            organizer: Some(caller.account),
            event,
        })
    }

    /// This event alone, as far as it is within the scope.
    pub(super) const fn of(self, event: Uuid) -> Self {
        Self {
            event: Some(event),
            ..self
        }
    }

    /// Refuses an event that is not there, or not within the scope.
    pub(super) async fn check(&self, snapshot: &mut Snapshot) -> Result<(), Problem> {
        let Some(event) = self.event else { return Ok(()) };
        let there = sqlx::query_scalar!(
            r#"select exists (select from events
                               where event_id = $1 and ($2::uuid is null or organizer_id = $2)) as "there!""#,
            event,
            self.organizer
        )
        .fetch_one(snapshot.connection())
        .await
        .map_err(failure::database)?;
        if there { Ok(()) } else { Err(failure::not_found()) }
    }

    /// Adds the conditions that a row `e` of `events` is within the scope.
    pub(super) fn push(&self, query: &mut QueryBuilder<'_, Postgres>) {
        if let Some(organizer) = self.organizer {
            query.push(" and e.organizer_id = ").push_bind(organizer);
        }
        if let Some(event) = self.event {
            query.push(" and e.event_id = ").push_bind(event);
        }
    }
}
