//! Requests that no route takes: the path is unknown (404), or known for other methods (405 with `Allow`).

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::problem::{Problem, kinds};

/// The handler for what no route takes; `operations` are all routes of the application. Give it to `default_service`.
pub fn not_routed(
    operations: Vec<(Method, &'static str)>,
) -> impl Fn(HttpRequest) -> Ready<Result<HttpResponse, Problem>> + Clone + 'static {
    let patterns: Arc<[(Method, ResourceDef)]> = operations
        .into_iter()
        .map(|(method, pattern)| (method, ResourceDef::new(pattern)))
        .collect();
    move |request| ready(Err(problem(&patterns, request.path())))
}

fn problem(patterns: &[(Method, ResourceDef)], path: &str) -> Problem {
    let mut methods: Vec<&str> = patterns
        .iter()
        .filter(|(_, pattern)| pattern.is_match(path))
        .map(|(method, _)| method.as_str())
        .collect();
    methods.sort_unstable();
    methods.dedup();
    match HeaderValue::try_from(methods.join(", ")) {
        Ok(allow) if !methods.is_empty() => Problem::new(&kinds::METHOD_NOT_ALLOWED).header(ALLOW, allow),
        _ => Problem::new(&kinds::NOT_FOUND),
    }
}
