//! Slower after failures: who guesses passwords waits longer and longer, and no account can be locked out.
//!
//! Failures are counted for a client at one address (guessing), for a client (trying one password on many addresses)
//! and, gently, for an address (guessing from many clients). The answer to an attempt is delayed, never withheld:
//! someone who fails on another's address on purpose makes that person wait `ADDRESS`'s two seconds at most. Only a
//! client with `WAITING_MAX` attempts at the same address in waiting already must come back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use edge::request::ClientDigest;
use lru::LruCache;

use crate::email::EmailDigest;

/// What is remembered at most; beyond it the longest untouched is forgotten. Some 15 MB when full.
const REMEMBERED_MAX: usize = 100_000;
/// A count without a further failure for this long is forgotten.
const REMEMBERED_FOR: TimeDelta = TimeDelta::minutes(15);
/// Attempts of one client at one address that may wait at once.
const WAITING_MAX: u32 = 4;
/// The delay of the first attempt that is not free; each further one doubles it.
const FIRST: Duration = Duration::from_millis(250);

/// How one kind of count becomes a delay.
#[derive(Clone, Copy, Debug)]
struct Policy {
    /// Failures without a delay: people mistype.
    free: u32,
    /// The longest delay: shorter than clients, proxies and a graceful stop wait.
    longest: Duration,
}

const CLIENT_AT_ADDRESS: Policy = Policy {
    free: 3,
    longest: Duration::from_secs(8),
};
/// A client may be a whole office behind one address.
const CLIENT: Policy = Policy {
    free: 20,
    longest: Duration::from_secs(8),
};
/// Any client can make this one grow, so it stays bearable.
const ADDRESS: Policy = Policy {
    free: 10,
    longest: Duration::from_secs(2),
};
/// Registrations count whether or not they succeed: each one asks a little about an address (decision 0010).
const REGISTRATIONS: Policy = Policy {
    free: 100,
    longest: Duration::from_secs(8),
};

impl Policy {
    fn delay(self, failures: u32) -> Duration {
        if failures < self.free {
            return Duration::ZERO;
        }
        let doubled = 1_u32.checked_shl(failures - self.free).unwrap_or(u32::MAX);
        FIRST.saturating_mul(doubled).min(self.longest)
    }
}

/// `None` is every client whose address is unknown.
type Client = Option<ClientDigest>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    ClientAtAddress(Client, EmailDigest),
    Client(Client),
    Address(EmailDigest),
    Registrations(Client),
}

impl Key {
    const fn policy(&self) -> Policy {
        match self {
            Self::ClientAtAddress(..) => CLIENT_AT_ADDRESS,
            Self::Client(_) => CLIENT,
            Self::Address(_) => ADDRESS,
            Self::Registrations(_) => REGISTRATIONS,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    failures: u32,
    waiting: u32,
    last: DateTime<Utc>,
}

/// One client has too many attempts at one address in waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts wait; come back in {retry_after_seconds} s")]
pub struct TooManyAttempts {
    /// When it is worth coming back.
    pub retry_after_seconds: u32,
}

/// Counts failures and delays attempts. In memory, of this process alone.
pub struct LoginDelay {
    tallies: Mutex<LruCache<Key, Tally>>,
}

/// An attempt under way. It counts as failed unless it is said otherwise, so that attempts made all at once, or given
/// up before their answer, gain nothing.
pub struct Attempt {
    delay: Arc<LoginDelay>,
    keys: [Key; 3],
}

impl Default for LoginDelay {
    fn default() -> Self {
        Self {
            tallies: Mutex::new(LruCache::unbounded()),
        } // bounded in `tally`: a bounded one takes its room at once
    }
}

impl LoginDelay {
    /// Starts an attempt to log in as `address` after the wait that it deserves.
    pub async fn login(
        self: &Arc<Self>,
        now: DateTime<Utc>,
        address: EmailDigest,
        client: Client,
    ) -> Result<Attempt, TooManyAttempts> {
        let pair = Key::ClientAtAddress(client, address);
        let keys = [pair, Key::Client(client), Key::Address(address)];
        let wait = keys
            .iter()
            .map(|key| self.count(now, *key))
            .max()
            .unwrap_or_default();
        let attempt = Attempt {
            delay: Arc::clone(self),
            keys,
        };
        if !wait.is_zero() {
            let Some(_place) = Place::take(self, now, pair) else {
                attempt.forgive();
                let retry_after_seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
                return Err(TooManyAttempts { retry_after_seconds });
            };
            tokio::time::sleep(wait).await;
        }
        Ok(attempt)
    }

    /// Waits as long as a further registration by `client` deserves.
    pub async fn registration(&self, now: DateTime<Utc>, client: Client) {
        let wait = self.count(now, Key::Registrations(client));
        tokio::time::sleep(wait).await;
    }

    /// Counts one more failure under `key`. Answers the delay that those before it deserve.
    fn count(&self, now: DateTime<Utc>, key: Key) -> Duration {
        let mut tallies = self.tallies();
        let tally = tally(&mut tallies, now, key);
        let wait = key.policy().delay(tally.failures);
        tally.failures = tally.failures.saturating_add(1);
        tally.last = now;
        wait
    }

    fn uncount(&self, key: Key) {
        if let Some(tally) = self.tallies().peek_mut(&key) {
            tally.failures = tally.failures.saturating_sub(1);
        }
    }

    fn tallies(&self) -> MutexGuard<'_, LruCache<Key, Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tally(tallies: &mut LruCache<Key, Tally>, now: DateTime<Utc>, key: Key) -> &mut Tally {
    if tallies.len() >= REMEMBERED_MAX && !tallies.contains(&key) {
        tallies.pop_lru();
    }
    let fresh = Tally {
        failures: 0,
        waiting: 0,
        last: now,
    };
    let tally = tallies.get_or_insert_mut(key, || fresh);
    if now - tally.last >= REMEMBERED_FOR {
        *tally = Tally {
            waiting: tally.waiting,
            ..fresh
        };
    }
    tally
}

impl Attempt {
    /// The password was right: this client knows it, so its mistakes at this address are forgotten. Those at others,
    /// and those of others at this address, stay: otherwise a client with an account of its own could guess for free.
    pub fn succeeded(self) {
        let [pair, client, address] = self.keys;
        if let Some(tally) = self.delay.tallies().peek_mut(&pair) {
            tally.failures = 0;
        }
        self.delay.uncount(client);
        self.delay.uncount(address);
    }

    /// Nothing was tried: the server was too busy, or broke.
    pub fn forgive(self) {
        for key in self.keys {
            self.delay.uncount(key);
        }
    }
}

/// A place among the attempts that wait, given back when dropped.
struct Place<'a> {
    delay: &'a LoginDelay,
    key: Key,
}

impl<'a> Place<'a> {
    fn take(delay: &'a LoginDelay, now: DateTime<Utc>, key: Key) -> Option<Self> {
        let mut tallies = delay.tallies();
        let tally = tally(&mut tallies, now, key);
        if tally.waiting >= WAITING_MAX {
            return None;
        }
        tally.waiting += 1;
        Some(Self { delay, key })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(tally) = self.delay.tallies().peek_mut(&self.key) {
            tally.waiting = tally.waiting.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests;
