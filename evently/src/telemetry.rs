//! Logs, traces and metrics of this process.

mod descriptions;
mod traces;

use std::io::{self, Write};
use std::time::Duration;

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, web};
use anyhow::{Context, Result};
use edge::request::{correlation_id, get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

pub(crate) use self::traces::Traces;

/// What an operator sets of logs and traces.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TelemetrySettings {
    /// How logs are written
    #[schemars(extend("unit" = "json or text"))]
    pub(crate) log_format: LogFormat,
    /// What is logged, such as `info,sqlx=warn`
    #[schemars(extend("unit" = "filter"))]
    pub(crate) log: String,
    /// Where traces are sent by OTLP, such as `http://127.0.0.1:4318/v1/traces`; nowhere where not set
    #[schemars(with = "String", extend("unit" = "URL"))]
    pub(crate) otlp_endpoint: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Json,
    Text,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Json,
            log: "info".to_owned(),
            otlp_endpoint: None,
        }
    }
}

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

/// Starts logging to standard error, and tracing where it is configured; traces end with what this returns. Lines of a
/// request tell its correlation id.
pub(crate) fn start(settings: &TelemetrySettings) -> Result<Traces> {
    let filter: Targets = settings.log.parse().context("the log filter cannot be used")?;
    let traces = Traces::to(settings.otlp_endpoint.as_deref())?;
    // A filter of each layer's own costs every event more than one of all, so it is for those who send traces.
    match traces.layer() {
        None => registry()
            .with(filter)
            .with(lines(settings.log_format, io::stderr))
            .try_init(),
        Some(spans) => registry()
            .with(lines(settings.log_format, io::stderr).with_filter(filter))
            .with(spans)
            .try_init(),
    }
    .context("logs were started twice")?;
    Ok(traces)
}

/// Writes lines in `format`. JSON escapes what came from outside, so that input cannot forge a line.
fn lines<S, W>(
    format: LogFormat,
    writer: impl Fn() -> W + Send + Sync + 'static,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: Write + 'static,
{
    match format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .map_event_format(|line| WithCorrelationId { line, format })
            .with_writer(writer)
            .boxed(),
        LogFormat::Text => fmt::layer()
            .with_ansi(false)
            .map_event_format(|line| WithCorrelationId { line, format })
            .with_writer(move || OneLine(writer()))
            .boxed(),
    }
}

/// Ends each line of a request with its correlation id, whose characters need no escape.
struct WithCorrelationId<F> {
    line: F,
    format: LogFormat,
}

impl<S, N, F> FormatEvent<S, N> for WithCorrelationId<F>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> std::fmt::Result {
        let Some(id) = correlation_id() else {
            return self.line.format_event(context, writer, event);
        };
        let mut text = String::new();
        self.line.format_event(context, Writer::new(&mut text), event)?;
        let line = text.trim_end_matches('\n');
        match (self.format, line.strip_suffix('}')) {
            (LogFormat::Json, Some(open)) => writeln!(writer, "{open},\"correlation_id\":\"{id}\"}}"),
            (LogFormat::Json | LogFormat::Text, _) => writeln!(writer, "{line} correlation_id={id}"),
        }
    }
}

/// Writes each event as one line: a line break or an escape sequence that came from outside becomes a space, so that
/// input cannot forge a line or control a terminal.
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
pub(crate) fn start_metrics() -> Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets(&COUNTS)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("metrics were started twice")?;
    Collector::default().describe();
    descriptions::describe();
    let upkeep = handle.clone();
    let keep = move || loop {
        std::thread::sleep(UPKEEP_EVERY);
        upkeep.run_upkeep();
    };
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(keep)
        .context("no thread for metrics")?;
    Ok(handle)
}

/// Routes `/metrics` in Prometheus' text format; it needs the handle of [`start_metrics`] as `web::Data`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/metrics", get().to(write_metrics));
}

async fn write_metrics(handle: web::Data<PrometheusHandle>) -> HttpResponse {
    Collector::default().collect();
    handle.run_upkeep();
    let mut answer = HttpResponse::Ok();
    answer.insert_header((
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4"),
    ));
    answer.body(handle.render())
}

#[cfg(test)]
mod tests;
