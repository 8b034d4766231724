//! What a user should know although the work goes on. Each says what it means and what to do.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use crate::iface::{Change, Presence, Via};
use crate::net::{self, Endpoint, Filter, Ipv6, Listen, Moved, NetError, describe};
use crate::target::is_source_specific;

/// A warning. [`Warning::id`] is stable, for scripts; the words are for people.
#[derive(Debug)]
pub enum Warning {
    /// The system granted a smaller receive buffer than was asked for. In bytes.
    RcvbufCapped {
        /// What was asked for.
        asked: usize,
        /// What was granted.
        granted: usize,
    },
    /// The receive buffer has overflowed for the first time.
    KernelDrops {
        /// How many datagrams were dropped by then.
        dropped: u32,
    },
    /// A datagram could not be sent.
    NotSent {
        /// Where to.
        at: Endpoint,
        /// Why.
        error: NetError,
    },
    /// COMMAND has ended, and `--count` is still waited for.
    StillWaiting {
        /// How many have come.
        received: u64,
        /// How many were asked for.
        count: u64,
        /// Nothing else will end the wait.
        forever: bool,
    },
    /// `--no-loop` on the loopback interface, where it has no effect.
    LoopbackLoops {
        /// The interface.
        iface: String,
    },
    /// A group could not be left.
    NotLeft(NetError),
    /// Something was waited for, and nothing came at all.
    NothingReceived {
        /// What was listened to, in words.
        at: String,
    },
    /// A unicast datagram came back: ICMP says that nobody is or listens there.
    CameBack {
        /// Where it had gone.
        at: Endpoint,
        /// What ICMP said.
        error: std::io::Error,
    },
    /// A group of the source-specific range is joined from any source.
    AnySourceInSsmRange {
        /// The first such group.
        group: IpAddr,
        /// How many more.
        more: usize,
    },
    /// A source-specific join on a network that does not understand it.
    SsmUnsupported {
        /// The interface.
        iface: String,
        /// The protocol and the version in force: `IGMPv2`, `MLDv1`.
        version: String,
    },
    /// An interface is not ready, or has become ready, or is gone.
    Interface {
        /// Its name.
        iface: String,
        /// What became of it.
        what: News,
        /// How many groups were joined again, or are sent to anew.
        rejoined: usize,
    },
    /// What was used on an interface that is back could not be used again; it is tried again.
    NotRejoined {
        /// Why.
        error: NetError,
        /// How many more failed alike.
        more: usize,
    },
    /// The same datagrams arrive on two interfaces.
    ArrivesTwice {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
}

impl Warning {
    /// The stable name.
    pub fn id(&self) -> &'static str {
        match self {
            Warning::RcvbufCapped { .. } => "rcvbuf-capped",
            Warning::KernelDrops { .. } => "kernel-drops",
            Warning::NotSent { .. } => "not-sent",
            Warning::StillWaiting { .. } => "still-waiting",
            Warning::LoopbackLoops { .. } => "loopback-loops",
            Warning::NotLeft(_) => "not-left",
            Warning::NothingReceived { .. } => "nothing-received",
            Warning::CameBack { .. } => "came-back",
            Warning::AnySourceInSsmRange { .. } => "any-source-in-ssm-range",
            Warning::SsmUnsupported { .. } => "ssm-unsupported",
            Warning::Interface { what, .. } => what.id(),
            Warning::NotRejoined { .. } => "not-rejoined",
            Warning::ArrivesTwice { .. } => "arrives-twice",
        }
    }

