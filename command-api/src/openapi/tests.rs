//! The document is whole: it has every route and no other, and every slug it names exists.

use std::collections::BTreeSet;

use super::openapi;
use crate::routes::operations;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

fn document() -> serde_json::Value {
    serde_json::to_value(openapi()).unwrap()
}

fn documented() -> BTreeSet<String> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let verbs = paths.iter().flat_map(|(path, item)| {
        let methods = item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| METHODS.contains(&key.as_str()));
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    verbs.collect()
}

#[test]
fn security_32_every_route_is_documented_and_every_documented_verb_is_routed() {
    let routed: BTreeSet<String> = operations()
        .iter()
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    assert_eq!(documented(), routed);
}

#[test]
fn it_is_openapi_3_1() {
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1."));
}

#[test]
fn operation_ids_are_unique() {
    let document = document();
    let items = document["paths"].as_object().unwrap().values();
    let ids: Vec<&str> = items
        .flat_map(|item| METHODS.iter().filter_map(|method| item.get(method)))
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
}

#[test]
fn every_refusal_has_the_shape_of_a_problem() {
    let document = document();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in METHODS.iter().filter_map(|method| item.get(method)) {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let is_problem = response["content"].get("application/problem+json").is_some();
                assert!(
                    status.starts_with('2') || is_problem,
                    "{} {status}",
                    operation["operationId"]
                );
            }
        }
    }
    assert!(document["components"]["schemas"].get("Problem").is_some());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/").skip(1) {
        let pointer = format!("/{}", reference.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
}
