//! Pauses between attempts: they grow, so that what is broken is left alone, and stay short enough that no buyer waits long.

use chrono::TimeDelta;

/// The first pause.
const PAUSE_MIN_MS: i64 = 1_000;

/// The longest: what a buyer waits at most after a gateway has come back.
const PAUSE_MAX_MS: i64 = 60_000;

/// How long to leave alone what an operator must mend.
pub(super) const STUCK_PAUSE: TimeDelta = TimeDelta::minutes(5);

/// Attempts in vain after which an operator should look: some two minutes with growing pauses.
pub(super) const ATTEMPTS_UNTIL_STUCK: u32 = 8;

/// The pause after `attempts` attempts in vain. Subjects that failed together come back apart: `salt` moves each by up to a
/// quarter.
pub(super) fn pause(attempts: u32, salt: u128) -> TimeDelta {
    let doubled = PAUSE_MIN_MS.saturating_mul(1_i64 << attempts.saturating_sub(1).min(16));
    let whole = doubled.min(PAUSE_MAX_MS);
    let off = i64::try_from(salt % 250).unwrap_or_default();
    TimeDelta::milliseconds(whole - whole * off / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds: Vec<i64> = (1..=9).map(|attempts| pause(attempts, 0).num_seconds()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn what_failed_together_comes_back_apart() {
        assert_eq!(pause(1, 100).num_milliseconds(), 900);
        assert!((0..1_000).all(|salt| (750..=1_000).contains(&pause(1, salt).num_milliseconds())));
    }
}