    /// What to do, where there is something to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Warning::RcvbufCapped { asked, .. } => {
                if cfg!(target_os = "linux") {
                    Some(format!("raise the system's limit: sysctl -w net.core.rmem_max={asked}"))
                } else {
                    Some("raise the system's limit on socket buffers".to_owned())
                }
            }
            Warning::KernelDrops { .. } => Some("give it a larger buffer (--rcvbuf), or less to do (-q)".to_owned()),
            Warning::NotSent { error, .. } => error.tip(),
            Warning::StillWaiting { forever, .. } => {
                forever.then(|| "add --timeout TIME, so that the wait has an end".to_owned())
            }
            Warning::LoopbackLoops { .. } => None,
            Warning::NotLeft(error) | Warning::NotRejoined { error, .. } => error.tip(),
            Warning::CameBack { .. } => None,
            Warning::AnySourceInSsmRange { group, .. } => {
                let source = if group.is_ipv4() { "10.0.0.5".to_owned() } else { "[2001:db8::5]".to_owned() };
                let group = if group.is_ipv4() { group.to_string() } else { format!("[{group}]") };
                Some(format!("name the source: {source}@{group}, or --source"))
            }
            Warning::SsmUnsupported { .. } => Some("have the querier of the network speak IGMPv3 (RFC 3376) or MLDv2 (RFC 3810)".to_owned()),
            Warning::Interface { iface, what, .. } => what.remedy(iface),
            Warning::ArrivesTwice { .. } => Some("name one of them with --iface, if once is enough".to_owned()),
            Warning::NothingReceived { .. } => Some(
                "does the sender use this network's interface, and a TTL that reaches here? does a firewall drop UDP on the way in? \
                 the README goes through it under 'Why nothing arrives'"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::RcvbufCapped { asked, granted } => {
                write!(f, "the system granted {granted} bytes of receive buffer, {asked} were asked for")
            }
            Warning::KernelDrops { dropped } => {
                write!(f, "this host's kernel dropped {dropped} datagrams: the receive buffer was full")
            }
            Warning::NotSent { error, .. } => {
                write!(f, "cannot {}: {}; more failures of this kind are only counted", error.operation, describe(&error.source))
            }
            Warning::StillWaiting { received, count, .. } => {
                write!(f, "COMMAND has ended; waiting for {} more of {count} datagrams", count - received)
            }
            Warning::LoopbackLoops { iface } => write!(f, "--no-loop has no effect on {iface}: all that it carries comes back"),
            Warning::NotLeft(error) => write!(f, "cannot {}: {}", error.operation, describe(&error.source)),
            Warning::NothingReceived { at } => write!(f, "nothing arrived: {at}"),
            Warning::CameBack { at, error } => {
                write!(f, "a datagram to {at} came back: {}; more of them are not told", describe(error))
            }
            Warning::AnySourceInSsmRange { group, more } => {
                write!(f, "{group} ")?;
                let is = if *more == 0 { "is" } else { "are" };
                if *more > 0 {
                    write!(f, "and {more} more groups ")?;
                }
                write!(
                    f,
                    "{is} of the source-specific range, and joined from any source: routers forward only what a source was named for (RFC 4607, 4.1)"
                )
            }
            Warning::SsmUnsupported { iface, version } => write!(
                f,
                "{iface} speaks {version}, which knows no sources: the network sends everybody's datagrams to the group, and only this host \
                 sorts them out"
            ),
            Warning::Interface { iface, what, rejoined } => what.describe(f, iface, *rejoined),
            Warning::NotRejoined { error, more } => {
                write!(f, "cannot {}: {}", error.operation, describe(&error.source))?;
                if *more > 0 {
                    write!(f, "; so it is with {more} more")?;
                }
                write!(f, "; it is tried again every second")
            }
            Warning::ArrivesTwice { first, second } => write!(
                f,
                "the same datagrams arrive on {first} and on {second}: both are joined, and on one network; each is shown and counted twice"
            ),
        }
    }
}

/// What became of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It was deleted.
    Gone,
    /// It was made again.
    Back,
    /// The address that it was chosen by is on it now, and no longer on that one.
    Moved(String),
    /// It is administratively down.
    Down,
    /// It is up again.
    Up,
    /// It has no address of the family (`IPv4` or `IPv6`), or not the one that it was chosen by.
    NoAddress(&'static str, Option<IpAddr>),
    /// It has this address now, where it had another one or none.
    Address(IpAddr, Option<IpAddr>),
    /// What could not be used on it before is used now.
    Again,
}

