//! What all verbs have in common, said once: problems, the bearer token, positions, versions and idempotency keys.

use utoipa::Modify;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response};

/// Name of the security scheme, as annotations refer to it.
const BEARER: &str = "bearer";

/// Adds the conventions to a document.
pub(super) struct Conventions;

/// Verbs of a booking that need an Idempotency-Key, as placing it does.
const KEYED: [&str; 3] = [
    "/bookings/{id}/payment",
    "/bookings/{id}/cancellation",
    "/admin/bookings/{id}/cancellation",
];

/// Tags whose verbs append to the log for a caller.
const COMMANDS: [&str; 2] = ["bookings", "events"];

impl Modify for Conventions {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_default();
        components
            .security_schemes
            .insert(BEARER.to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                if is_command(operation) {
                    command(&method, path, operation);
                } else if path.contains("/admin/") {
                    staff(operation);
                }
                problems(operation);
            }
        }
    }
}

fn is_command(operation: &Operation) -> bool {
    operation
        .tags
        .iter()
        .flatten()
        .any(|tag| COMMANDS.contains(&tag.as_str()))
}

fn is_about_events(operation: &Operation) -> bool {
    operation.tags.iter().flatten().any(|tag| tag == "events")
}

/// The operations that a path has.
fn operations(item: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
    .collect()
}

fn command(method: &HttpMethod, path: &str, operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    let versioned = is_about_events(operation);
    if *method == HttpMethod::Post {
        takes(operation, idempotency_key(path));
    } else if versioned && *method != HttpMethod::Put {
        takes(operation, if_match());
        says(
            operation,
            "412",
            "`precondition-failed` with `current`: it has another version by now",
        );
        says(operation, "428", "`precondition-required`: send If-Match");
    }
    if path.contains("{id}") {
        says(
            operation,
            "404",
            "`not-found`: it is not there, or not the caller's",
        );
    }
    says(operation, "401", "`unauthenticated`");
    says(operation, "403", "`forbidden`: not with this role");
    says(
        operation,
        "503",
        "`overloaded`, `contended`, `unavailable`: ask again after `Retry-After` seconds",
    );
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with('2') {
            adds_header(
                response,
                "Evently-Position",
                "Position of the log that covers it, for Evently-Min-Position",
                Type::Integer,
            );
            if versioned && status != "204" {
                adds_header(
                    response,
                    "ETag",
                    "The event's version, for If-Match",
                    Type::String,
                );
            }
        }
        if status == "503" {
            adds_header(response, "Retry-After", "Seconds", Type::Integer);
        }
    }
}

/// What administrators and auditors ask of what runs by itself.
fn staff(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    says(operation, "401", "`unauthenticated`");
    says(operation, "403", "`forbidden`: not with this role");
    says(
        operation,
        "503",
        "`unavailable`: ask again after `Retry-After` seconds",
    );
}

/// Gives every answer that says no its shape, and names the one for all the others.
fn problems(operation: &mut Operation) {
    says(operation, "default", "Any other problem");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if !status.starts_with('2') && response.content.is_empty() {
            let shape = Content::new(Some(Ref::from_schema_name("Problem")));
            response
                .content
                .insert("application/problem+json".to_owned(), RefOr::T(shape));
        }
    }
}

fn says(operation: &mut Operation, status: &str, description: &str) {
    let response = || RefOr::T(ResponseBuilder::new().description(description).build());
    operation
        .responses
        .responses
        .entry(status.to_owned())
        .or_insert_with(response);
}

fn takes(operation: &mut Operation, parameter: Parameter) {
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(parameter));
}

fn adds_header(response: &mut Response, name: &str, description: &str, kind: Type) {
    let header = HeaderBuilder::new()
        .schema(Some(Object::with_type(kind)))
        .description(Some(description))
        .build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}

fn idempotency_key(path: &str) -> Parameter {
    let needed = path == "/api/v1/bookings" || KEYED.iter().any(|verb| path.ends_with(verb));
    let description = if needed {
        "The client's name for this request, 1 to 255 visible ASCII characters: sent again with the same body it gets \
         the same answer, with another body 422"
    } else {
        "The client's name for this request, 1 to 255 visible ASCII characters. Repeating it is harmless even without"
    };
    let required = if needed { Required::True } else { Required::False };
    header_parameter("Idempotency-Key", description, required)
}

fn if_match() -> Parameter {
    header_parameter(
        "If-Match",
        "The `ETag` of the version that the change is based on, or `*`",
        Required::True,
    )
}

fn header_parameter(name: &str, description: &str, required: Required) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(Object::with_type(Type::String)))
        .build()
}
