//! Baseline: cqrs-es with postgres-es as their guides show them, tried again on each conflict.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateError, DomainEvent};
use edge::caller::Caller;
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, raw_sql};
use uuid::Uuid;

use crate::baseline::serve::{PlaceBooking, busy, internal, placed, taken};

/// Races lost in a row before the client is asked to retry.
const ATTEMPTS_MAX: u32 = 1_000;

/// Seats of an Event and whether they are taken.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seating {
    taken: HashSet<String>,
}

/// Hold these seats.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    booking: Uuid,
    account: Uuid,
    seats: Vec<String>,
}

/// These seats are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    booking: Uuid,
    account: Uuid,
    seats: Vec<String>,
}

impl DomainEvent for Held {
    fn event_type(&self) -> String {
        "Held".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

/// A seat has a holder already.
#[derive(Debug, thiserror::Error)]
#[error("a seat is taken")]
pub(crate) struct Taken;

impl Aggregate for Seating {
    type Command = Hold;
    type Event = Held;
    type Error = Taken;
    type Services = ();
    const TYPE: &'static str = "seating";

    async fn handle(&mut self, command: Hold, (): &(), sink: &EventSink<Self>) -> Result<(), Taken> {
        if command.seats.iter().any(|seat| self.taken.contains(seat)) {
            return Err(Taken);
        }
        let held = Held {
            booking: command.booking,
            account: command.account,
            seats: command.seats,
        };
        sink.write(held, self).await;
        Ok(())
    }

    fn apply(&mut self, held: Held) {
        self.taken.extend(held.seats);
    }
}

/// What the handler needs.
pub(crate) type Framework = Arc<PostgresCqrs<Seating>>;

/// The tables that postgres-es asks for, and a framework over them.
pub(crate) async fn prepare(pool: PgPool) -> sqlx::Result<Framework> {
    raw_sql(
        "create table if not exists events (
           aggregate_type text not null, aggregate_id text not null, sequence bigint check (sequence >= 0) not null,
           event_type text not null, event_version text not null, payload json not null, metadata json not null,
           primary key (aggregate_type, aggregate_id, sequence))",
    )
    .execute(&pool)
    .await?;
    Ok(Arc::new(postgres_cqrs(pool, vec![], ())))
}

/// Holds the seats of the request, deciding again after each lost race.
pub(crate) async fn place(
    caller: Caller,
    framework: web::Data<Framework>,
    request: web::Json<PlaceBooking>,
) -> HttpResponse {
    let booking = Uuid::new_v4();
    let event = request.event_id.to_string();
    for _ in 0..ATTEMPTS_MAX {
        let hold = Hold {
            booking,
            account: caller.account,
            seats: request.seat_ids.clone(),
        };
        match framework.execute(&event, hold).await {
            Ok(()) => return placed(booking, &request),
            Err(AggregateError::UserError(Taken)) => return taken(),
            Err(AggregateError::AggregateConflict) => {}
            Err(error) => return internal(&error),
        }
    }
    busy()
}
