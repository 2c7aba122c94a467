//! Opening sales, now or at a time.

use chrono::{DateTime, Utc};

use crate::event::command::{By, commanded};
use crate::event::facts::EventFact;
use crate::event::publish::is_not_over;
use crate::event::refusal::EventRefusal;
use crate::event::state::{Event, Profile, SalesWindow, Stage};

/// Sell seats from now or a time on. A closing that lies after that stays; an earlier one no longer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSales {
    /// Who asks.
    pub by: By,
    /// First moment of sale; `None` or a past one is now.
    pub from: Option<DateTime<Utc>>,
    /// When this is decided.
    pub at: DateTime<Utc>,
}

pub(crate) fn decide(event: &Event, command: &OpenSales) -> Result<Vec<EventFact>, EventRefusal> {
    let profile = commanded(event, command.by)?;
    let sales = published(profile)?;
    let from = command.from.unwrap_or(command.at).max(command.at);
    is_not_over(profile, from)?;
    if already_opens(sales, from, command.at) {
        return Ok(Vec::new());
    }
    Ok(vec![EventFact::SalesOpened { from, at: command.at }])
}

/// Sales belong to a published Event.
pub(crate) fn published(profile: &Profile) -> Result<SalesWindow, EventRefusal> {
    match profile.stage {
        Stage::Published { sales } => Ok(sales),
        Stage::Draft => Err(EventRefusal::NotPublished),
        Stage::Deleted => Err(EventRefusal::Absent),
    }
}

fn already_opens(sales: SalesWindow, from: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    let on_sale_now = from <= at && sales.is_open(at);
    on_sale_now || (sales.from == Some(from) && sales.until.is_none_or(|until| from < until))
}
