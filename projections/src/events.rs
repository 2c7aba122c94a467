//! Table `events`. Read by lists, search and details of events, public and of organizers; `sequence` is their `ETag`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::event::SalesWindow;
use domain::event::details::EventDetails;
use domain::event::facts::EventFact;
use event_store::RecordedFact;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::decode::{EVENT, event_fact};
use crate::{ApplyError, Projection};

/// What events are, where and when, and from when to when their seats are for sale.
#[derive(Clone, Copy, Debug)]
pub struct Events;

impl Projection for Events {
    fn name(&self) -> &'static str {
        "events"
    }

    fn handles(&self, fact: &RecordedFact) -> bool {
        fact.stream.aggregate_type == EVENT
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [&'a RecordedFact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        apply(connection, facts).boxed()
    }
}

/// A row, in the shape in which PostgreSQL turns rows to JSON and back: rows change seldom and have many columns.
#[derive(Serialize, Deserialize)]
struct Row {
    event_id: Uuid,
    organizer_id: Uuid,
    status: Status,
    #[serde(flatten)]
    details: Details,
    currency: String,
    buyer_seats_max: u32,
    sales_from: Option<DateTime<Utc>>,
    sales_until: Option<DateTime<Utc>>,
    plan: Option<String>,
    zones: String,
    created_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
    policy: Option<String>,
    rescheduled_at: Option<DateTime<Utc>>,
    free_until: Option<DateTime<Utc>>,
    sequence: i64,
    position: i64,
}

#[derive(Serialize, Deserialize)]
struct Details {
    title: String,
    description: String,
    category: String,
    venue: String,
    city: String,
    time_zone: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Draft,
    Published,
    Cancelled,
}

impl From<EventDetails> for Details {
    fn from(details: EventDetails) -> Self {
        Self {
            title: details.title.into(),
            description: details.description,
            category: details.category.into(),
            venue: details.venue.into(),
            city: details.city.into(),
            time_zone: details.time_zone.into(),
            starts_at: details.starts_at,
            ends_at: details.ends_at,
        }
    }
}

/// Rows before and after a batch: those that are rewritten, those that only move on, those that go.
#[derive(Default)]
struct Batch {
    rows: HashMap<Uuid, Row>,
    moved: HashMap<Uuid, (i64, i64)>,
    deleted: Vec<Uuid>,
}

async fn apply(connection: &mut PgConnection, facts: &[&RecordedFact]) -> Result<(), ApplyError> {
    let changed = |fact: &&&RecordedFact| changes_row(&fact.event_type);
    let ids: Vec<Uuid> = facts
        .iter()
        .filter(changed)
        .map(|fact| fact.stream.aggregate_id)
        .collect();
    let mut batch = Batch {
        rows: load(connection, &ids).await?,
        ..Batch::default()
    };
    for fact in facts {
        batch.fold(fact)?;
    }
    delete(connection, &batch.deleted).await?;
    save(connection, batch.rows.values()).await?;
    move_on(connection, &batch.moved).await
}

/// Whether a fact changes more of its event's row than `sequence` and `position`. Holds and sales are by far the most
/// facts and do not: they are not even read.
fn changes_row(event_type: &str) -> bool {
    !matches!(
        event_type,
        "SectionAdded"
            | "RowsAdded"
            | "SeatsHeld"
            | "HoldExtended"
            | "HoldSecured"
            | "HoldResumed"
            | "SeatsReturned"
            | "PriceChanged"
            | "CapacityChanged"
            | "HoldReleased"
            | "HoldExpired"
            | "SeatsSold"
    )
}

impl Batch {
    fn fold(&mut self, fact: &RecordedFact) -> Result<(), ApplyError> {
        let id = fact.stream.aggregate_id;
        if changes_row(&fact.event_type) {
            self.change(id, fact)?;
        }
        let (sequence, position) = (fact.sequence.get(), fact.position.get());
        if let Some(row) = self.rows.get_mut(&id) {
            (row.sequence, row.position) = (row.sequence.max(sequence), row.position.max(position));
        } else {
            self.moved.insert(id, (sequence, position));
        }
        Ok(())
    }

