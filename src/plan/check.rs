//! The plan of `mcast check`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Choices, Host, IfaceError, PlanError, Purpose, choose};
use crate::cli::CheckArgs;
use crate::iface::{Cast, Interface, Via, Wanted};
use crate::sys::Backend;
use crate::target::{Endpoint, Filter, Listen, Target, TargetRange};
use crate::units::words::quote;

/// The default duration.
pub const DEFAULT_CHECK: Duration = Duration::from_secs(3);

/// The default time to wait for a sender.
pub const DEFAULT_LISTEN: Duration = Duration::from_secs(60);

/// The maximum number of interfaces to listen on.
const MOST_INTERFACES: usize = 256;

/// Switches forward this group to every port (RFC 4541, 2.1.2). It is reserved for experiments (RFC
/// 4727, 2.4.2).
pub const FLOODED: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 254);

/// The plan of `mcast check`.
#[derive(Clone, Debug)]
pub struct Check {
    pub target: Target,
    /// The interface that the user asked for.
    wanted: Option<Wanted>,
    /// The interface that should receive the group; `None` if the user named none, and none or
    /// several can carry it.
    pub expected: Option<Arc<Via>>,
    pub named: bool,
    /// The expected interface first, then all others.
    pub listens: Vec<Listen>,
    /// The number of interfaces beyond the maximum.
    pub left_out: usize,
    pub duration: Duration,
    /// Wait for a measured stream from another host to locate the end of the path. The sender also
    /// sends to these addresses.
    pub beside: Option<Vec<Listen>>,
    /// A sender is running: silence is a fault.
    pub expects_traffic: bool,
    /// The file for the facts.
    pub record: Option<PathBuf>,
    /// Repeat the check, from start to start.
    pub watch: Option<Duration>,
    pub backend: Backend,
}

impl Check {
    /// The command for the sending host; the receiver locates the end of the path from its stream.
    pub fn command_for_sender(&self) -> Option<String> {
        let beside = self.beside.as_ref()?;
        let group = std::net::SocketAddr::new(self.target.group, self.target.port);
        // The zone is the name of an interface on the other host.
        let group = if self.target.needs_zone() {
            format!("'[{}%IFACE]:{}'", self.target.group, self.target.port)
        } else {
            quote(&group.to_string())
        };
        let beside: Vec<String> =
            beside.iter().map(|listen| quote(&listen.at.to_string())).collect();
        Some(format!("mcast send --probe --count 50 --interval 20ms {group} {}", beside.join(" ")))
    }
}

