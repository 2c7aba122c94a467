//! A feed: the facts after a position, one after the other, none twice, none left out.
//!
//! New facts come by a plain NATS subscription to what the relay publishes, with no consumer on the server that could
//! stall, fill up or be lost with its store. That a message may get lost does not matter: positions are dense, so that a
//! lost one shows in the next, and silence shows in the log, which is looked at when nothing has come for
//! [`WATCHDOG`]. Both are repaired by reading the log, as is everything older than the subscription.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, Message, Subscriber};
use futures::{FutureExt, StreamExt};
use tokio::time::Instant;

use crate::cloud_event::{self, Range};
use crate::{Log, LogError, Position, RecordedFact, Subjects};

/// After this long without a message the log is asked whether one should have come.
pub const WATCHDOG: Duration = Duration::from_millis(250);

/// How soon the log is asked again after it had facts that no message brought; doubles up to [`WATCHDOG`].
const POLL_MIN: Duration = Duration::from_millis(10);

/// A subscription that brings nothing is made anew, but not more often than this.
const SUBSCRIBE_EVERY: Duration = Duration::from_secs(5);

/// The facts after a position.
#[derive(Debug)]
pub struct Feed {
    log: Log,
    nats: Option<(Client, Subjects)>,
    messages: Option<Subscriber>,
    subscribed_at: Instant,
    position: Position,
    /// Facts may be in the log that no message will bring.
    behind: bool,
    /// How long to wait for a message before the log is asked.
    patience: Duration,
    name: Arc<str>,
}

/// The feed cannot go on now. Asking again is safe, and right unless the log contradicts what was asked.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Facts were wanted after a position that the log does not reach: it is another log, or an older copy of it.
    #[error("the log ends at {head}, before position {after}, which was seen already")]
    AheadOfLog {
        /// What was seen.
        after: Position,
        /// Where the log ends.
        head: Position,
    },
    /// The log has a hole, which no append leaves.
    #[error("the log has position {found} where {expected} should be")]
    Hole {
        /// What should be next.
        expected: Position,
        /// What is.
        found: Position,
    },
}

impl Feed {
    /// A feed of what follows `after`. Without NATS it asks the log only.
    /// `name` identifies the feed in logs and metrics.
    pub async fn open(
        log: Log,
        nats: Option<Client>,
        subjects: Subjects,
        after: Position,
        name: impl Into<Arc<str>>,
    ) -> Result<Self, FeedError> {
        let head = log.head().await?;
        if head < after {
            return Err(FeedError::AheadOfLog { after, head });
        }
        let mut feed = Self {
            log,
            nats: nats.map(|client| (client, subjects)),
            messages: None,
            subscribed_at: Instant::now(),
            position: after,
            behind: true,
            patience: POLL_MIN,
            name: name.into(),
        };
        feed.subscribe().await;
        Ok(feed)
    }

    /// The position of the last fact that was handed out.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The next facts in order, as soon as there is one: at most `max`, but a page that has arrived is not divided. Dropping
    /// the future loses nothing.
    pub async fn next(&mut self, max: usize) -> Result<Vec<RecordedFact>, FeedError> {
        let max = max.max(1);
        loop {
            if self.behind {
                let facts = self.read(max).await?;
                if !facts.is_empty() {
                    return Ok(facts);
                }
            }
            if let Ok(message) = tokio::time::timeout(self.patience, self.message()).await {
                let facts = self.take(message, max);
                if !facts.is_empty() {
                    return Ok(facts);
                }
                continue;
            }
            let facts = self.read(max).await?;
            if facts.is_empty() {
                self.patience = (self.patience * 2).min(WATCHDOG);
                continue;
            }
            self.stalled().await;
            return Ok(facts);
        }
    }

    /// What the log has next.
    async fn read(&mut self, max: usize) -> Result<Vec<RecordedFact>, FeedError> {
        let facts = self.log.read_after(self.position, max).await?;
        let mut last = self.position;
        for fact in &facts {
            let expected = last.next();
            if fact.position != expected {
                return Err(FeedError::Hole {
                    expected,
                    found: fact.position,
                });
            }
            last = fact.position;
        }
        self.position = last;
        self.behind = facts.len() >= max;
        Ok(facts)
    }

    async fn message(&mut self) -> Message {
        if let Some(messages) = &mut self.messages
            && let Some(message) = messages.next().await
        {
            return message;
        }
        self.messages = None;
        std::future::pending().await
    }

    /// The facts of `message` and of those that have arrived behind it, as far as they continue what was handed out.
    fn take(&mut self, message: Message, max: usize) -> Vec<RecordedFact> {
        let mut facts = Vec::new();
        let mut arrived = Some(message);
        while let Some(message) = arrived.take() {
            let expected = self.position.next();
            match Range::of(message.headers.as_ref()) {
                Some(range) if range.last < expected => {}
                Some(range) if range.first <= expected => match cloud_event::decode(&message.payload) {
                    Ok(page) => self.take_page(page, range, &mut facts),
                    Err(error) => self.hole(&error),
                },
                Some(range) => self.hole(&format_args!("{range} came instead of {expected}")),
                None => {}
            }
            if facts.len() < max && !self.behind {
                arrived = self
                    .messages
                    .as_mut()
                    .and_then(|messages| messages.next().now_or_never().flatten());
            }
        }
        facts
    }

    /// The facts of `page` that continue what was handed out.
    fn take_page(&mut self, page: Vec<RecordedFact>, range: Range, facts: &mut Vec<RecordedFact>) {
        let had = self.position;
        for fact in page.into_iter().filter(|fact| fact.position > had) {
            if fact.position != self.position.next() {
                break;
            }
            self.position = fact.position;
            facts.push(fact);
        }
        let reached = self.position;
        if reached == range.last {
            self.patience = WATCHDOG;
        } else {
            self.hole(&format_args!("the page of {range} ended at {reached}"));
        }
    }

    fn hole(&mut self, reason: &dyn std::fmt::Display) {
        tracing::debug!(feed = %self.name, %reason, "messages are missing, the log has them");
        metrics::counter!("evently_feed_holes_total", "feed" => self.name.to_string()).increment(1);
        self.behind = true;
    }

    /// The log had facts that no message brought: look closely, and do not rely on this subscription.
    async fn stalled(&mut self) {
        if self.patience >= WATCHDOG && self.nats.is_some() {
            tracing::debug!(feed = %self.name, "no message came for facts that are in the log");
            metrics::counter!("evently_feed_stalls_total", "feed" => self.name.to_string()).increment(1);
        }
        self.patience = POLL_MIN;
        if self.subscribed_at.elapsed() >= SUBSCRIBE_EVERY {
            self.subscribe().await;
        }
    }

    /// Does not wait for a NATS that is away: the client subscribes when it is back.
    async fn subscribe(&mut self) {
        let Some((client, subjects)) = &self.nats else {
            return;
        };
        self.subscribed_at = Instant::now();
        match tokio::time::timeout(WATCHDOG, client.subscribe(subjects.facts())).await {
            Ok(Ok(messages)) => self.messages = Some(messages),
            Ok(Err(error)) => tracing::warn!(feed = %self.name, %error, "cannot subscribe to facts"),
            Err(_) => tracing::debug!(feed = %self.name, "NATS does not take a subscription now"),
        }
    }
}
