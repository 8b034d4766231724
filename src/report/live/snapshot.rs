//! What the view shows, as data.

use std::sync::Arc;
use std::time::Duration;

use super::cell::{Cell, Tone};
use super::detail::Detail;
use super::fact::Fact;
use crate::stats::delay::Delays;

/// A message to the thread that draws.
pub enum Message {
    /// The state of the run, which replaces the last one.
    State(Box<Snapshot>),
    /// Something that the user should see.
    Notice(NoticeLine),
}

/// The state of a run. All counters are sums: a snapshot that is lost does not matter.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The time since the start of the run.
    pub at: Duration,
    /// The verdict so far, in a few words.
    pub state: Fact,
    /// The totals.
    pub facts: Vec<Fact>,
    pub tables: Vec<TableData>,
    /// How often the counters were reset.
    pub resets: u64,
    /// The tables carry the samples of an interval, not only the changes in between.
    pub is_interval: bool,
}

/// The rows of a table.
#[derive(Clone, Debug)]
pub struct TableData {
    /// The name: `Streams`.
    pub title: &'static str,
    /// What the table shows while it has no rows.
    pub empty: String,
    pub columns: &'static [Column],
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    pub title: &'static str,
    pub kind: Kind,
    /// Columns with a high number are left out first on a narrow terminal; those with 0 never.
    pub rank: u8,
}

/// The form of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Left,
    Right,
    /// The samples of the last intervals. It has no cells.
    Spark,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Identifies the row in each snapshot.
    pub key: String,
    /// A cell for each column except the spark.
    pub cells: Vec<Cell>,
    /// The value of the interval; `None` if the snapshot is not of an interval.
    pub sample: Option<Sample>,
    /// The name of the row above its details.
    pub name: String,
    pub detail: Arc<dyn Detail>,
    /// The delays of the interval, for a histogram.
    pub spread: Option<Arc<Delays>>,
}

/// The value of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// `None` if nothing was measured.
    pub value: Option<f32>,
    pub tone: Tone,
}

/// A warning or a finding.
#[derive(Clone, Debug)]
pub struct NoticeLine {
    pub at: Duration,
    pub tone: Tone,
    /// `warning`, `note`, `fault`.
    pub level: &'static str,
    pub text: String,
    pub tip: Option<String>,
}
