//! Why a receiver receives no datagrams: a diagnosis while it keeps running, without sending or
//! joining.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::Duration;

use tracing::debug;

use super::facts::{CheckedTarget, Facts, Rights, Stopped};
use super::{rules, snapshot};
use crate::host;
use crate::host::{CounterTables, Groups};
use crate::iface::Family;
use crate::notice::Notice;
use crate::target::Listen;

/// The kernel's counters before the silence that needs an explanation.
#[derive(Clone, Debug)]
pub struct Baseline(Option<CounterTables>);

impl Baseline {
    /// Reads the counters.
    pub fn take() -> Self {
        Baseline(CounterTables::read())
    }
}

/// The silence that needs an explanation.
#[derive(Clone, Debug)]
pub struct Request {
    /// The first target, on its current interface.
    pub listen: Listen,
    /// The number of further targets.
    pub more: usize,
    /// The kernel's counters before.
    pub before: Baseline,
    /// How long no datagrams have arrived.
    pub silent: Duration,
    /// The stream that arrived before, if any.
    pub stopped: Option<Stopped>,
    /// Skip steps that may take more than some milliseconds: reading the firewall's rules and the
    /// memberships, of which there may be thousands.
    pub hurry: bool,
}

/// A diagnosis in a thread: reading the firewall's rules means to start nft and wait for it.
#[derive(Debug)]
pub struct Diagnosing(Receiver<Option<Notice>>);

/// The result, if it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The diagnosis is still running.
    NotYet,
    /// The finding that explains the silence; `None` if the diagnosis failed.
    Ready(Option<Notice>),
}

impl Diagnosing {
    /// Starts the thread. Reads the memberships first, because the receiver may leave the groups.
    pub fn start(question: Request) -> Self {
        let (answer, found) = mpsc::sync_channel(1);
        let groups = if question.hurry { Groups::default() } else { host::groups() };
        let diagnose = move || {
            // The receiver may have ended.
            let _ = answer.send(question.answer(&groups));
        };
        if let Err(error) = thread::Builder::new().name("diagnosis".to_owned()).spawn(diagnose) {
            debug!(%error, "cannot start the diagnosis");
        }
        Diagnosing(found)
    }

    /// The result, without waiting.
    pub fn found(&self) -> Found {
        match self.0.try_recv() {
            Ok(finding) => Found::Ready(finding),
            Err(TryRecvError::Empty) => Found::NotYet,
            Err(TryRecvError::Disconnected) => Found::Ready(None),
        }
    }

    /// The result, after at most this time.
    pub fn wait(&self, most: Duration) -> Found {
        match self.0.recv_timeout(most) {
            Ok(finding) => Found::Ready(finding),
            Err(RecvTimeoutError::Timeout) => Found::NotYet,
            Err(RecvTimeoutError::Disconnected) => Found::Ready(None),
        }
    }
}

impl Request {
    fn answer(&self, groups: &Groups) -> Option<Notice> {
        rules::gravest(&self.facts(groups))
    }

