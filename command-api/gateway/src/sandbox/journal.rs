//! The sandbox's journal: every charge and refund in order, a page at a time.

use chrono::{DateTime, Utc};
use domain::money::{Currency, Money};
use reqwest::Method;
use serde::Deserialize;

use super::objects::reference;
use crate::error::{CallError, Rejected};
use crate::movement::{Cursor, Movement, MovementKind, MovementStatus, Page};
use crate::order::RefundOrder;
use crate::wire::{Wire, send};

/// Entries a page: what the sandbox gives at most.
const PAGE_ENTRIES: usize = 1_000;

#[derive(Deserialize)]
struct Journal {
    entries: Vec<Entry>,
    next_after: u64,
}

#[derive(Deserialize)]
struct Entry {
    kind: String,
    key: String,
    id: String,
    amount: i64,
    currency: Currency,
    at: DateTime<Utc>,
}

/// The page after `after`, without what is older than `since`. The last entry of a charge says what became of it.
pub(super) async fn read(
    wire: &Wire,
    since: DateTime<Utc>,
    after: Option<Cursor>,
) -> Result<Page, CallError> {
    let after = match after {
        None => 0,
        Some(Cursor(text)) => text
            .parse()
            .map_err(|_| Rejected::because("a cursor that is not this gateway's"))?,
    };
    let request = wire
        .request(Method::GET, &["v1", "journal"])
        .query(&[("after", after), ("limit", PAGE_ENTRIES as u64)]);
    let journal: Journal = send(request).await?.success()?;
    // An empty page is the end for now; whoever keeps the cursor goes on from there another time.
    let next = (!journal.entries.is_empty()).then(|| Cursor(journal.next_after.to_string()));
    let recent = journal.entries.into_iter().filter(|entry| entry.at >= since);
    let movements: Result<Vec<Option<Movement>>, CallError> = recent.map(Entry::movement).collect();
    Ok(Page {
        movements: movements?.into_iter().flatten().collect(),
        next,
    })
}

impl Entry {
    /// What moved; `None` where nothing did and nothing will.
    fn movement(self) -> Result<Option<Movement>, CallError> {
        let charge = MovementKind::Charge {
            payment: self.key.parse().ok(),
        };
        let refund = MovementKind::Refund {
            refund: RefundOrder::read_key(&self.key),
        };
        let (kind, status) = match self.kind.as_str() {
            "charge_captured" => (charge, MovementStatus::Done),
            "charge_pending" => (charge, MovementStatus::Pending),
            "refund_settled" => (refund, MovementStatus::Done),
            _ => return Ok(None),
        };
        Ok(Some(Movement {
            kind,
            reference: reference(&self.id)?,
            amount: Money {
                amount: self.amount,
                currency: self.currency,
            },
            at: self.at,
            status,
        }))
    }
}
