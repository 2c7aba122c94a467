//! Stripe's books: first its intents, then its refunds, each the newest first.
//!
//! Each is of the time when it was made; an intent that settles days later keeps that time, so that whoever compares books
//! lets `since` overlap. Fees, disputes and payouts are not of ours and not told.

use chrono::{DateTime, Utc};

use super::Stripe;
use super::objects::{Intent, Refund, reference};
use crate::error::{CallError, Rejected};
use crate::movement::{Cursor, Movement, MovementKind, MovementStatus, Page};

const INTENTS: &str = "intents";
const REFUNDS: &str = "refunds";

impl Stripe {
    /// The page after `after`.
    pub(super) async fn read_books(
        &self,
        since: DateTime<Utc>,
        after: Option<Cursor>,
    ) -> Result<Page, CallError> {
        let Cursor(text) = after.unwrap_or_else(|| cursor(INTENTS, ""));
        let (book, id) = text.split_once(':').unwrap_or_default();
        let id = Some(id).filter(|id| !id.is_empty());
        match book {
            INTENTS => self.read_intents(since, id).await,
            REFUNDS => self.read_refunds(since, id).await,
            _ => Err(Rejected::because("a cursor that is not this gateway's").into()),
        }
    }

    async fn read_intents(&self, since: DateTime<Utc>, after: Option<&str>) -> Result<Page, CallError> {
        let list = self.list::<Intent>(&[], after).await?;
        let next = list
            .next(since)
            .map_or_else(|| cursor(REFUNDS, ""), |id| cursor(INTENTS, id));
        page(list.data.iter().map(of_intent), since, Some(next))
    }

    async fn read_refunds(&self, since: DateTime<Utc>, after: Option<&str>) -> Result<Page, CallError> {
        let list = self.list::<Refund>(&[], after).await?;
        let next = list.next(since).map(|id| cursor(REFUNDS, id));
        page(list.data.iter().map(of_refund), since, next)
    }
}

fn cursor(book: &str, id: &str) -> Cursor {
    Cursor(format!("{book}:{id}"))
}

/// What of a list moved, and not before `since` by Stripe's clock, which counts whole seconds.
fn page(
    found: impl Iterator<Item = Result<Option<Movement>, CallError>>,
    since: DateTime<Utc>,
    next: Option<Cursor>,
) -> Result<Page, CallError> {
    let found: Vec<Option<Movement>> = found.collect::<Result<_, _>>()?;
    let recent = |movement: &Movement| movement.at.timestamp() >= since.timestamp();
    Ok(Page {
        movements: found.into_iter().flatten().filter(recent).collect(),
        next,
    })
}

fn of_intent(intent: &Intent) -> Result<Option<Movement>, CallError> {
    let status = match intent.status.as_str() {
        "succeeded" => MovementStatus::Done,
        "processing" => MovementStatus::Pending,
        _ => return Ok(None),
    };
    Ok(Some(Movement {
        kind: MovementKind::Charge {
            payment: intent.metadata.payment(),
        },
        reference: reference(&intent.id)?,
        amount: intent.money()?,
        at: intent.at()?,
        status,
    }))
}

fn of_refund(refund: &Refund) -> Result<Option<Movement>, CallError> {
    let status = match refund.status.as_deref() {
        Some("succeeded") => MovementStatus::Done,
        Some("pending" | "requires_action") => MovementStatus::Pending,
        _ => return Ok(None),
    };
    Ok(Some(Movement {
        kind: MovementKind::Refund {
            refund: refund.metadata.refund(),
        },
        reference: reference(&refund.id)?,
        amount: refund.money()?,
        at: refund.at()?,
        status,
    }))
}
