//! Instants that commands and queries name: years that every calendar and every column knows, in whole milliseconds.

use chrono::format::ParseErrorKind;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use crate::limits::YEARS;

/// A moment of the years 1970 to 2199 in whole milliseconds, so that it survives JSON and PostgreSQL unchanged.
///
/// Facts have plain times: what was once written decodes whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Instant(DateTime<Utc>);

/// Why something names no [`Instant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantRefusal {
    #[error("is not a date and time with its offset, such as 2027-05-17T19:30:00+02:00")]
    Unreadable,
    #[error("names a day or an hour that does not exist")]
    NoSuchDay,
    #[error("lies outside of the years {} to {}", YEARS.start(), YEARS.end())]
    OutOfYears,
    #[error("is not in whole milliseconds")]
    NotWhole,
}

impl Instant {
    /// Reads RFC 3339. Finer fractions than milliseconds are cut off, and a leap second is the second after it, as in
    /// PostgreSQL.
    pub fn parse(text: &str) -> Result<Self, InstantRefusal> {
        let read = DateTime::parse_from_rfc3339(text).map_err(|error| {
            let absent = matches!(
                error.kind(),
                ParseErrorKind::OutOfRange | ParseErrorKind::Impossible
            );
            if absent {
                InstantRefusal::NoSuchDay
            } else {
                InstantRefusal::Unreadable
            }
        })?;
        let whole = DateTime::from_timestamp_millis(read.timestamp_millis());
        Self::of(whole.ok_or(InstantRefusal::OutOfYears)?)
    }

    /// `at`, if it is one.
    pub fn of(at: DateTime<Utc>) -> Result<Self, InstantRefusal> {
        if !YEARS.contains(&at.year()) {
            return Err(InstantRefusal::OutOfYears);
        }
        match DateTime::from_timestamp_millis(at.timestamp_millis()) {
            Some(whole) if whole == at => Ok(Self(at)),
            Some(_) | None => Err(InstantRefusal::NotWhole),
        }
    }

    /// The same as a plain time.
    pub const fn utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl TryFrom<String> for Instant {
    type Error = InstantRefusal;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// The nearest time to `at` that RFC 3339 writes with four digits of a year and PostgreSQL stores: facts of old may name
/// any, and a read table must take them all.
pub fn storable(at: DateTime<Utc>) -> DateTime<Utc> {
    let year = |year| NaiveDate::from_ymd_opt(year, 1, 1).map(|day| day.and_time(NaiveTime::MIN).and_utc());
    match (year(1), year(9_999)) {
        (Some(first), Some(last)) => at.clamp(first, last),
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, InstantRefusal> {
        Instant::parse(text).map(|instant| instant.utc().to_rfc3339())
    }

    #[test]
    fn an_instant_is_read_in_any_offset() {
        let read = parsed("2027-05-17T19:30:00.25+02:00").unwrap();
        assert_eq!(read, "2027-05-17T17:30:00.250+00:00");
    }

    #[test]
    fn finer_fractions_are_cut_off_and_a_leap_second_is_the_second_after_it() {
        for (text, read) in [
            ("2026-12-31T23:59:59.999999999Z", "2026-12-31T23:59:59.999+00:00"),
            ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00+00:00"),
            ("2026-12-31T23:59:60.5004Z", "2027-01-01T00:00:00.500+00:00"),
        ] {
            assert_eq!(parsed(text).unwrap(), read);
        }
    }

    #[test]
    fn years_that_a_calendar_or_a_column_may_not_know_are_refused() {
        assert!(parsed("1970-01-01T00:00:00Z").is_ok());
        assert!(parsed("2199-12-31T23:59:59.999Z").is_ok());
        for text in [
            "1969-12-31T23:59:59.999Z",
            "2200-01-01T00:00:00Z",
            "2199-12-31T23:59:60Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(parsed(text), Err(InstantRefusal::OutOfYears), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_and_time_with_an_offset_is_refused() {
        for text in [
            "",
            "noon",
            "2027-05-17",
            "2027-05-17T19:30:00",
            "+10000-01-01T00:00:00Z",
            "-262143-01-01T00:00:00Z",
        ] {
            assert_eq!(parsed(text), Err(InstantRefusal::Unreadable), "{text}");
        }
    }

    #[test]
    fn a_plain_time_that_is_finer_is_none() {
        let fine = DateTime::UNIX_EPOCH + chrono::TimeDelta::microseconds(1);
        assert_eq!(Instant::of(fine), Err(InstantRefusal::NotWhole));
    }

    #[test]
    fn any_time_has_a_nearest_one_that_can_be_stored() {
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!((1..=9_999).contains(&storable(at).year()));
        }
        let usual = DateTime::UNIX_EPOCH;
        assert_eq!(storable(usual), usual);
    }
}
