//! Chaos: whatever happens, it happens again with the same seed, and no money is lost or doubled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use sandbox::Chaos;
use serde_json::Value;
use tokio::time::sleep;

use crate::stage::{Answer, Stage};

const CHARGES: usize = 60;

fn staged(seed: u64) -> Stage {
    Stage::with(|config| config.chaos = Some(Chaos { seed }))
}

/// What a client sees at first: a status and what it is about, or nothing at all.
fn seen(answer: Option<&Answer>) -> String {
    let Some(answer) = answer else {
        return "silence".to_owned();
    };
    format!(
        "{} {} {}",
        answer.status, answer.body["status"], answer.body["decline_reason"]
    )
}

/// Charges and refunds everything, each at first, and then again until it is known what came of it.
async fn run(stage: &Stage) -> (BTreeMap<String, String>, Vec<Value>) {
    let one = async |number: usize| {
        let (key, refund_key) = (format!("k-{number}"), format!("r-{number}"));
        let first = stage.try_charge(&key, "sandbox_random", 100).await;
        while stage
            .try_charge(&key, "sandbox_random", 100)
            .await
            .is_none_or(|answer| answer.status != 200)
        {}
        sleep(Duration::from_millis(1_500)).await; // late captures have come
        let refund = stage.try_refund(&refund_key, &key, 100).await;
        while stage
            .try_refund(&refund_key, &key, 100)
            .await
            .is_none_or(|answer| answer.status != 200)
        {}
        [(key, seen(first.as_ref())), (refund_key, seen(refund.as_ref()))]
    };
    let seen = join_all((0..CHARGES).map(one))
        .await
        .into_iter()
        .flatten()
        .collect();
    (seen, stage.entries().await)
}

/// What came of each key, in the order of its entries.
fn outcomes(entries: &[Value]) -> BTreeMap<(String, String), Vec<String>> {
    let mut outcomes: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for entry in entries {
        let key = (entry["key"].to_string(), entry["id"].to_string());
        outcomes
            .entry(key)
            .or_default()
            .push(format!("{} {}", entry["kind"], entry["reason"]));
    }
    outcomes
}

fn no_money_is_lost_or_doubled(entries: &[Value]) {
    let count = |key: String, kind: &str| {
        let of_key = entries.iter().filter(|entry| entry["key"] == key);
        of_key.filter(|entry| entry["kind"] == kind).count()
    };
    for number in 0..CHARGES {
        let captured = count(format!("k-{number}"), "charge_captured");
        let settled = count(format!("r-{number}"), "refund_settled");
        assert!(
            captured <= 1 && settled <= captured,
            "{number}: {captured} {settled}"
        );
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_run() {
    let (one, other, different) = (staged(7), staged(7), staged(8));
    let (one, other, different) = tokio::join!(run(&one), run(&other), run(&different));
    assert_eq!(one.0, other.0);
    assert_eq!(outcomes(&one.1), outcomes(&other.1));
    assert_ne!(one.0, different.0);
    no_money_is_lost_or_doubled(&one.1);
    no_money_is_lost_or_doubled(&different.1);
    let sorts: BTreeSet<&str> = one.0.values().map(String::as_str).collect();
    for sort in [
        "silence",
        "500 null null",
        "200 \"captured\" null",
        "200 \"pending\" null",
    ] {
        assert!(sorts.contains(sort), "{sort}: {sorts:?}");
    }
}
