//! Stripe's lists: a hundred objects a page, the newest first, each page asked for with the last id of the one before.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Stripe;
use super::objects::{Intent, Refund};
use crate::error::CallError;
use crate::wire::send;

/// Objects a page: Stripe's maximum.
const PAGE_LIMIT: &str = "100";
/// How far Stripe's clock may be behind ours.
const CLOCKS_DIFFER_MAX: Duration = Duration::minutes(5);

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    has_more: bool,
}

/// What lists hold.
pub(super) trait Listed: DeserializeOwned + Send {
    /// Where its list is.
    const PATH: [&'static str; 2];

    /// Its id.
    fn id(&self) -> &str;

    /// When it was made, in seconds of Unix time.
    fn created(&self) -> i64;
}

impl Listed for Intent {
    const PATH: [&'static str; 2] = ["v1", "payment_intents"];

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

impl Listed for Refund {
    const PATH: [&'static str; 2] = ["v1", "refunds"];

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

impl Stripe {
    /// The page after the object `after`, of those that `filter` leaves.
    pub(super) async fn list<T: Listed>(
        &self,
        filter: &[(&str, &str)],
        after: Option<&str>,
    ) -> Result<List<T>, CallError> {
        let mut query = vec![("limit", PAGE_LIMIT)];
        query.extend_from_slice(filter);
        query.extend(after.map(|id| ("starting_after", id)));
        send(self.get(&T::PATH).query(&query)).await?.success()
    }
}

impl<T: Listed> List<T> {
    /// The id to go on after, if older objects may be of `since` or later. Lists are the newest first; a server that lists the
    /// other way round is read to its end.
    pub(super) fn next(&self, since: DateTime<Utc>) -> Option<&str> {
        let (first, last) = (self.data.first()?, self.data.last()?);
        let since = (since - CLOCKS_DIFFER_MAX).timestamp();
        let past = first.created() > last.created() && last.created() < since;
        (self.has_more && !past).then(|| last.id())
    }
}
