//! Hashing passwords with Argon2id (RFC 9106), bounded: each hash costs a core some 20 ms and 19 MiB, so that only a few
//! run at once, a few more wait, and the rest must come back. A flood of logins must not starve the lanes.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use metrics::{Counter, Histogram};
use tokio::sync::Semaphore;

use super::Password;

/// Memory, passes and lanes of one hash: OWASP's least for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes that wait for their turn at most: a third of a second of work on one core.
pub const WAITING_MAX: usize = 16;

/// How a password stands in the credentials: a PHC string, which names its algorithm, costs and salt.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPassword(pub String);

impl std::fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashedPassword(…)")
    }
}

/// Whether a password is the one that was hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not, or there is none to compare with.
    Wrong,
    /// It is.
    Right {
        /// The same password at today's costs, where they have been raised since it was hashed.
        stronger: Option<HashedPassword>,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HashingFailure {
    /// As many hashes run and wait as may: come back in a second.
    #[error("too many passwords are being hashed")]
    Busy,
    /// A stored hash could not be read, or the library failed.
    #[error("hashing failed")]
    Library(#[from] argon2::password_hash::Error),
    /// A stored hash is no PHC string.
    #[error("the stored hash could not be read")]
    Unreadable(#[from] argon2::password_hash::phc::Error),
    /// The thread that hashed was lost.
    #[error("the hashing thread was lost")]
    Lost(#[from] tokio::task::JoinError),
}

/// What a hash costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
        }
    }
}

/// Hashes and compares passwords on threads of their own, at most so many at once.
#[derive(Clone)]
pub struct Hashing {
    argon2: Argon2<'static>,
    decoy: Arc<PasswordHash>,
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    refused: Counter,
    seconds: Histogram,
}

impl Hashing {
    /// Hashes at `cost`, `running_max` at once with up to `waiting_max` more in the queue. Costs one hash itself.
    pub fn new(cost: Cost, running_max: usize, waiting_max: usize) -> Result<Self, HashingFailure> {
        let params = Params::new(cost.memory_kib, cost.passes, LANES, None)
            .map_err(argon2::password_hash::Error::from)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = Arc::new(argon2.hash_password(b"the password of no account")?);
        Ok(Self {
            argon2,
            decoy,
            admitted: Arc::new(Semaphore::new(running_max + waiting_max)),
            running: Arc::new(Semaphore::new(running_max)),
            refused: metrics::counter!("evently_password_hashes_refused_total"),
            seconds: metrics::histogram!("evently_password_hash_seconds"),
        })
    }

    /// The usual costs and bounds: half of the cores may hash, so that the other half sells seats.
    pub fn of_this_machine() -> Result<Self, HashingFailure> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(Cost::default(), (cores / 2).max(1), WAITING_MAX)
    }

    /// Hashes a password that its owner chose, with a salt of its own.
    pub async fn hash(&self, password: Password) -> Result<HashedPassword, HashingFailure> {
        self.in_turn(move |hashing| hashing.hash_now(&password)).await
    }

    /// Whether `password` is the one behind `stored`. Takes as long when there is none, so that time tells nothing.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<HashedPassword>,
    ) -> Result<Verdict, HashingFailure> {
        self.in_turn(move |hashing| hashing.verify_now(&password, stored.as_ref()))
            .await
    }

    /// Runs `work` on a thread for blocking work. The permits go with it: a caller who leaves frees no core.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, HashingFailure> + Send + 'static,
    ) -> Result<T, HashingFailure> {
        let Ok(admitted) = Arc::clone(&self.admitted).try_acquire_owned() else {
            self.refused.increment(1);
            return Err(HashingFailure::Busy);
        };
        let Ok(running) = Arc::clone(&self.running).acquire_owned().await else {
            return Err(HashingFailure::Busy); // never: it is not closed
        };
        let hashing = self.clone();
        tokio::task::spawn_blocking(move || {
            let started = std::time::Instant::now();
            let answer = work(&hashing);
            hashing.seconds.record(started.elapsed());
            drop((running, admitted));
            answer
        })
        .await?
    }

    fn hash_now(&self, password: &Password) -> Result<HashedPassword, HashingFailure> {
        Ok(HashedPassword(
            self.argon2.hash_password(password.as_bytes())?.to_string(),
        ))
    }

    fn verify_now(
        &self,
        password: &Password,
        stored: Option<&HashedPassword>,
    ) -> Result<Verdict, HashingFailure> {
        let Some(stored) = stored else {
            let _ = self.compare(password, &self.decoy)?;
            return Ok(Verdict::Wrong);
        };
        let stored = PasswordHash::new(&stored.0)?;
        if !self.compare(password, &stored)? {
            return Ok(Verdict::Wrong);
        }
        let stronger = if self.is_weak(&stored)? {
            Some(self.hash_now(password)?)
        } else {
            None
        };
        Ok(Verdict::Right { stronger })
    }

    /// Compares in constant time, at the costs that the hash itself names.
    fn compare(&self, password: &Password, stored: &PasswordHash) -> Result<bool, HashingFailure> {
        match self.argon2.verify_password(password.as_bytes(), stored) {
            Ok(()) => Ok(true),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }

    fn is_weak(&self, stored: &PasswordHash) -> Result<bool, HashingFailure> {
        let (now, then) = (self.argon2.params(), Params::try_from(stored)?);
        Ok(then.m_cost() < now.m_cost() || then.t_cost() < now.t_cost() || then.p_cost() < now.p_cost())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    fn password(text: &str) -> Password {
        Password::typed(text)
    }

    #[test]
    fn security_4_the_usual_cost_is_owasps_least_or_more() {
        let hashing = Hashing::new(Cost::default(), 1, 0).unwrap();
        let hashed = hashing.hash_now(&password("a canticle for the monk")).unwrap();
        assert!(
            hashed.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hashed.0
        );
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_any_other_wrong() {
        let hashing = Hashing::new(CHEAP, 1, 4).unwrap();
        let stored = hashing.hash(password("a canticle for the monk")).await.unwrap();
        let right = hashing
            .verify(password("a canticle for the monk"), Some(stored.clone()))
            .await
            .unwrap();
        assert_eq!(right, Verdict::Right { stronger: None });
        let wrong = hashing
            .verify(password("a canticle for the monK"), Some(stored))
            .await
            .unwrap();
        assert_eq!(wrong, Verdict::Wrong);
    }

    #[tokio::test]
    async fn the_password_of_no_account_is_always_wrong() {
        let hashing = Hashing::new(CHEAP, 1, 4).unwrap();
        let verdict = hashing
            .verify(password("the password of no account"), None)
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[tokio::test]
    async fn security_4_a_hash_of_lower_cost_is_made_anew() {
        let weak = Hashing::new(CHEAP, 1, 4).unwrap();
        let strong = Hashing::new(
            Cost {
                memory_kib: 128,
                passes: 1,
            },
            1,
            4,
        )
        .unwrap();
        let stored = weak.hash(password("a canticle for the monk")).await.unwrap();
        let verdict = strong
            .verify(password("a canticle for the monk"), Some(stored))
            .await
            .unwrap();
        let Verdict::Right {
            stronger: Some(stronger),
        } = verdict
        else {
            panic!("{verdict:?}")
        };
        assert!(stronger.0.contains("m=128"), "{}", stronger.0);
        let verdict = strong
            .verify(password("a canticle for the monk"), Some(stronger))
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Right { stronger: None });
    }

    #[tokio::test]
    async fn security_4_beyond_the_queue_the_answer_is_busy_at_once() {
        let hashing = Hashing::new(CHEAP, 1, 1).unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let hashing = hashing.clone();
            async move { hashing.in_turn(move |_| Ok(held.recv().is_ok())).await }
        });
        let second = tokio::spawn({
            let hashing = hashing.clone();
            async move { hashing.hash(password("waits for its turn")).await }
        });
        while hashing.admitted.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let third = hashing.hash(password("finds the queue full")).await;
        assert!(matches!(third, Err(HashingFailure::Busy)));
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert!(second.await.unwrap().is_ok());
        assert_eq!(hashing.admitted.available_permits(), 2);
    }

    #[tokio::test]
    async fn a_caller_who_leaves_keeps_its_place_until_the_work_is_done() {
        let hashing = Hashing::new(CHEAP, 1, 0).unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let caller = tokio::spawn({
            let hashing = hashing.clone();
            async move { hashing.in_turn(move |_| Ok(held.recv().is_ok())).await }
        });
        while hashing.running.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await; // until the thread runs
        caller.abort();
        assert!(caller.await.is_err());
        assert_eq!(hashing.running.available_permits(), 0);
        release.send(()).unwrap();
        while hashing.admitted.available_permits() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn a_stored_hash_that_cannot_be_read_is_a_failure_and_not_a_wrong_password() {
        let hashing = Hashing::new(CHEAP, 1, 0).unwrap();
        let answer = hashing
            .verify(password("x"), Some(HashedPassword("rubbish".to_owned())))
            .await;
        assert!(matches!(answer, Err(HashingFailure::Unreadable(_))), "{answer:?}");
    }
}
