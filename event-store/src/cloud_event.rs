//! Facts on the wire: a message is a page of facts that follow each other, a batch of `CloudEvents` 1.0 in JSON.
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#4-json-batch-format>
//!
//! The message's id is its first and its last position, as `12-57`. Of an event, `id` is the position, `subject` the stream,
//! `type` `evently.{aggregate}.{fact}`. Extension attributes: `sequence` (as string), `factversion`, and `traceparent` where
//! the fact has one. `data` holds payload and metadata as the log does.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Position, RecordedFact, StreamId};

/// The content type of a page.
pub(crate) const CONTENT_TYPE: &str = "application/cloudevents-batch+json";

/// The content type of one fact by itself.
pub(crate) const CONTENT_TYPE_SINGLE: &str = "application/cloudevents+json";

/// Bytes of a page at most, but where a fact alone is larger.
const PAGE_BYTES_MAX: usize = 64 * 1024;

const TYPE_PREFIX: &str = "evently.";

/// Facts that follow each other in the log, as one message.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) range: Range,
    pub(crate) payload: Vec<u8>,
}

/// The positions of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: Position,
    pub(crate) last: Position,
}

impl Range {
    /// What the headers of a message say; `None` where it is none of ours.
    pub(crate) fn of(headers: Option<&HeaderMap>) -> Option<Self> {
        let id = headers?.get(NATS_MESSAGE_ID)?.as_str();
        let (first, last) = id.split_once('-')?;
        Some(Self {
            first: first.parse().ok()?,
            last: last.parse().ok()?,
        })
    }

    /// How many facts these are.
    pub(crate) fn facts(self) -> u64 {
        u64::try_from(self.last.get() - self.first.get() + 1).unwrap_or_default()
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

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

/// `facts`, which follow each other, in pages.
pub(crate) fn pages(facts: &[RecordedFact]) -> Result<Vec<Page>, serde_json::Error> {
    let mut pages: Vec<Page> = Vec::new();
    for fact in facts {
        if let Some(page) = pages.last_mut()
            && page.takes(fact)?
        {
            continue;
        }
        let (first, last) = (fact.position, fact.position);
        let mut payload = Vec::with_capacity(PAGE_BYTES_MAX);
        payload.push(b'[');
        encode_into(&mut payload, fact)?;
        pages.push(Page {
            range: Range { first, last },
            payload,
        });
    }
    for page in &mut pages {
        page.payload.push(b']');
    }
    Ok(pages)
}

impl Page {
    /// Adds the next fact, if there is room for it.
    fn takes(&mut self, fact: &RecordedFact) -> Result<bool, serde_json::Error> {
        let before = self.payload.len();
        self.payload.push(b',');
        encode_into(&mut self.payload, fact)?;
        let fits = self.payload.len() < PAGE_BYTES_MAX;
        if fits {
            self.range.last = fact.position;
        } else {
            self.payload.truncate(before);
        }
        Ok(fits)
    }
}

/// The facts of a page.
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<RecordedFact>, Foreign> {
    let events: Vec<Received<'_>> = serde_json::from_slice(payload)?;
    events.into_iter().map(Received::into_fact).collect()
}

/// One fact.
pub(crate) fn encode(fact: &RecordedFact) -> Result<Vec<u8>, serde_json::Error> {
    let mut event = Vec::new();
    encode_into(&mut event, fact)?;
    Ok(event)
}

fn encode_into(bytes: &mut Vec<u8>, fact: &RecordedFact) -> Result<(), serde_json::Error> {
    let trace: Option<Trace<'_>> = serde_json::from_str(fact.metadata.get()).ok();
    let event = Sent {
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
    };
    serde_json::to_writer(bytes, &event)
}

impl Received<'_> {
    fn into_fact(self) -> Result<RecordedFact, Foreign> {
        let (aggregate_type, id) = self
            .subject
            .split_once('/')
            .ok_or(Foreign::Attribute("subject"))?;
        let event_type = self
            .r#type
            .strip_prefix(TYPE_PREFIX)
            .and_then(|rest| rest.strip_prefix(aggregate_type)?.strip_prefix('.'))
            .ok_or(Foreign::Attribute("type"))?;
        Ok(RecordedFact {
            position: self.id.parse().map_err(|_| Foreign::Attribute("id"))?,
            stream: StreamId {
                aggregate_type: Cow::Owned(aggregate_type.to_owned()),
                aggregate_id: Uuid::try_parse(id).map_err(|_| Foreign::Attribute("subject"))?,
            },
            sequence: self
                .sequence
                .parse()
                .map_err(|_| Foreign::Attribute("sequence"))?,
            event_type: event_type.to_owned(),
            event_version: self.factversion.to_owned(),
            payload: self.data.payload.to_owned(),
            metadata: self.data.metadata.to_owned(),
            recorded_at: self.time,
            decoded: OnceLock::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::booking::Booking;
    use domain::ids::BookingId;

    use super::*;
    use crate::Sequence;

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
    fn facts_survive_the_wire_byte_for_byte() {
        let facts = [42, 43].map(|position| RecordedFact {
            position: Position::new(position),
            ..fact()
        });
        let pages = pages(&facts).unwrap();
        assert_eq!(pages.len(), 1);
        let received = decode(&pages[0].payload).unwrap();
        assert_eq!(format!("{received:?}"), format!("{facts:?}"));
        assert_eq!(pages[0].range.to_string(), "42-43");
    }

    #[test]
    fn a_page_is_full_at_its_limit_and_takes_a_fact_that_is_larger_alone() {
        let fact_of = |position, bytes: usize| {
            let payload = serde_json::to_string(&"x".repeat(bytes)).unwrap();
            RecordedFact {
                position: Position::new(position),
                payload: RawValue::from_string(payload).unwrap(),
                ..fact()
            }
        };
        let sizes = [30_000, 30_000, 30_000, 100_000, 10, 10];
        let facts: Vec<RecordedFact> = (1..)
            .zip(sizes)
            .map(|(position, bytes)| fact_of(position, bytes))
            .collect();
        let pages = pages(&facts).unwrap();
        let ranges: Vec<String> = pages.iter().map(|page| page.range.to_string()).collect();
        assert_eq!(ranges, ["1-2", "3-3", "4-4", "5-6"]);
        for page in &pages {
            assert!(page.range.facts() == 1 || page.payload.len() <= PAGE_BYTES_MAX);
            assert_eq!(decode(&page.payload).unwrap().len() as u64, page.range.facts());
        }
    }

    #[test]
    fn the_range_of_a_message_is_read_from_its_id() {
        let range_of = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(NATS_MESSAGE_ID, id);
            Range::of(Some(&headers))
        };
        let range = Range {
            first: Position::new(12),
            last: Position::new(57),
        };
        assert_eq!(range_of(&range.to_string()), Some(range));
        for foreign in ["", "12", "12-", "-12", "a-b", "1-2-3"] {
            assert_eq!(range_of(foreign), None, "{foreign}");
        }
        assert_eq!(Range::of(None), None);
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
        for foreign in ["", "{}", "[{}]", r#"[{"id":"1"}]"#] {
            assert!(decode(foreign.as_bytes()).is_err());
        }
    }
}
