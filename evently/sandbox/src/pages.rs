//! Reading the journal, page by page.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::{Deserialize, Serialize};

use crate::entry::Entry;
use crate::gateway::Gateway;
use crate::refusal::Refusal;

/// Entries of a page if nobody says how many.
const ENTRIES_USUAL: usize = 100;
/// Entries of a page at most: about half a megabyte.
const ENTRIES_MAX: usize = 1_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Page {
    entries: Vec<Arc<Entry>>,
    next_after: u64,
}

/// `GET /v1/journal`
pub(crate) async fn get(
    gateway: Data<Gateway>,
    wanted: Result<Query<Wanted>, actix_web::Error>,
) -> Result<HttpResponse, Refusal> {
    let wanted = wanted
        .map_err(|error| Refusal::Unreadable(error.to_string()))?
        .into_inner();
    let limit = wanted.limit.unwrap_or(ENTRIES_USUAL).min(ENTRIES_MAX);
    if limit == 0 {
        return Err(Refusal::Unreadable("a page has 1 entry or more".to_owned()));
    }
    let entries = gateway.ledger.with_book(|book| book.page(wanted.after, limit));
    let next_after = entries.last().map_or(wanted.after, |entry| entry.sequence);
    Ok(HttpResponse::Ok().json(Page { entries, next_after }))
}
