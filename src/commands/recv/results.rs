//! The results of a run on sockets: the warnings and the last events.

use std::io;

use super::figures::{Figures, RunEnd};
use super::once_warnings::OnceWarnings;
use super::recv_loop::RecvLoop;
use super::silence_explainer::finding_at_end;
use crate::diagnosis::{CheckedTarget, Diagnosing};
use crate::event::{AnswersInfo, Event, Left, RecvSummary, TargetInfo, spans};
use crate::iface::Cast;
use crate::net::{Discards, NetError};
use crate::notice::{Notice, receive};
use crate::plan;
use crate::report::Reporter;
use crate::target::{Endpoint, Listen};
use crate::verdict::{self, Ended, Evidence, Stop};

/// The results of a run on sockets.
pub struct Results {
    pub figures: Figures,
    /// By how many seconds the clock was set during the run.
    clock_set_by: Option<f64>,
    silence_explained: bool,
    interrupted: bool,
    command_failed: bool,
    discards: Option<Discards>,
    answers: AnswersInfo,
}

impl Results {
    pub fn new(plan: &plan::Recv, recv_loop: &mut RecvLoop, end: &RunEnd) -> Self {
        let clock_set_by = recv_loop.clock_set_by(end.at);
        let judge = |evidence: &Evidence| verdict::of_recv(evidence);
        Results {
            figures: Figures::new(&plan.measuring, &mut recv_loop.measurement, end, judge),
            clock_set_by,
            silence_explained: recv_loop.has_explained_silence(),
            interrupted: matches!(end.stop, Stop::Interrupted(_)),
            command_failed: matches!(end.command, Some(Ended::Failed(_))),
            discards: end.discards,
            answers: recv_loop.answers(),
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
        let is_asserted = !plan.measuring.assertions.is_empty() && self.figures.verdict.status == 0;
        let diagnosis = diagnosis.filter(|_| !self.command_failed && !is_asserted)?;
        finding_at_end(&diagnosis, reporter)
    }

    /// Whether no datagrams arrived, and neither a finding nor an interrupt explains it.
    fn warns_of_silence(&self, finding: Option<&Notice>) -> bool {
        let is_known = self.silence_explained || self.interrupted || finding.is_some();
        self.figures.nothing_received
            && self.figures.verdict.status == 1
            && !self.command_failed
            && !is_known
    }

    /// Reports the results, the `finding` and the groups that were `left`.
    pub fn report(
        mut self,
        plan: &plan::Recv,
        finding: Option<&Notice>,
        left: Vec<Result<Listen, NetError>>,
        warnings: &mut OnceWarnings,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        let (warns_of_silence, lost_any) =
            (self.warns_of_silence(finding), self.figures.lost_any());
        self.figures.report_last_interval(reporter)?;
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
        let summary = RecvSummary { answers: self.answers, ..self.figures.summary() };
        reporter.event(&Event::RecvSummary(summary))
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
