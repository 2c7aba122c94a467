//! Why an organizer's command on an Event is refused.

use chrono::{DateTime, Utc};

use crate::instant::InstantRefusal;
use crate::limits::{
    BUYER_SEATS_CAP, CANCELLATION_HOURS_MAX, DESCRIPTION_CHARS_MAX, GENERAL_ADMISSION_MAX,
    SEATS_PER_EVENT_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX,
};
use crate::text::{Name, SectionId, counted};

/// The Event does not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event is cancelled")]
pub struct EventCancelled;

/// Why an organizer's command on an Event is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    #[error("there is no such event")]
    Absent,
    #[error("another organizer runs the event")]
    NotYours,
    #[error("an event with this id already exists")]
    AlreadyExists,
    #[error("the event must end after it starts")]
    EndsBeforeStart,
    #[error("the start {0}")]
    Start(InstantRefusal),
    #[error("the end {0}")]
    End(InstantRefusal),
    #[error("the opening {0}")]
    Opening(InstantRefusal),
    #[error("the closing {0}")]
    Closing(InstantRefusal),
    #[error("the description has {length} characters, at most {DESCRIPTION_CHARS_MAX} are allowed")]
    DescriptionTooLong { length: usize },
    /// Its description has a control character other than a line feed or a tab: PostgreSQL stores no U+0000, and the
    /// others could forge log lines.
    #[error("the description contains a control character other than a newline or a tab")]
    DescriptionControlCharacter,
    #[error("the time zone is not an IANA name such as Europe/Berlin")]
    TimeZoneMalformed,
    #[error("a buyer's limit lies between 1 and {BUYER_SEATS_CAP} seats")]
    BuyerLimitOutOfRange,
    #[error("an event needs at least one section")]
    NoSections,
    #[error("an event has at most {SECTIONS_MAX} sections, not {found}")]
    TooManySections { found: usize },
    /// Two sections have one name, or names that look the same.
    #[error("the name of section {section} is given more than once")]
    SectionNamedTwice {
        section: Name,
        /// Which section it is, counted from zero.
        index: usize,
    },
    #[error("section {section} has no places")]
    EmptySection { section: Name },
    #[error("section {section} has rows of more than {SEATS_PER_ROW_MAX} seats")]
    RowTooLong { section: Name },
    #[error("an event has at most {SEATS_PER_EVENT_MAX} seats, not {found}")]
    TooManySeats { found: u64 },
    #[error("an event admits at most {GENERAL_ADMISSION_MAX} people without seats, not {found}")]
    TooManyPlaces { found: u64 },
    #[error("{} no price", counted(categories.len(), "category of the plan has", "categories of the plan have"))]
    PricesMissing { categories: Vec<Name> },
    #[error("{} no category of the plan", counted(categories.len(), "price names", "prices name"))]
    PricesUnknown { categories: Vec<Name> },
    #[error("the event is not published")]
    NotPublished,
    #[error("only a draft can be deleted")]
    NotDraft,
    #[error("the event ends at {ends_at}")]
    Over { ends_at: DateTime<Utc> },
    #[error("the event cannot be published: {}", listed(faults))]
    NotPublishable { faults: Vec<Self> },
    #[error("the currency of the event does not exist")]
    CurrencyUnknown,
    #[error("sales would close at {until}, not after they open")]
    ClosesBeforeOpening { until: DateTime<Utc> },
    #[error("sales would close at {until}, which lies behind or not after they open: name when they close")]
    MovedClosing { until: DateTime<Utc> },
    #[error("sales open at {from}, when the event would be over")]
    OpensAfterEnd { from: DateTime<Utc> },
    #[error("sales were never opened")]
    NeverOpened,
    #[error(transparent)]
    Cancelled(#[from] EventCancelled),
    #[error("a published event is moved to another time by rescheduling it")]
    NotRescheduled,
    #[error("the start lies in the past")]
    StartsInPast,
    #[error("cancelling is free for at most {CANCELLATION_HOURS_MAX} hours after an event was moved")]
    TooManyHours,
    #[error("the event has no section {section}")]
    UnknownSection { section: SectionId },
    #[error("section {section} has named seats, and no capacity to change")]
    NotGeneralAdmission { section: SectionId },
    #[error("{} held or sold in section {section}", counted(*taken, "place is", "places are"))]
    BelowTaken { section: SectionId, taken: u32 },
}

fn listed(faults: &[EventRefusal]) -> String {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    faults.join("; ")
}
