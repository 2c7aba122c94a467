//! Metrics in the code, their descriptions, and what the alerts and the dashboard of `deploy/` ask for are the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use metrics_exporter_prometheus::PrometheusBuilder;

use super::*;

const ALERTS: &str = include_str!("../../../../deploy/prometheus/alerts.yaml");
const DASHBOARD: &str = include_str!("../../../../deploy/grafana/evently.json");
/// Metrics that are not ours: of the process (metrics-process), and what Prometheus says of a scrape.
const OF_OTHERS: [&str; 4] = [
    "up",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    "process_open_fds",
];

fn described() -> BTreeSet<&'static str> {
    METRICS.iter().map(|(_, name, ..)| *name).collect()
}

/// Names in quotes of files that make metrics, below `folder`.
fn made(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !["target", "tests", "bench", ".git", "descriptions"].contains(&name) {
                made(&path, names);
            }
        } else if path.extension().is_some_and(|each| each == "rs")
            && name != "descriptions.rs"
            && name != "tests.rs"
        {
            let text = fs::read_to_string(&path).unwrap();
            if ["counter!(", "gauge!(", "histogram!("]
                .iter()
                .any(|each| text.contains(each))
            {
                let quoted = text.split('"').filter(|each| is_name(each));
                names.extend(quoted.map(str::to_owned));
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let ours = text.starts_with("evently_") || text.starts_with("query_");
    ours && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Words of `text` that name a metric of ours, or one that we know.
fn asked(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| is_name(word) || word.starts_with("process_"))
        .collect()
}

#[test]
fn every_metric_is_described_and_nothing_else_is() {
    let mut names = BTreeSet::new();
    made(
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap(),
        &mut names,
    );
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(names, described());
}

#[test]
fn alerts_and_dashboard_ask_only_for_metrics_that_are_served() {
    let described = described();
    for text in [ALERTS, DASHBOARD] {
        let asked = asked(text);
        assert!(asked.len() > 5, "{asked:?}");
        for name in asked {
            let parts = ["_bucket", "_sum", "_count"];
            let family = parts.iter().find_map(|part| name.strip_suffix(part));
            let known = described.contains(family.unwrap_or(name)) || OF_OTHERS.contains(&name);
            assert!(known, "{name} is not served");
        }
    }
    serde_json::from_str::<serde_json::Value>(DASHBOARD).unwrap();
}

#[test]
fn a_metric_is_served_with_its_meaning() {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        describe();
        metrics::gauge!("evently_lanes", "kind" => "event").set(2.0);
    });
    let text = recorder.handle().render();
    assert!(
        text.contains("# HELP evently_lanes Lanes that are alive"),
        "{text}"
    );
}

#[test]
fn every_alert_is_explained() {
    let document = include_str!("../../../../docs/operations.md");
    let alerts: Vec<&str> = ALERTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 5);
    for alert in alerts {
        assert!(document.contains(&format!("| `{alert}` |")), "{alert}");
    }
}
