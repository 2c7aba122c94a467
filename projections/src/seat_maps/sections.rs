//! Rows of `sections`: read before a batch, counted in memory, written after it with absolute values.

use std::collections::{HashMap, HashSet};

use domain::event::facts::EventFact;
use domain::event::plan::PlanRow;
use domain::money::Price;
use domain::text::SectionId;
use event_store::Sequence;
use sqlx::PgConnection;
use uuid::Uuid;

use super::seats::Move;
use crate::ApplyError;

/// The sections that a batch is about.
#[derive(Default)]
pub(super) struct Sections {
    all: Vec<Section>,
    by_event: HashMap<Uuid, HashMap<SectionId, usize>>,
}

/// A row; `new` is what is written once, when the section comes to be.
pub(super) struct Section {
    event: Uuid,
    id: SectionId,
    new: Option<NewSection>,
    forgotten: bool,
    price: i64,
    capacity: i32,
    row_count: i32,
    held: i32,
    sold: i32,
    /// The last fact that the row had before the batch.
    had: i64,
    position: i64,
}

struct NewSection {
    ordinal: i32,
    name: String,
    category: Option<String>,
    seated: bool,
}

const TOO_MANY: &str = "its numbers are too large";

impl Sections {
    /// The rows that are there of those that are `touched`.
    pub(super) async fn load(
        connection: &mut PgConnection,
        touched: &HashSet<(Uuid, &str)>,
    ) -> Result<Self, ApplyError> {
        let mut sections = Self::default();
        if touched.is_empty() {
            return Ok(sections);
        }
        let (events, ids): (Vec<Uuid>, Vec<&str>) = touched.iter().copied().unzip();
        let rows = sqlx::query!(
            "select s.event_id, s.section_id, s.price_amount, s.capacity, s.row_count, s.held, s.sold, s.position
               from unnest($1::uuid[], $2::text[]) as t(event_id, section_id)
               join sections s on s.event_id = t.event_id and s.section_id = t.section_id",
            &events,
            &ids as &[&str],
        )
        .fetch_all(connection)
        .await?;
        for row in rows {
            let id = SectionId::parse(&row.section_id)
                .map_err(|error| ApplyError::Database(sqlx::Error::Decode(error.into())))?;
            sections.insert(Section {
                event: row.event_id,
                id,
                new: None,
                forgotten: false,
                price: row.price_amount,
                capacity: row.capacity,
                row_count: row.row_count,
                held: row.held,
                sold: row.sold,
                had: row.position,
                position: row.position,
            });
        }
        Ok(sections)
    }

    fn insert(&mut self, section: Section) {
        let of_event = self.by_event.entry(section.event).or_default();
        of_event.insert(section.id.clone(), self.all.len());
        self.all.push(section);
    }

    /// A section comes to be; `what` is a `SectionAdded`.
    pub(super) fn add(
        &mut self,
        event: Uuid,
        sequence: Sequence,
        position: i64,
        what: EventFact,
    ) -> Result<(), &'static str> {
        let EventFact::SectionAdded {
            section,
            name,
            price,
            category,
            capacity,
            ..
        } = what
        else {
            return Ok(());
        };
        if let Ok(there) = self.before(event, &section, position) {
            return there.map_or(Ok(()), |_| Err("its section is there already"));
        }
        self.insert(Section {
            event,
            id: section,
            new: Some(NewSection {
                ordinal: i32::try_from(sequence.get()).map_err(|_| TOO_MANY)?,
                name: name.into(),
                category: category.map(Into::into),
                seated: capacity.is_none(),
            }),
            forgotten: false,
            price: price.amount(),
            capacity: i32::try_from(capacity.unwrap_or(0)).map_err(|_| TOO_MANY)?,
            row_count: 0,
            held: 0,
            sold: 0,
            had: 0,
            position,
        });
        Ok(())
    }

    /// The section, and its index, for a fact at `position`; `None` if its row has that fact already.
    pub(super) fn before(
        &mut self,
        event: Uuid,
        id: &SectionId,
        position: i64,
    ) -> Result<Option<(usize, &mut Section)>, &'static str> {
        let index = self
            .by_event
            .get(&event)
            .and_then(|of_event| of_event.get(id))
            .copied();
        let found = index.and_then(|index| Some((index, self.all.get_mut(index)?)));
        let (index, section) = found.ok_or("its section is not there")?;
        Ok((section.had < position).then_some((index, section)))
    }

    /// The event and id of the section with this index.
    pub(super) fn name(&self, index: usize) -> &str {
        self.all.get(index).map_or("", |section| section.id.as_str())
    }

    pub(super) fn forget(&mut self, event: Uuid) {
        for index in self
            .by_event
            .remove(&event)
            .into_iter()
            .flat_map(HashMap::into_values)
        {
            if let Some(section) = self.all.get_mut(index) {
                section.forgotten = true;
            }
        }
    }

    pub(super) async fn save(&self, connection: &mut PgConnection) -> Result<(), ApplyError> {
        let changed = self
            .all
            .iter()
            .filter(|section| !section.forgotten && section.position > section.had);
        let (new, known): (Vec<&Section>, Vec<&Section>) = changed.partition(|section| section.new.is_some());
        insert(connection, &new).await?;
        update(connection, &known).await
    }
}

