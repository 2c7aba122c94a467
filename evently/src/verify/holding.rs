//! What a Booking has of an Event, compared without the names of its places.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};
use domain::event::facts::Allotment;
use domain::ids::AccountId;
use domain::text::{SeatId, SectionId};

/// What a Booking has of an Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Whose it is.
    pub(crate) buyer: AccountId,
    /// Which places, by their [`digest`].
    pub(crate) places: u64,
    /// How many.
    pub(crate) quantity: u64,
    /// How long it has them.
    pub(crate) term: Term,
}

/// How long a Booking has its places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// Until then.
    Until(DateTime<Utc>),
    /// Until the outcome of a payment is known.
    Secured,
    /// For good.
    Sold,
}

/// A digest of a set of places: the same in whatever order and grouping they are named.
pub(crate) fn digest<'a>(places: impl Iterator<Item = (&'a SectionId, u32, &'a [SeatId])>) -> u64 {
    let hash = |section: &SectionId, seat: Option<&SeatId>| {
        let mut hasher = DefaultHasher::new();
        (section, seat).hash(&mut hasher);
        hasher.finish()
    };
    places.fold(0, |sum, (section, quantity, seats)| {
        let places = if seats.is_empty() {
            hash(section, None).wrapping_mul(u64::from(quantity))
        } else {
            seats
                .iter()
                .fold(0_u64, |sum, seat| sum.wrapping_add(hash(section, Some(seat))))
        };
        sum.wrapping_add(places)
    })
}

/// The same of what a fact of an Event names.
pub(crate) fn digest_of(places: &[Allotment]) -> u64 {
    digest(
        places
            .iter()
            .map(|each| (&each.section, each.quantity, each.seats.as_slice())),
    )
}

/// What `buyer` has with `places`.
pub(crate) fn holding(buyer: AccountId, places: &[Allotment], term: Term) -> Holding {
    Holding {
        buyer,
        places: digest_of(places),
        quantity: places.iter().map(|each| u64::from(each.quantity)).sum(),
        term,
    }
}
