//! A log line as one flat JSON object: the fields of the event and of the spans it lies in.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

use crate::Clock;

/// Formats events as JSON. The nearest span's field wins, and the event's own over all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Json;

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line(Map::new());
        line.put("time", Clock::system().now().to_string());
        line.put("level", event.metadata().level().as_str());
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            line.put("span", span.name());
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                line.merge(fields);
            }
        }
        event.record(&mut line);
        line.put("target", event.metadata().target());
        let text = serde_json::to_string(&line.0).map_err(|_error| fmt::Error)?;
        writeln!(writer, "{text}")
    }
}

struct Line(Map<String, Value>);

impl Line {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn merge(&mut self, fields: &str) {
        if let Ok(fields) = serde_json::from_str::<Map<String, Value>>(fields) {
            // What a span is to the tracer is nothing to a reader.
            self.0.extend(fields.into_iter().filter(|(name, _)| !name.starts_with("otel.")));
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(work: impl FnOnce()) -> Value {
        let sink = Sink::default();
        let writer = sink.clone();
        let layer = layer()
            .fmt_fields(JsonFields::new())
            .event_format(Json)
            .with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, work);
        let bytes = sink.0.lock().unwrap().clone();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn a_line_carries_the_ids_of_the_request_it_lies_in() {
        let line = logged(|| {
            let span = tracing::error_span!(
                "request",
                otel.kind = "server",
                request.id = "r1",
                trace.id = "t1"
            );
            span.in_scope(|| tracing::info!(offer.id = %7, "published an offer"));
        });

        assert_eq!(line["request.id"], "r1");
        assert_eq!(line["trace.id"], "t1");
        assert_eq!(line["offer.id"], "7");
        assert_eq!(line.get("otel.kind"), None);
        assert_eq!(line["message"], "published an offer");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn a_line_break_in_a_value_does_not_break_the_line() {
        let line = logged(|| tracing::info!(name = "a\nb\"}", count = 3, "odd"));

        assert_eq!(line["name"], "a\nb\"}");
        assert_eq!(line["count"], 3);
    }
}
