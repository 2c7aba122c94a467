//! What all operations have in common in the OpenAPI document, said once: path parameters, the bearer token, positions,
//! versions, idempotency keys and problems.

use utoipa::Modify;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response};

/// Name of the security scheme, as annotations refer to it.
const BEARER: &str = "bearer";

/// Commands of a booking that need an Idempotency-Key, as placing it does.
const KEYED: [&str; 4] = [
    "/api/v1/bookings",
    "/api/v1/bookings/{id}/payment",
    "/api/v1/bookings/{id}/cancellation",
    "/api/v1/admin/bookings/{id}/cancellation",
];

/// The query whose `ETag` is a version, so that it is always answered in full.
const VERSIONED: &str = "/api/v1/admin/events/{id}";

/// Tags whose operations append to the log for a caller.
const COMMANDS: [&str; 2] = ["bookings", "events"];

/// Adds the conventions of commands to a document.
#[derive(Clone, Copy, Debug)]
pub struct Commands;

/// Adds the conventions of queries to a document.
#[derive(Clone, Copy, Debug)]
pub struct Queries;

impl Modify for Commands {
    fn modify(&self, document: &mut OpenApi) {
        modify(document, |method, path, operation| {
            if COMMANDS.iter().any(|tag| has_tag(operation, tag)) {
                command(method, path, operation);
            }
        });
    }
}

impl Modify for Queries {
    fn modify(&self, document: &mut OpenApi) {
        modify(document, |_, path, operation| query(path, operation));
    }
}

fn modify(document: &mut OpenApi, own: impl Fn(&HttpMethod, &str, &mut Operation)) {
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer()));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            own(&method, path, operation);
            everywhere(path, operation);
        }
    }
}

fn bearer() -> Http {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.bearer_format = Some("JWT".to_owned());
    scheme
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

fn has_tag(operation: &Operation, tag: &str) -> bool {
    operation.tags.iter().flatten().any(|each| each == tag)
}

/// What an operation changes for a caller.
fn command(method: &HttpMethod, path: &str, operation: &mut Operation) {
    let versioned = has_tag(operation, "events");
    if *method == HttpMethod::Post {
        idempotency_key(path, operation);
    }
    if versioned && path.contains('{') {
        if_match(method, operation);
    }
    says(operation, "403", "`forbidden`: not with this role");
    says(
        operation,
        "503",
        "`overloaded`, `contended`, `unavailable`: ask again after `Retry-After` seconds",
    );
    let covers = "Position of the log that covers it, for Evently-Min-Position";
    for (status, response) in successes(operation) {
        adds_header(response, "Evently-Position", covers, Type::Integer);
        if versioned && status != "204" {
            let version = "The event's version, for If-Match";
            adds_header(response, "ETag", version, Type::String);
        }
    }
}

/// What changes an organizer's resource is based on a version, which it need not name where it says all that it sets.
fn if_match(method: &HttpMethod, operation: &mut Operation) {
    let required = if matches!(method, HttpMethod::Patch | HttpMethod::Delete) {
        says(operation, "428", "`precondition-required`: send If-Match");
        Required::True
    } else {
        Required::False
    };
    let based_on = "The `ETag` of the version that the change is based on, or `*`";
    takes_header(operation, "If-Match", based_on, Type::String, required);
    says(
        operation,
        "412",
        "`precondition-failed` with `current`: it has another version by now",
    );
}

fn query(path: &str, operation: &mut Operation) {
    let takes_parameters = operation.parameters.as_ref().is_some_and(|parameters| {
        let in_query = |parameter: &RefOr<utoipa::openapi::path::Parameter>| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
            RefOr::Ref(_) => false,
        };
        parameters.iter().any(in_query)
    });
    if takes_parameters {
        says(
            operation,
            "422",
            "`invalid-parameters`: one is unknown or impossible",
        );
    }
    says(
        operation,
        "400",
        "`bad-request`: Evently-Min-Position is not a whole number from 0",
    );
    says(
        operation,
        "503",
        "`position-not-reached`, `overloaded`, `unavailable`: ask again after `Retry-After` seconds",
    );
    let least = "The least position that the answer has to reflect: `Evently-Position` of one's own command. Waited for 2 s";
    takes_header(
        operation,
        "Evently-Min-Position",
        least,
        Type::Integer,
        Required::False,
    );
    let tag = if path == VERSIONED {
        "The event's version, for If-Match"
    } else {
        says(operation, "304", "Nothing has changed");
        let known = "`ETag` of the answer that the client has already: 304 if it is still right";
        takes_header(operation, "If-None-Match", known, Type::String, Required::False);
        "Names exactly this content in this coding"
    };
    for (_, response) in successes(operation) {
        adds_header(
            response,
            "Evently-Position",
            "The position that it reflects",
            Type::Integer,
        );
        adds_header(response, "ETag", tag, Type::String);
    }
}

