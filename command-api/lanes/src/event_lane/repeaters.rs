//! Buyers whose requests are never presumed to be new.

use domain::ids::AccountId;
use lru::LruCache;

/// Buyers remembered whose requests are never presumed to be new, for one lane.
const REPEATERS_MAX: usize = 4_096;

/// Buyers who repeated a request whose Booking was over: taking such a request for a new one loses a race against the
/// log, which costs the whole batch. No buyer can cost that twice.
#[derive(Debug)]
pub(crate) struct Repeaters(LruCache<AccountId, ()>);

impl Default for Repeaters {
    fn default() -> Self {
        Self(LruCache::unbounded())
    }
}

impl Repeaters {
    pub(super) fn note(&mut self, buyer: AccountId) {
        self.0.put(buyer, ());
        if self.0.len() > REPEATERS_MAX {
            self.0.pop_lru();
        }
    }

    pub(super) fn has(&self, buyer: AccountId) -> bool {
        self.0.contains(&buyer)
    }
}
