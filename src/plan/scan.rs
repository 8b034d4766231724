//! The plan of `mcast scan`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::{Host, PlanError, Sources};
use crate::cli::{ScanArgs, ScanTarget};
use crate::format::sap;
use crate::iface::{Cast, Interface, Via, Wanted};
use crate::net::{self, describe};
use crate::notice::{Notice, advice};
use crate::stats::flow::Settings;
use crate::sys::Backend;
use crate::target::{Endpoint, Filter, Listen, TargetRange};
use crate::units::Rate;

/// The default time to look for groups.
const DEFAULT_DISCOVERY: Duration = Duration::from_secs(10);

/// Why this process may not capture frames.
pub const NO_CAPABILITY: &str = "it requires CAP_NET_RAW";

/// The scopes of the IPv6 groups of announcements: link, site, organisation, global.
const SAP_V6_SCOPES: [u16; 4] = [2, 5, 8, 0xe];

/// The plan of `mcast scan`.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Each endpoint once; empty if mcast looks for groups. A port of 0 means that frames must show
    /// the ports.
    pub listens: Vec<Listen>,
    /// How long to look for groups; `None` if there are targets.
    pub discover: Option<Duration>,
    /// The groups of announcements.
    pub announcements: Vec<Listen>,
    /// The interfaces in use.
    pub interfaces: Vec<Interface>,
    pub dwell: Duration,
    /// The most groups that are joined at a time.
    pub at_once: usize,
    /// The limit of the received rate.
    pub budget: Rate,
    /// Printed before the run.
    pub advice: Vec<Notice>,
    /// How to recognise the streams.
    pub formats: Settings,
    pub backend: Backend,
}

impl Scan {
    /// Plans a scan on this host.
    ///
    /// # Errors
    /// The reason why this host cannot carry it out.
    pub fn new(args: &ScanArgs, host: &Host) -> Result<Self, PlanError> {
        let listens = host.scanned(&args.targets, &args.common.iface)?;
        let discover = args.targets.is_empty().then(|| args.discover.unwrap_or(DEFAULT_DISCOVERY));
        let used = match discover {
            Some(_) => host.announced(&args.common.iface)?,
            None => listens.clone(),
        };
        let interfaces = host.interfaces_of(&used);
        let announcements = interfaces.iter().flat_map(announcements).collect();
        let advice = [
            advice::for_receiver(listens.iter().map(|listen| &listen.at)),
            host.advice(listens.iter().map(|listen| &listen.at)),
            args.common.typed.bare_ports.iter().copied().map(advice::bare_port).collect(),
        ];
        Ok(Scan {
            listens,
            discover,
            announcements,
            interfaces,
            dwell: args.dwell,
            at_once: args.at_once,
            budget: args.budget,
            advice: advice.concat(),
            formats: Settings { local: host.addresses(), ..Settings::default() },
            backend: args.common.backend(),
        })
    }

    /// The groups without a port, on their interfaces by index, with their filters.
    pub fn without_port(&self) -> HashMap<(IpAddr, u32), Arc<Filter>> {
        let unknown = self.listens.iter().filter(|listen| listen.at.port == 0);
        let key = |listen: &Listen| (listen.at.group, listen.at.via.index);
        unknown.map(|listen| (key(listen), Arc::clone(&listen.filter))).collect()
    }

    /// Whether frames help: mcast looks for groups or for ports.
    pub fn wants_frames(&self) -> bool {
        self.discover.is_some() || self.listens.iter().any(|listen| listen.at.port == 0)
    }
}

impl Host<'_> {
    /// The targets on their interfaces; a target without a port has the port 0.
    fn scanned(&self, targets: &[ScanTarget], wanted: &[Wanted]) -> Result<Vec<Listen>, PlanError> {
        let unknown = targets.iter().find_map(|target| Some((target, target.needs_port.as_ref()?)));
        if let (Some((target, example)), Err(error)) = (unknown, net::Frames::open()) {
            return Err(PlanError::NoPorts {
                range: example.trim_end_matches(":5000").to_owned(),
                reason: match error.kind() {
                    std::io::ErrorKind::PermissionDenied => NO_CAPABILITY.to_owned(),
                    _ => describe(&error).to_string(),
                },
                example: target.needs_port.clone().unwrap_or_default(),
            });
        }
        let ranges = |with_ports: bool| -> Vec<TargetRange> {
            let which = targets.iter().filter(|of| of.needs_port.is_none() == with_ports);
            which.map(|of| of.range.clone()).collect()
        };
        let sources = Sources::default();
        let mut listens = self.listens(&ranges(true), wanted, &sources)?;
        let without = self.listens(&ranges(false), wanted, &sources)?;
        listens.extend(without.into_iter().map(|mut listen| {
            listen.at.port = 0;
            listen
        }));
        Ok(listens)
    }

    /// A group of announcements on the interfaces that the user named, else on all.
    fn announced(&self, wanted: &[Wanted]) -> Result<Vec<Listen>, PlanError> {
        let all = [Wanted::All];
        let wanted = if wanted.is_empty() { &all } else { wanted };
        let on = |group: &str| {
            let range = format!("{group}:{}", sap::PORT).parse::<TargetRange>().ok();
            self.listens(range.as_slice(), wanted, &Sources::default())
        };
        let v4 = on("224.2.127.254");
        match on("[ff05::2:7ffe]") {
            // A host without IPv6, or the reverse.
            Err(_) => v4,
            Ok(v6) => Ok([v4.unwrap_or_default(), v6].concat()),
        }
    }

    /// The interfaces of endpoints, each once.
    fn interfaces_of(&self, listens: &[Listen]) -> Vec<Interface> {
        let is_used =
            |iface: &&Interface| listens.iter().any(|listen| listen.at.via.index == iface.index);
        self.interfaces.iter().filter(is_used).cloned().collect()
    }
}

