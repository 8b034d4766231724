//! The host that a plan is made for: its interfaces, its routes and its user.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::sources::SourceSet;
use super::{Choices, IfaceError, PlanError, Purpose, Sources, candidates, choose};
use crate::cli::menu::Answer;
use crate::host;
use crate::iface::{Cast, Interface, Route, Via, Wanted};
use crate::net::NetError;
use crate::notice::{Notice, advice};
use crate::target::{Endpoint, Filter, Listen, MOST_TARGETS, Target, TargetRange};

/// Lets the user choose an interface for a group; the best choice is first.
pub type Ask<'a> = &'a dyn Fn(IpAddr, &[&Interface]) -> Answer;

/// The interfaces of the host, and the kernel's routes.
pub struct Host<'a> {
    pub(super) interfaces: Vec<Interface>,
    pub(super) route: fn(IpAddr, &[Interface]) -> Option<Route>,
    ask: Ask<'a>,
}

impl<'a> Host<'a> {
    /// The current state of this host. `ask` decides if several interfaces can carry a group, or if
    /// the user wants the menu.
    ///
    /// # Errors
    /// The system refuses to list the interfaces.
    pub fn here(ask: Ask<'a>) -> Result<Self, NetError> {
        Ok(Host {
            interfaces: host::interfaces().map_err(NetError::list_interfaces)?,
            route: host::route_to,
            ask,
        })
    }

    /// A host with these interfaces and no routes.
    #[cfg(test)]
    pub(crate) fn with(interfaces: Vec<Interface>, ask: Ask<'a>) -> Self {
        Host { interfaces, route: |_, _| None, ask }
    }

