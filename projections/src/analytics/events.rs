//! Rows of `analytics_events`: whose events they are, and where they stand.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::event::SalesWindow;
use domain::event::facts::EventFact;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::rows::{Row, Rows};
use crate::ApplyError;

#[derive(Serialize, Deserialize)]
pub(super) struct EventRow {
    event_id: Uuid,
    organizer_id: Uuid,
    title: String,
    currency: String,
    status: Status,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    sales_from: Option<DateTime<Utc>>,
    sales_until: Option<DateTime<Utc>>,
    position: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Draft,
    Published,
    Cancelled,
}

impl Row for EventRow {
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.event_id
    }

    fn position(&mut self) -> &mut i64 {
        &mut self.position
    }
}

/// Whether facts of this name change an event's row.
pub(super) fn changes_row(event_type: &str) -> bool {
    matches!(
        event_type,
        "EventCreated"
            | "DetailsEdited"
            | "EventPublished"
            | "SalesOpened"
            | "SalesClosed"
            | "EventRescheduled"
            | "EventCancelled"
            | "DraftDeleted"
    )
}

/// Changes the row of an event by the fact at a position.
pub(super) fn change(
    events: &mut Rows<EventRow>,
    (event, position): (Uuid, i64),
    fact: &EventFact,
) -> Result<(), &'static str> {
    if !changes_row(fact.name()) {
        return Ok(());
    }
    if let EventFact::EventCreated {
        organizer,
        details,
        currency,
        ..
    } = fact
    {
        events.or_begin(event, position, |event_id| EventRow {
            event_id,
            organizer_id: organizer.uuid(),
            title: details.title.as_str().to_owned(),
            currency: currency.to_string(),
            status: Status::Draft,
            starts_at: details.starts_at,
            ends_at: details.ends_at,
            sales_from: None,
            sales_until: None,
            position,
        });
        return Ok(());
    }
    let row = events
        .get(&event, position)
        .map_err(|_| "its event is not there")?;
    if let Some(row) = row {
        row.change(fact);
    }
    Ok(())
}

impl EventRow {
    fn change(&mut self, fact: &EventFact) {
        match fact {
            EventFact::DetailsEdited { details, .. } => {
                details.title.as_str().clone_into(&mut self.title);
                (self.starts_at, self.ends_at) = (details.starts_at, details.ends_at);
            }
            EventFact::EventRescheduled {
                starts_at, ends_at, ..
            } => (self.starts_at, self.ends_at) = (*starts_at, *ends_at),
            EventFact::EventPublished { .. } => self.status = Status::Published,
            EventFact::SalesOpened { from, .. } => self.sell(self.sales().opened(*from)),
            EventFact::SalesClosed { until, .. } => self.sell(self.sales().closed(*until)),
            EventFact::EventCancelled { .. } => self.status = Status::Cancelled,
            EventFact::EventCreated { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::SectionAdded { .. }
            | EventFact::RowsAdded { .. }
            | EventFact::BuyerLimitSet { .. }
            | EventFact::DraftDeleted { .. }
            | EventFact::SeatsHeld { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldReleased { .. }
            | EventFact::HoldExpired { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::SeatsReturned { .. }
            | EventFact::CancellationPolicySet { .. }
            | EventFact::PriceChanged { .. }
            | EventFact::CapacityChanged { .. }
            | EventFact::SeatsSold { .. } => {}
        }
    }

    const fn sales(&self) -> SalesWindow {
        SalesWindow {
            from: self.sales_from,
            until: self.sales_until,
        }
    }

    const fn sell(&mut self, sales: SalesWindow) {
        (self.sales_from, self.sales_until) = (sales.from, sales.until);
    }
}

pub(super) async fn load(
    connection: &mut PgConnection,
    events: HashSet<Uuid>,
) -> Result<Rows<EventRow>, ApplyError> {
    if events.is_empty() {
        return Ok(Rows::new());
    }
    let events: Vec<Uuid> = events.into_iter().collect();
    let texts = sqlx::query_scalar!(
        r#"select row_to_json(e)::text as "row!" from analytics_events e where event_id = any($1)"#,
        &events
    )
    .fetch_all(connection)
    .await?;
    Rows::parse(&texts)
}

pub(super) async fn save(connection: &mut PgConnection, rows: &Rows<EventRow>) -> Result<(), ApplyError> {
    let Some(json) = rows.json()? else { return Ok(()) };
    sqlx::query!(
        "insert into analytics_events (event_id, organizer_id, title, currency, status, starts_at, ends_at, sales_from,
                                       sales_until, position)
         select event_id, organizer_id, title, currency, status, starts_at, ends_at, sales_from, sales_until, position
           from json_to_recordset($1::text::json) as r(
                event_id uuid, organizer_id uuid, title text, currency text, status text, starts_at timestamptz,
                ends_at timestamptz, sales_from timestamptz, sales_until timestamptz, position bigint)
         on conflict (event_id) do update set
                (title, status, starts_at, ends_at, sales_from, sales_until, position)
              = (excluded.title, excluded.status, excluded.starts_at, excluded.ends_at, excluded.sales_from,
                 excluded.sales_until, excluded.position)
          where analytics_events.position < excluded.position",
        json
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes `events` away.
pub(super) async fn delete(connection: &mut PgConnection, events: &[Uuid]) -> Result<(), ApplyError> {
    sqlx::query!("delete from analytics_events where event_id = any($1)", events)
        .execute(connection)
        .await?;
    Ok(())
}