/// The groups of announcements on an interface, in the families that it has an address of.
fn announcements(iface: &Interface) -> Vec<Listen> {
    let filter = Arc::new(Filter::Any);
    let v4 = sap::GROUPS.map(IpAddr::from);
    let v6 = SAP_V6_SCOPES
        .map(|scope| IpAddr::from(Ipv6Addr::new(0xff00 | scope, 0, 0, 0, 0, 0, 2, 0x7ffe)));
    let on = |groups: &[IpAddr]| -> Vec<Listen> {
        let Some(first) = groups.first().filter(|group| iface.address_like(**group).is_some())
        else {
            return Vec::new();
        };
        let via = Arc::new(Via::of(iface, *first, None, false));
        let at = |group: &IpAddr| Endpoint {
            group: *group,
            port: sap::PORT,
            cast: Cast::Multicast,
            via: Arc::clone(&via),
        };
        groups.iter().map(|group| Listen { at: at(group), filter: Arc::clone(&filter) }).collect()
    };
    [on(&v4), on(&v6)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::menu::Answer;
    use crate::cli::{self, Command};
    use crate::iface::Address;

    fn interface(index: u32, name: &str, addresses: &[&str]) -> Interface {
        let address = |text: &&str| {
            let (ip, prefix) = text.split_once('/').unwrap();
            Address { ip: ip.parse().unwrap(), prefix: prefix.parse().ok() }
        };
        Interface {
            name: name.to_owned(),
            index,
            addresses: addresses.iter().map(address).collect(),
            up: true,
            multicast: true,
            ..Interface::default()
        }
    }

    fn plan(line: &str) -> Result<Scan, PlanError> {
        let interfaces = vec![
            interface(2, "e0", &["10.0.0.100/24", "fe80::1/64"]),
            interface(3, "e1", &["10.1.0.100/24"]),
        ];
        let ask = |_: IpAddr, _: &[&Interface]| Answer::NoTerminal;
        let cli = cli::parse(line.split(' ').map(Into::into)).unwrap();
        let Command::Scan(args) = cli.command else { panic!("{line}") };
        Scan::new(&args, &Host::with(interfaces, &ask))
    }

    #[test]
    fn without_a_target_all_interfaces_are_searched() {
        let all = plan("mcast scan").unwrap();
        assert_eq!((all.discover, all.listens.len()), (Some(DEFAULT_DISCOVERY), 0));
        assert_eq!(all.interfaces.len(), 2);
        // Three IPv4 groups on both, and four IPv6 groups where there is an address.
        assert_eq!(all.announcements.len(), 10);
        assert!(all.wants_frames());
        let one = plan("mcast scan --iface e1 --discover 1s").unwrap();
        assert_eq!((one.interfaces.len(), one.announcements.len()), (1, 3));
    }

    #[test]
    fn targets_are_scanned_with_announcements_on_their_interfaces() {
        let scan = plan("mcast scan 239.1.0.0/30:5000 --iface e1").unwrap();
        assert_eq!((scan.listens.len(), scan.discover), (4, None));
        assert!(scan.announcements.iter().all(|listen| listen.at.via.name == "e1"));
        assert!(!scan.wants_frames());
        assert!(matches!(plan("mcast scan 239.1.0.0/30:5000"), Err(PlanError::Iface(_))));
    }

    #[test]
    fn a_target_without_a_port_needs_frames() {
        match plan("mcast scan 239.1.0.0/30 239.2.0.0/31:5000 --iface e0") {
            Ok(scan) => {
                let ports: Vec<u16> = scan.listens.iter().map(|listen| listen.at.port).collect();
                assert_eq!(ports, [5000, 5000, 0, 0, 0, 0]);
                assert!(scan.wants_frames());
            }
            Err(error) => assert!(matches!(error, PlanError::NoPorts { .. }), "{error}"),
        }
    }
}