    /// The addresses of this host.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let addresses = self.interfaces.iter().flat_map(|iface| &iface.addresses);
        addresses.map(|address| address.ip).collect()
    }

    /// The endpoints of a sender: each target on each of its interfaces, once.
    ///
    /// # Errors
    /// A target has no interface, or several interfaces can carry it and none was chosen.
    pub fn endpoints(
        &self,
        ranges: &[TargetRange],
        wanted: &[Wanted],
    ) -> Result<Vec<Endpoint>, PlanError> {
        let (mut endpoints, mut known) = (Vec::new(), HashSet::new());
        self.each(ranges, wanted, Purpose::Send, |_, at| {
            if known.insert(at.clone()) {
                endpoints.push(at);
            }
            Ok(endpoints.len())
        })?;
        Ok(endpoints)
    }

    /// The endpoints of a receiver: each target on each of its interfaces, once, with all its
    /// sources.
    ///
    /// # Errors
    /// As in [`Host::endpoints`], or the sources contradict each other or the targets.
    pub fn listens(
        &self,
        ranges: &[TargetRange],
        wanted: &[Wanted],
        sources: &Sources,
    ) -> Result<Vec<Listen>, PlanError> {
        sources.fit(ranges)?;
        let chosen = sources.interfaces(ranges);
        let wanted = if wanted.is_empty() { &chosen } else { wanted };
        let mut elsewhere = None;
        let mut listens: Vec<(Endpoint, SourceSet)> = Vec::new();
        let mut known: HashMap<Endpoint, usize> = HashMap::new();
        self.each(ranges, wanted, Purpose::Receive, |target, at| {
            let Some(wish) = sources.of(target, at.cast, at.via.index, &self.interfaces)? else {
                elsewhere = Some(at);
                return Ok(listens.len());
            };
            match known.get(&at) {
                Some(position) => listens[*position].1.join(wish, at.group)?,
                None => {
                    known.insert(at.clone(), listens.len());
                    listens.push((at, wish));
                }
            }
            Ok(listens.len())
        })?;
        if let (true, Some(at)) = (listens.is_empty(), elsewhere) {
            return Err(PlanError::SourceElsewhere {
                sources: sources.include.clone(),
                group: at.group,
                iface: at.via.name.clone(),
            });
        }
        alone_on_its_port(&listens)?;
        // Most targets have equal filters.
        let mut filters: HashMap<Filter, Arc<Filter>> = HashMap::new();
        let share = |(at, wish): (Endpoint, SourceSet)| {
            let filter = wish.filter();
            let filter =
                Arc::clone(filters.entry(filter.clone()).or_insert_with(|| Arc::new(filter)));
            Listen { at, filter }
        };
        Ok(listens.into_iter().map(share).collect())
    }

    /// The groups to join on interfaces that appear later: those on all interfaces, each once.
    pub fn everywhere(
        &self,
        ranges: &[TargetRange],
        wanted: &[Wanted],
        listens: &[Listen],
    ) -> Vec<Listen> {
        if !wanted.contains(&Wanted::All) {
            return Vec::new();
        }
        let unzoned = ranges.iter().flat_map(TargetRange::targets);
        let mut groups: HashSet<(IpAddr, u16)> = unzoned
            .filter(|target| target.zone.is_none())
            .map(|target| (target.group, target.port))
            .collect();
        let is_first = |listen: &&Listen| {
            listen.at.cast == Cast::Multicast && groups.remove(&(listen.at.group, listen.at.port))
        };
        listens.iter().filter(is_first).cloned().collect()
    }

    /// Advice about the interfaces: missing flags, and a VPN that has the route to a group while
    /// another interface could carry it.
    pub fn advice<'e>(&self, endpoints: impl Iterator<Item = &'e Endpoint> + Clone) -> Vec<Notice> {
        let mut found = advice::for_interfaces(endpoints.clone());
        found.extend(endpoints.filter(|at| !at.via.named).find_map(|at| self.tunnel_route(at)));
        found
    }

    fn tunnel_route(&self, at: &Endpoint) -> Option<Notice> {
        let is_tunnel = |iface: &Interface| iface.link.no_ethernet && !iface.loopback;
        let chosen = self.interfaces.iter().find(|iface| iface.index == at.via.index)?;
        if at.cast != Cast::Multicast || !is_tunnel(chosen) {
            return None;
        }
        let other = self
            .interfaces
            .iter()
            .find(|iface| iface.is_one_of_all(at.group) && !is_tunnel(iface) && !iface.loopback)?;
        Some(advice::tunnel_route(at.group, &chosen.name, &other.name))
    }

    /// The targets of a range. On a host without IPv6, the unspecified address is that of IPv4
    /// only.
    fn targets<'b>(&self, range: &'b TargetRange) -> impl Iterator<Item = Target> + 'b {
        let any_v6 = IpAddr::from(Ipv6Addr::UNSPECIFIED);
        let has_v6 = self.interfaces.iter().any(|iface| iface.address_like(any_v6).is_some());
        let left_out = range.is_any_of_both() && !has_v6;
        range.targets().filter(move |target| !(left_out && target.group == any_v6))
    }

    /// Calls `take` for each target on each of its interfaces. `take` returns the current number of
    /// results.
    fn each(
        &self,
        ranges: &[TargetRange],
        wanted: &[Wanted],
        purpose: Purpose,
        mut take: impl FnMut(&Target, Endpoint) -> Result<usize, PlanError>,
    ) -> Result<(), PlanError> {
        let mut wanted = wanted.to_vec();
        if let (Some(ask), Some(first)) =
            (wanted.iter().position(|wanted| *wanted == Wanted::Ask), ranges.first())
        {
            let chosen = self.asked(first.first()).map_err(|error| {
                error.unwrap_or_else(|| IfaceError::NoTerminal {
                    choices: Choices::of(&self.interfaces),
                })
            })?;
            wanted[ask] = chosen;
            wanted.retain(|wanted| *wanted != Wanted::Ask);
        }
        let mut vias: HashSet<Arc<Via>> = HashSet::new();
        // The user's choice for one target applies to all targets with several possible interfaces.
        let mut chosen: Option<Wanted> = None;
        for target in ranges.iter().flat_map(|range| self.targets(range)) {
            let route = || (self.route)(target.group, &self.interfaces);
            let choose =
                |wanted: &[Wanted]| choose(&self.interfaces, &target, wanted, purpose, route);
            let found = match (choose(&wanted), &chosen) {
                (Err(IfaceError::Ambiguous { .. }), Some(chosen)) => {
                    choose(std::slice::from_ref(chosen))?
                }
                (Err(ambiguous @ IfaceError::Ambiguous { .. }), None) => {
                    let answer =
                        self.asked(target.group).map_err(|error| error.unwrap_or(ambiguous))?;
                    choose(std::slice::from_ref(chosen.insert(answer)))?
                }
                (found, _) => found?,
            };
            let cast = Cast::of(target.group, &self.interfaces);
            for via in found {
                let via = vias.get(&via).map(Arc::clone).unwrap_or_else(|| Arc::new(via));
                vias.insert(Arc::clone(&via));
                let count =
                    take(&target, Endpoint { group: target.group, port: target.port, cast, via })?;
                if count as u64 > MOST_TARGETS {
                    return Err(PlanError::TooMany);
                }
            }
        }
        Ok(())
    }

    /// The user's choice from the menu for `group`. `Err(None)`: there is no terminal.
    pub fn asked(&self, group: IpAddr) -> Result<Wanted, Option<IfaceError>> {
        let route = (self.route)(group, &self.interfaces);
        match (self.ask)(group, &candidates(&self.interfaces, group, route)) {
            Answer::Chosen(index) => Ok(Wanted::Named(index.to_string())),
            Answer::Closed => {
                Err(Some(IfaceError::NotChosen { choices: Choices::of(&self.interfaces) }))
            }
            Answer::NoTerminal => Err(None),
        }
    }
}

/// Checks that the port and family of an unspecified address have no other endpoint. Sharing the
/// port would take datagrams from other programs.
fn alone_on_its_port(listens: &[(Endpoint, SourceSet)]) -> Result<(), PlanError> {
    let any = listens.iter().map(|(at, _)| at).filter(|at| at.group.is_unspecified());
    for any in any {
        let shares = |at: &&Endpoint| {
            at.port == any.port && at.group.is_ipv4() == any.group.is_ipv4() && *at != any
        };
        if let Some(other) = listens.iter().map(|(at, _)| at).find(shares) {
            return Err(PlanError::AnyAndOther { any: any.clone(), other: other.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
