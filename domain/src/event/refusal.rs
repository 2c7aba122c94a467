//! Why an organizer's command on an Event is refused.

use chrono::{DateTime, Utc};

use crate::limits::{
    BUYER_SEATS_CAP, CANCELLATION_HOURS_MAX, DESCRIPTION_CHARS_MAX, GENERAL_ADMISSION_MAX,
    SEATS_PER_EVENT_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX,
};
use crate::text::{Name, SectionId};

/// Why an organizer's command on an Event is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// There is no such Event, or its draft was deleted.
    #[error("there is no such event")]
    Absent,
    /// Somebody else runs it.
    #[error("the event is run by somebody else")]
    NotYours,
    /// An Event of another organizer, or a deleted one, already has this id.
    #[error("an event with this id already exists")]
    AlreadyExists,
    /// It ends before or when it starts.
    #[error("the event must end after it starts")]
    EndsBeforeStart,
    /// Its description is too long.
    #[error("the description has {length} characters, at most {DESCRIPTION_CHARS_MAX} are allowed")]
    DescriptionTooLong {
        /// Characters found.
        length: usize,
    },
    /// Its description has a control character other than a line feed or a tab: PostgreSQL stores no U+0000, and the
    /// others could forge log lines.
    #[error("the description contains a control character other than a newline or a tab")]
    DescriptionControlCharacter,
    /// Its time zone does not look like a name of the IANA time zone database.
    #[error("the time zone is not an IANA name such as Europe/Berlin")]
    TimeZoneMalformed,
    /// The limit per buyer is zero or above [`BUYER_SEATS_CAP`].
    #[error("a buyer's limit lies between 1 and {BUYER_SEATS_CAP} seats")]
    BuyerLimitOutOfRange,
    /// There is nothing to sell.
    #[error("an event needs at least one section")]
    NoSections,
    /// More than [`SECTIONS_MAX`] sections.
    #[error("an event has at most {SECTIONS_MAX} sections, not {found}")]
    TooManySections {
        /// Sections found.
        found: usize,
    },
    /// A section without rows, seats or capacity.
    #[error("section {section} has no places")]
    EmptySection {
        /// The section's name.
        section: Name,
    },
    /// A row of more than [`SEATS_PER_ROW_MAX`] seats.
    #[error("section {section} has rows of more than {SEATS_PER_ROW_MAX} seats")]
    RowTooLong {
        /// The section's name.
        section: Name,
    },
    /// More than [`SEATS_PER_EVENT_MAX`] named seats.
    #[error("an event has at most {SEATS_PER_EVENT_MAX} seats, not {found}")]
    TooManySeats {
        /// Seats found.
        found: u64,
    },
    /// More than [`GENERAL_ADMISSION_MAX`] places without names.
    #[error("an event admits at most {GENERAL_ADMISSION_MAX} people without seats, not {found}")]
    TooManyPlaces {
        /// Places found.
        found: u64,
    },
    /// Categories of the plan that have seats, but no price.
    #[error("{} of the plan's categories have no price", categories.len())]
    PricesMissing {
        /// Their names.
        categories: Vec<Name>,
    },
    /// Prices for categories that the plan does not have.
    #[error("{} prices name no category of the plan", categories.len())]
    PricesUnknown {
        /// Their names.
        categories: Vec<Name>,
    },
    /// It must be published first.
    #[error("the event is not published")]
    NotPublished,
    /// It is published and can no longer be thrown away.
    #[error("only a draft can be deleted")]
    NotDraft,
    /// The Event is over by then.
    #[error("the event ends at {ends_at}")]
    Over {
        /// When it ends or ended.
        ends_at: DateTime<Utc>,
    },
    /// Sales that were never opened cannot be closed.
    #[error("sales were never opened")]
    NeverOpened,
    /// It does not take place.
    #[error("the event is cancelled")]
    Cancelled,
    /// A published Event moves to another time by being rescheduled, so that buyers may cancel.
    #[error("a published event is moved to another time by rescheduling it")]
    NotRescheduled,
    /// It would start before now.
    #[error("the event cannot be moved into the past")]
    StartsInPast,
    /// More hours than [`CANCELLATION_HOURS_MAX`].
    #[error("cancelling is free for at most {CANCELLATION_HOURS_MAX} hours after an event was moved")]
    TooManyHours,
    /// It has no such section.
    #[error("the event has no section {section}")]
    UnknownSection {
        /// What was named.
        section: SectionId,
    },
    /// Named seats are not counted.
    #[error("section {section} has named seats, and no capacity to change")]
    NotGeneralAdmission {
        /// The section.
        section: SectionId,
    },
    /// Fewer places than are held and sold.
    #[error("{taken} places of section {section} are held or sold")]
    BelowTaken {
        /// The section.
        section: SectionId,
        /// What is held and sold.
        taken: u32,
    },
}
