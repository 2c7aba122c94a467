//! Traces: spans of ours, sent by OTLP over HTTP. W3C Trace Context joins them with those of our callers.

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// The name of this program in traces.
const SERVICE: &str = "evently";

/// Sends spans in batches, in a thread of its own; sends the last ones when it is dropped.
#[must_use]
pub(crate) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Sends to `endpoint`; to nowhere without one.
    pub(super) fn to(endpoint: Option<&str>) -> Result<Self> {
        let Some(endpoint) = endpoint else {
            return Ok(Self(None));
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(endpoint)
            .build();
        let exporter = exporter.context("traces cannot be sent to EVENTLY_OTLP_ENDPOINT")?;
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name(SERVICE).build())
            .with_batch_exporter(exporter);
        Ok(Self(Some(provider.build())))
    }

    /// Takes spans, not events: those are logged.
    pub(super) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let ours = |metadata: &Metadata<'_>| metadata.is_span() && *metadata.level() <= Level::DEBUG;
        let tracer = self.0.as_ref()?.tracer(SERVICE);
        Some(
            tracing_opentelemetry::layer()
                .with_tracer(tracer)
                .with_filter(filter_fn(ours)),
        )
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "telemetry.traces.lost");
        }
    }
}
