//! What was written once must be read for ever: a file for every fact and every version of it decodes, and what this
//! code writes for it today says the same.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this crate is a test, what reads its files too"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cqrs_es::DomainEvent;
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use domain::Recorded;
use domain::account::Account;
use domain::booking::Booking;
use domain::event::{Event, EventFact};
use serde_json::Value;

#[test]
fn every_fact_of_an_event_ever_written_is_read() {
    check::<Event>();
}

#[test]
fn every_fact_of_a_booking_ever_written_is_read() {
    check::<Booking>();
}

#[test]
fn every_fact_of_an_account_ever_written_is_read() {
    check::<Account>();
}

fn check<A: Recorded>() {
    let (aggregate, current) = (A::TYPE, A::FACT_VERSION);
    let mut current_ones = BTreeSet::new();
    for file in files(aggregate) {
        let (fact_name, version) = name_and_version(&file);
        let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let upcast = upcast(aggregate, &fact_name, &version, written.clone(), A::upcasters());
        let fact: A::Event = serde_json::from_value(upcast)
            .unwrap_or_else(|error| panic!("{} is no longer read: {error}", file.display()));
        if version == current {
            assert_eq!(A::fact_name(&fact), fact_name, "{}", file.display());
            assert_eq!(fact.event_type(), fact_name, "{}", file.display());
            assert_eq!(fact.event_version(), version, "{}", file.display());
            assert_eq!(
                serde_json::to_value(&fact).unwrap(),
                written,
                "{}",
                file.display()
            );
            current_ones.insert(fact_name);
        }
    }
    let expected: BTreeSet<String> = A::FACT_NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        current_ones, expected,
        "each fact has a golden file of version {current}"
    );
}

fn files(aggregate: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(aggregate);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

/// `SeatsHeld.1.0.json` is version `1.0` of `SeatsHeld`.
fn name_and_version(file: &Path) -> (String, String) {
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let (name, version) = stem.split_once('.').unwrap();
    (name.to_owned(), version.to_owned())
}

fn upcast(
    aggregate: &str,
    name: &str,
    version: &str,
    payload: Value,
    upcasters: &[Box<dyn EventUpcaster>],
) -> Value {
    let stored = SerializedEvent::new(
        String::new(),
        1,
        aggregate.to_owned(),
        name.to_owned(),
        version.to_owned(),
        payload,
        Value::Null,
    );
    let upcast = upcasters.iter().fold(stored, |event, upcaster| {
        if upcaster.can_upcast(&event.event_type, &event.event_version) {
            upcaster.upcast(event)
        } else {
            event
        }
    });
    upcast.payload
}

#[test]
fn an_upcaster_turns_an_older_shape_into_todays() {
    // given a shape that never was: the limit had another name
    let rename = |mut payload: Value| {
        let limit = payload["BuyerLimitSet"]["limit"].take();
        payload["BuyerLimitSet"] =
            serde_json::json!({ "buyer_seats_max": limit, "at": payload["BuyerLimitSet"]["at"] });
        payload
    };
    let upcaster =
        cqrs_es::persist::SemanticVersionEventUpcaster::new("BuyerLimitSet", "1.0", Box::new(rename));
    let upcasters: Vec<Box<dyn EventUpcaster>> = vec![Box::new(upcaster)];
    let old = serde_json::json!({ "BuyerLimitSet": { "limit": 6, "at": "2026-05-01T10:00:00Z" } });

    // when it is read
    let read = upcast("event", "BuyerLimitSet", "0.9", old, &upcasters);

    // then it is today's
    let fact: EventFact = serde_json::from_value(read).unwrap();
    assert!(matches!(
        fact,
        EventFact::BuyerLimitSet {
            buyer_seats_max: 6,
            ..
        }
    ));
}
