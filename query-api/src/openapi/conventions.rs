//! What all reads have in common, said once: the token, positions, entity tags, problems.

use utoipa::Modify;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response};

/// Adds the conventions to a document. The schema `Problem` comes with the document of the write side.
pub(super) struct Conventions;

impl Modify for Conventions {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        for operation in document
            .paths
            .paths
            .values_mut()
            .filter_map(|item| item.get.as_mut())
        {
            read(operation);
        }
    }
}

fn read(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(header_parameter(
        "Evently-Min-Position",
        "The least position that the answer has to reflect: `Evently-Position` of one's own command. Waited for 2 s",
        Type::Integer,
    )));
    parameters.push(RefOr::T(header_parameter(
        "If-None-Match",
        "`ETag` of the answer that the client has already: 304 if it is still right",
        Type::String,
    )));
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        match status.as_str() {
            "200" | "304" => {
                adds_header(
                    response,
                    "Evently-Position",
                    "The position that it reflects",
                    Type::Integer,
                );
                adds_header(
                    response,
                    "ETag",
                    "Names exactly this content in this coding",
                    Type::String,
                );
            }
            _ => {
                let shape = Content::new(Some(Ref::from_schema_name("Problem")));
                response
                    .content
                    .insert("application/problem+json".to_owned(), RefOr::T(shape));
            }
        }
        if status == "503" {
            adds_header(response, "Retry-After", "Seconds", Type::Integer);
        }
    }
}

fn adds_header(response: &mut Response, name: &str, description: &str, kind: Type) {
    let header = HeaderBuilder::new()
        .schema(Some(Object::with_type(kind)))
        .description(Some(description))
        .build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}

fn header_parameter(name: &str, description: &str, kind: Type) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(Object::with_type(kind)))
        .build()
}
