//! How long answers took: every one is kept, as a run has some hundred thousand at most.

use std::time::Duration;

/// Latencies of one run.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    pub(crate) fn note(&mut self, took: Duration) {
        self.micros
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn count(&self) -> usize {
        self.micros.len()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.micros.extend(&other.micros);
    }

    /// The latency in milliseconds that `percent` of all did not exceed; 0 where there are none.
    pub(crate) fn quantile_ms(&self, percent: usize) -> f64 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted
            .get(rank - 1)
            .map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_latencies() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile_ms(99).to_string(), "0");
        (1..=200).for_each(|milliseconds| latencies.note(Duration::from_millis(milliseconds)));
        let quantiles = [50, 99, 100].map(|percent| latencies.quantile_ms(percent).to_string());
        assert_eq!(quantiles, ["100", "198", "200"]);
    }
}