impl Section {
    /// Rows follow those that are there; answers the ordinal of the first.
    pub(super) fn add_rows(&mut self, rows: &[PlanRow], position: i64) -> Result<i32, &'static str> {
        let first = self.row_count;
        let seats: usize = rows.iter().map(|row| row.seats.len()).sum();
        self.row_count = plus(first, i64::try_from(rows.len()).map_err(|_| TOO_MANY)?)?;
        self.capacity = plus(self.capacity, i64::try_from(seats).map_err(|_| TOO_MANY)?)?;
        self.position = position;
        Ok(first)
    }

    /// New holds cost `price`.
    pub(super) fn cost(&mut self, price: Price, position: i64) {
        (self.price, self.position) = (price.amount(), position);
    }

    /// It has `capacity` places without names.
    pub(super) fn resize(&mut self, capacity: u32, position: i64) -> Result<(), &'static str> {
        self.capacity = i32::try_from(capacity).map_err(|_| TOO_MANY)?;
        self.position = position;
        Ok(())
    }

    /// `quantity` places change hands.
    pub(super) fn count(&mut self, how: Move, quantity: u32, position: i64) -> Result<(), &'static str> {
        let quantity = i64::from(quantity);
        let (held, sold) = match how {
            Move::Held => (quantity, 0),
            Move::Freed => (-quantity, 0),
            Move::Sold => (-quantity, quantity),
            Move::Returned => (0, -quantity),
        };
        (self.held, self.sold) = (plus(self.held, held)?, plus(self.sold, sold)?);
        self.position = position;
        Ok(())
    }
}

fn plus(count: i32, change: i64) -> Result<i32, &'static str> {
    let sum = i64::from(count) + change;
    if sum < 0 {
        return Err("more places would end than were held or sold");
    }
    i32::try_from(sum).map_err(|_| TOO_MANY)
}

async fn insert(connection: &mut PgConnection, sections: &[&Section]) -> Result<(), ApplyError> {
    if sections.is_empty() {
        return Ok(());
    }
    let new: Vec<&NewSection> = sections
        .iter()
        .filter_map(|section| section.new.as_ref())
        .collect();
    sqlx::query!(
        "insert into sections (event_id, section_id, ordinal, name, category, price_amount, seated, capacity, row_count,
                               held, sold, position)
         select * from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::bigint[], $7::bool[],
                              $8::int[], $9::int[], $10::int[], $11::int[], $12::bigint[])",
        &sections.iter().map(|section| section.event).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>() as &[&str],
        &new.iter().map(|new| new.ordinal).collect::<Vec<_>>(),
        &new.iter().map(|new| new.name.as_str()).collect::<Vec<_>>() as &[&str],
        &new.iter().map(|new| new.category.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &sections.iter().map(|section| section.price).collect::<Vec<_>>(),
        &new.iter().map(|new| new.seated).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.capacity).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.row_count).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.held).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.sold).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.position).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, sections: &[&Section]) -> Result<(), ApplyError> {
    if sections.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update sections as s
            set price_amount = c.price, capacity = c.capacity, row_count = c.row_count, held = c.held, sold = c.sold,
                position = c.position
           from unnest($1::uuid[], $2::text[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::int[], $8::bigint[])
                as c(event_id, section_id, price, capacity, row_count, held, sold, position)
          where s.event_id = c.event_id and s.section_id = c.section_id and s.position < c.position",
        &sections.iter().map(|section| section.event).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>() as &[&str],
        &sections.iter().map(|section| section.price).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.capacity).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.row_count).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.held).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.sold).collect::<Vec<_>>(),
        &sections.iter().map(|section| section.position).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the sections of `events` away.
pub(super) async fn delete(connection: &mut PgConnection, events: &[Uuid]) -> Result<(), ApplyError> {
    sqlx::query!("delete from sections where event_id = any($1)", events)
        .execute(connection)
        .await?;
    Ok(())
}
