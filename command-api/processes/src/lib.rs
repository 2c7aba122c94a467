//! Processes: facts in, commands out. Whatever leaves the database happens here, and is done again until it is known.
//!
//! A process reads the log in order and keeps, for each subject that is under way, a deadline: when to look at it next.
//! Deadlines and the process's position move in one transaction, so that none is lost and none is made twice. When one is
//! due, a node claims it and acts: it reads from the facts what is to be done, does it, and issues the command that makes
//! the outcome a fact. Whatever crashes in between, the deadline is still there and a node acts again, with the same keys;
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
use std::time::Duration;

use chrono::{DateTime, Utc};
use event_store::{DecodeError, Position, RecordedFact};
use futures::future::BoxFuture;
use gateway::{CallError, NotTaken};
use lanes::{Cause, CommandError, Failure};
use uuid::Uuid;

pub use self::deadlines::Deadlines;
pub use self::event_cancellation::EventCancellation;
pub use self::hold_expiry::HoldExpiry;
pub use self::late_capture::LateCapture;
pub use self::payment::{PAYMENT, PaymentProcess};
pub use self::payment_collector::{Bill, Outcome, PaymentCollector, SettlingFailure, settling};
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
    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>>;
}

/// What a fact means for the deadline of a subject. The fact's own aggregate decides what is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Look at it then, or earlier where an earlier deadline stands.
    Due { subject: Uuid, at: DateTime<Utc> },
    /// Nothing is left to be done.
    Done { subject: Uuid },
    /// Nothing goes on until an administrator resumes it.
    Stuck { subject: Uuid, reason: String },
}

/// A deadline that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
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
    Later { at: DateTime<Utc> },
}

/// Why acting had no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A gateway is broken or busy, which is no failure of the subject: look again after this.
    NotNow { after: Duration },
    /// It did not work; look again after a pause that grows with the attempts.
    Failed { reason: String },
    /// It will not work until an operator mends something. Retried all the same, seldom.
    Stuck { reason: String },
}

impl Due {
    /// A deadline that follows from the fact at `cause`, for acting outside of a run.
    pub const fn of(subject: Uuid, stream: Uuid, cause: Position) -> Self {
        Self {
            subject,
            stream,
            cause,
            attempts: 0,
            generation: 0,
        }
    }

    /// The cause of what `process` does about it.
    fn caused_by(&self, process: &dyn Process) -> Cause {
        Cause::process(process.name(), self.subject, self.cause)
    }
}

impl Obstacle {
    fn failed(error: &dyn fmt::Display) -> Self {
        Self::Failed {
            reason: error.to_string(),
        }
    }

    fn stuck(error: &dyn fmt::Display) -> Self {
        Self::Stuck {
            reason: error.to_string(),
        }
    }
}

impl From<Failure> for Obstacle {
    fn from(failure: Failure) -> Self {
        Self::failed(&failure)
    }
}

impl<R> From<CommandError<R>> for Obstacle {
    fn from(error: CommandError<R>) -> Self {
        Self::failed(&error)
    }
}

impl From<NotTaken> for Obstacle {
    fn from(refused: NotTaken) -> Self {
        match refused {
            NotTaken::Shed(_) => Self::NotNow {
                after: refused.retry_after(),
            },
            NotTaken::NoGateway | NotTaken::UnknownGateway(_) => Self::stuck(&refused),
        }
    }
}

impl From<CallError> for Obstacle {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unknown(_) => Self::failed(&error),
            CallError::Rejected(_) => Self::stuck(&error),
        }
    }
}
