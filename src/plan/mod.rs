//! What the command line means: resolved against this host, validated, with every default in one
//! place.

mod check;
mod choose;
mod iface_error;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use check::{Check, DEFAULT_CHECK, DEFAULT_LISTEN, FLOODED};
pub use choose::{Purpose, candidates, choose, find};
pub use iface_error::{Choices, IfaceError};
use thiserror::Error;

use crate::assertion::Assertion;
use crate::iface::{Cast, Interface, Route, Via, Wanted};
use crate::net::{NetError, SendOptions};
use crate::notice::Advice;
use crate::sys::Backend;
use crate::target::{Endpoint, Filter, Listen, MOST_TARGETS, Target, TargetRange, family};
use crate::units::{Period, Rate, rcvbuf};
use crate::verdict::Limits;
use crate::{host, target};

/// The text that `send` sends where none is given.
pub const DEFAULT_MESSAGE: &str = "hello world";

/// The time between datagrams where none is given.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(2);

/// The same of a measured stream.
pub const DEFAULT_PROBE_INTERVAL: Duration = Duration::from_millis(100);

/// The length of a measured datagram's payload where none is given, in bytes.
pub const DEFAULT_PROBE_SIZE: u16 = 64;

/// How long `recv` goes on listening after its COMMAND has ended, and how long it waits for it
/// before stopping it.
pub const COMMAND_GRACE: Duration = Duration::from_millis(500);

/// What `mcast send` does.
#[derive(Clone, Debug)]
pub struct Send {
    /// Where to, each once.
    pub endpoints: Vec<Endpoint>,
    /// What each datagram carries; it fits every endpoint.
    pub content: Content,
    /// The time from one round to the next; `None` for as fast as they go.
    pub period: Option<Period>,
    /// How many datagrams go to each endpoint in a round.
    pub burst: u64,
    /// Stop after this many datagrams to each endpoint.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
    /// What the sockets set.
    pub options: SendOptions,
    /// Show each datagram.
    pub show: bool,
    /// What the user should know of the addresses before it begins.
    pub advice: Vec<Advice>,
    /// How the system is asked.
    pub backend: Backend,
}

/// What datagrams carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Always this.
    Message(Vec<u8>),
    /// A measured stream.
    Probe {
        /// The payload's length in bytes.
        size: u16,
    },
}

impl Content {
    /// The payload's length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Content::Message(message) => message.len(),
            Content::Probe { size } => usize::from(*size),
        }
    }

    /// Whether there is no payload.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How datagrams are paced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// This time from one datagram to the next, to each endpoint.
    Interval(Duration),
    /// This much over all endpoints together.
    Rate(Rate),
    /// As fast as it goes.
    Flood,
}

impl Pacing {
    /// The time from one round to the next, of `burst` datagrams of `len` bytes to each of
    /// `endpoints`; `None` for none.
    ///
    /// # Errors
    /// [`PlanError::NothingToPace`].
    pub fn period(
        self,
        endpoints: usize,
        burst: u64,
        len: usize,
    ) -> Result<Option<Period>, PlanError> {
        match self {
            Pacing::Rate(rate @ Rate::Bits(_)) if len == 0 => Err(PlanError::NothingToPace(rate)),
            Pacing::Interval(interval) => Ok(Some(Period::from(interval).times(burst))),
            Pacing::Rate(rate) => {
                Ok(Some(Period::of(rate, burst.saturating_mul(endpoints as u64), len)))
            }
            Pacing::Flood => Ok(None),
        }
    }
}

/// What `mcast recv` does.
#[derive(Clone, Debug)]
pub struct Recv {
    /// What to listen to, each once.
    pub listens: Vec<Listen>,
    /// When to stop.
    pub limits: Limits,
    /// The receive buffer; as much as the system grants where `None`.
    pub rcvbuf: Option<rcvbuf::Wish>,
    /// Never sleep while waiting.
    pub spin: bool,
    /// A command to run once every group is joined, and its arguments; empty for none.
    pub command: Vec<OsString>,
    /// Report on each such time.
    pub stats: Option<Duration>,
    /// Show each datagram.
    pub show: bool,
    /// What must hold in the end.
    pub assertions: Vec<Assertion>,
    /// What the user should know of the addresses before it begins.
    pub advice: Vec<Advice>,
    /// How the system is asked.
    pub backend: Backend,
}

