//! How long requests take, by route, method and class of status.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Histogram, histogram};

type Route = (Option<String>, Method, u16);

thread_local! {
    /// Histograms by route, method and class of status: bounded by the route table.
    static DURATIONS: RefCell<HashMap<Route, Histogram>> = RefCell::new(HashMap::new());
}

/// Notes that a request of `pattern` took so long; `None` is a path that no route has.
pub(super) fn measure(pattern: Option<String>, method: &Method, status: StatusCode, took: Duration) {
    let method = if is_known(method) {
        method.clone()
    } else {
        Method::TRACE
    };
    DURATIONS.with_borrow_mut(|durations| {
        let route = (pattern, method, status.as_u16() / 100);
        if let Some(known) = durations.get(&route) {
            return known.record(took);
        }
        let new = duration_of(&route);
        new.record(took);
        durations.insert(route, new);
    });
}

/// Anybody can invent methods; metrics count the usual ones apart and all others as one.
fn is_known(method: &Method) -> bool {
    [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ]
    .contains(method)
}

fn duration_of((pattern, method, class): &Route) -> Histogram {
    let route = pattern.clone().unwrap_or_else(|| "unmatched".to_owned());
    let method = if is_known(method) {
        method.as_str().to_owned()
    } else {
        "other".to_owned()
    };
    let labels = [
        ("route", route),
        ("method", method),
        ("status", format!("{class}xx")),
    ];
    histogram!("evently_http_request_duration_seconds", &labels)
}
