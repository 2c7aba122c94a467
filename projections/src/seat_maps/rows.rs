//! Rows of `seat_rows`: the static plan, written once.

use domain::event::plan::PlanRow;
use domain::text::SectionId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ApplyError;

/// The rows of seats that a batch adds.
#[derive(Default)]
pub(super) struct Rows {
    events: Vec<Uuid>,
    sections: Vec<String>,
    ordinals: Vec<i32>,
    seats: Vec<String>,
}

impl Rows {
    /// Adds `rows` of a section, the first of which is number `first` there.
    pub(super) fn add(
        &mut self,
        event: Uuid,
        section: &SectionId,
        first: i32,
        rows: &[PlanRow],
    ) -> Result<(), &'static str> {
        for (ordinal, row) in (first..).zip(rows) {
            self.events.push(event);
            self.sections.push(section.as_str().to_owned());
            self.ordinals.push(ordinal);
            self.seats
                .push(serde_json::to_string(row).map_err(|_| "its row is no JSON")?);
        }
        Ok(())
    }

    /// Leaves out the rows of an event; its draft was deleted, which comes after them.
    pub(super) fn forget(&mut self, event: Uuid) {
        let kept: Vec<bool> = self.events.iter().map(|each| *each != event).collect();
        retain(&mut self.events, &kept);
        retain(&mut self.sections, &kept);
        retain(&mut self.ordinals, &kept);
        retain(&mut self.seats, &kept);
    }

    pub(super) async fn save(&self, connection: &mut PgConnection) -> Result<(), ApplyError> {
        if self.events.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into seat_rows (event_id, section_id, ordinal, seats)
             select e, s, o, j::json from unnest($1::uuid[], $2::text[], $3::int[], $4::text[]) as r(e, s, o, j)",
            &self.events,
            &self.sections,
            &self.ordinals,
            &self.seats,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

fn retain<T>(column: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter().copied();
    column.retain(|_| kept.next().unwrap_or(true));
}

/// Takes the rows of `events` away.
pub(super) async fn delete(connection: &mut PgConnection, events: &[Uuid]) -> Result<(), ApplyError> {
    sqlx::query!("delete from seat_rows where event_id = any($1)", events)
        .execute(connection)
        .await?;
    Ok(())
}