/// Why a command line cannot be carried out on this host.
#[derive(Debug, Error)]
pub enum PlanError {
    /// No interface for a target.
    #[error(transparent)]
    Iface(#[from] IfaceError),
    /// The interfaces could not be listed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// `--source` or `--exclude` names an address of a family that no target has, or that a target
    /// does not have.
    #[error("--{option} {source_address} is {s} and {group} is {g}; name a source of each family that is listened to, as in --{option} {example}",
        s = family(*.source_address), g = family(*.group), example = if .group.is_ipv4() { "10.0.0.5" } else { "2001:db8::5" })]
    SourceFamily {
        /// `source` or `exclude`.
        option: &'static str,
        /// The address.
        source_address: IpAddr,
        /// The group.
        group: IpAddr,
    },
    /// A source filter on a unicast or broadcast address.
    #[error(
        "{0} is no multicast group, and only a group is joined by source; leave --source and \
         --exclude out, or name a group such as 232.1.1.1:5000"
    )]
    SourceOfUnicast(IpAddr),
    /// A target that names its source, together with `--exclude`.
    #[error(
        "{group} is joined from {included} alone, so there is nobody to exclude; keep either the \
         source or --exclude"
    )]
    IncludeAndExclude {
        /// The group.
        group: IpAddr,
        /// The source of the target.
        included: IpAddr,
    },
    /// The same group both from one source and from any.
    #[error(
        "{group} is asked for from {included} alone and from anybody as well; keep one of the two"
    )]
    OneAndAny {
        /// The group.
        group: IpAddr,
        /// The one source.
        included: IpAddr,
    },
    /// Several targets, where one is checked at a time.
    #[error("{range} stands for {count} targets, and one is checked at a time; name one, such as {first}", first = range.targets().next().map_or_else(String::new, |first| std::net::SocketAddr::new(first.group, first.port).to_string()))]
    NotOne {
        /// What was typed.
        range: TargetRange,
        /// How many that is.
        count: u64,
    },
    /// A unicast or broadcast address, where a group is checked.
    #[error(
        "{0} is no multicast group, and check looks into groups; name one, such as 239.1.1.1:5000"
    )]
    NotAGroup(IpAddr),
    /// More targets and interfaces than one run takes.
    #[error(
        "{0} targets on their interfaces are more than the {MOST_TARGETS} that a run takes; name \
         fewer, or fewer interfaces"
    )]
    TooMany(usize),
    /// A rate in bits of payload, and no payload.
    #[error(
        "datagrams without payload come to no bit rate, so --rate {0} would have no bound; give \
         them a --message, or a rate in datagrams, such as --rate 1000pps"
    )]
    NothingToPace(Rate),
    /// A flood that would never stop.
    #[error("a flood needs an end; add one, such as --duration 2s or --count 1000000")]
    EndlessFlood,
    /// A flood to a group that the protocols of the network itself use.
    #[error(
        "{0} belongs to the protocols of the network itself, which hosts and routers listen to, and a flood could keep them from working; send to a group such as {other}, or add --force",
        other = if .0.is_ipv4() { "239.1.1.1" } else { "ff12::1234" }
    )]
    FloodOfControl(IpAddr),
    /// The payload is longer than a datagram can be.
    #[error(
        "the payload is {len} bytes long, and a datagram to {group} carries at most {max}\n  tip: \
         send less, or split it; up to 1472 bytes travel unfragmented on Ethernet"
    )]
    TooLong {
        /// The length of the payload in bytes.
        len: usize,
        /// The group.
        group: IpAddr,
        /// The most that fits, in bytes.
        max: usize,
    },
}

/// Asks the user for an interface for a group, the best choice first.
pub type Ask<'a> = &'a dyn Fn(IpAddr, &[&Interface]) -> Asked;

