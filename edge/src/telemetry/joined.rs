//! Log lines that tell which request they belong to.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::request::{Ids, current};

/// What `inner` writes, with the ids of the request that the thread works on, unless the event names them itself.
pub(super) struct Joined<F> {
    inner: F,
    end: End,
}

/// How a line ends, and how the ids are written before that.
#[derive(Clone, Copy)]
enum End {
    Json,
    Text,
}

impl<F> Joined<F> {
    /// For lines of JSON objects.
    pub(super) const fn json(inner: F) -> Self {
        Self {
            inner,
            end: End::Json,
        }
    }

    /// For lines of text.
    pub(super) const fn text(inner: F) -> Self {
        Self {
            inner,
            end: End::Text,
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for Joined<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let names_them = event.metadata().fields().field("correlation_id").is_some();
        let Some(ids) = current().filter(|_| !names_them) else {
            return self.inner.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        self.end.write(&mut writer, &line, &ids)
    }
}

impl End {
    /// The ids consist of letters, digits, dots, dashes and underscores: neither form needs to escape them.
    fn write(self, writer: &mut Writer<'_>, line: &str, ids: &Ids) -> fmt::Result {
        let (id, trace) = (ids.correlation_id, ids.traceparent);
        let line = line.trim_end_matches('\n');
        match (self, line.strip_suffix('}')) {
            (Self::Json, Some(open)) => writeln!(
                writer,
                "{open},\"correlation_id\":\"{id}\",\"traceparent\":\"{trace}\"}}"
            ),
            (Self::Json, None) => writeln!(writer, "{line}"),
            (Self::Text, _) => writeln!(writer, "{line} correlation_id={id} traceparent={trace}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::web;
    use serde_json::Value;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;
    use crate::request::Boundary;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Written {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Written {
        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(str::to_owned).collect()
        }
    }

    async fn notes() -> &'static str {
        tokio::task::yield_now().await;
        tracing::warn!(seat = "7}", "noted");
        tracing::warn!(correlation_id = "own", "named");
        "done"
    }

    async fn ask() {
        let app = init_service(
            App::new()
                .wrap(Boundary::new(Vec::new()))
                .route("/", web::get().to(notes)),
        );
        let request = TestRequest::get()
            .insert_header(("x-correlation-id", "order-7"))
            .insert_header(("traceparent", TRACE));
        call_service(&app.await, request.to_request()).await;
        tracing::warn!("outside");
    }

    #[actix_web::test]
    async fn a_line_of_a_handler_tells_its_request_and_no_other_line_does() {
        let written = Written::default();
        let logs = tracing_subscriber::fmt().with_writer(written.clone());
        let logs = logs
            .json()
            .flatten_event(true)
            .map_event_format(Joined::json)
            .finish();
        let guard = tracing::subscriber::set_default(logs);
        ask().await;
        drop(guard);
        let lines: Vec<Value> = written
            .lines()
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            (&lines[0]["seat"], &lines[0]["correlation_id"]),
            (&"7}".into(), &"order-7".into())
        );
        let trace = lines[0]["traceparent"].as_str().unwrap();
        assert!(
            trace.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"),
            "{trace}"
        );
        assert_eq!(lines[1]["correlation_id"], "own");
        assert_eq!(lines[2].get("correlation_id"), None);
    }

    #[actix_web::test]
    async fn text_tells_it_at_its_end() {
        let written = Written::default();
        let logs = tracing_subscriber::fmt()
            .with_writer(written.clone())
            .with_ansi(false);
        let guard = tracing::subscriber::set_default(logs.map_event_format(Joined::text).finish());
        ask().await;
        drop(guard);
        let lines = written.lines();
        assert!(lines[0].contains(" correlation_id=order-7 traceparent=00-4bf9"));
        assert!(!lines[2].contains("correlation_id"));
    }
}
