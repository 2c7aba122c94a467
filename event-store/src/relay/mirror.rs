//! The log's mirror in `JetStream`: the newest facts, dense and in order.
//!
//! Each message is published on condition that the stream's last message is the one before it
//! (`Nats-Expected-Last-Sequence`). So nothing gets in out of order, twice, or with a hole before it, even while an old
//! leader that does not yet know of its end is still sending.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::context::{ContextBuilder, PublishAckFuture, PublishError};
use async_nats::jetstream::message::{PublishMessage, StreamMessage};
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, StorageType,
};
use async_nats::jetstream::{Context, stream::Stream};
use async_nats::{Client, HeaderMap};
use sqlx::PgConnection;

use crate::cloud_event::{self, CONTENT_TYPE, CONTENT_TYPE_SINGLE, Range};
use crate::log::{fact_at, head, last_older_than};
use crate::{LogError, Position, RecordedFact, Subjects};

/// Facts that an empty stream gets at most: about as many as [`BYTES_MAX`] holds. Older ones are in the log, where every
/// reader finds them.
const FACTS_MAX: i64 = 500_000;

/// Bytes that the stream keeps.
const BYTES_MAX: i64 = 512 * 1024 * 1024;

/// How long the stream keeps a fact.
const AGE_MAX: Duration = Duration::from_hours(24);

/// The shortest that servers allow. The condition on the last message already refuses what comes twice; a longer window
/// would cost memory for each message, and refuse what is published again after a purge.
const DUPLICATE_WINDOW: Duration = Duration::from_millis(100);

/// Pages sent and not yet acknowledged: 4 MiB.
const WINDOW: usize = 64;

/// A server that does not acknowledge within this is away.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);

pub(super) struct Mirror {
    client: Client,
    jetstream: Context,
    subjects: Subjects,
    stream: Stream,
    unacknowledged: VecDeque<(Range, PublishAckFuture)>,
    acknowledged: Position,
    /// The stream's own number of its last message, once all that was sent is in it.
    last_sequence: u64,
    published: metrics::Counter,
}

/// The stream cannot be kept now.
#[derive(Debug, thiserror::Error)]
pub(super) enum MirrorError {
    #[error("JetStream refused: {0}")]
    Refused(String),
    #[error("positions {range} were not published")]
    NotPublished { range: Range, source: PublishError },
    #[error("positions {0} were taken for some that the stream already has")]
    TakenForDuplicate(Range),
    #[error("a fact does not serialise")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Mirror {
    /// Finds the stream, or makes it.
    pub(super) async fn open(client: Client, subjects: Subjects) -> Result<Self, MirrorError> {
        let jetstream = ContextBuilder::new()
            .timeout(ACKNOWLEDGED_WITHIN)
            .max_ack_inflight(WINDOW * 2) // more than ever waits here: the window is kept by `send`
            .build(client.clone());
        let stream = find_or_make(&jetstream, &subjects).await?;
        Ok(Self {
            client,
            jetstream,
            subjects,
            stream,
            unacknowledged: VecDeque::with_capacity(WINDOW),
            acknowledged: Position::START,
            last_sequence: 0,
            published: metrics::counter!("evently_relay_published_total"),
        })
    }

    /// Up to where the stream has what was sent.
    pub(super) const fn acknowledged(&self) -> Position {
        self.acknowledged
    }

    /// Compares what the stream holds last with the log, and answers after which position to publish. What the stream
    /// has and the log has not is removed: the log is the truth. An empty stream lost what is younger than the age to
    /// which it keeps facts; what is older it has let go of, as it should.
    pub(super) async fn compare(&mut self, connection: &mut PgConnection) -> Result<Position, MirrorError> {
        self.stream = find_or_make(&self.jetstream, &self.subjects).await?;
        self.last_sequence = self.stream.cached_info().state.last_sequence;
        let last = self.last_message().await?;
        let mut held = None;
        if let Some(message) = &last {
            held = agreed(message, connection).await?;
        }
        if last.is_some() && held.is_none() {
            tracing::error!("the stream ends with what the log has not: all of it is published anew");
            repaired("ahead");
            self.stream.purge().await.map_err(refused)?;
        }
        let oldest = head(connection).await?.get().saturating_sub(FACTS_MAX).max(0);
        let held = match held {
            Some(held) => held,
            None => self.let_go(connection).await?,
        };
        let after = held.max(Position::new(oldest));
        if after < self.acknowledged {
            tracing::warn!(from = %after, to = %self.acknowledged, "the stream lost facts: they are published anew");
            repaired("lost");
        }
        self.acknowledged = after;
        Ok(after)
    }

