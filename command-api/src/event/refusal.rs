//! What a refused event verb means over HTTP. The domain has one list of reasons for all of them, so this is one table.

use std::fmt::Display;

use domain::event::EventRefusal;
use domain::text::Name;
use edge::problem::{FieldError, Kind, Problem, kinds};

/// The problem for `refusal`.
pub(super) fn problem(refusal: EventRefusal) -> Problem {
    match refusal {
        EventRefusal::Absent | EventRefusal::NotYours => Problem::new(&kinds::NOT_FOUND),
        EventRefusal::AlreadyExists => Problem::new(&kinds::KEY_REUSED),
        EventRefusal::EndsBeforeStart => invalid("#/ends_at", &refusal),
        EventRefusal::DescriptionTooLong { .. } => invalid("#/description", &refusal),
        EventRefusal::TimeZoneMalformed => invalid("#/time_zone", &refusal),
        EventRefusal::BuyerLimitOutOfRange => invalid("#/buyer_seats_max", &refusal),
        EventRefusal::NoSections
        | EventRefusal::TooManySections { .. }
        | EventRefusal::EmptySection { .. }
        | EventRefusal::RowTooLong { .. }
        | EventRefusal::TooManySeats { .. }
        | EventRefusal::TooManyPlaces { .. } => invalid("#", &refusal),
        EventRefusal::PricesMissing { ref categories } => {
            invalid("#/prices", &refusal).with("categories", names(categories))
        }
        EventRefusal::PricesUnknown { ref categories } => {
            invalid("#/prices", &refusal).with("categories", names(categories))
        }
        EventRefusal::NotPublished | EventRefusal::NotDraft | EventRefusal::NeverOpened => {
            told(&kinds::INVALID_STATE, &refusal)
        }
        EventRefusal::Over { .. } => told(&kinds::INVALID_STATE, &refusal),
    }
}

fn invalid(pointer: &str, refusal: &EventRefusal) -> Problem {
    Problem::new(&kinds::INVALID_BODY).errors(vec![FieldError::at(pointer, refusal.to_string())])
}

fn told(kind: &'static Kind, refusal: &impl Display) -> Problem {
    Problem::new(kind).detail(refusal.to_string())
}

fn names(categories: &[Name]) -> Vec<String> {
    categories.iter().map(ToString::to_string).collect()
}
