//! Explains why no datagrams arrive, while a receiver runs and when it ends.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::clock::Moment;
use super::count::Counts;
use super::silence::{MIN_SILENCE, Silence, Silent};
use crate::diagnosis::{Baseline, Diagnosing, Found, Request, Stopped};
use crate::iface::{Cast, Family};
use crate::net::Inbox;
use crate::notice::Notice;
use crate::plan;
use crate::report::Reporter;
use crate::target::Listen;
use crate::verdict::{RunError, Stop};

/// How often to poll a running diagnosis, which takes some ten milliseconds.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// How long the end of a run waits for the findings: the firewall may have many rules.
const MAX_DIAGNOSIS: Duration = Duration::from_secs(3);

/// The same after a signal: mcast ends within a tenth of a second.
const MAX_DIAGNOSIS_AFTER_SIGNAL: Duration = Duration::from_millis(40);

/// Watches a receiver for silence and explains it.
pub struct SilenceExplainer<'a> {
    plan: &'a plan::Recv,
    subject: Option<Subject>,
    silence: Silence,
    /// The kernel's counters before the silence; `None` if silence is not to be explained.
    before: Option<Baseline>,
    diagnosis: Option<Diagnosing>,
    /// An explanation was shown.
    explained: bool,
}

/// The target that a diagnosis examines: of many targets, the first group.
struct Subject {
    /// Its position in the plan.
    listen: usize,
    /// The position of its interface among those that the inbox follows.
    iface: usize,
}

impl Subject {
    fn of(listens: &[Listen], inbox: &Inbox) -> Option<Self> {
        let listen = listens.iter().position(|listen| listen.at.cast == Cast::Multicast)?;
        let at = &listens[listen].at;
        let iface = inbox
            .interfaces()
            .position(|(via, family, _)| *via == *at.via && family == Family::of(at.group))?;
        Some(Subject { listen, iface })
    }

    /// The target, with the current state of its interface.
    fn listen(&self, listens: &[Listen], inbox: &Inbox) -> Listen {
        let mut listen = listens[self.listen].clone();
        if let Some((via, ..)) = inbox.interfaces().nth(self.iface) {
            listen.at.via = via.clone().into();
        }
        listen
    }
}

/// The number of further targets. Each may be joined on several interfaces.
fn other_targets(listens: &[Listen]) -> usize {
    let targets: HashSet<(IpAddr, u16)> =
        listens.iter().map(|listen| (listen.at.group, listen.at.port)).collect();
    targets.len().saturating_sub(1)
}

impl<'a> SilenceExplainer<'a> {
    pub fn new(plan: &'a plan::Recv, inbox: &Inbox, start: Instant) -> Self {
        let subject = Subject::of(&plan.listens, inbox);
        SilenceExplainer {
            plan,
            subject,
            silence: Silence::new(start),
            before: None,
            diagnosis: None,
            explained: false,
        }
    }

    /// Begins to watch: datagrams may arrive from now on. If the reporter shows no warnings,
    /// nothing is watched.
    pub fn begin(&mut self, reporter: &Reporter) {
        self.before = (self.subject.is_some() && reporter.warns()).then(Baseline::take);
    }

    /// Detects silence, starts a diagnosis and shows its findings once they are ready.
    pub fn poll(
        &mut self,
        now: Instant,
        counts: &Counts,
        inbox: &Inbox,
        reporter: &mut Reporter,
    ) -> Result<(), RunError> {
        if self.before.is_none() {
            return Ok(());
        }
        let before = self.silence.since();
        let silent = self.silence.poll(now, counts.received(), counts.streams.all_ended());
        if self.silence.since() != before {
            // The silence is over and needs no explanation.
            self.diagnosis = None;
        }
        match silent {
            Some(Silent::Never) if self.is_asserted(counts, inbox) => {}
            Some(Silent::Never) => self.diagnosis = self.start_diagnosis(now, None, false, inbox),
            Some(Silent::HalfOver) => self.before = Some(Baseline::take()),
            Some(Silent::Stopped(stopped)) => {
                self.diagnosis = self.start_diagnosis(now, Some(stopped), false, inbox)
            }
            None => {}
        }
        if let Some(Found::Ready(finding)) = self.diagnosis.as_ref().map(Diagnosing::found) {
            self.diagnosis = None;
            self.explained = true;
            finding.map_or(Ok(()), |finding| reporter.explain(&finding))?;
        }
        Ok(())
    }

    /// When the next poll is due.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let silence = self.before.as_ref().and_then(|_| self.silence.due());
        silence.into_iter().chain(self.diagnosis.as_ref().map(|_| now + POLL_INTERVAL)).min()
    }

    /// Starts to diagnose why no datagrams arrived, at the end of the run and before the groups are
    /// left, unless an explanation was shown.
    pub fn start_final_diagnosis(
        &mut self,
        now: Instant,
        counts: &Counts,
        inbox: &Inbox,
        stop: Stop,
    ) -> Option<Diagnosing> {
        // A failed run and a closed output need no explanation.
        if !counts.received().is_nothing()
            || self.explained
            || matches!(stop, Stop::ReaderGone | Stop::Failed)
        {
            return None;
        }
        let hurry = matches!(stop, Stop::Interrupted(_));
        // An early interrupt needs no explanation.
        if hurry && now - self.silence.since() < MIN_SILENCE {
            return None;
        }
        self.diagnosis
            .take()
            .filter(|_| !hurry)
            .or_else(|| self.start_diagnosis(now, None, hurry, inbox))
    }

    /// Whether an explanation was shown.
    pub fn has_explained(&self) -> bool {
        self.explained
    }

    fn start_diagnosis(
        &self,
        now: Instant,
        stopped: Option<Stopped>,
        hurry: bool,
        inbox: &Inbox,
    ) -> Option<Diagnosing> {
        let subject = self.subject.as_ref()?;
        Some(Diagnosing::start(Request {
            listen: subject.listen(&self.plan.listens, inbox),
            more: other_targets(&self.plan.listens),
            before: self.before.clone()?,
            silent: now - self.silence.since(),
            stopped,
            hurry,
        }))
    }

    /// Whether the assertions expect silence, as far as they can be judged by now.
    fn is_asserted(&self, counts: &Counts, inbox: &Inbox) -> bool {
        let assertions = &self.plan.measuring.assertions;
        if assertions.is_empty() {
            return false;
        }
        let counters = counts.counters(Moment::now(), inbox.discards());
        assertions.iter().all(|assertion| assertion.judge(|metric| counters.value(metric)).held)
    }
}

/// Waits for the finding of the final diagnosis; a signal shortens the wait.
pub fn finding_at_end(diagnosis: &Diagnosing, reporter: &Reporter) -> Option<Notice> {
    let start = Instant::now();
    let mut signalled = None;
    loop {
        let end = match signalled {
            Some(at) => at + MAX_DIAGNOSIS_AFTER_SIGNAL,
            None => start + MAX_DIAGNOSIS,
        };
        match diagnosis.wait(POLL_INTERVAL.min(end.saturating_duration_since(Instant::now()))) {
            Found::Ready(finding) => return finding,
            Found::NotYet if end <= Instant::now() => return None,
            Found::NotYet => {}
        }
        signalled = signalled.or_else(|| reporter.signal().map(|_| Instant::now()));
    }
}