/// What became of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The index of the interface that was chosen.
    Chosen(u32),
    /// The menu was closed.
    Closed,
    /// There is nobody to ask.
    Nobody,
}

/// What a plan is made against: the interfaces of the host, and the kernel's routes.
pub struct Host<'a> {
    interfaces: Vec<Interface>,
    route: fn(IpAddr, &[Interface]) -> Option<Route>,
    ask: Ask<'a>,
}

impl<'a> Host<'a> {
    /// This host, as it is now. `ask` is asked where several interfaces would do, or where the user
    /// wants to be asked.
    ///
    /// # Errors
    /// Where the interfaces cannot be listed.
    pub fn here(ask: Ask<'a>) -> Result<Self, PlanError> {
        Ok(Host {
            interfaces: host::interfaces().map_err(NetError::list_interfaces)?,
            route: host::route_to,
            ask,
        })
    }

    /// Where to send to: each target on each of its interfaces, once.
    ///
    /// # Errors
    /// Where a target has no interface, or more than one would do and nobody chooses.
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

    /// What to listen to: each target on each of its interfaces, once, with all the sources that
    /// were named for it.
    ///
    /// # Errors
    /// The same; and where the sources contradict each other or the targets.
    pub fn listens(
        &self,
        ranges: &[TargetRange],
        wanted: &[Wanted],
        sources: &Sources,
    ) -> Result<Vec<Listen>, PlanError> {
        sources.fit(ranges)?;
        let mut listens: Vec<(Endpoint, Wish)> = Vec::new();
        let mut known: HashMap<Endpoint, usize> = HashMap::new();
        self.each(ranges, wanted, Purpose::Receive, |target, at| {
            let wish = sources.of(target, at.cast)?;
            match known.get(&at) {
                Some(position) => listens[*position].1.join(wish, at.group)?,
                None => {
                    known.insert(at.clone(), listens.len());
                    listens.push((at, wish));
                }
            }
            Ok(listens.len())
        })?;
        // Most targets have the same filter.
        let mut filters: HashMap<Filter, Arc<Filter>> = HashMap::new();
        let share = |(at, wish): (Endpoint, Wish)| {
            let filter = wish.filter();
            let filter =
                Arc::clone(filters.entry(filter.clone()).or_insert_with(|| Arc::new(filter)));
            Listen { at, filter }
        };
        Ok(listens.into_iter().map(share).collect())
    }

    /// Hands each target to `take`, on each of its interfaces. `take` answers how many there are by
    /// now.
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
            let chosen = self.asked(first.first()).map_err(|nobody| {
                nobody.unwrap_or_else(|| IfaceError::NobodyToAsk {
                    choices: Choices::of(&self.interfaces),
                })
            })?;
            wanted[ask] = chosen;
            wanted.retain(|wanted| *wanted != Wanted::Ask);
        }
        let mut vias: HashSet<Arc<Via>> = HashSet::new();
        // What the user chose where several interfaces would do holds for all the targets of which
        // that is true.
        let mut chosen: Option<Wanted> = None;
        for target in ranges.iter().flat_map(TargetRange::targets) {
            let route = || (self.route)(target.group, &self.interfaces);
            let choose =
                |wanted: &[Wanted]| choose(&self.interfaces, &target, wanted, purpose, route);
            let found = match (choose(&wanted), &chosen) {
                (Err(IfaceError::Ambiguous { .. }), Some(chosen)) => {
                    choose(std::slice::from_ref(chosen))?
                }
                (Err(ambiguous @ IfaceError::Ambiguous { .. }), None) => {
                    let answer =
                        self.asked(target.group).map_err(|nobody| nobody.unwrap_or(ambiguous))?;
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
                    return Err(PlanError::TooMany(count));
                }
            }
        }
        Ok(())
    }

    /// What the user chose from the menu for `group`. `Err(None)`: there is nobody to ask.
    fn asked(&self, group: IpAddr) -> Result<Wanted, Option<IfaceError>> {
        let route = (self.route)(group, &self.interfaces);
        match (self.ask)(group, &candidates(&self.interfaces, group, route)) {
            Asked::Chosen(index) => Ok(Wanted::Named(index.to_string())),
            Asked::Closed => {
                Err(Some(IfaceError::NotChosen { choices: Choices::of(&self.interfaces) }))
            }
            Asked::Nobody => Err(None),
        }
    }
}

