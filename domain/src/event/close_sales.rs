//! Closing sales, now or at a time. Holds that live go on until their deadlines.

use chrono::{DateTime, Utc};

use crate::event::command::{By, commanded};
use crate::event::facts::EventFact;
use crate::event::open_sales::published;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, SalesWindow};

/// Stop selling now or at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseSales {
    /// Who asks.
    pub by: By,
    /// First moment without sale; `None` or a past one is now.
    pub until: Option<DateTime<Utc>>,
    /// When this is decided.
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &CloseSales) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = commanded(event, command.by)?;
    let sales = published(profile)?;
    sales_were_opened(sales)?;
    let until = command.until.unwrap_or(command.at).max(command.at);
    if already_closes(sales, until, command.at) {
        return Ok(Vec::new());
    }
    Ok(vec![EventFact::SalesClosed {
        until,
        at: command.at,
    }])
}

fn sales_were_opened(sales: SalesWindow) -> Result<(), EventRefusal> {
    if sales.from.is_some() {
        Ok(())
    } else {
        Err(EventRefusal::NeverOpened)
    }
}

fn already_closes(sales: SalesWindow, until: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    sales
        .until
        .is_some_and(|closed| closed == until || (until <= at && closed <= at))
}