    fn facts(&self, groups: &Groups) -> Facts {
        let at = &self.listen.at;
        let mut interfaces = host::interfaces().unwrap_or_default();
        let route = snapshot::route(at.group, &interfaces);
        // There may be thousands of others.
        interfaces.retain(|iface| iface.name == at.via.name);
        let mut facts = Facts {
            system: std::env::consts::OS.to_owned(),
            target: CheckedTarget::of(&self.listen),
            iface: Some(at.via.name.clone()),
            named: at.via.named,
            seconds: self.silent.as_secs_f64(),
            rights: Rights {
                capture: false,
                firewall: host::may_see_firewall(),
                no_netlink: !host::has_netlink(),
            },
            interfaces: snapshot::links(&interfaces, at.group, groups),
            route,
            limits: snapshot::limits(Family::of(at.group)),
            l3mdev_accept: host::l3mdev_accept(),
            receiving: true,
            more: self.more,
            stopped: self.stopped,
            ..Facts::default()
        };
        snapshot::look_for_membership(&mut facts, groups);
        let before = self.before.0.as_ref().map(CounterTables::counters);
        snapshot::compare_counters(before, host::counters().as_ref(), &mut facts);
        if facts.rights.firewall && !self.hurry {
            snapshot::look_at_firewall(&mut facts);
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::facts::LinkFacts;
    use crate::iface::Address;
    use crate::notice::{Id, Level, Place};

    /// The facts of a receiver on a healthy interface.
    fn silent() -> Facts {
        let address = Address { ip: "10.0.0.101".parse().unwrap(), prefix: Some(24) };
        let link = LinkFacts {
            name: "e0".to_owned(),
            up: true,
            carrier: Some(true),
            multicast: true,
            ..LinkFacts::default()
        };
        Facts {
            system: "linux".to_owned(),
            target: CheckedTarget {
                group: "239.1.1.1".parse().unwrap(),
                port: 5000,
                sources: Vec::new(),
            },
            iface: Some("e0".to_owned()),
            seconds: 5.0,
            interfaces: vec![LinkFacts { addresses: vec![address], ..link }],
            receiving: true,
            ..Facts::default()
        }
    }

    fn gravest(facts: &Facts) -> Notice {
        let found = rules::gravest(facts).expect("silence is always reported");
        assert_eq!(found.commands.len(), 1, "one next step: {found:?}");
        found
    }

    fn stopped() -> Option<Stopped> {
        Some(Stopped { datagrams: 7, flowed: 3.0, silent: 5.0 })
    }

    #[test]
    fn unexplained_silence_has_a_next_step() {
        let found = gravest(&Facts { more: 9, ..silent() });
        assert_eq!(
            (found.id, found.what.as_str()),
            (Id::NothingArrives, "no datagrams for 239.1.1.1:5000 and 9 more targets in 5 s")
        );
        assert_eq!(
            (found.commands[0].place, found.commands[0].run.as_str()),
            (Place::Here, "mcast check 239.1.1.1:5000 --iface e0")
        );
    }

    #[test]
    fn the_evidence_of_a_cause_begins_with_the_silence() {
        let mut facts = silent();
        facts.interfaces[0].carrier = Some(false);
        for (stopped, silence) in [
            (None, "no datagrams for 239.1.1.1:5000 in 5 s; "),
            (stopped(), "239.1.1.1:5000 stopped: no datagrams for 5 s, after 7 datagrams in 3 s; "),
        ] {
            let found = gravest(&Facts { stopped, ..facts.clone() });
            assert_eq!((found.id, found.level), (Id::NoCarrier, Level::Fault));
            assert!(found.why.as_deref().unwrap().starts_with(silence), "{found:?}");
        }
    }

    #[test]
    fn the_worst_finding_is_reported() {
        let mut facts = silent();
        facts.interfaces[0].rp_filter = Some(1);
        let counters = [("TcpExt.IPReversePathFilter", 9), ("Udp.InCsumErrors", 9)];
        facts.counters = Some(counters.map(|(name, rise)| (name.to_owned(), rise)).into());
        assert_eq!(gravest(&facts).id, Id::RpFilter, "the first of two warnings");
        facts.membership.seen = Some(false);
        assert_eq!(gravest(&facts).id, Id::JoinUnseen);
    }

    #[test]
    fn filtering_on_the_host_does_not_explain_silence() {
        let mut facts = silent();
        facts.interfaces[0].version = Some(2);
        facts.target.sources = vec!["10.0.0.5".parse().unwrap()];
        assert_eq!(gravest(&facts).id, Id::NothingArrives);
        facts.target.group = "232.1.1.1".parse().unwrap();
        assert_eq!(gravest(&facts).id, Id::SsmUnsupported);
    }

    #[test]
    fn a_missing_interface_is_reported() {
        assert_eq!(gravest(&Facts { interfaces: Vec::new(), ..silent() }).id, Id::NoInterface);
    }

    #[test]
    fn a_check_does_not_recommend_itself() {
        let found = rules::findings(&Facts { receiving: false, ..silent() });
        let nothing = found.iter().find(|finding| finding.id == Id::NothingArrives).unwrap();
        assert_eq!(nothing.commands[0].run, "mcast check --listen 239.1.1.1:5000 --iface e0");
    }

    #[test]
    fn a_diagnosis_of_this_host_has_a_result() {
        // This interface exists on no host.
        let via = crate::iface::Via {
            name: "mcast-none".to_owned(),
            index: 0,
            address: None,
            pinned: false,
            named: true,
            ..crate::iface::Via::default()
        };
        let group = "239.255.71.13".parse().unwrap();
        let at = crate::target::Endpoint {
            group,
            port: 5000,
            cast: crate::iface::Cast::Multicast,
            via: via.into(),
        };
        let listen = Listen { at, filter: crate::target::Filter::Any.into() };
        let before = Baseline::take();
        let diagnosis = Diagnosing::start(Request {
            listen,
            more: 0,
            before,
            silent: Duration::ZERO,
            stopped: None,
            hurry: false,
        });
        let Found::Ready(found) = diagnosis.wait(Duration::from_secs(30)) else {
            panic!("no result")
        };
        assert_eq!(found.map(|finding| finding.id), Some(Id::NoInterface));
        // The thread ends a moment after its result.
        assert_eq!(diagnosis.wait(Duration::from_secs(30)), Found::Ready(None), "one result");
        assert_eq!(diagnosis.found(), Found::Ready(None), "it has ended");
    }
}
