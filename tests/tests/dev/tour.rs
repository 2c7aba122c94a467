//! The tour of five minutes that README.md offers, run as it stands there.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tests::program;

use crate::running::Dev;

/// Stands between the outputs of two steps.
const NEXT: &str = "---- next step";

/// The commands of the tour, a block each.
fn steps() -> Vec<String> {
    let readme = include_str!("../../../README.md");
    let (_, tour) = readme.split_once("## Five minutes").unwrap();
    let (tour, _) = tour.split_once("\n## ").unwrap();
    let blocks = tour.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0.to_owned())
        .collect()
}

/// Runs the tour against `dev`, whose data are in `folder`; what it printed.
fn take(dev: &Dev, folder: &Path) -> String {
    let script = format!("set -eo pipefail\n{}", steps().join(&format!("echo '{NEXT}'\n")))
        .replace("http://127.0.0.1:8080", &dev.url)
        .replace("target/up/evently", program().to_str().unwrap())
        .replace(".evently/", &format!("{}/", folder.display()));
    let run = Command::new("bash")
        .args(["-c", &script])
        .env("TMPDIR", folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    let complained = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}\n{complained}");
    said
}

#[tokio::test]
async fn the_tour_of_the_readme_shows_what_it_promises() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path());
    let said = take(&dev, folder.path());
    let said: Vec<&str> = said.split(&format!("{NEXT}\n")).collect();
    let [
        _,
        events,
        hold,
        refused,
        best,
        given_back,
        own_write,
        paid,
        cancelled,
        figures,
        free,
        audit,
        operated,
    ] = said[..]
    else {
        panic!("the tour has other steps now: {said:#?}");
    };
    shows(events, &["free from", "stalls-standard"]);
    let (booking, reference) = hold.trim_end().rsplit_once('\n').unwrap();
    let booking: Value = serde_json::from_str(booking).unwrap();
    assert_eq!(
        (&booking["status"], &booking["reference"]),
        (&"held".into(), &reference.into())
    );
    let refused: Value = serde_json::from_str(refused).unwrap();
    assert_eq!(refused["seats"], serde_json::json!(["stalls-C-12"]), "{refused}");
    let best: Value = serde_json::from_str(best).unwrap();
    assert_eq!(best[0]["seats"].as_array().map(Vec::len), Some(4), "{best}");
    shows(given_back, &["20", "HTTP/1.1 20", "position: "]);
    assert_eq!(own_write, "released\n");
    shows(paid, &["card_declined", "[\"confirmed\"", "\"captured\""]);
    let cancellation: Value = serde_json::from_str(cancelled.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&cancellation[1], &cancellation[0]),
        (&0.into(), &cancellation[2])
    );
    shows(cancelled, &["\ntrue\n"]);
    shows(figures, &["\"bookings_confirmed\":", "\"currency\":\"EUR\""]);
    assert_eq!(free, "confirmed\n");
    shows(audit, &["BookingPlaced", "BookingExtended", "BookingReleased"]);
    shows(operated, &["evently_append_facts_count", "No violations."]);
}

fn shows(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
}
