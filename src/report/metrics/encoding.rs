//! Writes a snapshot as OpenMetrics 1.0, or in the text format 0.0.4 of Prometheus.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use super::catalogue::Metric;
use super::snapshot::{Labels, Snapshot, Value};

/// A format of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The text format of Prometheus.
    Text,
}

impl Format {
    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Writes all metrics.
pub fn encode(snapshot: &Arc<Snapshot>, format: Format) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Source(Arc::clone(snapshot))));
    let mut document = String::new();
    let encoded = match format {
        Format::OpenMetrics => text::encode(&mut document, &registry),
        Format::Text => prometheus_text::encode(&mut document, &registry),
    };
    debug_assert!(encoded.is_ok(), "a string takes any text");
    document
}

/// Hands a snapshot to the encoder.
#[derive(Debug)]
struct Source(Arc<Snapshot>);

impl Collector for Source {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        for table in &self.0.tables {
            for (column, metric) in table.metrics().iter().enumerate() {
                let mut series = table.series(column).peekable();
                if series.peek().is_none() {
                    continue;
                }
                let (name, unit, kind) = parts(metric);
                let mut family =
                    encoder.encode_descriptor(name, metric.help, unit.as_ref(), kind)?;
                for (labels, value) in series {
                    write(&mut family, labels, value, metric)?;
                }
            }
        }
        Ok(())
    }
}

/// The name without the parts that the encoder adds, the unit and the type.
fn parts(metric: &Metric) -> (&'static str, Option<Unit>, MetricType) {
    let (name, kind) = if let Some(name) = metric.name.strip_suffix("_total") {
        (name, MetricType::Counter)
    } else if let Some(name) = metric.name.strip_suffix("_info") {
        (name, MetricType::Info)
    } else {
        (metric.name, MetricType::Gauge)
    };
    let units = [("_seconds", Unit::Seconds), ("_bytes", Unit::Bytes)];
    let found =
        units.into_iter().find_map(|(suffix, unit)| Some((name.strip_suffix(suffix)?, unit)));
    match found {
        Some((name, unit)) => (name, Some(unit), kind),
        None => (name, None, kind),
    }
}

fn write(
    family: &mut MetricEncoder,
    labels: &Labels,
    value: Value,
    metric: &Metric,
) -> fmt::Result {
    let labels = &**labels;
    if metric.is_info() {
        return family.encode_info(&labels);
    }
    let mut series = family.encode_family(&labels)?;
    let no_exemplar: Option<&Exemplar<&[(&str, String)], f64>> = None;
    match (value, metric.is_counter()) {
        (Value::Count(count), true) => series.encode_counter(&count, no_exemplar),
        (Value::Number(number), true) => series.encode_counter(&number, no_exemplar),
        (Value::Count(count), false) => series.encode_gauge(&count),
        (Value::Number(number), false) => series.encode_gauge(&number),
        (Value::Absent, _) => Ok(()),
    }
}
