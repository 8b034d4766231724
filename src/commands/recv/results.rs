//! The results of a run: the verdict and the last events.

use std::io;

use super::clock::Moment;
use super::once_warnings::OnceWarnings;
use super::recv_loop::RecvLoop;
use super::silence_explainer::finding_at_end;
use crate::assertion::Judgement;
use crate::diagnosis::{CheckedTarget, Diagnosing};
use crate::event::{
    Event, FlowInfo, IntervalReport, Left, PairInfo, RecvCounters, RecvSummary, TargetInfo,
    describe_flows, describe_pairs, spans, value_of_pairs,
};
use crate::iface::Cast;
use crate::net::{Discards, NetError};
use crate::notice::{Notice, receive};
use crate::plan;
use crate::report::Reporter;
use crate::target::{Endpoint, Listen};
use crate::verdict::{self, Ended, Evidence, RunError, Stop, Verdict};

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

/// The results of a run.
pub struct Results {
    pub verdict: Verdict,
    /// The report on the interval in which the run ended.
    last_report: Option<IntervalReport>,
    /// By how many seconds the clock was set during the run.
    clock_set_by: Option<f64>,
    counters: RecvCounters,
    flows: Vec<FlowInfo>,
    pairs: Vec<PairInfo>,
    judgements: Vec<Judgement>,
    nothing_received: bool,
    silence_explained: bool,
    interrupted: bool,
    command_failed: bool,
    discards: Option<Discards>,
}

impl Results {
    pub fn new(plan: &plan::Recv, recv_loop: &mut RecvLoop, end: &RunEnd) -> Self {
        let clock_set_by = recv_loop.clock_set_by(end.at);
        recv_loop.counts.settle(end.at);
        let last_report = recv_loop.last_report(end.at, end.discards);
        let counters = recv_loop.counts.counters(end.at, end.discards);
        let pairs = describe_pairs(&recv_loop.counts.streams, end.at.system.into());
        let value = |metric| value_of_pairs(&pairs, metric).or_else(|| counters.value(metric));
        let judgements: Vec<Judgement> =
            plan.assertions.iter().map(|assertion| assertion.judge(value)).collect();
        let received = recv_loop.counts.received();
        let verdict = match end.failure {
            Some(error) => Verdict::could_not(error),
            None => verdict::of_recv(&Evidence {
                stop: end.stop,
                limits: &plan.limits,
                received: received.datagrams,
                streams: received.streams,
                command: end.command,
                judgements: &judgements,
            }),
        };
        Results {
            verdict,
            last_report,
            clock_set_by,
            counters,
            flows: describe_flows(&recv_loop.counts.flows),
            pairs,
            judgements,
            nothing_received: received.is_nothing(),
            silence_explained: recv_loop.has_explained_silence(),
            interrupted: matches!(end.stop, Stop::Interrupted(_)),
            command_failed: matches!(end.command, Some(Ended::Failed(_))),
            discards: end.discards,
        }
    }

    /// The finding that explains why no datagrams arrived, from `diagnosis`. There is none if
    /// COMMAND failed, which explains it, or if the assertions hold, which expect it.
    pub fn finding(
        &self,
        plan: &plan::Recv,
        diagnosis: Option<Diagnosing>,
        reporter: &Reporter,
    ) -> Option<Notice> {
        let is_asserted = !plan.assertions.is_empty() && self.verdict.status == 0;
        let diagnosis = diagnosis.filter(|_| !self.command_failed && !is_asserted)?;
        finding_at_end(&diagnosis, reporter)
    }

    /// Whether no datagrams arrived, and neither a finding nor an interrupt explains it.
    fn warns_of_silence(&self, finding: Option<&Notice>) -> bool {
        let is_known = self.silence_explained || self.interrupted || finding.is_some();
        self.nothing_received && self.verdict.status == 1 && !self.command_failed && !is_known
    }

    /// Whether datagrams may be missing. Without measured streams, that is unknown.
    fn lost_any(&self) -> bool {
        self.counters.measured.as_ref().is_none_or(|measured| measured.counters.lost > 0)
    }

    /// Reports the results, the `finding` and the groups that were `left`.
    pub fn report(
        self,
        plan: &plan::Recv,
        finding: Option<&Notice>,
        left: Vec<Result<Listen, NetError>>,
        warnings: &mut OnceWarnings,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        let (warns_of_silence, lost_any) = (self.warns_of_silence(finding), self.lost_any());
        if let Some(report) = self.last_report {
            reporter.event(&Event::Interval(report))?;
        }
        if let Some(by) = self.clock_set_by {
            reporter.warn(&receive::clock_set(by))?;
        }
        if let Some(discards) = &self.discards {
            warnings.check_at_end(discards, lost_any, reporter)?;
        }
        if let Some(finding) = finding {
            reporter.explain(finding)?;
        }
        if warns_of_silence {
            let (targets, check) = (target_list(&plan.listens), check(&plan.listens));
            reporter.warn(&receive::nothing_received(&targets, check.as_deref()))?;
        }
        for left in left {
            match left {
                Ok(Listen { at: Endpoint { group, port, via, .. }, .. }) => {
                    let left = Left { group, port, iface: &via.name, ifindex: via.index };
                    reporter.event(&Event::Left(left))?;
                }
                Err(error) => reporter.warn(&receive::not_left(&error))?,
            }
        }
        reporter.event(&Event::RecvSummary(RecvSummary {
            counters: self.counters,
            flows: self.flows,
            pairs: self.pairs,
            assertions: self.judgements,
            verdict: self.verdict,
        }))
    }
}

/// The targets, as part of a sentence.
fn target_list(listens: &[Listen]) -> String {
    let targets: Vec<TargetInfo> = listens.iter().flat_map(TargetInfo::of).collect();
    let spans: Vec<String> =
        spans(&targets).iter().map(|span| format!("{span} on {}", span.first.iface)).collect();
    spans.join(", ")
}

/// The command line that checks the first group.
fn check(listens: &[Listen]) -> Option<String> {
    let listen = listens.iter().find(|listen| listen.at.cast == Cast::Multicast)?;
    Some(CheckedTarget::of(listen).check(Some(&listen.at.via.name)))
}
