//! Tokens whose signature was verified: a signature costs some 40 µs to check, and a buyer sends the same token often.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;

use crate::caller::Caller;

/// Locks that the entries are spread over; a power of two well above the number of cores.
const SHARDS: usize = 32;

/// A bounded memory of verified tokens. A hit is one hash of the token and one comparison of all its bytes. Only
/// genuine tokens enter, so forgeries cannot push them out.
pub(super) struct VerifiedTokens {
    shards: Vec<Mutex<LruCache<Box<str>, Caller>>>,
}

impl VerifiedTokens {
    /// Remembers at most about `entries_max` tokens.
    pub(super) fn new(entries_max: usize) -> Self {
        let each = NonZeroUsize::new(entries_max / SHARDS).unwrap_or(NonZeroUsize::MIN);
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(LruCache::new(each))).collect(),
        }
    }

    /// Whose `token` is, if it is remembered. Whether it is still valid is the verifier's to say.
    pub(super) fn get(&self, token: &str) -> Option<Caller> {
        let mut shard = self.shard(token)?.lock().unwrap_or_else(PoisonError::into_inner);
        shard.get(token).cloned()
    }

    /// Remembers a token whose signature was verified.
    pub(super) fn insert(&self, token: &str, caller: Caller) {
        if let Some(shard) = self.shard(token) {
            shard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .put(token.into(), caller);
        }
    }

    /// Forgets a token that has expired.
    pub(super) fn remove(&self, token: &str) {
        if let Some(shard) = self.shard(token) {
            shard.lock().unwrap_or_else(PoisonError::into_inner).pop(token);
        }
    }

    /// The signature ends the token and is effectively random, so its last characters but one choose the shard (the
    /// very last one carries two bits only).
    fn shard(&self, token: &str) -> Option<&Mutex<LruCache<Box<str>, Caller>>> {
        let tail = token.as_bytes().iter().rev().skip(1).take(2);
        let mixed = tail.fold(0_usize, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(*byte))
        });
        self.shards.get(mixed % SHARDS)
    }
}
