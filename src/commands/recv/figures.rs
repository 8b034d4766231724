//! The figures of a run and the verdict on them, from sockets or from a capture.

use std::io;

use super::clock::Moment;
use super::measurement::Measurement;
use super::recording::Recorder;
use crate::assertion::Judgement;
use crate::event::{
    AnswersInfo, Event, FlowInfo, IntervalReport, PairInfo, RecordingInfo, RecvCounters,
    RecvSummary, describe_flows, describe_pairs, value_of_pairs,
};
use crate::net::Discards;
use crate::plan::Measuring;
use crate::report::Reporter;
use crate::verdict::{Ended, Evidence, RunError, Stop, Verdict};

/// How the receiving ended.
pub struct RunEnd<'a> {
    pub at: Moment,
    pub stop: Stop,
    pub failure: Option<&'a RunError>,
    /// The kernel's drops until then.
    pub discards: Option<Discards>,
    /// How COMMAND ended, if there was one.
    pub command: Option<&'a Ended>,
}

/// The figures of a run.
pub struct Figures {
    pub verdict: Verdict,
    pub nothing_received: bool,
    /// The report on the interval in which the run ended.
    last_report: Option<IntervalReport>,
    counters: RecvCounters,
    flows: Vec<FlowInfo>,
    pairs: Vec<PairInfo>,
    recording: Option<RecordingInfo>,
    judgements: Vec<Judgement>,
}

impl Figures {
    /// The figures at the end. `judge` returns the verdict, unless the run failed.
    pub fn new(
        plan: &Measuring,
        measurement: &mut Measurement,
        end: &RunEnd,
        judge: impl FnOnce(&Evidence) -> Verdict,
    ) -> Self {
        measurement.counts.settle(end.at);
        let last_report = measurement.last_report(end.at, end.discards);
        let counters = measurement.counts.counters(end.at, end.discards);
        let pairs = describe_pairs(&measurement.counts.streams, end.at.system.into());
        let value = |metric| value_of_pairs(&pairs, metric).or_else(|| counters.value(metric));
        let judgements: Vec<Judgement> =
            plan.assertions.iter().map(|assertion| assertion.judge(value)).collect();
        let received = measurement.counts.received();
        let recorder = measurement.recorder.as_ref();
        let verdict = match end.failure {
            Some(error) => Verdict::could_not(error),
            None => judge(&Evidence {
                stop: end.stop,
                limits: &plan.limits,
                received: received.datagrams,
                streams: received.streams,
                command: end.command,
                recording: recorder.and_then(Recorder::reason).as_deref(),
                judgements: &judgements,
            }),
        };
        Figures {
            verdict,
            nothing_received: received.is_nothing(),
            last_report,
            counters,
            flows: describe_flows(&measurement.counts.flows),
            pairs,
            recording: recorder.map(Recorder::info),
            judgements,
        }
    }

    /// Whether datagrams may be missing. Without measured streams, that is unknown.
    pub fn lost_any(&self) -> bool {
        self.counters.measured.as_ref().is_none_or(|measured| measured.counters.lost > 0)
    }

    /// Reports the interval in which the run ended.
    pub fn report_last_interval(&mut self, reporter: &mut Reporter) -> io::Result<()> {
        self.last_report.take().map_or(Ok(()), |report| reporter.event(&Event::Interval(report)))
    }

    /// The last event, without a capture.
    pub fn summary(self) -> RecvSummary {
        RecvSummary {
            counters: self.counters,
            flows: self.flows,
            capture: None,
            pairs: self.pairs,
            recording: self.recording.map(Box::new),
            answers: AnswersInfo::default(),
            assertions: self.judgements,
            verdict: self.verdict,
        }
    }
}
