//! Facts on the wire: `CloudEvents` 1.0 in JSON, structured mode.
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>
//!
//! `id` is the position, `subject` the stream, `type` `evently.{aggregate}.{fact}`. Extension attributes: `sequence` (as
//! string), `factversion`, and `traceparent` where the fact has one. `data` holds payload and metadata as the log does.

use std::borrow::Cow;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Position, RecordedFact, Sequence, StreamId};

/// The content type of a message.
pub(crate) const CONTENT_TYPE: &str = "application/cloudevents+json";

const TYPE_PREFIX: &str = "evently.";

/// A message is not one of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Foreign {
    #[error("not a CloudEvent with a fact")]
    Json(#[from] serde_json::Error),
    #[error("its {0} is none of a fact")]
    Attribute(&'static str),
}

#[derive(Serialize)]
struct Sent<'a> {
    specversion: &'static str,
    id: String,
    source: &'static str,
    r#type: String,
    subject: String,
    time: DateTime<Utc>,
    datacontenttype: &'static str,
    sequence: String,
    factversion: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<Cow<'a, str>>,
    data: Data<'a>,
}

#[derive(Serialize, Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    payload: &'a RawValue,
    #[serde(borrow)]
    metadata: &'a RawValue,
}

#[derive(Deserialize)]
struct Received<'a> {
    id: &'a str,
    r#type: &'a str,
    subject: &'a str,
    time: DateTime<Utc>,
    sequence: &'a str,
    factversion: &'a str,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Trace<'a> {
    #[serde(borrow, default)]
    traceparent: Option<Cow<'a, str>>,
}

/// The fact as a message's payload.
pub(crate) fn encode(fact: &RecordedFact) -> Result<Vec<u8>, serde_json::Error> {
    let trace: Option<Trace<'_>> = serde_json::from_str(fact.metadata.get()).ok();
    serde_json::to_vec(&Sent {
        specversion: "1.0",
        id: fact.position.to_string(),
        source: "/evently/log",
        r#type: format!("{TYPE_PREFIX}{}.{}", fact.stream.aggregate_type, fact.event_type),
        subject: fact.stream.to_string(),
        time: fact.recorded_at,
        datacontenttype: "application/json",
        sequence: fact.sequence.to_string(),
        factversion: &fact.event_version,
        traceparent: trace.and_then(|trace| trace.traceparent),
        data: Data {
            payload: &fact.payload,
            metadata: &fact.metadata,
        },
    })
}

/// The fact in a message's payload.
pub(crate) fn decode(payload: &[u8]) -> Result<RecordedFact, Foreign> {
    let received: Received<'_> = serde_json::from_slice(payload)?;
    let position: Position = received.id.parse().map_err(|_| Foreign::Attribute("id"))?;
    let sequence: Sequence = received
        .sequence
        .parse()
        .map_err(|_| Foreign::Attribute("sequence"))?;
    let (aggregate_type, id) = received
        .subject
        .split_once('/')
        .ok_or(Foreign::Attribute("subject"))?;
    let event_type = received
        .r#type
        .strip_prefix(TYPE_PREFIX)
        .and_then(|rest| rest.strip_prefix(aggregate_type)?.strip_prefix('.'))
        .ok_or(Foreign::Attribute("type"))?;
    Ok(RecordedFact {
        position,
        stream: StreamId {
            aggregate_type: Cow::Owned(aggregate_type.to_owned()),
            aggregate_id: Uuid::try_parse(id).map_err(|_| Foreign::Attribute("subject"))?,
        },
        sequence,
        event_type: event_type.to_owned(),
        event_version: received.factversion.to_owned(),
        payload: received.data.payload.to_owned(),
        metadata: received.data.metadata.to_owned(),
        recorded_at: received.time,
        decoded: OnceLock::new(),
    })
}

#[cfg(test)]
mod tests {
    use domain::booking::Booking;
    use domain::ids::BookingId;

    use super::*;

    fn fact() -> RecordedFact {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        RecordedFact {
            position: Position::new(42),
            stream: StreamId::of::<Booking>(BookingId::new(Uuid::from_u128(7))),
            sequence: Sequence::new(3),
            event_type: "BookingPlaced".to_owned(),
            event_version: "1".to_owned(),
            payload: raw(r#"{"BookingPlaced": { "seats":["A \" 1"]}}"#),
            metadata: raw(r#"{"actor":"a","traceparent":"00-1-2-01"}"#),
            recorded_at: DateTime::from_timestamp_micros(1_764_000_000_123_456).unwrap(),
            decoded: OnceLock::new(),
        }
    }

    #[test]
    fn a_fact_survives_the_wire_byte_for_byte() {
        let fact = fact();
        let received = decode(&encode(&fact).unwrap()).unwrap();
        assert_eq!(format!("{received:?}"), format!("{fact:?}"));
    }

    #[test]
    fn a_message_has_the_attributes_that_cloudevents_asks_for() {
        let message: serde_json::Value = serde_json::from_slice(&encode(&fact()).unwrap()).unwrap();
        for (attribute, value) in [
            ("specversion", "1.0"),
            ("id", "42"),
            ("type", "evently.booking.BookingPlaced"),
            ("subject", "booking/00000000-0000-0000-0000-000000000007"),
            ("time", "2025-11-24T16:00:00.123456Z"),
            ("traceparent", "00-1-2-01"),
        ] {
            assert_eq!(message[attribute], value);
        }
        assert!(!message["source"].as_str().unwrap().is_empty());
        assert!(
            message
                .as_object()
                .unwrap()
                .keys()
                .all(|name| name.chars().all(|c| c.is_ascii_lowercase()))
        );
    }

    #[test]
    fn a_foreign_message_is_no_fact() {
        for foreign in ["", "{}", "[]", r#"{"id":"1"}"#] {
            assert!(decode(foreign.as_bytes()).is_err());
        }
    }
}
