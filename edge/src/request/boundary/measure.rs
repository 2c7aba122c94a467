//! How long requests take, by route, method and class of status.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Histogram, histogram};

/// Pattern, method and class of status.
type Route = (Option<String>, &'static str, u16);

thread_local! {
    /// Histograms by route: bounded by the route table.
    static DURATIONS: RefCell<HashMap<Route, Histogram>> = RefCell::new(HashMap::new());
}

/// Notes that a request of `pattern` took so long; `None` is a path that no route has.
pub(super) fn measure(pattern: Option<String>, method: &Method, status: StatusCode, took: Duration) {
    DURATIONS.with_borrow_mut(|durations| {
        let route = (pattern, name_of(method), status.as_u16() / 100);
        if let Some(known) = durations.get(&route) {
            return known.record(took);
        }
        let new = duration_of(&route);
        new.record(took);
        durations.insert(route, new);
    });
}

/// Anybody can invent methods; metrics count the usual ones apart and all others as one.
fn name_of(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let name = known.into_iter().find(|name| *name == method.as_str());
    name.unwrap_or("other")
}

fn duration_of((pattern, method, class): &Route) -> Histogram {
    let labels = [
        ("route", pattern.clone().unwrap_or_else(|| "unmatched".to_owned())),
        ("method", (*method).to_owned()),
        ("status", format!("{class}xx")),
    ];
    histogram!("evently_http_request_duration_seconds", &labels)
}
