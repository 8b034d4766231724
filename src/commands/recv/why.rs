//! Why nothing comes: told while a receiver goes on, and when it ends.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::clock::Moment;
use super::count::Counts;
use super::silence::{Silence, Silent};
use crate::diagnosis::{Baseline, Diagnosing, Found, Request, Stopped};
use crate::iface::{Cast, Family};
use crate::net::Inbox;
use crate::notice::Notice;
use crate::plan;
use crate::report::Reporter;
use crate::sys::Interrupt;
use crate::target::Listen;
use crate::verdict::{RunError, Stop};

/// How often it is seen whether something was found: looking takes some ten milliseconds.
const LOOK: Duration = Duration::from_millis(10);

/// How long the end waits for what is found: the firewall may have many rules.
const PATIENCE: Duration = Duration::from_secs(3);

/// The same after a signal: all of the end is to be over within a tenth of a second.
const PATIENCE_IN_HASTE: Duration = Duration::from_millis(40);

/// What is minded while receiving, so that silence can be explained.
pub struct Why<'a> {
    plan: &'a plan::Recv,
    subject: Option<Subject>,
    silence: Silence,
    /// What the kernel had counted before the silence; `None` where silence is not to be
    /// explained.
    before: Option<Baseline>,
    looking: Option<Diagnosing>,
    /// That nothing came at all was explained.
    told: bool,
}

/// What is looked at where nothing comes: of many targets, the first group.
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

    /// It, on its interface as it is by now.
    fn listen(&self, listens: &[Listen], inbox: &Inbox) -> Listen {
        let mut listen = listens[self.listen].clone();
        if let Some((via, ..)) = inbox.interfaces().nth(self.iface) {
            listen.at.via = via.clone().into();
        }
        listen
    }
}

/// How many targets there are besides one; each may be listened to on several interfaces.
fn others(listens: &[Listen]) -> usize {
    let targets: HashSet<(IpAddr, u16)> =
        listens.iter().map(|listen| (listen.at.group, listen.at.port)).collect();
    targets.len().saturating_sub(1)
}

impl<'a> Why<'a> {
    /// Minds a receiver that begins at `start`.
    pub fn new(plan: &'a plan::Recv, inbox: &Inbox, start: Instant) -> Self {
        let subject = Subject::of(&plan.listens, inbox);
        Why {
            plan,
            subject,
            silence: Silence::new(start),
            before: None,
            looking: None,
            told: false,
        }
    }

    /// From now on datagrams may come, and what is lost is counted. Where nobody would be told,
    /// nothing is minded.
    pub fn begin(&mut self, reporter: &Reporter) {
        self.before = (self.subject.is_some() && reporter.warns()).then(Baseline::take);
    }

    /// Notices silence, looks for what explains it, and tells that as soon as it is found.
    pub fn tick(
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
        let silent = self.silence.look(now, counts.come(), counts.streams.all_ended());
        if self.silence.since() != before {
            // It is over, so nothing is to be explained.
            self.looking = None;
        }
        match silent {
            Some(Silent::Never) if self.is_asserted(counts, inbox) => {}
            Some(Silent::Never) => self.looking = self.look(now, None, false, inbox),
            Some(Silent::Lull) => self.before = Some(Baseline::take()),
            Some(Silent::Stopped(stopped)) => {
                self.looking = self.look(now, Some(stopped), false, inbox)
            }
            None => {}
        }
        if let Some(Found::Ready(findings)) = self.looking.as_ref().map(Diagnosing::found) {
            self.looking = None;
            self.told = true;
            reporter.explain(&findings)?;
        }
        Ok(())
    }

    /// When to mind again at the latest.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let silence = self.before.as_ref().and_then(|_| self.silence.due());
        silence.into_iter().chain(self.looking.as_ref().map(|_| now + LOOK)).min()
    }

    /// Begins to look why nothing came at all, as the receiver ends and before it leaves, unless
    /// that was told.
    pub fn look_at_end(
        &mut self,
        now: Instant,
        counts: &Counts,
        inbox: &Inbox,
        stop: Stop,
    ) -> Option<Diagnosing> {
        // Who reads no more, and what could not go on, need no explanation.
        if !counts.come().is_nothing()
            || self.told
            || matches!(stop, Stop::ReaderGone | Stop::Failed)
        {
            return None;
        }
        let hurry = matches!(stop, Stop::Interrupted(_));
        self.looking.take().filter(|_| !hurry).or_else(|| self.look(now, None, hurry, inbox))
    }

    fn look(
        &self,
        now: Instant,
        stopped: Option<Stopped>,
        hurry: bool,
        inbox: &Inbox,
    ) -> Option<Diagnosing> {
        let subject = self.subject.as_ref()?;
        Some(Diagnosing::start(Request {
            listen: subject.listen(&self.plan.listens, inbox),
            more: others(&self.plan.listens),
            before: self.before.clone()?,
            silent: now - self.silence.since(),
            stopped,
            hurry,
        }))
    }

    /// Whether silence is what was asserted, as far as can be told by now.
    fn is_asserted(&self, counts: &Counts, inbox: &Inbox) -> bool {
        let assertions = &self.plan.assertions;
        if assertions.is_empty() {
            return false;
        }
        let figures = counts.figures(Moment::now(), inbox.kernel_drops());
        assertions.iter().all(|assertion| assertion.judge(|metric| figures.value(metric)).held)
    }
}

/// Waits for what is found at the end; a signal shortens that.
pub fn found_at_end(looking: &Diagnosing, interrupt: &Interrupt) -> Vec<Notice> {
    let start = Instant::now();
    let mut signalled = None;
    loop {
        let end = match signalled {
            Some(at) => at + PATIENCE_IN_HASTE,
            None => start + PATIENCE,
        };
        match looking.wait(LOOK.min(end.saturating_duration_since(Instant::now()))) {
            Found::Ready(findings) => return findings,
            Found::NotYet if end <= Instant::now() => return Vec::new(),
            Found::NotYet => {}
        }
        signalled = signalled.or_else(|| interrupt.signal().map(|_| Instant::now()));
    }
}
