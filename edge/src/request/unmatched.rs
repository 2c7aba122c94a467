//! Requests that no route takes: the path is unknown (404), or known for other methods (405 with `Allow`).

use std::future::{Ready, ready};

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::patterns::Patterns;
use crate::problem::{Problem, kinds};

/// The handler for what no route takes; `operations` are all routes of the application. Give it to `default_service`.
pub fn not_routed(
    operations: Vec<(Method, &'static str)>,
) -> impl Fn(HttpRequest) -> Ready<Result<HttpResponse, Problem>> + Clone + 'static {
    let patterns = Patterns::new(operations);
    move |request| ready(Err(problem(&patterns, request.path())))
}

fn problem(patterns: &Patterns, path: &str) -> Problem {
    let methods = patterns.methods(path);
    match HeaderValue::try_from(methods.join(", ")) {
        Ok(allow) if !methods.is_empty() => Problem::new(&kinds::METHOD_NOT_ALLOWED).header(ALLOW, allow),
        _ => Problem::new(&kinds::NOT_FOUND),
    }
}
