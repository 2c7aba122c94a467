//! Naming a stream of the log in a path.

use std::borrow::Cow;

use domain::account::Account;
use domain::booking::Booking;
use domain::event::Event;
use edge::problem::Problem;
use event_store::{RecordedFact, Sequence, StreamId};

use crate::{QueryApi, failure};

/// A kind of aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AggregateKind {
    Event,
    Booking,
    Account,
}

impl AggregateKind {
    fn parse(name: &str) -> Option<Self> {
        [Self::Event, Self::Booking, Self::Account]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// Its name in the log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Event => <Event as cqrs_es::Aggregate>::TYPE,
            Self::Booking => <Booking as cqrs_es::Aggregate>::TYPE,
            Self::Account => <Account as cqrs_es::Aggregate>::TYPE,
        }
    }
}

/// The stream that a path names; what names none is not found.
pub(super) fn parse(aggregate: &str, id: &str) -> Result<(AggregateKind, StreamId), Problem> {
    let kind = AggregateKind::parse(aggregate).ok_or_else(failure::not_found)?;
    let stream = StreamId {
        aggregate_type: Cow::Borrowed(kind.name()),
        aggregate_id: id.parse().map_err(|_| failure::not_found())?,
    };
    Ok((kind, stream))
}

/// The first `limit` facts of `stream` after `after`.
pub(super) async fn page(
    api: &QueryApi,
    stream: &StreamId,
    after: Sequence,
    limit: usize,
) -> Result<Vec<RecordedFact>, Problem> {
    let page = api.log.read_stream_page(stream, after, limit);
    page.await.map_err(failure::log)
}
