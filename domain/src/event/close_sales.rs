//! Closing sales, now or at a time. Holds that live go on until their deadlines.

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, SalesWindow};
use crate::instant::Instant;

/// Stop selling now or at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseSales {
    pub by: By,
    /// First moment without sale; `None` or a past one is now.
    pub until: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &CloseSales) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    let sales = profile.published()?;
    sales_were_opened(sales)?;
    let until = command.until.unwrap_or(command.at).max(command.at);
    Instant::of(until).map_err(EventRefusal::Closing)?;
    closes_after_the_opening(sales, until, command.at)?;
    if already_closes(sales, until, command.at) {
        return Ok(Vec::new());
    }
    Ok(vec![EventFact::SalesClosed {
        until,
        at: command.at,
    }])
}

/// A closing ahead leaves something to sell. To close now calls an opening ahead off.
fn closes_after_the_opening(
    sales: SalesWindow,
    until: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), EventRefusal> {
    let opens_before = sales.from.is_some_and(|from| from < until);
    ensure(
        until <= at || opens_before,
        EventRefusal::ClosesBeforeOpening { until },
    )
}

fn sales_were_opened(sales: SalesWindow) -> Result<(), EventRefusal> {
    ensure(sales.from.is_some(), EventRefusal::NeverOpened)
}

fn already_closes(sales: SalesWindow, until: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    sales
        .until
        .is_some_and(|closed| closed == until || (until <= at && closed <= at))
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::{EventCommand, EventStatus};
    use crate::fixtures::{close, event_of, facts_after, minute, on_sale, open, organizer, published};

    type Given = TestFramework<Event>;

    #[test]
    fn sales_close_now() {
        let command = EventCommand::CloseSales(CloseSales {
            by: organizer(),
            until: None,
            at: minute(3),
        });
        Given::with(())
            .given(on_sale())
            .when(command)
            .then_expect_events(vec![EventFact::SalesClosed {
                until: minute(3),
                at: minute(3),
            }]);
    }

    #[test]
    fn sales_go_on_until_just_before_the_closing() {
        let event = event_of(&facts_after(on_sale(), &[close(30, 3)]));
        assert_eq!(event.status(minute(29)), Some(EventStatus::OnSale));
        assert_eq!(event.status(minute(30)), Some(EventStatus::Closed));
    }

    #[test]
    fn closing_what_is_closed_changes_nothing() {
        let closed = facts_after(on_sale(), &[close(3, 3)]);
        Given::with(())
            .given(closed)
            .when(close(9, 9))
            .then_expect_events(vec![]);
    }

    #[test]
    fn closing_before_the_opening_calls_sales_off() {
        let event = event_of(&facts_after(on_sale(), &[close(-20, -20)]));
        assert_eq!(event.status(minute(1)), Some(EventStatus::Closed));
    }

    #[test]
    fn a_closing_ahead_that_leaves_nothing_to_sell_is_refused() {
        for until in [20, 30] {
            Given::with(())
                .given(facts_after(published(), &[open(30, 1)]))
                .when(close(until, 2))
                .then_expect_error(EventRefusal::ClosesBeforeOpening { until: minute(until) });
        }
    }

    #[test]
    fn sales_that_never_opened_cannot_close() {
        Given::with(())
            .given(published())
            .when(close(1, 1))
            .then_expect_error(EventRefusal::NeverOpened);
    }
}
