//! Collects the events of a run and writes the page.

use std::path::Path;
use std::time::SystemTime;

use maud::Markup;

use super::bench::{self, MOST_TRIALS};
use super::json::Embedded;
use super::layout::{self, Page};
use super::model::Model;
use super::numbers::shortened;
use super::{check, ping, recv, scan, send};
use crate::event::{Event, Stamped};
use crate::report::observe::{Observer, ObserverError, RunInfo};
use crate::report::output_file::OutputFile;
use crate::report::{Lines, Output};
use crate::verdict::Verdict;

/// Opens the report.
///
/// # Errors
/// The file cannot be written.
pub fn html(path: &Path, run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    Ok(Box::new(Report { file: OutputFile::open(path)?, model: Model::new(run), page: None }))
}

/// The width of the text of a run.
const TEXT_COLUMNS: usize = 120;

/// How long it is at most, in bytes.
const LONGEST_TEXT: usize = 100_000;

/// A report while its run goes on.
struct Report {
    file: OutputFile,
    model: Model,
    /// The page, from the summary on.
    page: Option<Markup>,
}

impl Observer for Report {
    fn event(&mut self, event: &Event) -> Result<(), ObserverError> {
        take(&mut self.model, event);
        if event.is_summary() {
            self.page = Some(page(&self.model, event));
        }
        Ok(())
    }

    fn date(&mut self, time: Option<SystemTime>) {
        self.model.date(time);
    }

    fn finish(&mut self) -> Result<(), ObserverError> {
        let Some(page) = self.page.take() else { return Ok(()) };
        self.file.replace(page.into_string().as_bytes())
    }
}

/// Keeps what the page needs of an event.
pub fn take(model: &mut Model, event: &Event) {
    match event {
        Event::Listening(ready) => recv::listening(model, ready),
        Event::Reading(ready) => recv::reading(model, ready),
        Event::Sending(ready) => send::sending(model, ready),
        Event::Pinging(ready) => ping::pinging(model, ready),
        Event::Scanning(ready) => scan::scanning(model, ready),
        Event::Checking(ready) => check::checking(model, ready),
        Event::BenchingThroughput(ready) => bench::throughput_begins(model, ready),
        Event::BenchingJoin(ready) => bench::join_begins(model, ready),
        Event::BenchingGroups(ready) => bench::groups_begins(model, ready),
        Event::Interval(interval) => recv::interval(model, interval),
        Event::SendInterval(interval) => send::interval(model, interval),
        Event::Receivers(report) => send::reported(model, report),
        Event::Reply(reply) => ping::reply(model, reply),
        Event::PingProgress(progress) => ping::progress(model, progress),
        Event::PingSummary(summary) => ping::progress(model, summary),
        Event::Trial(trial) if model.trials.len() < MOST_TRIALS => {
            model.trials.push((*trial).clone());
        }
        Event::Cycle(cycle) if model.cycles.len() < MOST_TRIALS => {
            model.cycles.push((*cycle).clone());
        }
        Event::Warning(notice) => model.warnings.push(model.now(), notice),
        Event::Finding(notice) | Event::Explanation(notice) => {
            model.findings.push(model.now(), notice);
        }
        Event::Resolved(notice) => model.findings.remove(notice),
        _ => {}
    }
}

/// The page of a run that ends with this summary.
pub fn page(model: &Model, summary: &Event) -> Markup {
    let time = Some(model.now());
    let mut text = Vec::new();
    // The buffer takes everything.
    let _ = Lines::fitting(Output::Text, Some(TEXT_COLUMNS), false).add(summary, &mut text);
    let json = Embedded::new(&Stamped { event: summary, time });
    let page = match summary {
        Event::RecvSummary(summary) => recv::page(model, summary),
        Event::SendSummary(summary) => send::page(model, summary),
        Event::PingSummary(summary) => ping::page(model, summary),
        Event::ScanSummary(summary) => scan::page(summary),
        Event::CheckSummary(summary) => check::page(summary),
        Event::ThroughputSummary(summary) => bench::throughput(model, summary),
        Event::JoinSummary(summary) => bench::join(model, summary),
        Event::GroupsSummary(summary) => bench::groups(summary),
        Event::Failure(failure) => Page::new(&failure.verdict),
        _ => Page::new(&Verdict::default()),
    };
    layout::page(model, page, &shortened(&text, LONGEST_TEXT), &json)
}

/// Pages without a file, for tests.
#[cfg(test)]
pub struct SamplePages(Model);

#[cfg(test)]
impl SamplePages {
    /// Pages of a run that starts at `time`, at which all its events happen.
    pub fn new(run: &RunInfo, time: SystemTime) -> Self {
        let mut model = Model::new(run);
        model.started = time;
        model.date(Some(time));
        SamplePages(model)
    }

    /// Takes an event. A summary returns the page.
    pub fn event(&mut self, event: &Event) -> Option<String> {
        take(&mut self.0, event);
        event.is_summary().then(|| page(&self.0, event).into_string())
    }
}