/// The sources that the options name, for all targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--source`.
    pub include: Vec<IpAddr>,
    /// `--exclude`.
    pub exclude: Vec<IpAddr>,
}

impl Sources {
    /// Holds the sources against the targets: each is of the family of some target, and with
    /// `--source` each group has one of its family.
    fn fit(&self, ranges: &[TargetRange]) -> Result<(), PlanError> {
        for (option, sources, for_all) in
            [("source", &self.include, true), ("exclude", &self.exclude, false)]
        {
            let unfit = |source_address: IpAddr, group| PlanError::SourceFamily {
                option,
                source_address,
                group,
            };
            let same =
                |source: IpAddr, range: &TargetRange| source.is_ipv4() == range.first().is_ipv4();
            for source in sources {
                if !ranges.iter().any(|range| same(*source, range)) {
                    return Err(unfit(*source, ranges.first().map_or(*source, TargetRange::first)));
                }
            }
            let lacks = |range: &&TargetRange| {
                range.source().is_none() && !sources.iter().any(|source| same(*source, range))
            };
            match (sources.first(), ranges.iter().find(lacks)) {
                (Some(source), Some(range)) if for_all => {
                    return Err(unfit(*source, range.first()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn of(&self, target: &Target, cast: Cast) -> Result<Wish, PlanError> {
        let group = target.group;
        let like = |source: &&IpAddr| source.is_ipv4() == group.is_ipv4();
        let include: BTreeSet<IpAddr> =
            target.source.iter().chain(&self.include).filter(like).copied().collect();
        let exclude: BTreeSet<IpAddr> = self.exclude.iter().filter(like).copied().collect();
        match (include.first(), exclude.is_empty()) {
            (None, true) => {}
            _ if cast != Cast::Multicast => return Err(PlanError::SourceOfUnicast(group)),
            (Some(included), false) => {
                return Err(PlanError::IncludeAndExclude { group, included: *included });
            }
            _ => {}
        }
        Ok(Wish { include, exclude })
    }
}

/// The sources that are wished for at one endpoint; none at all is anybody.
struct Wish {
    include: BTreeSet<IpAddr>,
    exclude: BTreeSet<IpAddr>,
}

impl Wish {
    /// Takes in what another target wishes for the same endpoint.
    fn join(&mut self, other: Wish, group: IpAddr) -> Result<(), PlanError> {
        if self.include.is_empty() != other.include.is_empty() {
            let included = self.include.first().or(other.include.first()).copied();
            return included
                .map_or(Ok(()), |included| Err(PlanError::OneAndAny { group, included }));
        }
        self.include.extend(other.include);
        self.exclude.extend(other.exclude);
        Ok(())
    }

    fn filter(self) -> Filter {
        match (self.include.is_empty(), self.exclude.is_empty()) {
            (true, true) => Filter::Any,
            (false, _) => Filter::Include(self.include.into_iter().collect()),
            (true, false) => Filter::Exclude(self.exclude.into_iter().collect()),
        }
    }
}

/// Holds a flood against what it might do: it must end, and unless `forced` reach nobody's control
/// protocols. 224.0.0.0/24 is what routing and discovery use (RFC 5771, 4), ff02::/16 holds the
/// like of IPv6 (RFC 4291, 2.7.1).
///
/// # Errors
/// [`PlanError::EndlessFlood`], [`PlanError::FloodOfControl`].
pub fn may_flood(endpoints: &[Endpoint], ends: bool, forced: bool) -> Result<(), PlanError> {
    let is_control = |group: &IpAddr| match group {
        IpAddr::V4(group) => group.octets()[..3] == [224, 0, 0],
        IpAddr::V6(group) => group.segments()[0] == 0xff02,
    };
    if !ends {
        return Err(PlanError::EndlessFlood);
    }
    let control = endpoints.iter().map(|at| at.group).find(is_control);
    control.filter(|_| !forced).map_or(Ok(()), |group| Err(PlanError::FloodOfControl(group)))
}

/// Holds a payload of `len` bytes against what a datagram to each endpoint can carry.
///
/// # Errors
/// [`PlanError::TooLong`].
pub fn fits(len: usize, endpoints: &[Endpoint]) -> Result<(), PlanError> {
    let too_long = |at: &&Endpoint| len > target::max_payload(at.group);
    endpoints.iter().find(too_long).map_or(Ok(()), |at| {
        Err(PlanError::TooLong { len, group: at.group, max: target::max_payload(at.group) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::Address;

    fn nobody(_: IpAddr, _: &[&Interface]) -> Asked {
        Asked::Nobody
    }

    fn iface(index: u32, name: &str, address: &str) -> Interface {
        let ip6 = format!("fe80::{index}").parse().unwrap();
        let addresses = vec![
            Address { ip: address.parse().unwrap(), prefix: Some(24) },
            Address { ip: ip6, prefix: Some(64) },
        ];
        Interface {
            name: name.to_owned(),
            index,
            addresses,
            up: true,
            multicast: true,
            ..Interface::default()
        }
    }

    fn host(ask: Ask) -> Host {
        Host {
            interfaces: vec![iface(2, "e0", "10.0.0.101"), iface(3, "e1", "10.1.0.101")],
            route: |_, _| None,
            ask,
        }
    }

    fn ranges(texts: &[&str]) -> Vec<TargetRange> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn named(names: &[&str]) -> Vec<Wanted> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    /// The filters, where `sources` are those of `--source` and those of `--exclude`.
    fn filters(texts: &[&str], include: &[&str], exclude: &[&str]) -> Result<Vec<String>, String> {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let sources = Sources { include: parse(include), exclude: parse(exclude) };
        let listens = host(&nobody)
            .listens(&ranges(texts), &named(&["e0"]), &sources)
            .map_err(|error| error.to_string())?;
        let print = |listen: Listen| match &*listen.filter {
            Filter::Any => format!("{} any", listen.at.group),
            Filter::Include(sources) => format!("{} from {sources:?}", listen.at.group),
            Filter::Exclude(sources) => format!("{} but {sources:?}", listen.at.group),
        };
        Ok(listens.into_iter().map(print).collect())
    }

    #[test]
    fn a_target_given_twice_is_taken_once() {
        let targets = ranges(&["239.1.1.1:5", "239.1.1.1+2:5", "239.1.1.2/32:5"]);
        let endpoints = host(&nobody).endpoints(&targets, &named(&["e0", "2"])).unwrap();
        assert_eq!(endpoints.len(), 2);
        assert!(
            Arc::ptr_eq(&endpoints[0].via, &endpoints[1].via),
            "endpoints of one interface share it"
        );
        assert_eq!(host(&nobody).endpoints(&targets, &named(&["all"])).unwrap().len(), 4);
    }

    #[test]
    fn targets_times_interfaces_are_bounded() {
        let targets = ranges(&["239.0.0.0/16:5"]);
        assert!(host(&nobody).endpoints(&targets, &named(&["e0"])).is_ok());
        let error = host(&nobody).endpoints(&targets, &named(&["all"])).unwrap_err().to_string();
        assert!(error.contains("65537 targets") && error.contains("65536"), "{error}");
    }

    #[test]
    fn sources_are_gathered_for_each_group() {
        let two = Ok(vec!["232.1.1.1 from [10.0.0.5, 10.0.0.6]".to_owned()]);
        assert_eq!(
            filters(&["10.0.0.6@232.1.1.1", "10.0.0.5@232.1.1.1", "10.0.0.6@232.1.1.1"], &[], &[]),
            two
        );
        assert_eq!(filters(&["232.1.1.1"], &["10.0.0.6", "10.0.0.5"], &[]), two);
        assert_eq!(filters(&["10.0.0.6@232.1.1.1"], &["10.0.0.5"], &[]), two);
        assert_eq!(
            filters(&["239.1.1.1", "ff15::1"], &["10.0.0.5", "fd00::5"], &[]),
            Ok(vec!["239.1.1.1 from [10.0.0.5]".to_owned(), "ff15::1 from [fd00::5]".to_owned()])
        );
        assert_eq!(
            filters(&["239.1.1.1", "ff15::1"], &[], &["10.0.0.5"]),
            Ok(vec!["239.1.1.1 but [10.0.0.5]".to_owned(), "ff15::1 any".to_owned()])
        );
    }

    #[test]
    fn sources_that_contradict_are_refused() {
        for (texts, include, exclude, part) in [
            (
                &["239.1.1.1"][..],
                &["fd00::5"][..],
                &[][..],
                "--source fd00::5 is IPv6 and 239.1.1.1 is IPv4",
            ),
            (
                &["239.1.1.1", "ff15::1"],
                &["10.0.0.5"],
                &[],
                "--source 10.0.0.5 is IPv4 and ff15::1 is IPv6",
            ),
            (&["239.1.1.1"], &[], &["fd00::5"], "--exclude fd00::5 is IPv6"),
            (
                &["10.0.0.5@232.1.1.1"],
                &[],
                &["10.0.0.6"],
                "232.1.1.1 is joined from 10.0.0.5 alone",
            ),
            (
                &["10.0.0.5@232.1.1.1", "232.1.1.1"],
                &[],
                &[],
                "from 10.0.0.5 alone and from anybody as well",
            ),
            (&["10.0.0.101"], &["10.0.0.5"], &[], "10.0.0.101 is no multicast group"),
        ] {
            let error = filters(texts, include, exclude).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn the_user_is_asked_once_where_several_interfaces_would_do() {
        let asked = std::cell::Cell::new(0);
        let ask = |_: IpAddr, offered: &[&Interface]| {
            asked.set(asked.get() + 1);
            Asked::Chosen(offered[1].index)
        };
        let endpoints =
            host(&ask).endpoints(&ranges(&["239.1.1.1+5:5", "239.2.2.2:5"]), &[]).unwrap();
        assert!(endpoints.iter().all(|at| at.via.name == "e1") && endpoints.len() == 6);
        assert_eq!(asked.get(), 1);
        host(&ask).endpoints(&ranges(&["239.1.1.1:5"]), &named(&["ask"])).unwrap();
        assert_eq!(asked.get(), 2);
        host(&ask).endpoints(&ranges(&["239.1.1.1:5"]), &named(&["e0"])).unwrap();
        assert_eq!(asked.get(), 2);
    }

    #[test]
    fn without_anybody_to_ask_the_list_is_the_answer() {
        let error = |wanted: &[&str]| {
            host(&nobody)
                .endpoints(&ranges(&["239.1.1.1:5"]), &named(wanted))
                .unwrap_err()
                .to_string()
        };
        assert!(
            error(&[]).contains("several interfaces could carry 239.1.1.1")
                && error(&[]).contains("e1  up")
        );
        assert!(error(&["ask"]).contains("no terminal"), "{}", error(&["ask"]));
        let closed = |_: IpAddr, _: &[&Interface]| Asked::Closed;
        let error =
            host(&closed).endpoints(&ranges(&["239.1.1.1:5"]), &[]).unwrap_err().to_string();
        assert!(error.contains("no interface was chosen"), "{error}");
    }

    #[test]
    fn a_payload_is_held_to_the_longest_datagram() {
        let endpoints =
            host(&nobody).endpoints(&[TargetRange::default()], &named(&["e0"])).unwrap();
        assert!(fits(65_507, &endpoints).is_ok());
        let error = fits(65_508, &endpoints).unwrap_err().to_string();
        assert!(error.contains("65508") && error.contains("at most 65507"), "{error}");
    }
}
