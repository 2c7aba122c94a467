//! The verbs of Bookings over HTTP, for buyers: one file each.

pub mod answer;
pub mod buyer;
pub mod cancel;
pub mod confirm;
pub mod extend;
mod fingerprint;
mod money;
pub mod pay;
pub mod place;

use domain::booking::BookingRefusal;
use domain::ids::{BookingId, EventId};
use edge::problem::{Problem, kinds};

use crate::CommandApi;
use crate::answer::failed;

/// The Event of Booking `id`, in whose lane its verbs run; an absent Booking is not found.
async fn event_of(api: &CommandApi, id: BookingId) -> Result<EventId, Problem> {
    api.events
        .event_of(id)
        .await
        .map_err(failed)?
        .ok_or_else(|| Problem::new(&kinds::NOT_FOUND))
}

/// A verb was refused for a reason of another verb: a fault of ours.
fn another_verb(refusal: BookingRefusal) -> Problem {
    Problem::internal(refusal)
}
