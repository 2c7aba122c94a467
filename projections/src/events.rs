//! Table `events`. Read by lists, search and details of events, public and of organizers; `sequence` is their `ETag`.

mod row;

use std::collections::{HashMap, HashSet};

use domain::event::facts::EventFact;
use futures::FutureExt;
use sqlx::PgConnection;
use uuid::Uuid;

use self::row::EventRow;
use crate::decode::{EVENT, Entry};
use crate::rows::Rows;
use crate::{ApplyError, Projection, table};

/// What events are, where and when, and from when to when their seats are for sale.
pub static EVENTS: Projection = Projection {
    name: "events",
    aggregates: &[EVENT],
    apply: |connection, facts| apply(connection, facts).boxed(),
};

/// Rows before and after a batch: those that are rewritten, those that only move on, those that go.
struct Batch {
    rows: Rows<EventRow>,
    moved: HashMap<Uuid, (i64, i64)>,
    deleted: Vec<Uuid>,
}

async fn apply(connection: &mut PgConnection, facts: &[Entry<'_>]) -> Result<(), ApplyError> {
    let facts: Vec<(Entry<'_>, &EventFact)> = facts
        .iter()
        .filter_map(|entry| Some((*entry, entry.event()?)))
        .collect();
    let changed: HashSet<Uuid> = facts
        .iter()
        .filter(|(_, fact)| row::changes(fact))
        .map(|(entry, _)| entry.aggregate)
        .collect();
    let mut batch = Batch {
        rows: Rows::load(connection, changed).await?,
        moved: HashMap::new(),
        deleted: Vec::new(),
    };
    for (entry, fact) in facts {
        batch
            .fold(entry, fact)
            .map_err(|reason| ApplyError::unfit(entry.position, reason))?;
    }
    table::delete_events::<EventRow>(connection, &batch.deleted).await?;
    batch.rows.save(connection).await?;
    move_on(connection, &batch.moved).await
}

impl Batch {
    fn fold(&mut self, entry: Entry<'_>, fact: &EventFact) -> Result<(), &'static str> {
        let (id, position) = (entry.aggregate, entry.position);
        if let EventFact::DraftDeleted { .. } = fact {
            self.rows.remove(|row| *row == id);
            self.deleted.push(id);
            return Ok(());
        }
        if let Some(row) = EventRow::new(entry)? {
            self.rows.or_begin(id, position, |_| row);
            return Ok(());
        }
        if !row::changes(fact) && !self.rows.contains(&id) {
            self.moved.insert(id, (entry.sequence, position));
            return Ok(());
        }
        match self.rows.get(&id, position, "its event is not there")? {
            Some(row) => row.change(entry.sequence, fact),
            None => Ok(()),
        }
    }
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