/// Path parameters, the token where nothing else was said, and the shape of every problem.
fn everywhere(path: &str, operation: &mut Operation) {
    for name in names_in(path) {
        path_parameter(name, operation);
    }
    if path.contains('{') {
        says(
            operation,
            "404",
            "`not-found`: it is not there, or not the caller's",
        );
    }
    let security = operation
        .security
        .get_or_insert_with(|| vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    if security
        .iter()
        .any(|each| *each != SecurityRequirement::default())
    {
        says(operation, "401", "`unauthenticated`");
    }
    if path.contains("/admin/") || path.contains("/audit/") {
        says(operation, "403", "`forbidden`: not with this role");
    }
    says(
        operation,
        "503",
        "`unavailable`: ask again after `Retry-After` seconds",
    );
    says(operation, "default", "Any other problem");
    for (status, response) in responses(operation) {
        if !status.starts_with('2') && status != "304" && response.content.is_empty() {
            let shape = Content::new(Some(Ref::from_schema_name("Problem")));
            let media_type = "application/problem+json".to_owned();
            response.content.insert(media_type, RefOr::T(shape));
        }
        if status == "503" {
            adds_header(response, "Retry-After", "Seconds", Type::Integer);
        }
    }
}

/// The names between braces.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let known = parameters
        .iter()
        .any(|each| matches!(each, RefOr::T(each) if each.name == name));
    if known {
        return;
    }
    let mut schema = ObjectBuilder::new().schema_type(Type::String);
    if name == "id" {
        schema = schema.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    }
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema));
    parameters.insert(0, RefOr::T(parameter.build()));
}

fn idempotency_key(path: &str, operation: &mut Operation) {
    let (required, description) = if KEYED.contains(&path) {
        let required = "The client's name for this request, 1 to 255 visible ASCII characters: sent again with the same \
            body it gets the same answer, with another body 422";
        (Required::True, required)
    } else {
        let optional = "The client's name for this request, 1 to 255 visible ASCII characters. Repeating it is harmless \
            even without";
        (Required::False, optional)
    };
    takes_header(operation, "Idempotency-Key", description, Type::String, required);
}

fn takes_header(operation: &mut Operation, name: &str, description: &str, kind: Type, required: Required) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(Object::with_type(kind)))
        .build();
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(parameter));
}

/// Documents an answer with `status` where the operation says nothing else of it.
fn says(operation: &mut Operation, status: &str, description: &str) {
    let response = || RefOr::T(ResponseBuilder::new().description(description).build());
    let responses = &mut operation.responses.responses;
    responses.entry(status.to_owned()).or_insert_with(response);
}

fn responses(operation: &mut Operation) -> impl Iterator<Item = (&str, &mut Response)> {
    let responses = operation.responses.responses.iter_mut();
    responses.filter_map(|(status, response)| match response {
        RefOr::T(response) => Some((status.as_str(), response)),
        RefOr::Ref(_) => None,
    })
}

fn successes(operation: &mut Operation) -> impl Iterator<Item = (&str, &mut Response)> {
    responses(operation).filter(|(status, _)| status.starts_with('2') || *status == "304")
}

fn adds_header(response: &mut Response, name: &str, description: &str, kind: Type) {
    let header = HeaderBuilder::new()
        .schema(Some(Object::with_type(kind)))
        .description(Some(description))
        .build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}
