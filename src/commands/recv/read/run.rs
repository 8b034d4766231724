//! One run over a capture, from the file to the verdict.

use std::io;

use tracing::debug;

use super::loop_over::{ReadEnd, ReadLoop, Taking};
use super::outcome::{capture_info, warn_at_end};
use crate::assertion::Metric;
use crate::capture::{ReadError, Reader};
use crate::commands::recv::figures::{Figures, RunEnd};
use crate::commands::recv::recording::Recorder;
use crate::event::{Event, RecvSummary};
use crate::input::Input;
use crate::plan;
use crate::report::Reporter;
use crate::verdict::{self, Evidence, RunError, Stop, Verdict};

/// Runs the `plan` of a receiver that reads a capture, until its end, a limit, a signal, or a closed
/// output.
///
/// # Errors
/// The capture cannot be read. The receiver still prints the summary of the datagrams before.
pub fn run(plan: &plan::Read, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let input = Input::open(&plan.place)?;
    let (recording, interrupt) = (plan.measuring.recording.as_ref(), reporter.interrupt());
    let recorder = recording.map(|plan| Recorder::open(plan, interrupt)).transpose()?;
    reporter.date(None);
    let mut read_loop = ReadLoop::new(plan, input, recorder);
    let (received, damage) = match read_loop.run(reporter) {
        Ok(ReadEnd { stop, damage }) => (Ok(stop), damage),
        Err(error @ RunError::Capture { .. }) => return Err(error),
        Err(error) => (Err(error), None),
    };
    let (stop, failure) = verdict::conclude(received, reporter.signal());
    debug!(?stop, "stopped");
    let (reader, mut taking) = read_loop.into_parts();
    let outcome = Outcome { plan, reader, stop, failure: failure.as_ref(), damage };
    let mut verdict = Verdict::default();
    let reported = reporter.final_output(|reporter| {
        let summary = outcome.report(&mut taking, reporter)?;
        verdict = summary.verdict.clone();
        reporter.event(&Event::RecvSummary(summary))
    });
    failure.map_or(Ok(()), Err)?;
    reported?;
    Ok(verdict)
}

/// How a run over a capture ended.
struct Outcome<'a> {
    plan: &'a plan::Read,
    reader: Reader<Input>,
    stop: Stop,
    failure: Option<&'a RunError>,
    damage: Option<ReadError>,
}

impl Outcome<'_> {
    /// Reports the last intervals and the warnings. Returns the last event.
    fn report(&self, taking: &mut Taking, reporter: &mut Reporter) -> io::Result<RecvSummary> {
        taking.report_rest(reporter)?;
        let end = RunEnd {
            at: taking.end(),
            stop: self.stop,
            failure: self.failure,
            discards: None,
            command: None,
        };
        let judge = |evidence: &Evidence| {
            let judged = self.plan.measuring.assertions.iter().zip(evidence.judgements);
            let expects_nothing = judged
                .filter(|(assertion, _)| assertion.metric() == Metric::Datagrams)
                .any(|(_, judgement)| judgement.held);
            let damage = self.damage.as_ref().map(|error| {
                format!("cannot read the rest of {}: {error}", self.plan.place.quoted())
            });
            verdict::of_capture(evidence, expects_nothing, damage)
        };
        taking.begin_recording()?;
        if let Some(recorder) = &mut taking.measurement.recorder {
            recorder.end(end.at.system.into(), None);
        }
        let plan = &self.plan.measuring;
        let mut figures = Figures::new(plan, &mut taking.measurement, &end, judge);
        figures.report_last_interval(reporter)?;
        warn_at_end(self.plan, &self.reader, taking, figures.nothing_received, reporter)?;
        let capture = capture_info(&self.plan.place, &self.reader, taking);
        Ok(RecvSummary { capture: Some(Box::new(capture)), ..figures.summary() })
    }
}