impl Host<'_> {
    /// Plans the check of one target: on the named interface, else on that of the kernel's route,
    /// and on all others that can carry it.
    ///
    /// # Errors
    /// The target is not one group, or the interface does not exist.
    pub fn check(
        &self,
        range: &TargetRange,
        wanted: Option<&Wanted>,
        listen: bool,
        duration: Option<Duration>,
    ) -> Result<Check, PlanError> {
        if range.is_any() {
            return Err(PlanError::NotAGroup(range.first()));
        }
        let target = match (range.count(), range.targets().next()) {
            (1, Some(target)) => target,
            (count, _) => return Err(PlanError::NotOne { range: range.clone(), count }),
        };
        if Cast::of(target.group, &self.interfaces) != Cast::Multicast {
            return Err(PlanError::NotAGroup(target.group));
        }
        let expected = self.expected(&target, wanted)?.map(Arc::new);
        let (listens, left_out) = self.everywhere_for(&target, expected.as_ref());
        let beside = listen.then(|| self.beside(&target, expected.as_ref()));
        let default = if listen { DEFAULT_LISTEN } else { DEFAULT_CHECK };
        let named =
            matches!(wanted, Some(Wanted::Named(_) | Wanted::Default(_))) || target.zone.is_some();
        let (duration, backend) = (duration.unwrap_or(default), Backend::default());
        Ok(Check {
            target,
            wanted: wanted.cloned(),
            expected,
            named,
            listens,
            left_out,
            duration,
            beside,
            expects_traffic: false,
            record: None,
            watch: None,
            backend,
        })
    }

    /// Plans the next cycle of a check on the current state of this host.
    pub fn check_again(&self, last: &Check) -> Check {
        let wanted = match &last.wanted {
            // The user has answered.
            Some(Wanted::Ask) => last.expected.as_ref().map(|via| Wanted::Named(via.name.clone())),
            other => other.clone(),
        };
        // If the interface is gone, or only the address that selects it, a finding reports that.
        let last_one = || {
            let via = last.expected.as_ref()?;
            let same = self.interfaces.iter().find(|iface| iface.index == via.index);
            Some(same.map_or_else(|| (**via).clone(), |iface| self::via(iface, last.target.group)))
        };
        let expected = self.expected(&last.target, wanted.as_ref()).unwrap_or_else(|_| last_one());
        let expected = expected.map(Arc::new);
        let (listens, left_out) = self.everywhere_for(&last.target, expected.as_ref());
        Check { wanted, expected, listens, left_out, ..last.clone() }
    }

    /// Where a check listens: on the expected interface first, if it exists, and on all others that
    /// can carry the target. Returns also how many are left out.
    fn everywhere_for(&self, target: &Target, expected: Option<&Arc<Via>>) -> (Vec<Listen>, usize) {
        let filter =
            Arc::new(target.source.map_or(Filter::Any, |source| Filter::Include(vec![source])));
        let on = |via: &Arc<Via>| Listen {
            at: Endpoint {
                group: target.group,
                port: target.port,
                cast: Cast::Multicast,
                via: Arc::clone(via),
            },
            filter: Arc::clone(&filter),
        };
        let others = self.interfaces.iter().filter(|iface| {
            let expected = expected.is_some_and(|via| via.index == iface.index);
            let able = iface.is_able(target.group)
                || (iface.loopback && iface.up && iface.address_like(target.group).is_some());
            able && !expected
        });
        let others: Vec<Arc<Via>> =
            others.map(|iface| Arc::new(via(iface, target.group))).collect();
        let left_out = others.len().saturating_sub(MOST_INTERFACES);
        let exists = |via: &&Arc<Via>| self.interfaces.iter().any(|iface| iface.index == via.index);
        let expected = expected.filter(exists);
        let listens = expected.into_iter().chain(others.iter().take(MOST_INTERFACES)).map(on);
        (listens.collect(), left_out)
    }

    fn expected(&self, target: &Target, wanted: Option<&Wanted>) -> Result<Option<Via>, PlanError> {
        let asked;
        let wanted = match wanted {
            Some(Wanted::Ask) => {
                let no_terminal =
                    || IfaceError::NoTerminal { choices: Choices::of(&self.interfaces) };
                asked =
                    self.asked(target.group).map_err(|error| error.unwrap_or_else(no_terminal))?;
                std::slice::from_ref(&asked)
            }
            // The check listens on all interfaces anyway.
            Some(Wanted::All) | None => &[],
            Some(named) => std::slice::from_ref(named),
        };
        let route = || (self.route)(target.group, &self.interfaces);
        match choose(&self.interfaces, target, wanted, Purpose::Receive, route) {
            Ok(vias) => Ok(vias.into_iter().next()),
            Err(
                IfaceError::Ambiguous { .. }
                | IfaceError::NoRoute { .. }
                | IfaceError::NoneAble { .. },
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The further addresses that a sender sends to. The arriving datagrams locate the end of the
    /// path.
    fn beside(&self, target: &Target, expected: Option<&Arc<Via>>) -> Vec<Listen> {
        let named = |iface: &&Interface| match expected {
            Some(via) => via.index == iface.index,
            None => iface.is_able(target.group),
        };
        let Some(iface) = self.interfaces.iter().find(named) else { return Vec::new() };
        let via = Arc::new(via(iface, target.group));
        let at = |group, cast| Listen {
            at: Endpoint { group, port: target.port, cast, via: Arc::clone(&via) },
            filter: Arc::new(Filter::Any),
        };
        // A link-local address does not help another host, which has its own interface names.
        let mut own: Vec<IpAddr> = iface
            .addresses
            .iter()
            .map(|address| address.ip)
            .filter(|ip| ip.is_ipv4() == target.group.is_ipv4())
            .collect();
        own.retain(|ip| !crate::target::is_link_scoped(*ip));
        let unicast = own.first().map(|ip| at(*ip, Cast::Unicast));
        let flooded = target.group.is_ipv4().then(|| at(FLOODED.into(), Cast::Multicast));
        unicast.into_iter().chain(flooded).collect()
    }
}

/// An interface that the user did not name.
fn via(iface: &Interface, like: IpAddr) -> Via {
    Via::of(iface, like, None, false)
}

impl Check {
    /// Plans a check on this host.
    ///
    /// # Errors
    /// The reason why this host cannot carry it out.
    pub fn new(args: &CheckArgs, host: &Host) -> Result<Self, PlanError> {
        let plan = host.check(&args.target, args.iface.as_ref(), args.listen, args.duration)?;
        Ok(Check {
            record: args.record.clone(),
            expects_traffic: args.expect_traffic,
            watch: args.watch,
            ..plan
        })
    }
}
