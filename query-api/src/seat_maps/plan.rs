//! The static plan of an Event as JSON: sections with prices, zones, rows with their geometry.

use std::collections::BTreeMap;

use contract::Money;
use domain::ids::EventId;
use edge::problem::Problem;
use futures::TryStreamExt;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::head::Head;
use crate::failure;
use crate::snapshot::Snapshot;

/// The plan of an Event: what does not change while it sells.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of a body whose rows are streamed into it")]
pub(crate) struct Plan {
    #[schema(inline)]
    #[serde(flatten)]
    head: PlanHead,
    /// Rows by section, front to back, with their seats as the plan was imported (pretix seating-plan JSON).
    rows: BTreeMap<String, Vec<Value>>,
}

/// The plan but for its rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanHead {
    /// The event.
    event_id: Uuid,
    /// ISO 4217 code of every price.
    currency: String,
    /// Name, size and categories of the imported plan; null where the seating was made from sections.
    #[schema(value_type = Option<Object>)]
    plan: Option<Box<RawValue>>,
    /// Zones of the imported plan but for their rows.
    #[schema(value_type = Vec<Object>)]
    zones: Box<RawValue>,
    /// Sections, as the organizer ordered them.
    sections: Vec<PlanSection>,
}

/// A section of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanSection {
    /// Its id within the event.
    id: String,
    /// What buyers call it.
    name: String,
    /// Category of the seating plan, where there is one.
    category: Option<String>,
    /// What a place costs.
    price: Money,
    /// Whether its seats have names; otherwise places are only counted.
    seated: bool,
    /// All places.
    capacity: i32,
}

/// The body of the plan. Rows are written as they arrive: of a large plan only the body itself is in memory.
pub(super) async fn body(snapshot: &mut Snapshot, event: EventId, head: &Head) -> Result<Vec<u8>, Problem> {
    let view = view(snapshot, event, head).await?;
    let mut body = serde_json::to_vec(&view).map_err(Problem::internal)?;
    body.pop(); // the closing brace: rows follow
    body.extend_from_slice(b",\"rows\":{");
    let mut rows = sqlx::query!(
        r#"select section_id, seats::text as "seats!" from seat_rows where event_id = $1 order by section_id, ordinal"#,
        event.uuid()
    )
    .fetch(snapshot.connection());
    let mut section: Option<String> = None;
    while let Some(row) = rows.try_next().await.map_err(failure::database)? {
        if section.as_ref() == Some(&row.section_id) {
            body.push(b',');
        } else {
            body.extend_from_slice(if section.is_some() { b"]," } else { b"" });
            serde_json::to_writer(&mut body, &row.section_id).map_err(Problem::internal)?;
            body.extend_from_slice(b":[");
            section = Some(row.section_id);
        }
        body.extend_from_slice(row.seats.as_bytes());
    }
    body.extend_from_slice(if section.is_some() { b"]}}" } else { b"}}" });
    Ok(body)
}

async fn view(snapshot: &mut Snapshot, event: EventId, head: &Head) -> Result<PlanHead, Problem> {
    let drawn = sqlx::query!(
        r#"select plan::text as plan, zones::text as "zones!" from events where event_id = $1"#,
        event.uuid()
    )
    .fetch_one(snapshot.connection())
    .await
    .map_err(failure::database)?;
    let sections = sqlx::query!(
        "select section_id, name, category, price_amount, seated, capacity
           from sections where event_id = $1 order by ordinal",
        event.uuid()
    )
    .fetch_all(snapshot.connection())
    .await
    .map_err(failure::database)?;
    let sections = sections.into_iter().map(|row| PlanSection {
        id: row.section_id,
        name: row.name,
        category: row.category,
        price: Money::new(row.price_amount, &head.currency),
        seated: row.seated,
        capacity: row.capacity,
    });
    Ok(PlanHead {
        event_id: event.uuid(),
        currency: head.currency.clone(),
        plan: drawn
            .plan
            .map(RawValue::from_string)
            .transpose()
            .map_err(Problem::internal)?,
        zones: RawValue::from_string(drawn.zones).map_err(Problem::internal)?,
        sections: sections.collect(),
    })
}
