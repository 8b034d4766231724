//! Why a receiver hears nothing: what can be told in passing, while it goes on, without sending or
//! joining anything.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::Duration;

use tracing::debug;

use super::facts::{CheckedTarget, Facts, Rights, Stopped};
use super::{rules, snapshot};
use crate::host;
use crate::host::{Counters, Groups};
use crate::iface::Family;
use crate::notice::Notice;
use crate::target::Listen;

/// The kernel's counters, as they were before the silence that is to be explained.
#[derive(Clone, Debug)]
pub struct Baseline(Option<Counters>);

impl Baseline {
    /// Of this moment.
    pub fn take() -> Self {
        Baseline(host::counters())
    }
}

/// What is to be explained.
#[derive(Clone, Debug)]
pub struct Request {
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
    /// Leave out what may take more than some milliseconds: the firewall's rules, and the
    /// memberships, of which there may be thousands.
    pub hurry: bool,
}

/// The search for an answer, beside whatever else goes on: who asks for the firewall's rules starts
/// another program, and waits for it.
#[derive(Debug)]
pub struct Diagnosing(Receiver<Option<Notice>>);

/// What came of it by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It goes on.
    NotYet,
    /// The finding that explains it; none where it failed.
    Ready(Option<Notice>),
}

impl Diagnosing {
    /// Begins to look. The memberships are those of this moment: they may be given up meanwhile.
    pub fn start(question: Request) -> Self {
        let (answer, found) = mpsc::sync_channel(1);
        let groups = if question.hurry { Groups::default() } else { host::groups() };
        let look = move || {
            // Who asked may have ended.
            let _ = answer.send(question.answer(&groups));
        };
        if let Err(error) = thread::Builder::new().name("looks".to_owned()).spawn(look) {
            debug!(%error, "cannot look for what explains it");
        }
        Diagnosing(found)
    }

    /// What was found by now.
    pub fn found(&self) -> Found {
        match self.0.try_recv() {
            Ok(finding) => Found::Ready(finding),
            Err(TryRecvError::Empty) => Found::NotYet,
            Err(TryRecvError::Disconnected) => Found::Ready(None),
        }
    }

    /// The same after at most such a time.
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
        // The others are none of its business, and may be thousands.
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
        snapshot::compare_counters(self.before.0.as_ref(), host::counters().as_ref(), &mut facts);
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

    /// What a receiver knows that has joined on an interface where nothing is wrong.
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
        let found = rules::gravest(facts).expect("silence is always said");
        assert_eq!(found.commands.len(), 1, "one next step: {found:?}");
        found
    }

    fn has_stopped() -> Option<Stopped> {
        Some(Stopped { datagrams: 7, flowed: 3.0, silent: 5.0 })
    }

    #[test]
    fn plain_silence_says_where_to_look_closer() {
        let found = gravest(&Facts { more: 9, ..silent() });
        assert_eq!(
            (found.id, found.what.as_str()),
            (Id::NothingArrives, "nothing of 239.1.1.1:5000 and 9 more targets arrived in 5 s")
        );
        assert_eq!(
            (found.commands[0].place, found.commands[0].run.as_str()),
            (Place::Here, "mcast check 239.1.1.1:5000 --iface e0")
        );
    }

    #[test]
    fn what_explains_it_is_said_with_what_did_not_arrive() {
        let mut facts = silent();
        facts.interfaces[0].carrier = Some(false);
        for (stopped, silence) in [
            (None, "nothing of 239.1.1.1:5000 arrived in 5 s; "),
            (
                has_stopped(),
                "239.1.1.1:5000 stopped: no datagrams for 5 s, after 7 datagrams in 3 s; ",
            ),
        ] {
            let found = gravest(&Facts { stopped, ..facts.clone() });
            assert_eq!((found.id, found.level), (Id::NoCarrier, Level::Fault));
            assert!(found.why.as_deref().unwrap().starts_with(silence), "{found:?}");
        }
    }

    #[test]
    fn of_many_findings_the_gravest_is_said() {
        let mut facts = silent();
        facts.interfaces[0].rp_filter = Some(1);
        let counters = [("TcpExt.IPReversePathFilter", 9), ("Udp.InCsumErrors", 9)];
        facts.counters = Some(counters.map(|(name, rise)| (name.to_owned(), rise)).into());
        assert_eq!(gravest(&facts).id, Id::RpFilter, "the first of two that are as grave");
        facts.membership.seen = Some(false);
        assert_eq!(gravest(&facts).id, Id::JoinUnseen);
    }

    #[test]
    fn sources_that_this_host_filters_are_no_reason_for_silence() {
        let mut facts = silent();
        facts.interfaces[0].version = Some(2);
        facts.target.sources = vec!["10.0.0.5".parse().unwrap()];
        assert_eq!(gravest(&facts).id, Id::NothingArrives);
        facts.target.group = "232.1.1.1".parse().unwrap();
        assert_eq!(gravest(&facts).id, Id::SsmUnsupported);
    }

    #[test]
    fn an_interface_that_is_gone_is_told_and_not_a_choice_among_others() {
        assert_eq!(gravest(&Facts { interfaces: Vec::new(), ..silent() }).id, Id::NoInterface);
    }

    #[test]
    fn a_check_is_not_sent_to_itself() {
        let found = rules::findings(&Facts { receiving: false, ..silent() });
        let nothing = found.iter().find(|finding| finding.id == Id::NothingArrives).unwrap();
        assert_eq!(nothing.commands[0].run, "mcast check --listen 239.1.1.1:5000 --iface e0");
    }

    #[test]
    fn a_look_at_this_host_ends_with_an_answer() {
        // What is wrong is to be wrong on every host.
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
        let looking = Diagnosing::start(Request {
            listen,
            more: 0,
            before,
            silent: Duration::ZERO,
            stopped: None,
            hurry: false,
        });
        let Found::Ready(found) = looking.wait(Duration::from_secs(30)) else {
            panic!("no answer")
        };
        assert_eq!(found.map(|finding| finding.id), Some(Id::NoInterface));
        // The thread that answered ends a moment later.
        assert_eq!(looking.wait(Duration::from_secs(30)), Found::Ready(None), "it answers once");
        assert_eq!(looking.found(), Found::Ready(None), "it has ended");
    }
}
