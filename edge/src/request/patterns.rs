//! The route table by pattern, for requests that the router does not tell the pattern of.

use std::sync::Arc;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;

/// Every route of the application; clones share it.
#[derive(Clone)]
pub(super) struct Patterns(Arc<[Route]>);

struct Route {
    method: Method,
    pattern: &'static str,
    definition: ResourceDef,
}

impl Patterns {
    pub(super) fn new(operations: Vec<(Method, &'static str)>) -> Self {
        let routes = operations.into_iter().map(|(method, pattern)| Route {
            method,
            pattern,
            definition: ResourceDef::new(pattern),
        });
        Self(routes.collect())
    }

    /// The pattern of the route that `path` leads to.
    pub(super) fn of(&self, path: &str) -> Option<&'static str> {
        self.matching(path).next().map(|route| route.pattern)
    }

    /// The methods that `path` answers, in order. What answers GET answers HEAD too.
    pub(super) fn methods<'a>(&'a self, path: &'a str) -> Vec<&'a str> {
        let mut methods: Vec<&str> = self.matching(path).map(|route| route.method.as_str()).collect();
        if methods.contains(&Method::GET.as_str()) {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    fn matching<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Route> {
        self.0.iter().filter(move |route| route.definition.is_match(path))
    }
}
