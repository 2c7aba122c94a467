//! What an Event is, where and when: the part that organizers edit.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ensure::ensure;
use crate::event::refusal::EventRefusal;
use crate::instant::Instant;
use crate::limits::DESCRIPTION_CHARS_MAX;
use crate::text::{Name, Title};

/// What an Event is, where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetails {
    pub title: Title,
    /// A longer text, possibly empty.
    pub description: String,
    /// A word to browse by, such as `concert`.
    pub category: Name,
    /// Where: the venue's name.
    pub venue: Name,
    /// Where: the city.
    pub city: Name,
    /// IANA time zone of the venue, such as `Europe/Berlin`.
    pub time_zone: Name,
    pub starts_at: DateTime<Utc>,
    /// When it ends; after `starts_at`.
    pub ends_at: DateTime<Utc>,
}

impl EventDetails {
    /// Whether the details agree with each other and stay within bounds.
    pub(crate) fn check(&self) -> Result<(), EventRefusal> {
        self.faults().into_iter().next().map_or(Ok(()), Err)
    }

    /// All in which they do not.
    pub(super) fn faults(&self) -> Vec<EventRefusal> {
        let checks = [
            takes_place_within_bounds(self.starts_at, self.ends_at),
            self.description_is_short_enough(),
            self.description_is_plain(),
            self.time_zone_is_well_formed(),
        ];
        checks.into_iter().filter_map(Result::err).collect()
    }

    fn description_is_short_enough(&self) -> Result<(), EventRefusal> {
        let length = self.description.chars().count();
        ensure(
            length <= DESCRIPTION_CHARS_MAX,
            EventRefusal::DescriptionTooLong { length },
        )
    }

    /// Lines and tabs lay a text out; of the other control characters, U+0000 cannot even be stored as text.
    fn description_is_plain(&self) -> Result<(), EventRefusal> {
        let plain = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
        ensure(
            self.description.chars().all(plain),
            EventRefusal::DescriptionControlCharacter,
        )
    }

    /// Only the form: which zones exist changes with every release of the database.
    fn time_zone_is_well_formed(&self) -> Result<(), EventRefusal> {
        let name = self.time_zone.as_str();
        let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "/_+-".contains(letter);
        ensure(
            starts_well && name.chars().all(allowed),
            EventRefusal::TimeZoneMalformed,
        )
    }
}

/// An Event ends after it starts, at instants that everything downstream takes.
pub(super) fn takes_place_within_bounds(
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<(), EventRefusal> {
    ensure(starts_at < ends_at, EventRefusal::EndsBeforeStart)?;
    Instant::of(starts_at).map_err(EventRefusal::Start)?;
    Instant::of(ends_at).map_err(EventRefusal::End)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::details;
    use crate::instant::InstantRefusal;

    #[test]
    fn times_that_are_no_instants_are_refused() {
        let start = Err(EventRefusal::Start(InstantRefusal::OutOfYears));
        let end = Err(EventRefusal::End(InstantRefusal::OutOfYears));
        let fine = Err(EventRefusal::Start(InstantRefusal::NotWhole));
        for (starts_at, ends_at, expected) in [
            ("1970-01-01T00:00:00Z", "2199-12-31T23:59:59.999Z", Ok(())),
            ("-262143-01-01T00:00:00Z", "2030-01-01T00:00:00Z", start.clone()),
            ("0000-01-01T00:00:00Z", "0000-01-02T00:00:00Z", start.clone()),
            ("2030-01-01T00:00:00Z", "2200-01-01T00:00:00Z", end.clone()),
            ("2030-01-01T00:00:00Z", "+200000-01-01T00:00:00Z", end.clone()),
            ("2030-01-01T00:00:00.0001Z", "2030-01-02T00:00:00Z", fine),
        ] {
            let details = EventDetails {
                starts_at: starts_at.parse().unwrap(),
                ends_at: ends_at.parse().unwrap(),
                ..details()
            };
            assert_eq!(details.check(), expected, "{starts_at} {ends_at}");
        }
    }

    fn described(description: &str) -> EventDetails {
        EventDetails {
            description: description.to_owned(),
            ..details()
        }
    }

    #[test]
    fn a_description_may_have_lines_and_tabs_and_any_letters() {
        for text in ["", "Act 1\n\tAct 2", "Käse, 音楽, 🎶"] {
            assert_eq!(described(text).check(), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn a_description_with_another_control_character_is_refused() {
        for text in ["\u{0}", "a\u{0}b", "a\r\nb", "\u{1b}[31m", "\u{7f}", "\u{85}"] {
            let refused = Err(EventRefusal::DescriptionControlCharacter);
            assert_eq!(described(text).check(), refused, "{text:?}");
        }
    }
}