    fn change(&mut self, id: Uuid, fact: &RecordedFact) -> Result<(), ApplyError> {
        let what = event_fact(fact)?;
        if self
            .rows
            .get(&id)
            .is_some_and(|row| fact.position.get() <= row.position)
        {
            return Ok(()); // the row has it
        }
        if let EventFact::DraftDeleted { .. } = what {
            self.rows.remove(&id);
            self.deleted.push(id);
            return Ok(());
        }
        if let EventFact::EventCreated {
            organizer,
            details,
            currency,
            buyer_seats_max,
            at,
            request: _, // known by the write side alone
        } = what
        {
            let row = Row {
                event_id: id,
                organizer_id: organizer.uuid(),
                status: Status::Draft,
                details: details.into(),
                currency: currency.to_string(),
                buyer_seats_max,
                sales_from: None,
                sales_until: None,
                plan: None,
                zones: "[]".to_owned(),
                created_at: at,
                published_at: None,
                cancelled_at: None,
                cancel_reason: None,
                policy: None,
                rescheduled_at: None,
                free_until: None,
                sequence: fact.sequence.get(),
                position: fact.position.get(),
            };
            self.rows.insert(id, row);
            return Ok(());
        }
        let unfit = |reason| ApplyError::Unfit {
            position: fact.position,
            reason,
        };
        let row = self
            .rows
            .get_mut(&id)
            .ok_or_else(|| unfit("its event is not there"))?;
        row.change(what).map_err(unfit)
    }
}

impl Row {
    fn sales(&self) -> SalesWindow {
        SalesWindow {
            from: self.sales_from,
            until: self.sales_until,
        }
    }

    fn sell(&mut self, sales: SalesWindow) {
        (self.sales_from, self.sales_until) = (sales.from, sales.until);
    }

    fn change(&mut self, what: EventFact) -> Result<(), &'static str> {
        match what {
            EventFact::PlanImported { plan, .. } => {
                self.plan = Some(serde_json::to_string(&plan).map_err(|_| "its plan is no JSON")?);
            }
            EventFact::ZoneAdded { zone, .. } => {
                let mut zones: Vec<Box<RawValue>> =
                    serde_json::from_str(&self.zones).map_err(|_| "zones is no list")?;
                zones.push(to_raw_value(&zone).map_err(|_| "its zone is no JSON")?);
                self.zones = serde_json::to_string(&zones).map_err(|_| "its zones are no JSON")?;
            }
            EventFact::DetailsEdited { details, .. } => self.details = details.into(),
            EventFact::BuyerLimitSet { buyer_seats_max, .. } => self.buyer_seats_max = buyer_seats_max,
            EventFact::EventPublished { at } => {
                self.status = Status::Published;
                self.published_at = Some(at);
            }
            EventFact::SalesOpened { from, .. } => self.sell(self.sales().opened(from)),
            EventFact::SalesClosed { until, .. } => self.sell(self.sales().closed(until)),
            EventFact::CancellationPolicySet { policy, .. } => {
                let policy = policy.map(|policy| serde_json::to_string(&policy)).transpose();
                self.policy = policy.map_err(|_| "its policy is no JSON")?;
            }
            EventFact::EventRescheduled {
                starts_at,
                ends_at,
                free_until,
                at,
            } => {
                (self.details.starts_at, self.details.ends_at) = (starts_at, ends_at);
                // An earlier, longer promise to buyers stays, as the domain keeps it.
                (self.rescheduled_at, self.free_until) = (Some(at), self.free_until.max(Some(free_until)));
            }
            EventFact::EventCancelled { reason, at } => {
                self.status = Status::Cancelled;
                (self.cancelled_at, self.cancel_reason) = (Some(at), Some(reason.into()));
            }
            EventFact::EventCreated { .. }
            | EventFact::DraftDeleted { .. }
            | EventFact::SectionAdded { .. }
            | EventFact::RowsAdded { .. }
            | EventFact::SeatsHeld { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldReleased { .. }
            | EventFact::HoldExpired { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::SeatsReturned { .. }
            | EventFact::PriceChanged { .. }
            | EventFact::CapacityChanged { .. }
            | EventFact::SeatsSold { .. } => {}
        }
        Ok(())
    }
}

async fn load(connection: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Row>, ApplyError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    // plan and zones travel as text, so that their bytes stay what they are
    let texts = sqlx::query_scalar!(
        r#"select row_to_json(r)::text as "row!" from (
             select event_id, organizer_id, status, title, description, category, venue, city, time_zone, starts_at,
                    ends_at, currency, buyer_seats_max, sales_from, sales_until, plan::text as plan,
                    zones::text as zones, created_at, published_at, cancelled_at, cancel_reason, policy::text as policy,
                    rescheduled_at, free_until, sequence, position
               from events where event_id = any($1)) as r"#,
        ids
    )
    .fetch_all(connection)
    .await?;
    let rows = texts
        .iter()
        .map(|text| serde_json::from_str::<Row>(text).map(|row| (row.event_id, row)));
    rows.collect::<Result<_, _>>()
        .map_err(|error| ApplyError::Database(sqlx::Error::Decode(error.into())))
}

