//! The values of all metrics at one moment.

use std::sync::Arc;

use super::catalogue::Metric;

/// The labels of a series. An absent label is not in the list.
pub type Labels = Arc<[(&'static str, String)]>;

/// A value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// The series does not exist: the value was not measured.
    Absent,
    /// A whole number.
    Count(u64),
    /// Any other number.
    Number(f64),
}

impl Value {
    /// A time in seconds.
    pub fn seconds(nanos: Option<impl Into<i64>>) -> Self {
        nanos.map_or(Value::Absent, |nanos| Value::Number(nanos.into() as f64 / 1e9))
    }

    /// A number that may be unknown.
    pub fn count(count: Option<u64>) -> Self {
        count.map_or(Value::Absent, Value::Count)
    }

    /// The sum of two values of a counter.
    fn plus(self, other: Value) -> Value {
        match (self, other) {
            (Value::Count(a), Value::Count(b)) => Value::Count(a.saturating_add(b)),
            (Value::Number(a), Value::Number(b)) => Value::Number(a + b),
            (Value::Absent, other) => other,
            (known, _) => known,
        }
    }
}

/// Series with the same labels for several metrics.
#[derive(Debug)]
pub struct Table {
    metrics: &'static [Metric],
    labels: Vec<Labels>,
    /// The values of each row, one after the other.
    values: Vec<Value>,
}

impl Table {
    /// An empty table.
    pub fn new(metrics: &'static [Metric]) -> Self {
        Table { metrics, labels: Vec::new(), values: Vec::new() }
    }

    /// The metrics.
    pub fn metrics(&self) -> &'static [Metric] {
        self.metrics
    }

    /// Adds a row with a value for each metric. Returns its position.
    pub fn add(&mut self, labels: Labels, values: &[Value]) -> usize {
        debug_assert_eq!(values.len(), self.metrics.len());
        self.labels.push(labels);
        self.values.extend_from_slice(values);
        self.labels.len() - 1
    }

    /// Adds the values of another source to a row with the same labels: counters are summed, and
    /// others are replaced if the source is `newer`.
    pub fn merge(&mut self, row: usize, values: &[Value], newer: bool) {
        let start = row * self.metrics.len();
        let row = &mut self.values[start..start + self.metrics.len()];
        for ((value, other), metric) in row.iter_mut().zip(values).zip(self.metrics) {
            if metric.is_counter() {
                *value = value.plus(*other);
            } else if newer {
                *value = *other;
            }
        }
    }

    /// The labels of a row.
    pub fn labels(&self, row: usize) -> &Labels {
        &self.labels[row]
    }

    /// The series of the metric at a position.
    pub fn series(&self, column: usize) -> impl Iterator<Item = (&Labels, Value)> {
        let values = self.values.iter().skip(column).step_by(self.metrics.len().max(1));
        self.labels.iter().zip(values.copied()).filter(|(_, value)| *value != Value::Absent)
    }
}

/// The values of all metrics at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The tables, in the order of the document.
    pub tables: Vec<Table>,
}

impl Snapshot {
    /// Adds a table with one row without labels.
    pub fn add(&mut self, metrics: &'static [Metric], values: &[Value]) {
        let mut table = Table::new(metrics);
        table.add(Labels::default(), values);
        self.tables.push(table);
    }
}

/// Labels without those that are absent. Untrusted text keeps its characters: the encoding escapes
/// quotes, backslashes and line breaks.
pub fn labels<const N: usize>(pairs: [(&'static str, Option<String>); N]) -> Labels {
    let known = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.filter(|(_, value)| !value.is_empty()).collect()
}
