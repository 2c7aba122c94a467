//! What a client asks of a lane, and how it is answered.

use event_store::{Position, Sequence};
use tokio::sync::oneshot;

use crate::cause::Cause;

/// A command's durable result.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// The state after it.
    pub state: T,
    /// The aggregate's version after it.
    pub sequence: Sequence,
    /// A position of the log that covers it: a query at this position sees it. Where it changed something, that of its own
    /// last fact.
    pub position: Position,
    /// Whether it changed something, rather than finding it as asked.
    pub changed: bool,
}

/// Why a command has no durable result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError<R> {
    /// The domain refuses it.
    #[error("refused")]
    Refused(R),
    /// The aggregate is not at the version that the client expects.
    #[error("the aggregate is at version {current}")]
    Stale {
        /// Where it is.
        current: Sequence,
    },
    /// Too many orders wait; nothing was done.
    #[error("too many orders wait")]
    Busy,
    /// Other writers were faster, four times in a row; nothing was done.
    #[error("other writers were faster")]
    Contended,
    /// The log could not be reached, or did not answer: the outcome is unknown until the command is repeated.
    #[error("the log could not be reached")]
    Unavailable,
    /// The process ends; nothing was done.
    #[error("the process ends")]
    ShuttingDown,
}

impl CommandError<std::convert::Infallible> {
    /// The same error, where a refusal could have been.
    pub fn widen<R>(self) -> CommandError<R> {
        match self {
            Self::Refused(never) => match never {},
            Self::Stale { current } => CommandError::Stale { current },
            Self::Busy => CommandError::Busy,
            Self::Contended => CommandError::Contended,
            Self::Unavailable => CommandError::Unavailable,
            Self::ShuttingDown => CommandError::ShuttingDown,
        }
    }
}

/// A command on its way through a lane.
#[derive(Debug)]
pub(crate) struct Ask<C, S, R> {
    /// What to do.
    pub command: C,
    /// The version that the client expects, where it cares.
    pub expected: Option<Sequence>,
    /// Who wants it.
    pub cause: Cause,
    verdict: Verdict<S, R>,
    reply: oneshot::Sender<Result<Done<S>, CommandError<R>>>,
}

/// What was decided, to be answered after the commit: a result, whose position covers what it rests upon besides the unit,
/// and how many facts of the unit precede or belong to it.
type Verdict<S, R> = Option<Result<(Done<S>, usize), CommandError<R>>>;

/// Where an answer to an [`Ask`] arrives.
pub(crate) type Answer<S, R> = oneshot::Receiver<Result<Done<S>, CommandError<R>>>;

impl<C, S, R> Ask<C, S, R> {
    pub(crate) fn new(command: C, expected: Option<Sequence>, cause: Cause) -> (Self, Answer<S, R>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                command,
                expected,
                cause,
                verdict: None,
                reply,
            },
            answer,
        )
    }

    /// Notes the state that the command leads to, once the unit's first `facts` facts are committed; it rests upon the
    /// log up to `covered` besides. `changed`: facts follow from this very command.
    pub(crate) fn decided(
        &mut self,
        state: S,
        sequence: Sequence,
        facts: usize,
        covered: Position,
        changed: bool,
    ) {
        let done = Done {
            state,
            sequence,
            position: covered,
            changed,
        };
        self.verdict = Some(Ok((done, facts)));
    }

    /// Notes why the command leads nowhere.
    pub(crate) fn refused(&mut self, error: CommandError<R>) {
        self.verdict = Some(Err(error));
    }

    /// Whether the client expects another version than `current`; notes it as the answer.
    pub(crate) fn is_stale(&mut self, current: Sequence) -> bool {
        let stale = self.expected.is_some_and(|expected| expected != current);
        if stale {
            self.verdict = Some(Err(CommandError::Stale { current }));
        }
        stale
    }

    /// Answers with what was noted; `base` is the log's position before the unit.
    pub(crate) fn settle(self, base: Position) {
        let answer = match self.verdict {
            Some(Ok((done, facts))) => {
                let facts = i64::try_from(facts).unwrap_or_default();
                let position = Position::new(base.get().saturating_add(facts)).max(done.position);
                Ok(Done { position, ..done })
            }
            Some(Err(error)) => Err(error),
            None => Err(CommandError::Unavailable),
        };
        // A client that went away is no loss: what was committed is in the log, and asking again finds it.
        drop(self.reply.send(answer));
    }

    /// Answers that nothing came of it.
    pub(crate) fn fail(self, error: CommandError<R>) {
        drop(self.reply.send(Err(error)));
    }
}
