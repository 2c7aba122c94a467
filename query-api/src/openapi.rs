//! The OpenAPI document of the read API, generated from the handlers.

use edge::openapi::Queries;
use utoipa::OpenApi;

use crate::{analytics, audit, bookings, events};

#[derive(OpenApi)]
#[openapi(
    paths(
        events::list_events,
        events::get_event,
        events::get_plan,
        events::get_seats,
        events::get_availability,
        bookings::list_bookings,
        bookings::get_booking,
        bookings::get_history,
        events::list_own_events,
        events::get_own_event,
        events::list_event_bookings,
        events::get_cancellation,
        audit::get_ledger,
        analytics::get_analytics,
        analytics::get_event_analytics,
        audit::get_state,
        audit::list_facts,
    ),
    modifiers(&Queries),
    tags(
        (name = "events", description = "What is on, and what is left"),
        (name = "bookings", description = "The caller's bookings"),
        (name = "organizer", description = "The organizer's events and their bookings"),
        (name = "analytics", description = "What was sold, taken and given back, by the hour and the day"),
        (name = "audit", description = "History, and state as of any moment")
    )
)]
struct Document;

/// The document of the read API (OpenAPI 3.1).
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn security_32_the_document_describes_exactly_what_is_routed() {
        let document = serde_json::to_value(openapi()).unwrap();
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .keys()
                    .map(|method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let routed: BTreeSet<(String, String)> = crate::routes::operations()
            .into_iter()
            .map(|(method, path)| (method.to_string(), path.to_owned()))
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_operation_says_what_it_is_and_has_a_name_of_its_own() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut names = BTreeSet::new();
        for item in document["paths"].as_object().unwrap().values() {
            let operation = &item["get"];
            assert!(operation["summary"].is_string(), "{operation}");
            assert!(
                operation["responses"]["200"]["headers"]["Evently-Position"].is_object(),
                "{operation}"
            );
            assert!(
                names.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{operation}"
            );
        }
    }
}