    /// Up to where an empty stream misses nothing.
    async fn let_go(&self, connection: &mut PgConnection) -> Result<Position, MirrorError> {
        let age_max = self.stream.cached_info().config.max_age;
        if age_max.is_zero() {
            return Ok(Position::START); // it is set to keep facts for ever
        }
        Ok(last_older_than(connection, age_max).await?)
    }

    /// Sends facts in order, without waiting for more than the window asks for.
    pub(super) async fn send(&mut self, facts: &[RecordedFact]) -> Result<(), MirrorError> {
        for page in cloud_event::pages(facts)? {
            if self.unacknowledged.len() >= WINDOW {
                self.acknowledge_one().await?;
            }
            let range = page.range;
            let message = PublishMessage::build()
                .message_id(range.to_string())
                .expected_last_sequence(self.last_sequence)
                .header("Content-Type", CONTENT_TYPE)
                .payload(page.payload.into());
            let sent = self.jetstream.send_publish(self.subjects.facts(), message).await;
            let sent = sent.map_err(|source| MirrorError::NotPublished { range, source })?;
            self.unacknowledged.push_back((range, sent));
            self.last_sequence = self.last_sequence.saturating_add(1);
        }
        self.send_single(facts).await
    }

    /// Sends each fact by itself, where that is asked for. Their ids tell those that come twice.
    async fn send_single(&self, facts: &[RecordedFact]) -> Result<(), MirrorError> {
        for fact in facts {
            let Some(subject) = self.subjects.fact(fact) else {
                return Ok(());
            };
            let mut headers = HeaderMap::new();
            headers.insert(NATS_MESSAGE_ID, fact.position.to_string());
            headers.insert("Content-Type", CONTENT_TYPE_SINGLE);
            let event = cloud_event::encode(fact)?.into();
            let sent = self.client.publish_with_headers(subject, headers, event).await;
            sent.map_err(refused)?;
        }
        Ok(())
    }

    /// Waits until all that was sent is acknowledged.
    pub(super) async fn settle(&mut self) -> Result<(), MirrorError> {
        while !self.unacknowledged.is_empty() {
            self.acknowledge_one().await?;
        }
        Ok(())
    }

    async fn acknowledge_one(&mut self) -> Result<(), MirrorError> {
        let Some((range, sent)) = self.unacknowledged.pop_front() else {
            return Ok(());
        };
        let acknowledged = sent
            .await
            .map_err(|source| MirrorError::NotPublished { range, source })?;
        if acknowledged.duplicate {
            return Err(MirrorError::TakenForDuplicate(range));
        }
        self.acknowledged = range.last;
        self.published.increment(range.facts());
        Ok(())
    }

    async fn last_message(&self) -> Result<Option<StreamMessage>, MirrorError> {
        match self
            .stream
            .get_last_raw_message_by_subject(&self.subjects.facts())
            .await
        {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }
}

/// The last position of a page, if the log has the very same fact there.
async fn agreed(
    message: &StreamMessage,
    connection: &mut PgConnection,
) -> Result<Option<Position>, MirrorError> {
    let page = cloud_event::decode(&message.payload).ok();
    let Some(held) = page.and_then(|mut facts| facts.pop()) else {
        return Ok(None);
    };
    let Some(fact) = fact_at(connection, held.position).await? else {
        return Ok(None);
    };
    let identity = |fact: &RecordedFact| (fact.stream.clone(), fact.sequence, fact.recorded_at);
    Ok((identity(&held) == identity(&fact)).then_some(held.position))
}

async fn find_or_make(jetstream: &Context, subjects: &Subjects) -> Result<Stream, MirrorError> {
    let config = Config {
        name: subjects.stream(),
        subjects: vec![subjects.facts()],
        description: Some("The newest facts of the log, in its order".to_owned()),
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        max_bytes: BYTES_MAX,
        max_age: AGE_MAX,
        duplicate_window: DUPLICATE_WINDOW,
        num_replicas: 1,
        ..Config::default()
    };
    jetstream.get_or_create_stream(config).await.map_err(refused)
}

fn refused(error: impl std::error::Error) -> MirrorError {
    MirrorError::Refused(error.to_string())
}

fn repaired(reason: &'static str) {
    metrics::counter!("evently_relay_repairs_total", "reason" => reason).increment(1);
}
