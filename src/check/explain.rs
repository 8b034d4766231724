//! Why a receiver hears nothing: what can be told in passing, while it goes on, without sending or joining anything.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::Duration;

use tracing::debug;

use super::facts::{Asked, Facts, Rights, Stopped};
use super::finding::Finding;
use super::{gather, reason, snapshot};
use crate::net::{self, Counters, Groups, Listen};

/// The kernel's counters, as they were before the silence that is to be explained.
#[derive(Clone, Debug)]
pub struct Baseline(Option<Counters>);

impl Baseline {
    /// Of this moment.
    pub fn take() -> Self {
        Baseline(net::counters())
    }
}

/// What is to be explained.
#[derive(Clone, Debug)]
pub struct Question {
    /// A group that is listened to, on the interface as it is by now.
    pub listen: Listen,
    /// How many more targets there are.
    pub more: usize,
    /// What the kernel had counted before.
    pub before: Baseline,
    /// For how long nothing has come.
    pub silent: Duration,
    /// What had come until then.
    pub stopped: Option<Stopped>,
    /// Leave out what takes more than some milliseconds: the firewall's rules.
    pub hurry: bool,
}

/// The search for an answer, beside whatever else goes on: who asks for the firewall's rules starts another program, and waits for it.
#[derive(Debug)]
pub struct Looking(Receiver<Vec<Finding>>);

/// What came of it by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It goes on.
    NotYet,
    /// The two or three findings that explain it, the gravest first; none where it failed.
    These(Vec<Finding>),
}

impl Looking {
    /// Begins to look. The memberships are those of this moment: they may be given up meanwhile.
    pub fn start(question: Question) -> Self {
        let (answer, found) = mpsc::sync_channel(1);
        let groups = net::groups();
        let look = move || {
            // Who asked may have ended.
            let _ = answer.send(question.answer(&groups));
        };
        if let Err(error) = thread::Builder::new().name("looks".to_owned()).spawn(look) {
            debug!(%error, "cannot look for what explains it");
        }
        Looking(found)
    }

    /// What was found by now.
    pub fn found(&self) -> Found {
        match self.0.try_recv() {
            Ok(findings) => Found::These(findings),
            Err(TryRecvError::Empty) => Found::NotYet,
            Err(TryRecvError::Disconnected) => Found::These(Vec::new()),
        }
    }

    /// The same after at most such a time.
    pub fn wait(&self, most: Duration) -> Found {
        match self.0.recv_timeout(most) {
            Ok(findings) => Found::These(findings),
            Err(RecvTimeoutError::Timeout) => Found::NotYet,
            Err(RecvTimeoutError::Disconnected) => Found::These(Vec::new()),
        }
    }
}

impl Question {
    fn answer(&self, groups: &Groups) -> Vec<Finding> {
        reason::gravest(&self.facts(groups))
    }

    fn facts(&self, groups: &Groups) -> Facts {
        let at = &self.listen.at;
        let mut interfaces = net::interfaces().unwrap_or_default();
        let route = snapshot::route(at.group, &interfaces);
        // The others are none of its business, and may be thousands.
        interfaces.retain(|iface| iface.name == at.via.name);
        let mut facts = Facts {
            system: std::env::consts::OS.to_owned(),
            target: Asked::of(&self.listen),
            iface: Some(at.via.name.clone()),
            named: at.via.named,
            seconds: self.silent.as_secs_f64(),
            rights: Rights { capture: false, firewall: net::may_see_firewall() },
            interfaces: snapshot::links(&interfaces, at.group, groups),
            route,
            limits: snapshot::limits(at.group.is_ipv4()),
            receiving: true,
            more: self.more,
            stopped: self.stopped,
            ..Facts::default()
        };
        gather::look_for_membership(&mut facts, groups);
        snapshot::compare_counters(self.before.0.as_ref(), net::counters().as_ref(), &mut facts);
        if facts.rights.firewall && !self.hurry {
            gather::look_at_firewall(&mut facts);
        }
        facts
    }
}
