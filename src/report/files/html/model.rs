//! What a report keeps of a run: bounded, however long the run is.

use std::time::{Duration, SystemTime};

use super::point::Point;
use super::replies::Replies;
use super::series::Series;
use super::tracks::Tracks;
use crate::event::{CycleInfo, TrialInfo};
use crate::notice::Notice;
use crate::report::observe::RunInfo;

/// How many points the series of the whole run has at most.
const POINTS: usize = 600;

/// How many warnings and findings are kept: the first ones.
const MOST_NOTICES: usize = 500;

/// A run as a report keeps it.
pub struct Model {
    /// The command.
    pub run: RunInfo,
    /// When the program started.
    pub started: SystemTime,
    /// The clock of the capture that the run reads.
    pub capture_time: Option<SystemTime>,
    /// The first time of the capture.
    pub capture_start: Option<SystemTime>,
    /// When the run became ready: the zero of its time.
    pub ready: Option<SystemTime>,
    /// Facts about the run, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// The traffic of the whole run.
    pub whole: Series<Point>,
    /// The length of the first part.
    usual: Option<f64>,
    /// The traffic of each stream, target or receiver.
    pub tracks: Tracks,
    /// Drops of this host's kernel whose losses no stream has counted yet.
    pub drops_to_count: u64,
    /// The losses of all receivers, by their reports.
    pub reports: Series<Point>,
    /// The last report.
    pub reported: Reported,
    /// The replies of a ping.
    pub replies: Replies,
    /// The trials of `bench throughput`.
    pub trials: Vec<TrialInfo>,
    /// The cycles of `bench join`.
    pub cycles: Vec<CycleInfo>,
    /// Warnings, with their time.
    pub warnings: Notices,
    /// Findings, in their order.
    pub findings: Notices,
}

/// The state of all receivers at their last report.
#[derive(Debug, Default)]
pub struct Reported {
    /// Its time.
    pub since: Duration,
    /// The losses until then.
    pub lost: u64,
}

/// Notices, as many as fit.
#[derive(Debug, Default)]
pub struct Notices {
    /// Each with its time.
    pub kept: Vec<(SystemTime, Notice)>,
    /// How many more there were.
    pub more: u64,
}

impl Notices {
    /// Adds a notice.
    pub fn push(&mut self, time: SystemTime, notice: &Notice) {
        if self.kept.len() < MOST_NOTICES {
            self.kept.push((time, notice.clone()));
        } else {
            self.more += 1;
        }
    }

    /// Removes a notice that no longer holds.
    pub fn remove(&mut self, notice: &Notice) {
        match self.kept.iter().rposition(|(_, known)| known == notice) {
            Some(position) => drop(self.kept.remove(position)),
            None => self.more = self.more.saturating_sub(1),
        }
    }
}

impl Model {
    /// A run that begins now.
    pub fn new(run: &RunInfo) -> Self {
        Model {
            run: run.clone(),
            started: SystemTime::now(),
            capture_time: None,
            capture_start: None,
            ready: None,
            facts: Vec::new(),
            whole: Series::new(POINTS),
            usual: None,
            tracks: Tracks::default(),
            drops_to_count: 0,
            reports: Series::new(POINTS),
            reported: Reported::default(),
            replies: Replies::default(),
            trials: Vec::new(),
            cycles: Vec::new(),
            warnings: Notices::default(),
            findings: Notices::default(),
        }
    }

    /// The time of an event that happens now.
    pub fn now(&self) -> SystemTime {
        self.capture_time.unwrap_or_else(SystemTime::now)
    }

    /// Dates events by the clock of a capture.
    pub fn date(&mut self, time: Option<SystemTime>) {
        self.capture_start = self.capture_start.or(time);
        self.capture_time = time;
    }

    /// A time as its distance from the start of the run.
    pub fn since_start(&self, time: SystemTime) -> Option<Duration> {
        let start = self.capture_start.or(self.ready)?;
        time.duration_since(start).ok()
    }

    /// Adds a part of the time of the whole run. A short rest at the end joins the part before it.
    pub fn push(&mut self, point: Point) {
        self.usual = self.usual.or(Some(point.length()));
        let is_single = self.whole.each() == 1;
        match self.whole.last_mut() {
            Some(last) if Some(point.length() * 2.0) < self.usual => last.extend(&point, is_single),
            _ => self.whole.push(point),
        }
    }

    /// Adds a fact.
    pub fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, value.into()));
    }
}
