//! A bounded cache of maps: the least recently used go first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lru::LruCache;

use super::key::MapKey;
use super::ready::ReadyMap;

/// Maps at most, empty places included: asking for Events that are not there must not fill the memory.
const MAPS_MAX: usize = 10_000;

/// The place of one map: what is ready, and whose turn it is to renew it.
#[derive(Debug, Default)]
struct Slot {
    ready: RwLock<Option<Arc<ReadyMap>>>,
    turn: tokio::sync::Mutex<()>,
}

impl Slot {
    fn ready(&self) -> Option<Arc<ReadyMap>> {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A request's interest in the slot of a map. When the last one leaves a place empty, because of an error or because its
/// client went away, the place is given up.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    pub(super) key: MapKey,
    cache: &'a Cache,
    slot: Arc<Slot>,
}

impl Claim<'_> {
    pub(super) fn ready(&self) -> Option<Arc<ReadyMap>> {
        self.slot.ready()
    }

    /// Waits until no other request renews this map.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.slot.turn.lock().await
    }

    /// Puts `ready` into the place, and lets go of others where there are too many bytes.
    pub(super) fn keep(&self, ready: ReadyMap) -> Arc<ReadyMap> {
        let (bytes, ready) = (ready.map.body.bytes(), Arc::new(ready));
        *self.slot.ready.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ready));
        let mut held = self.cache.held();
        let kept = Kept {
            slot: Arc::clone(&self.slot),
            bytes,
        };
        let replaced = held.slots.put(self.key, kept);
        held.bytes = held
            .bytes
            .saturating_sub(replaced.map_or(0, |kept| kept.bytes))
            .saturating_add(bytes);
        while held.bytes > self.cache.bytes_max && held.remove_oldest() {}
        ready
    }

    /// Gives the place up: there is no such map.
    pub(super) fn forget(&self) {
        self.cache.held().remove(&self.key);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut held = self.cache.held();
        // Under the lock, so that of several who leave at once the last one knows it.
        drop(std::mem::take(&mut self.slot));
        let unused = |kept: &Kept| Arc::strong_count(&kept.slot) == 1 && kept.slot.ready().is_none();
        if held.slots.peek(&self.key).is_some_and(unused) {
            held.remove(&self.key);
        }
    }
}

/// Maps by key, of at most so many bytes together.
#[derive(Debug)]
pub(super) struct Cache {
    held: Mutex<Held>,
    bytes_max: usize,
}

#[derive(Debug)]
struct Held {
    slots: LruCache<MapKey, Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    slot: Arc<Slot>,
    bytes: usize,
}

impl Held {
    fn remove(&mut self, key: &MapKey) {
        if let Some(gone) = self.slots.pop(key) {
            self.bytes = self.bytes.saturating_sub(gone.bytes);
        }
    }

    /// Lets go of the least recently used; `false` where there is none.
    fn remove_oldest(&mut self) -> bool {
        let gone = self.slots.pop_lru();
        self.bytes = self
            .bytes
            .saturating_sub(gone.as_ref().map_or(0, |(_, kept)| kept.bytes));
        gone.is_some()
    }
}

impl Cache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            held: Mutex::new(Held {
                slots: LruCache::unbounded(),
                bytes: 0,
            }),
            bytes_max,
        }
    }

    /// What is ready for `key`.
    pub(super) fn ready(&self, key: MapKey) -> Option<Arc<ReadyMap>> {
        let slot = self.held().slots.get(&key).map(|kept| Arc::clone(&kept.slot))?;
        slot.ready()
    }

    /// The place of `key`, empty if nothing is kept there.
    pub(super) fn claim(&self, key: MapKey) -> Claim<'_> {
        let mut held = self.held();
        let kept = held.slots.get_or_insert_mut(key, || Kept {
            slot: Arc::default(),
            bytes: 0,
        });
        let slot = Arc::clone(&kept.slot);
        while held.slots.len() > MAPS_MAX && held.remove_oldest() {}
        Claim {
            key,
            cache: self,
            slot,
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.held().slots.is_empty()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use domain::ids::EventId;
    use event_store::Position;
    use uuid::Uuid;

    use super::super::head::Head;
    use super::super::key::MapKind;
    use super::super::ready::SeatMap;
    use super::*;
    use crate::encoding::Encoded;

    fn key(number: u128) -> MapKey {
        MapKey {
            event: EventId::new(Uuid::from_u128(number)),
            kind: MapKind::Seats,
        }
    }

    fn ready(bytes: usize) -> ReadyMap {
        let body = Encoded::new(vec![b'x'; bytes]).unwrap();
        let map = Arc::new(SeatMap {
            head: Head::default(),
            body,
        });
        ReadyMap::new(map, MapKind::Seats, Position::new(1), Instant::now())
    }

    #[test]
    fn the_least_recently_used_map_goes_when_there_are_too_many_bytes() {
        let cache = Cache::new(25_000);
        for number in [1, 2] {
            cache.claim(key(number)).keep(ready(10_000));
        }
        assert!(cache.ready(key(1)).is_some());
        cache.claim(key(3)).keep(ready(10_000));
        assert!(cache.ready(key(1)).is_some());
        assert!(
            cache.ready(key(2)).is_none(),
            "it was used last before the others"
        );
        assert!(cache.held().bytes <= 25_000);
    }

    #[test]
    fn a_map_that_is_renewed_counts_once() {
        let cache = Cache::new(1_000_000);
        for _ in 0..10 {
            cache.claim(key(1)).keep(ready(10_000));
        }
        assert!(cache.held().bytes < 12_000);
        cache.claim(key(1)).forget();
        assert_eq!(cache.held().bytes, 0);
    }

    #[test]
    fn a_place_that_stays_empty_is_given_up_by_the_last_who_wanted_it() {
        let cache = Cache::new(1_000_000);
        let (first, second) = (cache.claim(key(1)), cache.claim(key(1)));
        drop(first);
        assert_eq!(cache.held().slots.len(), 1, "a request still waits for it");
        drop(second);
        assert_eq!(cache.held().slots.len(), 0);

        let filled = cache.claim(key(1));
        filled.keep(ready(10_000));
        drop(filled);
        assert!(cache.ready(key(1)).is_some());
    }
}
