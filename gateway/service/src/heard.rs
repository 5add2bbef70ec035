//! For tests: what is heard of a story in the log and in the metrics.

use metrics_exporter_prometheus::PrometheusBuilder;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// A log that keeps every event, its level and its fields, and the fields of spans.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    /// Everything.
    pub fn whole(&self) -> String {
        self.lines().map(|(_, line)| line + "\n").collect()
    }

    /// The lines of that level.
    pub fn of(&self, level: Level) -> Vec<String> {
        self.lines().filter(|(of, _)| *of == level).map(|(_, line)| line).collect()
    }

    fn lines(&self) -> impl Iterator<Item = (Level, String)> + use<> {
        self.0.lock().unwrap().clone().into_iter()
    }

    fn keep(&self, level: Level, fields: impl FnOnce(&mut Line)) {
        let mut line = Line(String::new());
        fields(&mut line);
        self.0.lock().unwrap().push((level, line.0));
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.keep(*span.metadata().level(), |line| span.record(line));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        self.keep(Level::TRACE, |line| values.record(line));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.keep(*event.metadata().level(), |line| event.record(line));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// What was heard of a story.
pub(crate) struct Heard {
    pub log: Log,
    /// The metrics, as they are scraped.
    pub figures: String,
}

impl Heard {
    /// Runs a story with a log and metrics of its own, on this thread alone.
    pub fn of<F: Future<Output = ()>>(story: impl FnOnce() -> F) -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let (handle, log) = (recorder.handle(), Log::default());
        let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story());
        metrics::with_local_recorder(&recorder, || tracing::subscriber::with_default(log.clone(), run));
        Self { log, figures: handle.render() }
    }

    /// The value of a metric with those labels, written as they are scraped; 0 where it was never counted.
    pub fn count(&self, name: &str) -> usize {
        let line = self.figures.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.map_or(0, |value| value.parse().unwrap())
    }
}
