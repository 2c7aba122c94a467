//! Rows of `seats`: those that are not free. What a batch leaves of a seat is all that is written of it.

use std::collections::HashMap;

use domain::text::SeatId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::sections::Sections;
use crate::ApplyError;

/// Seats as a batch leaves them, by event.
#[derive(Default)]
pub(super) struct Seats(HashMap<Uuid, HashMap<SeatId, Seat>>);

/// What a seat has become.
#[derive(Clone, Copy)]
pub(super) struct Seat {
    /// Index of its section among those of the batch.
    pub(super) section: usize,
    pub(super) booking: Uuid,
    pub(super) state: SeatState,
    pub(super) position: i64,
}

/// How a place changes hands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// It was free.
    Held,
    /// It was held.
    Freed,
    /// It was held.
    Sold,
    /// It was sold, and is free again.
    Returned,
}

impl Move {
    /// What the place is afterwards.
    pub(super) const fn to(self) -> SeatState {
        match self {
            Self::Held => SeatState::Held,
            Self::Freed | Self::Returned => SeatState::Free,
            Self::Sold => SeatState::Sold,
        }
    }
}

/// What a place is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SeatState {
    Free,
    Held,
    Sold,
}

impl Seats {
    pub(super) fn set(&mut self, event: Uuid, id: SeatId, seat: Seat) {
        self.0.entry(event).or_default().insert(id, seat);
    }

    pub(super) fn forget(&mut self, event: Uuid) {
        self.0.remove(&event);
    }

    pub(super) async fn save(
        &self,
        connection: &mut PgConnection,
        sections: &Sections,
    ) -> Result<(), ApplyError> {
        let all = self
            .0
            .iter()
            .flat_map(|(event, seats)| seats.iter().map(move |(id, seat)| (*event, id, seat)));
        let mut all: Vec<Row<'_>> = all.collect();
        // in the order of the key, as its index likes it, and as any other writer takes the rows' locks
        all.sort_unstable_by_key(|(event, id, _)| (*event, *id));
        let (free, taken): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(_, _, seat)| seat.state == SeatState::Free);
        release(connection, &free).await?;
        take(connection, &taken, sections).await
    }
}

type Row<'a> = (Uuid, &'a SeatId, &'a Seat);

async fn release(connection: &mut PgConnection, seats: &[Row<'_>]) -> Result<(), ApplyError> {
    if seats.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "delete from seats as s using unnest($1::uuid[], $2::text[], $3::bigint[]) as f(event_id, seat_id, position)
          where s.event_id = f.event_id and s.seat_id = f.seat_id and s.position < f.position",
        &seats.iter().map(|(event, ..)| *event).collect::<Vec<_>>(),
        &seats.iter().map(|(_, id, _)| id.as_str()).collect::<Vec<_>>() as &[&str],
        &seats.iter().map(|(.., seat)| seat.position).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn take(
    connection: &mut PgConnection,
    seats: &[Row<'_>],
    sections: &Sections,
) -> Result<(), ApplyError> {
    if seats.is_empty() {
        return Ok(());
    }
    let name = |state| if state == SeatState::Sold { "sold" } else { "held" };
    sqlx::query!(
        "insert into seats (event_id, seat_id, section_id, booking_id, state, position)
         select unnest($1::uuid[]), unnest($2::text[]), unnest($3::text[]), unnest($4::uuid[]), unnest($5::text[]),
                unnest($6::bigint[])
         on conflict (event_id, seat_id) do update set
                (section_id, booking_id, state, position)
              = (excluded.section_id, excluded.booking_id, excluded.state, excluded.position)
          where seats.position < excluded.position",
        &seats.iter().map(|(event, ..)| *event).collect::<Vec<_>>(),
        &seats.iter().map(|(_, id, _)| id.as_str()).collect::<Vec<_>>() as &[&str],
        &seats
            .iter()
            .map(|(.., seat)| sections.name(seat.section))
            .collect::<Vec<_>>() as &[&str],
        &seats.iter().map(|(.., seat)| seat.booking).collect::<Vec<_>>(),
        &seats
            .iter()
            .map(|(.., seat)| name(seat.state))
            .collect::<Vec<_>>() as &[&str],
        &seats.iter().map(|(.., seat)| seat.position).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the seats of `events` away.
pub(super) async fn delete(connection: &mut PgConnection, events: &[Uuid]) -> Result<(), ApplyError> {
    sqlx::query!("delete from seats where event_id = any($1)", events)
        .execute(connection)
        .await?;
    Ok(())
}
