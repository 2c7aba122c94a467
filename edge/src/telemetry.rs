//! Logs and metrics.

mod joined;

use std::fs;
use std::io::{self, Write};
use std::time::Duration;

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, web};
use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use self::joined::Joined;
use crate::config::LogConfig;

/// Upper bounds of the buckets of every duration, in seconds: from a cache hit to a request given up.
const SECONDS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Upper bounds of the buckets of every count of things in a batch.
const COUNTS: [f64; 13] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0,
];

/// How often histograms are summed up: until then every measurement is kept, which at 50,000 requests a second and
/// without anybody who scrapes would fill the memory.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// Bytes of a page of memory, and clock ticks of a second, as Linux on every platform of ours has them.
const PAGE_BYTES: u64 = 4_096;
const TICKS_PER_SECOND: u64 = 100;

/// Why logs or metrics cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("the log filter cannot be used: {0}")]
    Filter(String),
    /// Something logs or measures already in this process.
    #[error("logs or metrics were started twice: {0}")]
    Twice(String),
    /// The thread that sums up cannot run.
    #[error("no thread for metrics: {0}")]
    Upkeep(io::Error),
    /// Metrics cannot be recorded.
    #[error("metrics cannot be recorded")]
    Metrics(#[from] BuildError),
}

/// Starts logging to standard error. JSON escapes what came from outside, so that nobody forges a line.
/// Lines of handlers tell which request they belong to.
///
/// # Errors
/// A filter that is none, or a second start.
pub fn start_logs(config: &LogConfig) -> Result<(), TelemetryError> {
    let filter =
        EnvFilter::try_new(&config.filter).map_err(|error| TelemetryError::Filter(error.to_string()))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    let started = if config.json {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .map_event_format(Joined::json)
            .try_init()
    } else {
        builder
            .with_ansi(false)
            .with_writer(|| OneLine(io::stderr()))
            .map_event_format(Joined::text)
            .try_init()
    };
    started.map_err(|error| TelemetryError::Twice(error.to_string()))
}

/// Writes each event as one line: a line break or an escape sequence that came from outside becomes a space, so that
/// nobody forges a line or talks to a terminal.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = event.strip_suffix(b"\n").unwrap_or(event);
        let mut clean: Vec<u8> = line
            .iter()
            .map(|c| if c.is_ascii_control() { b' ' } else { *c })
            .collect();
        clean.extend(event.get(line.len()..).unwrap_or_default());
        self.0.write_all(&clean).map(|()| event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Starts recording metrics; the handle writes them out.
///
/// # Errors
/// A second start.
pub fn start_metrics() -> Result<PrometheusHandle, TelemetryError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets(&COUNTS)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|error| TelemetryError::Twice(error.to_string()))?;
    let upkeep = handle.clone();
    let keep = move || loop {
        std::thread::sleep(UPKEEP_EVERY);
        upkeep.run_upkeep();
    };
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(keep)
        .map_err(TelemetryError::Upkeep)?;
    Ok(handle)
}

/// Routes `/metrics` in Prometheus' text format; it needs the handle of [`start_metrics`] as `web::Data`.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/metrics", web::get().to(write_metrics));
}

async fn write_metrics(handle: web::Data<PrometheusHandle>) -> HttpResponse {
    measure_process();
    handle.run_upkeep();
    let mut answer = HttpResponse::Ok();
    answer.insert_header((
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4"),
    ));
    answer.body(handle.render())
}

/// Notes what Linux tells of this process (`proc(5)`), under Prometheus' own names.
fn measure_process() {
    if let Some(bytes) = resident_bytes() {
        gauge!("process_resident_memory_bytes").set(to_f64(bytes));
    }
    if let Ok(descriptors) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(to_f64(u64::try_from(descriptors.count()).unwrap_or_default()));
    }
    if let Some(ticks) = cpu_ticks() {
        let used = Duration::from_millis(ticks.saturating_mul(1_000 / TICKS_PER_SECOND));
        gauge!("process_cpu_seconds_total").set(used.as_secs_f64());
    }
}

/// Resident memory of this process in bytes, where the system tells.
pub fn resident_bytes() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE_BYTES)
}

fn cpu_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit(')').next()?;
    let mut fields = after_name.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

/// Gauges are floats: above 2^53 the last digits go, which nobody misses in bytes.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, and memory stays below 2^53 bytes"
)]
fn to_f64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::dev::Service;
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};

    use super::*;
    use crate::request::Boundary;

    async fn panics(id: web::Path<u32>) -> String {
        assert_eq!(*id, 0, "a bug");
        id.to_string()
    }

    #[actix_web::test]
    async fn metrics_are_served_and_count_every_answer_even_that_of_a_panic() {
        let handle = start_metrics().unwrap();
        let pattern = "/panics/{id}";
        let app = App::new()
            .wrap(Boundary::new(vec![(Method::GET, pattern)]))
            .app_data(web::Data::new(handle))
            .route(pattern, web::get().to(panics))
            .configure(routes);
        let app = init_service(app).await;
        let get = |path| TestRequest::get().uri(path).to_request();
        call_service(&app, get("/panics/0")).await;
        assert!(app.call(get("/panics/7")).await.is_err());
        assert!(app.call(get("/panics/8")).await.is_err());
        let text = call_and_read_body(&app, get("/metrics")).await;
        let text = std::str::from_utf8(&text).unwrap();
        for line in [
            r#"evently_http_request_duration_seconds_count{route="/panics/{id}",method="GET",status="2xx"} 1"#,
            r#"evently_http_request_duration_seconds_count{route="/panics/{id}",method="GET",status="5xx"} 2"#,
            "evently_http_requests_in_flight 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(text.contains("process_resident_memory_bytes"));
    }

    #[test]
    fn an_event_is_one_line_whatever_came_from_outside() {
        let mut written = Vec::new();
        OneLine(&mut written)
            .write_all(b"path=/a\n2026 INFO forged\x1b[2J\n")
            .unwrap();
        assert_eq!(written, b"path=/a 2026 INFO forged [2J\n");
    }

    #[test]
    fn a_process_has_memory_and_has_used_its_cpu() {
        assert!(resident_bytes().unwrap() > 0);
        assert!(cpu_ticks().is_some());
    }
}