async fn save(connection: &mut PgConnection, rows: impl Iterator<Item = &Row>) -> Result<(), ApplyError> {
    let rows: Vec<&Row> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_string(&rows)
        .map_err(|error| ApplyError::Database(sqlx::Error::Encode(error.into())))?;
    sqlx::query!(
        "insert into events (event_id, organizer_id, status, title, description, category, venue, city, time_zone,
                             starts_at, ends_at, currency, buyer_seats_max, sales_from, sales_until, plan, zones,
                             created_at, published_at, cancelled_at, cancel_reason, policy, rescheduled_at, free_until,
                             sequence, position)
         select event_id, organizer_id, status, title, description, category, venue, city, time_zone,
                starts_at, ends_at, currency, buyer_seats_max, sales_from, sales_until, plan::json, zones::json,
                created_at, published_at, cancelled_at, cancel_reason, policy::json, rescheduled_at, free_until,
                sequence, position
           from json_to_recordset($1::text::json) as r(
                event_id uuid, organizer_id uuid, status text, title text, description text, category text, venue text,
                city text, time_zone text, starts_at timestamptz, ends_at timestamptz, currency text,
                buyer_seats_max int, sales_from timestamptz, sales_until timestamptz, plan text, zones text,
                created_at timestamptz, published_at timestamptz, cancelled_at timestamptz, cancel_reason text,
                policy text, rescheduled_at timestamptz, free_until timestamptz, sequence bigint, position bigint)
         on conflict (event_id) do update set
                (status, title, description, category, venue, city, time_zone, starts_at, ends_at, buyer_seats_max,
                 sales_from, sales_until, plan, zones, published_at, cancelled_at, cancel_reason, policy, rescheduled_at,
                 free_until, sequence, position)
              = (excluded.status, excluded.title, excluded.description, excluded.category, excluded.venue,
                 excluded.city, excluded.time_zone, excluded.starts_at, excluded.ends_at, excluded.buyer_seats_max,
                 excluded.sales_from, excluded.sales_until, excluded.plan, excluded.zones, excluded.published_at,
                 excluded.cancelled_at, excluded.cancel_reason, excluded.policy, excluded.rescheduled_at,
                 excluded.free_until, excluded.sequence, excluded.position)
          where events.position < excluded.position",
        json
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn delete(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), ApplyError> {
    if !ids.is_empty() {
        sqlx::query!("delete from events where event_id = any($1)", ids)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn move_on(connection: &mut PgConnection, moved: &HashMap<Uuid, (i64, i64)>) -> Result<(), ApplyError> {
    if moved.is_empty() {
        return Ok(());
    }
    let (ids, places): (Vec<Uuid>, Vec<(i64, i64)>) = moved.iter().unzip();
    let (sequences, positions): (Vec<i64>, Vec<i64>) = places.into_iter().unzip();
    sqlx::query!(
        "update events as e set sequence = m.sequence, position = m.position
           from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as m(event_id, sequence, position)
          where e.event_id = m.event_id and e.position < m.position",
        &ids,
        &sequences,
        &positions,
    )
    .execute(connection)
    .await?;
    Ok(())
}
