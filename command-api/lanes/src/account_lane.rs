//! The state of an Account's lane.

use chrono::{DateTime, Utc};
use domain::account::{self, Account, AccountCommand, AccountRefusal};
use domain::ids::AccountId;
use event_store::{Position, Sequence, StreamId};

use crate::lane::{Ask, CommandError, Draft, Failure, LaneState, Order, SnapshotOf, Store};

/// An account verb on its way.
pub(crate) type AccountAsk = Ask<AccountCommand, Account, AccountRefusal>;

impl Order for AccountAsk {
    fn settle(self, base: Position) {
        self.settle(base);
    }

    fn fail(self, error: CommandError<std::convert::Infallible>) {
        self.fail(error.widen());
    }
}

/// One Account.
#[derive(Debug)]
pub(crate) struct AccountDesk {
    stream: StreamId,
    account: Account,
    sequence: Sequence,
    position: Position,
    latest: Option<DateTime<Utc>>,
}

impl LaneState for AccountDesk {
    type Id = AccountId;
    type Order = AccountAsk;
    type Memory = ();
    type Snapshot = Account;
    const NAME: &'static str = "account";

    async fn load(id: AccountId, (): (), store: &Store) -> Result<Self, Failure> {
        let stream = StreamId::of::<Account>(id);
        let loaded = store.fold::<Account>(id).await?;
        Ok(Self {
            stream,
            account: loaded.state,
            sequence: loaded.sequence,
            position: loaded.position,
            latest: loaded.recorded_at,
        })
    }

    fn into_memory(self) {}

    /// It reads everything from the log at its load.
    fn doubt(&mut self) {}

    async fn decide(&mut self, ask: &mut AccountAsk, draft: &mut Draft, _: &Store) -> Result<(), Failure> {
        ask.command.set_at(draft.now());
        if ask.is_stale(self.sequence) {
            return Ok(());
        }
        let facts = match account::decide(&self.account, &ask.command) {
            Ok(facts) => facts,
            Err(refusal) => {
                ask.refused(CommandError::Refused(refusal));
                return Ok(());
            }
        };
        let metadata = ask.cause.metadata()?;
        let changed = !facts.is_empty();
        for fact in facts {
            self.sequence = self.sequence.next();
            draft.push::<Account>(&self.stream, self.sequence, &fact, &metadata)?;
            cqrs_es::Aggregate::apply(&mut self.account, fact);
        }
        self.latest = Some(draft.now());
        ask.decided(
            self.account.clone(),
            self.sequence,
            draft.facts(),
            self.position,
            changed,
        );
        Ok(())
    }

    /// Nothing of an Account is due by itself.
    async fn tick(&mut self, _: &mut Draft, _: &Store) -> Result<(), Failure> {
        Ok(())
    }

    fn next_deadline(&self) -> Option<DateTime<Utc>> {
        None
    }

    fn latest(&self) -> Option<DateTime<Utc>> {
        self.latest
    }

    fn is_worth_keeping(&self) -> bool {
        self.sequence > Sequence::START
    }

    fn version(&self) -> (&StreamId, Sequence) {
        (&self.stream, self.sequence)
    }

    fn position(&self) -> Position {
        self.position
    }

    fn committed(&mut self, last: Position) {
        self.position = last;
    }

    /// An Account has few facts: folding them is quicker than reading a snapshot.
    fn snapshot(&mut self, _: u64) -> Option<SnapshotOf<Account>> {
        None
    }
}
