//! From when to when an event sells, as two columns of its row.

use chrono::{DateTime, Utc};
use domain::event::{EventFact, SalesWindow};

/// Opens or closes sales as `fact` says.
pub(crate) fn change_sales(
    from: &mut Option<DateTime<Utc>>,
    until: &mut Option<DateTime<Utc>>,
    fact: &EventFact,
) {
    let mut sales = SalesWindow {
        from: *from,
        until: *until,
    };
    if let EventFact::SalesOpened { from, .. } = fact {
        sales = sales.opened(*from);
    } else if let EventFact::SalesClosed { until, .. } = fact {
        sales = sales.closed(*until);
    }
    (*from, *until) = (sales.from, sales.until);
}