impl News {
    /// What is to be told of a change, in this order.
    fn of(change: &Change, family: &'static str) -> Vec<News> {
        use Presence::{Down, Gone, Ready, Unnumbered};
        let pinned = change.new.address.filter(|_| change.new.pinned);
        let without = || News::NoAddress(family, pinned);
        match (change.was, change.now) {
            (_, Gone) => vec![News::Gone],
            (was, now) if change.remade => {
                let mut news = match was {
                    Gone => vec![News::Back],
                    _ if change.old_is_there => vec![News::Moved(change.old.name.clone())],
                    _ => vec![News::Gone, News::Back],
                };
                news.extend((now == Unnumbered && pinned.is_some()).then(without));
                news
            }
            (Down, Down) => Vec::new(),
            (_, Down) => vec![News::Down],
            (Down, now) => {
                let missed = (now == Unnumbered && pinned.is_some()).then(without);
                [News::Up].into_iter().chain(missed).collect()
            }
            (Ready, Unnumbered) => vec![without()],
            (Unnumbered, Ready) => change.new.address.map(|now| News::Address(now, None)).into_iter().collect(),
            _ if change.old.address != change.new.address => {
                change.new.address.map(|now| News::Address(now, change.old.address)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is to be told of an interface before anything has changed.
    fn at_start(presence: Presence, family: &'static str) -> Option<News> {
        match presence {
            Presence::Down => Some(News::Down),
            Presence::Unnumbered => Some(News::NoAddress(family, None)),
            Presence::Gone => Some(News::Gone),
            Presence::Ready => None,
        }
    }

    fn id(&self) -> &'static str {
        match self {
            News::Gone => "interface-gone",
            News::Back => "interface-back",
            News::Moved(_) => "interface-moved",
            News::Down => "interface-down",
            News::Up => "interface-up",
            News::NoAddress(..) => "interface-no-address",
            News::Address(..) => "interface-address",
            News::Again => "interface-again",
        }
    }

    fn remedy(&self, iface: &str) -> Option<String> {
        match self {
            News::Down => Some(format!("bring it up with 'ip link set {iface} up'")),
            News::NoAddress("IPv6", _) => match net::ipv6_of(iface)? {
                Ipv6::On => None,
                Ipv6::Off => Some(format!("IPv6 is switched off there: sysctl -w net.ipv6.conf.{iface}.disable_ipv6=0")),
                Ipv6::Missing => Some(format!("IPv6 needs an MTU of 1280 at least: ip link set {iface} mtu 1500")),
            },
            _ => None,
        }
    }

    fn describe(&self, f: &mut fmt::Formatter, iface: &str, rejoined: usize) -> fmt::Result {
        match self {
            News::Gone => write!(f, "interface {iface} is gone; what is used there will be used again when it is back")?,
            News::Back => write!(f, "interface {iface} is back")?,
            News::Moved(from) => write!(f, "the address that chose interface {from} is on {iface} now")?,
            News::Down => write!(f, "interface {iface} is down; nothing leaves or arrives there until it is up")?,
            News::Up => write!(f, "interface {iface} is up again")?,
            News::NoAddress(family, None) => write!(f, "interface {iface} has no {family} address")?,
            News::NoAddress(_, Some(address)) => write!(f, "interface {iface} is without {address}")?,
            News::Address(now, None) => write!(f, "interface {iface} has the address {now}")?,
            News::Address(now, Some(before)) => write!(f, "interface {iface} has the address {now}, and no longer {before}")?,
            News::Again => write!(f, "interface {iface} can be used now")?,
        }
        match rejoined {
            0 => Ok(()),
            1 => write!(f, ": its target is used again"),
            many => write!(f, ": its {many} targets are used again"),
        }
    }
}

/// What is to be told of the interfaces before anything has changed, once each; `true` is for IPv4.
pub fn at_start<'a>(interfaces: impl Iterator<Item = (&'a Via, bool, Presence)>) -> Vec<Warning> {
    let news = interfaces.filter_map(|(via, ipv4, presence)| {
        let what = News::at_start(presence, family(ipv4))?;
        Some((via.name.as_str(), what, 0))
    });
    once_each(news)
}

/// What is to be told of the changes, once for each interface and not for each family.
pub fn of_moves(moves: &[Moved]) -> Vec<Warning> {
    let news = moves.iter().flat_map(|Moved { via, ipv4, change, rejoined }| {
        let mut news = change.as_ref().map_or_else(Vec::new, |change| News::of(change, family(*ipv4)));
        if news.is_empty() && *rejoined > 0 {
            news.push(News::Again);
        }
        let last = news.len().saturating_sub(1);
        let counted = move |(position, what)| (via.name.as_str(), what, if position == last { *rejoined } else { 0 });
        news.into_iter().enumerate().map(counted)
    });
    once_each(news)
}

fn once_each<'a>(news: impl Iterator<Item = (&'a str, News, usize)>) -> Vec<Warning> {
    let mut told: Vec<(&str, News, usize)> = Vec::new();
    for (iface, what, rejoined) in news {
        match told.iter_mut().find(|(known, news, _)| *known == iface && *news == what) {
            Some((.., sum)) => *sum += rejoined,
            None => told.push((iface, what, rejoined)),
        }
    }
    told.into_iter().map(|(iface, what, rejoined)| Warning::Interface { iface: iface.to_owned(), what, rejoined }).collect()
}

fn family(ipv4: bool) -> &'static str {
    if ipv4 { "IPv4" } else { "IPv6" }
}

/// The warning that groups of the source-specific range are joined from any source, where there are such.
pub fn any_source_in_ssm_range(listens: &[Listen]) -> Option<Warning> {
    let open = |listen: &&Listen| is_source_specific(listen.at.group) && !matches!(*listen.filter, Filter::Include(_));
    let groups: BTreeSet<IpAddr> = listens.iter().filter(open).map(|listen| listen.at.group).collect();
    let group = *groups.first()?;
    Some(Warning::AnySourceInSsmRange { group, more: groups.len() - 1 })
}
