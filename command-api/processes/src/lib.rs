//! Processes: facts in, commands out. Whatever leaves the database happens here, and is done again until it is known.
//!
//! A process reads the log in order and keeps, for each subject that is under way, a deadline: when to look at it next.
//! Deadlines and the process's position move in one transaction, so that none is lost and none is made twice. When one is
//! due, a node claims it and acts: it reads from the facts what is to be done, does it, and issues the command that makes
//! the outcome a fact. Whatever crashes in between, the deadline is still there and somebody acts again, with the same keys;
//! commands change nothing where their outcome is a fact already. So deadlines decide nothing, and all of them could be
//! made anew from the log.

mod backoff;
mod deadlines;
mod event_cancellation;
mod firing;
mod hold_expiry;
mod late_capture;
mod payment;
mod payment_collector;
mod reading;
mod refund;
mod runner;
pub mod status;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use event_store::clock::Clock;
use event_store::{DecodeError, Position, RecordedFact};
use futures::future::BoxFuture;
use gateway::NotTaken;
use uuid::Uuid;

pub use self::deadlines::Deadlines;
pub use self::event_cancellation::EventCancellation;
pub use self::hold_expiry::HoldExpiry;
pub use self::late_capture::LateCapture;
pub use self::payment::PaymentProcess;
pub use self::payment_collector::{Asked, Bill, Outcome, PaymentCollector, SettlingFailure, answered};
pub use self::refund::{REFUND, RefundProcess};
pub use self::runner::{Processes, ProcessesParts};

/// Facts in, commands out.
pub trait Process: fmt::Debug + Send + Sync + 'static {
    /// Key of its position, its deadlines and its metrics. For ever: another name is another process.
    fn name(&self) -> &'static str;

    /// How many of its subjects are acted upon at once, by one node.
    fn concurrency(&self) -> usize;

    /// What a fact means for its deadlines.
    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError>;

    /// Does what is due, as the facts say.
    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Acted>;
}

/// What a fact means for the deadline of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Look at it then, or earlier where an earlier deadline stands.
    Due {
        /// Which subject.
        subject: Uuid,
        /// The aggregate whose facts tell what is to be done.
        stream: Uuid,
        /// When.
        at: DateTime<Utc>,
    },
    /// Nothing is left to be done.
    Done {
        /// For which subject.
        subject: Uuid,
    },
    /// Nothing goes on until somebody has looked.
    Stuck {
        /// With which subject.
        subject: Uuid,
        /// The aggregate whose facts tell what is to be done.
        stream: Uuid,
        /// Why.
        reason: String,
    },
}

/// A deadline that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which subject.
    pub subject: Uuid,
    /// The aggregate whose facts tell what is to be done.
    pub stream: Uuid,
    /// The fact that this follows from.
    pub cause: Position,
    /// How often it was acted upon in vain.
    pub attempts: u32,
    /// As the deadline stood when it was claimed.
    pub(crate) generation: i64,
}

/// What came of acting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    /// Nothing is left to be done.
    Done,
    /// All is well; look again then.
    Later {
        /// When.
        at: DateTime<Utc>,
    },
    /// Nothing was done, for a reason outside of it; look again then.
    Postponed {
        /// When.
        at: DateTime<Utc>,
    },
    /// It did not work; look again after a pause that grows with the attempts.
    Failed {
        /// Why, for whoever looks.
        reason: String,
    },
    /// It will not work until somebody mends something. Tried again all the same, seldom.
    Stuck {
        /// Why.
        reason: String,
    },
}

/// A gateway that is broken or busy is no failure of the subject; one that is not set up is somebody's to mend.
fn not_now(refused: &NotTaken, clock: &Clock) -> Acted {
    let pause = TimeDelta::from_std(refused.retry_after()).unwrap_or(backoff::STUCK_PAUSE);
    match refused {
        NotTaken::Shed(_) => Acted::Postponed {
            at: clock.now() + pause,
        },
        NotTaken::NoGateway | NotTaken::UnknownGateway(_) => Acted::Stuck {
            reason: refused.to_string(),
        },
    }
}
