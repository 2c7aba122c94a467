//! What an Event is, where and when, as organizers write it: from the texts of a body to the words of the domain.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::event::details::EventDetails;
use domain::text::{Name, TextRefusal, Title, with_line_feeds};

use super::faults::Faults;

/// Why a text does not name a time zone.
#[derive(Debug, thiserror::Error)]
enum ZoneRefusal {
    #[error(transparent)]
    Text(#[from] TextRefusal),
    #[error("is no time zone of the IANA database, such as Europe/Berlin")]
    Unknown,
}

/// The details as a body has them.
pub(super) struct DetailTexts<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) category: &'a str,
    pub(super) venue: &'a str,
    pub(super) city: &'a str,
    pub(super) time_zone: &'a str,
    pub(super) starts_at: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
}

/// Parses all details; notes everything that is wrong.
pub(super) fn details(texts: &DetailTexts<'_>, faults: &mut Faults) -> Option<EventDetails> {
    let title = title(texts.title, faults);
    let category = name("#/category", texts.category, faults);
    let venue = name("#/venue", texts.venue, faults);
    let city = name("#/city", texts.city, faults);
    let time_zone = time_zone(texts.time_zone, faults);
    Some(EventDetails {
        title: title?,
        description: with_line_feeds(texts.description.to_owned()),
        category: category?,
        venue: venue?,
        city: city?,
        time_zone: time_zone?,
        starts_at: texts.starts_at,
        ends_at: texts.ends_at,
    })
}

/// Parses a title.
pub(super) fn title(text: &str, faults: &mut Faults) -> Option<Title> {
    faults.check("#/title", Title::parse(text))
}

/// Parses a name that stands at `pointer`.
pub(super) fn name(pointer: &str, text: &str, faults: &mut Faults) -> Option<Name> {
    faults.check(pointer, Name::parse(text))
}

/// Parses an IANA time zone.
pub(super) fn time_zone(text: &str, faults: &mut Faults) -> Option<Name> {
    faults.check("#/time_zone", parse_zone(text))
}

fn parse_zone(text: &str) -> Result<Name, ZoneRefusal> {
    let name = Name::parse(text)?;
    name.as_str().parse::<Tz>().map_err(|_| ZoneRefusal::Unknown)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_of_the_iana_database_is_taken() {
        assert_eq!(parse_zone("Europe/Berlin").unwrap().as_str(), "Europe/Berlin");
        assert_eq!(parse_zone("UTC").unwrap().as_str(), "UTC");
    }

    #[test]
    fn any_other_zone_is_refused() {
        for text in ["Europe/Atlantis", "CEST+2", "europe/berlin", "", " "] {
            assert!(parse_zone(text).is_err(), "{text}");
        }
    }
}
