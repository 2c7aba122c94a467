//! What a refused event verb means over HTTP. The domain has one list of reasons for all of them, so this is one table.

use domain::event::EventRefusal;
use domain::text::Name;
use edge::problem::{FieldError, Problem, kinds};

use crate::answer::invalid;

/// The problem for `refusal`.
pub(crate) fn refused(refusal: EventRefusal) -> Problem {
    let detail = refusal.to_string();
    match refusal {
        EventRefusal::Absent | EventRefusal::NotYours => Problem::new(&kinds::NOT_FOUND),
        EventRefusal::AlreadyExists => Problem::new(&kinds::KEY_REUSED).detail(detail),
        EventRefusal::EndsBeforeStart | EventRefusal::End(_) | EventRefusal::OpensAfterEnd { .. } => {
            invalid("#/ends_at", detail)
        }
        EventRefusal::Opening(_) => invalid("#/from", detail),
        EventRefusal::Closing(_) | EventRefusal::ClosesBeforeOpening { .. } => invalid("#/until", detail),
        EventRefusal::MovedClosing { .. } => invalid("#/sales_until", detail),
        EventRefusal::DescriptionTooLong { .. } | EventRefusal::DescriptionControlCharacter => {
            invalid("#/description", detail)
        }
        EventRefusal::TimeZoneMalformed => invalid("#/time_zone", detail),
        EventRefusal::CurrencyUnknown => invalid("#/currency", detail),
        EventRefusal::BuyerLimitOutOfRange => invalid("#/buyer_seats_max", detail),
        EventRefusal::SectionNamedTwice { index, .. } => invalid(&format!("#/sections/{index}/name"), detail),
        EventRefusal::NoSections
        | EventRefusal::TooManySections { .. }
        | EventRefusal::EmptySection { .. }
        | EventRefusal::RowTooLong { .. }
        | EventRefusal::TooManySeats { .. }
        | EventRefusal::TooManyPlaces { .. } => invalid("#", detail),
        EventRefusal::PricesMissing { categories } | EventRefusal::PricesUnknown { categories } => {
            invalid("#/prices", detail).with("categories", names(&categories))
        }
        EventRefusal::StartsInPast | EventRefusal::Start(_) => invalid("#/starts_at", detail),
        EventRefusal::TooManyHours => invalid("#/free_cancellation_hours", detail),
        EventRefusal::NotGeneralAdmission { .. } => invalid("#/capacity", detail),
        EventRefusal::UnknownSection { .. } => Problem::new(&kinds::UNKNOWN_SECTION).detail(detail),
        EventRefusal::BelowTaken { taken, .. } => Problem::new(&kinds::BELOW_TAKEN)
            .detail(detail)
            .with("taken", taken),
        EventRefusal::Cancelled(_) => Problem::new(&kinds::EVENT_CANCELLED).detail(detail),
        EventRefusal::NotPublishable { faults } => Problem::new(&kinds::INVALID_STATE)
            .detail(detail)
            .errors(faults.iter().map(fault).collect()),
        EventRefusal::NotPublished
        | EventRefusal::NotRescheduled
        | EventRefusal::NotDraft
        | EventRefusal::NeverOpened
        | EventRefusal::Over { .. } => Problem::new(&kinds::INVALID_STATE).detail(detail),
    }
}

/// What is wrong with a draft, by the member of the Event to edit.
fn fault(refusal: &EventRefusal) -> FieldError {
    use EventRefusal as R;
    let pointer = if matches!(refusal, R::StartsInPast | R::Start(_)) {
        "#/starts_at"
    } else if matches!(refusal, R::End(_) | R::EndsBeforeStart | R::Over { .. }) {
        "#/ends_at"
    } else if matches!(
        refusal,
        R::DescriptionTooLong { .. } | R::DescriptionControlCharacter
    ) {
        "#/description"
    } else if matches!(refusal, R::TimeZoneMalformed) {
        "#/time_zone"
    } else if matches!(refusal, R::CurrencyUnknown) {
        "#/currency"
    } else {
        "#"
    };
    FieldError::at(pointer, refusal.to_string())
}

fn names(categories: &[Name]) -> Vec<&str> {
    categories.iter().map(Name::as_str).collect()
}
