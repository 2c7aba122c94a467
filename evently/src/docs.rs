//! The OpenAPI document of both sides as one.

use utoipa::openapi::{Info, License, OpenApi};

/// The merged document (OpenAPI 3.1).
pub(crate) fn openapi() -> OpenApi {
    let mut document = command_api::openapi();
    document.merge(query_api::openapi());
    let mut info = Info::new("Evently", env!("CARGO_PKG_VERSION"));
    info.description =
        Some("Sells seats. Errors are problem details (RFC 9457); see /problems/{slug}.".to_owned());
    let mut license = License::new("MIT");
    license.identifier = Some("MIT".to_owned());
    info.license = Some(license);
    document.info = info;
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_has_every_operation_of_both_sides() {
        let document = serde_json::to_value(openapi()).unwrap();
        let described = |path: &str, method: &str| document["paths"][path][method.to_lowercase()].is_object();
        let operations = command_api::operations()
            .into_iter()
            .chain(query_api::operations());
        let missing: Vec<String> = operations
            .filter(|(method, path)| !described(path, method.as_str()))
            .map(|(method, path)| format!("{method} {path}"))
            .collect();
        assert!(missing.is_empty(), "not in the document: {missing:?}");
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut names = BTreeSet::new();
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                if let Some(name) = operation["operationId"].as_str() {
                    assert!(names.insert(name.to_owned()), "{name} stands twice");
                }
            }
        }
    }
}
