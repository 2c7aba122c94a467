//! Loading an aggregate: its snapshot, if there is a sound one, and the facts that came after.

use domain::{InParts, Recorded};
use event_store::{Position, Sequence, StreamId};

use super::{Failure, Store};

/// Facts read at once: bounds the memory of a load, however long the stream.
const FACTS_PER_PAGE: usize = 5_000;

/// An aggregate as the log has it.
#[derive(Debug)]
pub struct Loaded<A> {
    /// Its state; the default if it has no facts.
    pub state: A,
    /// Its version.
    pub sequence: Sequence,
    /// Position of its last fact; the start of the log if it has none.
    pub position: Position,
    /// Version of the snapshot that was used; the start if none was.
    pub saved: Sequence,
}

impl Store {
    /// Loads from the newest snapshot and what follows it.
    pub async fn load<A: Recorded + InParts>(&self, id: A::Id) -> Result<Loaded<A>, Failure> {
        let stream = StreamId::of::<A>(id);
        let (saved, state) = self
            .snapshots
            .load::<A>(&stream, A::SCHEMA_VERSION)
            .await?
            .unwrap_or_default();
        self.tail(state, saved, &stream).await
    }

    /// Folds the whole stream: for aggregates of few facts, which have no snapshots.
    pub async fn fold<A: Recorded>(&self, id: A::Id) -> Result<Loaded<A>, Failure> {
        self.tail(A::default(), Sequence::START, &StreamId::of::<A>(id))
            .await
    }

    async fn tail<A: Recorded>(
        &self,
        mut state: A,
        saved: Sequence,
        stream: &StreamId,
    ) -> Result<Loaded<A>, Failure> {
        // The last fact that the snapshot holds is read again for its position.
        let (mut sequence, mut position) = (saved.previous(), Position::START);
        loop {
            let page = self
                .log
                .read_stream_page(stream, sequence, FACTS_PER_PAGE)
                .await?;
            let last_page = page.len() < FACTS_PER_PAGE;
            for fact in page {
                if fact.sequence > saved {
                    state.apply(fact.decode::<A>()?);
                }
                (sequence, position) = (fact.sequence, fact.position);
            }
            if last_page {
                break;
            }
        }
        Ok(Loaded {
            state,
            sequence: sequence.max(saved),
            position,
            saved,
        })
    }
}
