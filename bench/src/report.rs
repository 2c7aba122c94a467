//! What a yardstick prints: a table for people, and as its last line one JSON object for programs.

use serde_json::{Map, Value};

use crate::cpu::Cpu;
use crate::load::Load;

/// The figures of one run, in the order in which they were noted.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<(String, String)>,
    json: Map<String, Value>,
}

impl Report {
    /// A report of the yardstick `name`, with commits that took `commit_ms` longer.
    pub(crate) fn of(name: &str, commit_ms: u64) -> Self {
        let mut report = Self::default();
        report.json.insert("bench".to_owned(), name.into());
        if commit_ms > 0 {
            report.count("commit_ms", "added to each commit, ms", commit_ms);
        }
        report
    }

    /// Notes a count under `key`, described by `what`.
    pub(crate) fn count(&mut self, key: &str, what: &str, value: u64) {
        self.rows.push((what.to_owned(), value.to_string()));
        self.json.insert(key.to_owned(), value.into());
    }

    /// Notes a figure under `key`, described by `what`, to three decimals.
    pub(crate) fn figure(&mut self, key: &str, what: &str, value: f64) {
        let shown = if value >= 100.0 {
            format!("{value:.0}")
        } else {
            format!("{value:.3}")
        };
        self.rows.push((what.to_owned(), shown));
        self.json
            .insert(key.to_owned(), ((value * 1_000.0).round() / 1_000.0).into());
    }

    /// Notes how many requests of a load were answered how, and how fast.
    pub(crate) fn load(&mut self, load: &Load) {
        self.count("accepted", "accepted", load.accepted);
        self.count("refused", "refusals (4xx)", load.refused);
        self.count("errors_5xx", "errors (5xx)", load.errors_5xx);
        self.count("unanswered", "requests without answer", load.unanswered);
        self.figure("accepted_per_s", "accepted/s", load.accepted_per_s());
        self.figure("p50_ms", "p50, ms", load.latencies.quantile_ms(50));
        self.figure("p99_ms", "p99, ms", load.latencies.quantile_ms(99));
    }

    /// Notes how much CPU each part used for each of `count` operations, which are `what`s.
    pub(crate) fn cpu(&mut self, what: &str, used: Cpu, count: u64) {
        let each = used.micros_each(count);
        let parts = [
            ("evently", each.evently),
            ("postgres", each.postgres),
            ("nats", each.nats),
            ("load", each.load),
        ];
        for (part, micros) in parts {
            self.figure(
                &format!("{part}_cpu_us"),
                &format!("CPU of {part} a {what}, µs"),
                micros,
            );
        }
    }

    /// Notes whether `evently verify` found the log sound.
    pub(crate) fn verified(&mut self, verified: bool) {
        self.count("verified", "verify is clean (1) or not (0)", u64::from(verified));
    }

    /// Prints table and JSON object.
    #[expect(clippy::print_stdout, reason = "the figures are this program's output")]
    pub(crate) fn print(&self) {
        let width = self
            .rows
            .iter()
            .map(|(what, _)| what.chars().count())
            .max()
            .unwrap_or_default();
        for (what, value) in &self.rows {
            println!("{what:width$}  {value:>12}");
        }
        println!("{}", Value::Object(self.json.clone()));
    }
}
