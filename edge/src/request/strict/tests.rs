//! What is taken, and what is said of what is not.

use std::collections::BTreeMap;

use serde::Deserialize;
use uuid::Uuid;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(default)]
    seats: Vec<Seat>,
    id: Option<Uuid>,
    prices: Option<BTreeMap<String, i64>>,
    fee: Option<Fee>,
    kind: Option<Kind>,
    pair: Option<(u8, u8)>,
    #[serde(default)]
    plan: Option<Box<Plan>>,
    name: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Plan(Box<RawValue>);

impl PartialEq for Plan {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Seat {
    row: u8,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Fee {
    Share(u16),
    PerPlace(u32),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Seated,
    Standing,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if name.is_empty() {
            Err("is empty")
        } else {
            Ok(Self(name))
        }
    }
}

fn order(json: &str) -> Result<Order, FieldError> {
    read(serde_json::from_str::<&RawValue>(json).unwrap(), "#")
}

#[test]
fn whatever_fits_is_taken() {
    let json = r#" {"seats": [ {"row" : 7} ], "id": null, "prices": {"A\u00e9": -1},
        "fee": {"share": 100}, "kind": "standing", "pair": [1, 2], "plan": {"any": [1, {}]}, "name": "N\"1"} "#;
    let order = order(json).unwrap();
    assert_eq!(order.seats, [Seat { row: 7 }]);
    assert_eq!(order.prices.unwrap()["Aé"], -1);
    assert_eq!(order.fee, Some(Fee::Share(100)));
    assert_eq!((order.kind, order.pair), (Some(Kind::Standing), Some((1, 2))));
    assert_eq!(order.plan.unwrap().0.get(), r#"{"any": [1, {}]}"#);
    assert_eq!(order.name, Some(Name("N\"1".to_owned())));
}

fn refuses(cases: &[(&str, &str, &str)]) {
    for (json, pointer, detail) in cases {
        assert_eq!(
            order(json).unwrap_err(),
            FieldError::at(*pointer, *detail),
            "{json}"
        );
    }
}

#[test]
fn shapes_and_members_that_do_not_fit_are_pointed_at_in_plain_words() {
    refuses(&[
        ("[]", "#", "is not an object"),
        ("7", "#", "is not an object"),
        ("null", "#", "is not an object"),
        (r#"{"seats": {}}"#, "#/seats", "is not an array"),
        (r#"{"seats": [{"row": 1}, [1]]}"#, "#/seats/1", "is not an object"),
        (r#"{"seats": [{}]}"#, "#/seats/0/row", "is missing"),
        (
            r#"{"seats": [{"row": null}]}"#,
            "#/seats/0/row",
            "is not a whole number from 0 to 255",
        ),
        (
            r#"{"seats": [{"row": "1"}]}"#,
            "#/seats/0/row",
            "is not a whole number from 0 to 255",
        ),
        (
            r#"{"seats": [{"row": 256}]}"#,
            "#/seats/0/row",
            "is not a whole number from 0 to 255",
        ),
        (
            r#"{"seats": [{"row": 1.0}]}"#,
            "#/seats/0/row",
            "is not a whole number from 0 to 255",
        ),
        (
            r#"{"seats": [{"row": 1e400}]}"#,
            "#/seats/0/row",
            "is not a whole number from 0 to 255",
        ),
        (
            r#"{"seats": [{"row": 1, "~/": 2}]}"#,
            "#/seats/0/~0~1",
            "is unknown; known are row",
        ),
        (
            r#"{"seats": [], "seats": []}"#,
            "#/seats",
            "is named more than once",
        ),
        (
            r#"{"prices": {"A": 1, "\u0041": 2}}"#,
            "#/prices/A",
            "is named more than once",
        ),
    ]);
}

#[test]
fn values_that_do_not_fit_are_pointed_at_in_plain_words() {
    refuses(&[
        (r#"{"prices": [["A", 1]]}"#, "#/prices", "is not an object"),
        (
            r#"{"id": "x"}"#,
            "#/id",
            "is not a UUID, such as 0190163d-8694-739b-aea5-966c26f8ad91",
        ),
        (r#"{"id": 7}"#, "#/id", "is not a text"),
        (r#"{"name": ""}"#, "#/name", "is empty"),
        (r#"{"name": "\ud800"}"#, "#/name", "is not a text of Unicode"),
        (r#"{"fee": {}}"#, "#/fee", "names none of share, per_place"),
        (
            r#"{"fee": {"share": 1, "per_place": 2}}"#,
            "#/fee",
            "names more than one of share, per_place",
        ),
        (
            r#"{"fee": {"shares": 1}}"#,
            "#/fee/shares",
            "is not one of share, per_place",
        ),
        (
            r#"{"fee": {"share": -1}}"#,
            "#/fee/share",
            "is not a whole number from 0 to 65535",
        ),
        (r#"{"fee": "share"}"#, "#/fee", "needs a value"),
        (
            r#"{"fee": ["share", 1]}"#,
            "#/fee",
            "is not one of share, per_place",
        ),
        (
            r#"{"kind": {"seated": null}}"#,
            "#/kind",
            "is a word alone, not an object",
        ),
        (
            r#"{"kind": "Seated"}"#,
            "#/kind",
            "is not one of seated, standing",
        ),
        (r#"{"pair": [1, 2, 3]}"#, "#/pair/2", "is one too many"),
        (
            r#"{"pair": [1]}"#,
            "#/pair",
            "has another number of items than it should have, 1",
        ),
    ]);
}

#[test]
fn what_lies_too_deep_is_refused_and_not_followed() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let raw = serde_json::from_str::<&RawValue>(&deep).unwrap();
    let refused = read::<serde_json::Value>(raw, "#").unwrap_err();
    assert!(refused.detail.contains("too deep"), "{refused:?}");
}
