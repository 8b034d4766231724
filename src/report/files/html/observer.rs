//! Collects the events of a run and writes the page.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use maud::Markup;

use super::json::Embedded;
use super::layout::{self, Page};
use super::model::Model;
use super::output::OutputFile;
use super::recv;
use crate::event::{Event, Stamped};
use crate::report::observe::{Observer, ObserverError, RunInfo};
use crate::verdict::Verdict;

/// Opens the report.
///
/// # Errors
/// The file cannot be written.
pub fn html(path: &Path, run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    let file = OutputFile::open(path).map_err(|error| ObserverError::file(path, error))?;
    Ok(Box::new(Report { path: path.to_owned(), file, model: Model::new(run), page: None }))
}

/// A report while its run goes on.
struct Report {
    path: PathBuf,
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
        let written = self.file.complete(page.into_string().as_bytes());
        written.map_err(|error| ObserverError::file(&self.path, error))
    }
}

/// Keeps what the page needs of an event.
pub fn take(model: &mut Model, event: &Event) {
    match event {
        Event::Listening(ready) => recv::listening(model, ready),
        Event::Reading(ready) => recv::reading(model, ready),
        Event::Interval(interval) => recv::interval(model, interval),
        Event::Warning(notice) => model.warnings.push(model.now(), notice),
        Event::Finding(notice) | Event::Explanation(notice) => {
            model.findings.push(model.now(), notice);
        }
        _ => {}
    }
}

/// The page of a run that ends with this summary.
pub fn page(model: &Model, summary: &Event) -> Markup {
    let time = Some(model.now());
    let json = Embedded::new(&Stamped { event: summary, time });
    let page = match summary {
        Event::RecvSummary(summary) => recv::page(model, summary),
        Event::Failure(failure) => Page::new(&failure.verdict),
        _ => Page::new(&Verdict::default()),
    };
    layout::page(model, page, &json)
}
