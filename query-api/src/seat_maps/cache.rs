//! A bounded cache of maps: the least recently used go first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lru::LruCache;

use super::{MapKey, ReadyMap};

/// Maps at most, empty places included: asking for Events that are not there must not fill the memory.
const MAPS_MAX: usize = 10_000;

/// The place of one map: what is ready, and whose turn it is to renew it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    ready: RwLock<Option<Arc<ReadyMap>>>,
    turn: tokio::sync::Mutex<()>,
}

impl Slot {
    pub(super) fn ready(&self) -> Option<Arc<ReadyMap>> {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until nobody else renews this map.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
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

    /// The place of `key`, empty if it is not kept.
    pub(super) fn slot(&self, key: MapKey) -> Arc<Slot> {
        let mut held = self.held();
        let kept = held.slots.get_or_insert_mut(key, || Kept {
            slot: Arc::default(),
            bytes: 0,
        });
        let slot = Arc::clone(&kept.slot);
        while held.slots.len() > MAPS_MAX {
            let Some((_, gone)) = held.slots.pop_lru() else {
                break;
            };
            held.bytes = held.bytes.saturating_sub(gone.bytes);
        }
        slot
    }

    /// Puts `ready` into the place of `key`, and lets go of others where there are too many bytes.
    pub(super) fn keep(&self, key: MapKey, slot: &Arc<Slot>, ready: Arc<ReadyMap>) {
        let bytes = ready.map.body.bytes();
        *slot.ready.write().unwrap_or_else(PoisonError::into_inner) = Some(ready);
        let mut held = self.held();
        let replaced = held.slots.put(
            key,
            Kept {
                slot: Arc::clone(slot),
                bytes,
            },
        );
        held.bytes = held
            .bytes
            .saturating_sub(replaced.map_or(0, |kept| kept.bytes))
            .saturating_add(bytes);
        while held.bytes > self.bytes_max {
            let Some((_, gone)) = held.slots.pop_lru() else {
                break;
            };
            held.bytes = held.bytes.saturating_sub(gone.bytes);
        }
    }

    /// Drops the place of `key`.
    pub(super) fn forget(&self, key: MapKey) {
        let mut held = self.held();
        if let Some(gone) = held.slots.pop(&key) {
            held.bytes = held.bytes.saturating_sub(gone.bytes);
        }
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

    use super::super::{Head, MapKind, SeatMap};
    use super::*;
    use crate::encoding::Encoded;

    fn key(number: u128) -> MapKey {
        MapKey {
            event: EventId::new(Uuid::from_u128(number)),
            kind: MapKind::Seats,
        }
    }

    fn ready(bytes: usize) -> Arc<ReadyMap> {
        let body = Encoded::new(vec![b'x'; bytes]).unwrap();
        let map = Arc::new(SeatMap {
            head: Head::default(),
            body,
        });
        let position = Position::new(1);
        Arc::new(ReadyMap {
            map,
            position: position.into(),
            reflects: position,
            fresh_until: Instant::now(),
        })
    }

    #[test]
    fn the_least_recently_used_map_goes_when_there_are_too_many_bytes() {
        let cache = Cache::new(25_000);
        for number in [1, 2] {
            cache.keep(key(number), &cache.slot(key(number)), ready(10_000));
        }
        assert!(cache.slot(key(1)).ready().is_some());
        cache.keep(key(3), &cache.slot(key(3)), ready(10_000));
        assert!(cache.slot(key(1)).ready().is_some());
        assert!(
            cache.slot(key(2)).ready().is_none(),
            "it was used last before the others"
        );
        assert!(cache.held().bytes <= 25_000);
    }

    #[test]
    fn a_map_that_is_renewed_counts_once() {
        let cache = Cache::new(1_000_000);
        for _ in 0..10 {
            cache.keep(key(1), &cache.slot(key(1)), ready(10_000));
        }
        assert!(cache.held().bytes < 12_000);
        cache.forget(key(1));
        assert_eq!(cache.held().bytes, 0);
    }
}
