//! Opening sales, now or at a time.

use chrono::{DateTime, Utc};

use crate::event::facts::EventFact;
use crate::event::guards::By;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, SalesWindow};
use crate::instant::Instant;

/// Sell seats from now or a time on. A closing that lies after that stays; an earlier one no longer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSales {
    pub by: By,
    /// First moment of sale; `None` or a past one is now.
    pub from: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &OpenSales) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = event.commanded(command.by)?;
    let sales = profile.published()?;
    let from = command.from.unwrap_or(command.at).max(command.at);
    Instant::of(from).map_err(EventRefusal::Opening)?;
    profile.is_not_over(from)?;
    if already_opens(sales, from, command.at) {
        return Ok(Vec::new());
    }
    Ok(vec![EventFact::SalesOpened { from, at: command.at }])
}

fn already_opens(sales: SalesWindow, from: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    let on_sale_now = from <= at && sales.is_open(at);
    on_sale_now || (sales.from == Some(from) && sales.until.is_none_or(|until| from < until))
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::event::EventCommand;
    use crate::fixtures::{
        close, details, draft, event_of, facts_after, minute, on_sale, open, organizer, published,
    };

    type Given = TestFramework<Event>;

    #[test]
    fn sales_open_now() {
        let command = EventCommand::OpenSales(OpenSales {
            by: organizer(),
            from: None,
            at: minute(3),
        });
        Given::with(())
            .given(published())
            .when(command)
            .then_expect_events(vec![EventFact::SalesOpened {
                from: minute(3),
                at: minute(3),
            }]);
    }

    #[test]
    fn sales_open_at_a_time_ahead_and_not_before() {
        let facts = facts_after(published(), &[open(30, 3)]);
        let sales = event_of(&facts).sales().unwrap();
        assert!(!sales.is_open(minute(29)));
        assert!(sales.is_open(minute(30)));
    }

    #[test]
    fn a_time_in_the_past_means_now() {
        Given::with(())
            .given(published())
            .when(open(-30, 3))
            .then_expect_events(vec![EventFact::SalesOpened {
                from: minute(3),
                at: minute(3),
            }]);
    }

    #[test]
    fn opening_what_is_open_changes_nothing() {
        Given::with(())
            .given(on_sale())
            .when(open(5, 5))
            .then_expect_events(vec![]);
        Given::with(())
            .given(on_sale())
            .when(open(0, -5))
            .then_expect_events(vec![]);
    }

    #[test]
    fn closed_sales_open_again() {
        let facts = facts_after(on_sale(), &[close(5, 5), open(9, 9)]);
        assert!(event_of(&facts).sales().unwrap().is_open(minute(9)));
    }

    #[test]
    fn opening_earlier_keeps_a_closing_ahead() {
        let facts = facts_after(published(), &[open(30, 1), close(60, 2), open(10, 3)]);
        let sales = event_of(&facts).sales().unwrap();
        assert_eq!(
            sales,
            SalesWindow {
                from: Some(minute(10)),
                until: Some(minute(60))
            }
        );
    }

    #[test]
    fn a_draft_sells_nothing() {
        Given::with(())
            .given(draft())
            .when(open(1, 1))
            .then_expect_error(EventRefusal::NotPublished);
    }

    #[test]
    fn sales_cannot_open_after_the_end() {
        Given::with(())
            .given(published())
            .when(open(10_200, 1))
            .then_expect_error(EventRefusal::Over {
                ends_at: details().ends_at,
            });
    }
}
