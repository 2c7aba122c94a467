//! Periods that are reported on: whole hours or days of UTC.

use chrono::{DateTime, TimeDelta, Utc};
use edge::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::failure;

/// Points of a series at most: forty days by the hour, nearly three years by the day; a chart shows no more.
pub(super) const POINTS_MAX: i64 = 1_000;
/// How long a period is where the client does not say.
const DAYS_DEFAULT: i64 = 30;

/// How long a point of a series is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Granularity {
    /// An hour.
    Hour,
    /// A day of UTC.
    #[default]
    Day,
}

/// A period: whole hours or days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Period {
    /// Its first moment.
    pub(super) from: DateTime<Utc>,
    /// The first moment after it.
    pub(super) to: DateTime<Utc>,
    /// How long each point of the series is.
    #[schema(inline)]
    pub(super) granularity: Granularity,
}

impl Granularity {
    /// What PostgreSQL's `date_trunc` calls it.
    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub(super) const fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    fn begins_at(self, at: DateTime<Utc>) -> bool {
        at.timestamp_subsec_nanos() == 0 && at.timestamp().rem_euclid(self.seconds()) == 0
    }

    /// The end of the hour or day in which `at` lies.
    fn end_of(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let into = at.timestamp().rem_euclid(self.seconds());
        DateTime::from_timestamp(at.timestamp() - into + self.seconds(), 0).unwrap_or(at)
    }

    const fn whole(self) -> &'static str {
        match self {
            Self::Hour => "is no full hour",
            Self::Day => "is not the beginning of a day in UTC",
        }
    }
}

impl Period {
    /// Parses the parameters; without them it is the last thirty days, today included.
    pub(super) fn parse(
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
        granularity: Granularity,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let to = match to {
            Some(to) => checked("to", to, granularity)?,
            None => granularity.end_of(now),
        };
        let from = match from {
            Some(from) => checked("from", from, granularity)?,
            None => to - TimeDelta::days(DAYS_DEFAULT),
        };
        let period = Self {
            from,
            to,
            granularity,
        };
        match period.points() {
            ..=0 => Err(failure::invalid("from", "does not lie before `to`")),
            1..=POINTS_MAX => Ok(period),
            _ => Err(failure::invalid(
                "from",
                "makes a series of more than 1000 points",
            )),
        }
    }

    /// The last `count` hours, the one in which `now` lies included.
    pub(super) fn last_hours(count: i64, now: DateTime<Utc>) -> Self {
        let to = Granularity::Hour.end_of(now);
        Self {
            from: to - TimeDelta::hours(count),
            to,
            granularity: Granularity::Hour,
        }
    }

    /// How many points its series has.
    pub(super) fn points(&self) -> i64 {
        (self.to - self.from).num_seconds() / self.granularity.seconds()
    }

    /// The beginnings of its points.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let (from, step) = (self.from, TimeDelta::seconds(self.granularity.seconds()));
        let (to, first) = (self.to, Some(from).filter(|from| *from < self.to));
        std::iter::successors(first, move |at| Some(*at + step).filter(|next| *next < to))
    }
}

fn checked(
    parameter: &'static str,
    at: DateTime<Utc>,
    granularity: Granularity,
) -> Result<DateTime<Utc>, Problem> {
    if granularity.begins_at(at) {
        Ok(at)
    } else {
        Err(failure::invalid(parameter, granularity.whole()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn parse(from: Option<&str>, to: Option<&str>, granularity: Granularity) -> Result<Period, Problem> {
        let now = at("2026-05-17T13:20:11Z");
        Period::parse(from.map(at), to.map(at), granularity, now)
    }

    #[test]
    fn without_parameters_it_is_the_last_thirty_days_with_today() {
        let period = parse(None, None, Granularity::Day).unwrap();
        assert_eq!(period.from, at("2026-04-18T00:00:00Z"));
        assert_eq!(period.to, at("2026-05-18T00:00:00Z"));
        assert_eq!(period.beginnings().count(), 30);
        let period = parse(None, None, Granularity::Hour).unwrap();
        assert_eq!(period.to, at("2026-05-17T14:00:00Z"));
        assert_eq!(period.points(), 720);
    }

    #[test]
    fn the_end_does_not_belong_to_it() {
        let period = parse(
            Some("2026-05-01T00:00:00Z"),
            Some("2026-05-01T02:00:00Z"),
            Granularity::Hour,
        )
        .unwrap();
        assert_eq!(
            period.beginnings().collect::<Vec<_>>(),
            [at("2026-05-01T00:00:00Z"), at("2026-05-01T01:00:00Z")]
        );
    }

    #[test]
    fn what_is_not_whole_empty_or_too_long_is_refused() {
        for (from, to, granularity) in [
            ("2026-05-01T00:30:00Z", "2026-05-02T00:00:00Z", Granularity::Hour),
            ("2026-05-01T01:00:00Z", "2026-05-02T00:00:00Z", Granularity::Day),
            (
                "2026-05-01T00:00:00.5Z",
                "2026-05-02T00:00:00Z",
                Granularity::Hour,
            ),
            ("2026-05-02T00:00:00Z", "2026-05-02T00:00:00Z", Granularity::Day),
            ("2026-05-03T00:00:00Z", "2026-05-02T00:00:00Z", Granularity::Day),
            ("2026-01-01T00:00:00Z", "2026-02-11T17:00:00Z", Granularity::Hour),
        ] {
            assert!(parse(Some(from), Some(to), granularity).is_err(), "{from} {to}");
        }
        assert!(
            parse(
                Some("2026-01-01T00:00:00Z"),
                Some("2026-02-11T16:00:00Z"),
                Granularity::Hour
            )
            .is_ok()
        );
    }

    #[test]
    fn hours_of_other_zones_are_hours_of_utc_and_days_need_not_be() {
        let (from, to) = ("2026-05-01T00:00:00+02:00", "2026-05-02T00:00:00+02:00");
        assert!(parse(Some(from), Some(to), Granularity::Hour).is_ok());
        assert!(parse(Some(from), Some(to), Granularity::Day).is_err());
    }
}
