//! What a user should know although the work goes on. Each says what it means and what to do.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use super::interface::News;
use crate::host::MOST_RCVBUF;
use crate::net::{KernelDrops, NetError, describe};
use crate::target::{Endpoint, Filter, Listen, and_more, bracketed, is_source_specific};
use crate::units::rcvbuf::{RcvbufRequest, format_duration};

/// A warning. [`Warning::id`] is stable, for scripts; the words are for people.
#[derive(Debug)]
pub enum Warning {
    /// The system granted a smaller receive buffer than was asked for.
    RcvbufCapped {
        /// What was asked for.
        request: RcvbufRequest,
        /// What was granted, in bytes.
        granted: usize,
        /// The limit of the system, in bytes, where it shows it.
        limit: Option<u64>,
    },
    /// The receive buffer has overflowed for the first time.
    KernelDrops {
        /// How many datagrams were dropped by then.
        dropped: KernelDrops,
    },
    /// A datagram could not be sent.
    NotSent {
        /// Where to.
        at: Endpoint,
        /// Why.
        error: NetError,
    },
    /// COMMAND has ended, and something is still waited for.
    StillWaiting {
        /// For what.
        waiting: Waiting,
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
        /// What to type to look into it; `None` where it is no group.
        check: Option<String>,
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
    /// Somebody set the clock while it ran.
    ClockSet {
        /// By how many seconds.
        by: f64,
    },
    /// There are more measured streams than are followed.
    TooManyStreams {
        /// How many are.
        followed: usize,
    },
    /// The same datagrams arrive on two interfaces.
    ArrivesTwice {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
}

/// What a receiver waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// `--count`.
    Datagrams {
        /// How many have come.
        received: u64,
        /// How many were asked for.
        count: u64,
    },
    /// `--once`, and no stream was heard.
    FirstStream,
    /// `--once`, and streams have not ended.
    Ends {
        /// How many.
        open: usize,
        /// Of how many.
        streams: usize,
    },
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Waiting::Datagrams { received, count } => {
                write!(f, "{} more of {count} datagrams", count - received)
            }
            Waiting::FirstStream => write!(f, "a first measured stream"),
            Waiting::Ends { open, streams } => {
                write!(f, "the end of {open} of {streams} measured streams")
            }
        }
    }
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
            Warning::ClockSet { .. } => "clock-set",
            Warning::TooManyStreams { .. } => "too-many-streams",
            Warning::ArrivesTwice { .. } => "arrives-twice",
        }
    }

    /// What to do, where there is something to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Warning::RcvbufCapped { request, limit, .. } => {
                if cfg!(target_os = "linux") {
                    let asked = request.bytes();
                    let now = limit.map(|limit| format!(", which is {limit}")).unwrap_or_default();
                    Some(format!(
                        "raise the system's limit{now}: sysctl -w {MOST_RCVBUF}={asked}; or give \
                         mcast the right to go past it: CAP_NET_ADMIN"
                    ))
                } else {
                    Some("raise the system's limit on socket buffers".to_owned())
                }
            }
            Warning::KernelDrops { .. } => Some(
                "a larger buffer lasts longer (--rcvbuf; net.core.rmem_max), and -q or --stats \
                 leaves more time to read"
                    .to_owned(),
            ),
            Warning::NotSent { error, .. } => error.tip(),
            Warning::StillWaiting { forever, .. } => {
                forever.then(|| "add --timeout TIME, so that the wait has an end".to_owned())
            }
            Warning::LoopbackLoops { .. } => None,
            Warning::ClockSet { .. } => None,
            Warning::TooManyStreams { .. } => Some(
                "name the senders with --source, if these are not the ones you mean".to_owned(),
            ),
            Warning::NotLeft(error) | Warning::NotRejoined { error, .. } => error.tip(),
            Warning::CameBack { .. } => None,
            Warning::AnySourceInSsmRange { group, .. } => {
                let source = if group.is_ipv4() { "10.0.0.5" } else { "[2001:db8::5]" };
                Some(format!("name the source: {source}@{}, or --source", bracketed(*group)))
            }
            Warning::SsmUnsupported { .. } => Some(
                "have the querier of the network speak IGMPv3 (RFC 3376) or MLDv2 (RFC 3810)"
                    .to_owned(),
            ),
            Warning::Interface { iface, what, .. } => what.remedy(iface),
            Warning::ArrivesTwice { .. } => {
                Some("name one of them with --iface, if once is enough".to_owned())
            }
            Warning::NothingReceived { check: Some(check), .. } => {
                Some(format!("'{check}' looks for the reason"))
            }
            Warning::NothingReceived { check: None, .. } => Some(
                "does the sender use this network's interface? does a firewall drop UDP on the \
                 way in?"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::RcvbufCapped { request, granted, .. } => {
                write!(
                    f,
                    "the system granted {granted} bytes of receive buffer, {} were asked for",
                    request.bytes()
                )?;
                match (request, request.lasts(*granted)) {
                    (RcvbufRequest::Pause { pause, .. }, Some(lasts)) => {
                        write!(
                            f,
                            ": it lasts {} instead of {}",
                            format_duration(lasts),
                            format_duration(*pause)
                        )
                    }
                    _ => Ok(()),
                }
            }
            Warning::KernelDrops { dropped } => {
                let plural = if dropped.count == 1 { "" } else { "s" };
                write!(
                    f,
                    "this host's kernel dropped {dropped} datagram{plural}: the receive buffer \
                     was full"
                )
            }
            Warning::NotSent { error, .. } => {
                write!(
                    f,
                    "cannot {}: {}; more failures of this kind are only counted",
                    error.operation,
                    describe(&error.source)
                )
            }
            Warning::StillWaiting { waiting, .. } => {
                write!(f, "COMMAND has ended; waiting for {waiting}")
            }
            Warning::ClockSet { by } => {
                let way = if *by > 0.0 { "forward" } else { "back" };
                write!(
                    f,
                    "this host's clock jumped {way} by {:.3} s: it was set, or the host slept; \
                     times, delays and rates are off by as much",
                    by.abs()
                )
            }
            Warning::TooManyStreams { followed } => {
                write!(
                    f,
                    "too many measured streams: {followed} are followed, and the datagrams of the \
                     others are only counted ('untracked')"
                )
            }
            Warning::LoopbackLoops { iface } => {
                write!(f, "--no-loop has no effect on {iface}: all that it carries comes back")
            }
            Warning::NotLeft(error) => {
                write!(f, "cannot {}: {}", error.operation, describe(&error.source))
            }
            Warning::NothingReceived { at, .. } => write!(f, "nothing arrived: {at}"),
            Warning::CameBack { at, error } => {
                write!(
                    f,
                    "a datagram to {at} came back: {}; further ones are not reported",
                    describe(error)
                )
            }
            Warning::AnySourceInSsmRange { group, more } => {
                let (groups, is) = (and_more(*group, *more), if *more == 0 { "is" } else { "are" });
                write!(
                    f,
                    "{groups} {is} of the source-specific range, and joined from any source: \
                     routers forward only what a source was named for (RFC 4607, 5.1)"
                )
            }
            Warning::SsmUnsupported { iface, version } => write!(
                f,
                "{iface} speaks {version}, which knows no sources: the network sends everybody's \
                 datagrams to the group, and only this host sorts them out"
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
                "the same datagrams arrive on {first} and on {second}: both are joined, and on \
                 one network; each is shown and counted twice"
            ),
        }
    }
}

/// The warning that groups of the source-specific range are joined from any source, where there are
/// such.
pub fn any_source_in_ssm_range(listens: &[Listen]) -> Option<Warning> {
    let open = |listen: &&Listen| {
        is_source_specific(listen.at.group) && !matches!(*listen.filter, Filter::Include(_))
    };
    let groups: BTreeSet<IpAddr> =
        listens.iter().filter(open).map(|listen| listen.at.group).collect();
    let group = *groups.first()?;
    Some(Warning::AnySourceInSsmRange { group, more: groups.len() - 1 })
}
