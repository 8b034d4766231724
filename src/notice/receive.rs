//! Warnings of a receiver.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::shared::SourceJoins;
use super::{Id, Level, Notice, shared};
use crate::host::MOST_RCVBUF;
use crate::net::{Discards, NetError, describe};
use crate::target::{Filter, Listen, bracketed, is_source_specific};
use crate::units::rcvbuf::{RcvbufRequest, format_duration};
use crate::units::words::{count, plural};

fn warning(id: Id, what: impl Into<String>) -> Notice {
    Notice::new(Level::Warning, id, what)
}

/// The system granted a smaller receive buffer than `request`: `granted` bytes. `limit` is the
/// system's limit in bytes, if it shows one.
pub fn rcvbuf_capped(request: RcvbufRequest, granted: usize, limit: Option<u64>) -> Notice {
    let asked = request.bytes();
    let pause = match (request, request.lasts(granted)) {
        (RcvbufRequest::Pause { pause, .. }, Some(lasts)) => {
            format!(": it lasts {} instead of {}", format_duration(lasts), format_duration(pause))
        }
        _ => String::new(),
    };
    let what = format!(
        "the system granted {granted} bytes of receive buffer, {asked} were asked for{pause}"
    );
    let remedy = match limit {
        Some(limit) => format!(
            "raise the system's limit, which is {limit}: sysctl -w {MOST_RCVBUF}={asked}; or give \
             mcast the right to go past it: CAP_NET_ADMIN"
        ),
        None => "raise the system's limit on socket buffers".to_owned(),
    };
    warning(Id::RcvbufCapped, what).remedy(remedy)
}

/// The receive buffer overflowed for the first time.
pub fn kernel_drops(discards: &Discards) -> Notice {
    let Discards { drops, unclear, .. } = discards;
    let what = match unclear {
        0 => format!(
            "this host's kernel dropped {drops} datagram{}: the receive buffer was full",
            plural(drops.count)
        ),
        _ => format!(
            "this host's kernel dropped {} to {} datagrams because the receive buffer was full: \
             its counters do not separate them from wrong checksums",
            drops.count,
            drops.count + unclear
        ),
    };
    warning(Id::KernelDrops, what).remedy(
        "a larger buffer lasts longer (--rcvbuf; net.core.rmem_max), and -q or --stats leaves \
         more time to read",
    )
}

/// The kernel dropped datagrams with a wrong checksum for the first time.
pub fn checksum_errors(discards: &Discards) -> Notice {
    let errors = discards.checksum_errors.unwrap_or(0);
    // Short datagrams are verified before the kernel looks for their socket.
    let whose = if discards.own_checksum_errors < errors {
        ", of the joined groups or for another program"
    } else {
        ""
    };
    let what = format!(
        "this host's kernel dropped {} with a wrong UDP checksum{whose}",
        count(errors, "datagram")
    );
    warning(Id::ChecksumErrors, what).remedy(
        "find where the checksum goes wrong: a sender or virtual machine that leaves it to a \
         network card ('ethtool -K IFACE tx off' there), a replayed capture ('tcprewrite \
         --fixcsum'), or a device that changes or damages datagrams",
    )
}

/// What a receiver still waits for after its COMMAND has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The rest of the datagrams of `--count`.
    Datagrams {
        /// How many have come.
        received: u64,
        /// How many were asked for.
        count: u64,
    },
    /// The first stream of `--once`.
    FirstStream,
    /// The ends of the streams of `--once`.
    Ends {
        /// How many have not ended.
        open: usize,
        /// Of how many.
        streams: usize,
    },
}

/// COMMAND has ended and the receiver waits; `forever` if it has no time limit.
pub fn still_waiting(waiting: Waiting, forever: bool) -> Notice {
    let waiting = match waiting {
        Waiting::Datagrams { received, count } => {
            format!("{} more of {count} datagrams", count - received)
        }
        Waiting::FirstStream => "a first measured stream".to_owned(),
        Waiting::Ends { open, streams } => {
            format!("the end of {open} of {streams} measured streams")
        }
    };
    warning(Id::StillWaiting, format!("COMMAND has ended; waiting for {waiting}"))
        .maybe_remedy(forever.then(|| "add --timeout TIME, so that the wait has an end".to_owned()))
}

/// A group could not be left.
pub fn not_left(error: &NetError) -> Notice {
    let what = format!("cannot {}: {}", error.operation, describe(&error.source));
    warning(Id::NotLeft, what).maybe_remedy(error.tip())
}

/// A receiver that waited got nothing from `targets`. `check` is the command that looks for the
/// reason; `None` if no target is a group.
pub fn nothing_received(targets: &str, check: Option<&str>) -> Notice {
    warning(Id::NothingReceived, format!("nothing arrived: {targets}")).remedy(match check {
        Some(check) => format!("'{check}' looks for the reason"),
        None => "does the sender use this network's interface? does a firewall drop UDP on the \
                 way in?"
            .to_owned(),
    })
}

/// The warning about groups of the source-specific range that are joined from any source, if there
/// are any.
pub fn any_source_in_ssm_range(listens: &[Listen]) -> Option<Notice> {
    let open = |listen: &&Listen| {
        is_source_specific(listen.at.group) && !matches!(*listen.filter, Filter::Include(_))
    };
    let groups: BTreeSet<IpAddr> =
        listens.iter().filter(open).map(|listen| listen.at.group).collect();
    let group = *groups.first()?;
    let source = if group.is_ipv4() { "10.0.0.5" } else { "[2001:db8::5]" };
    Some(
        shared::any_source_in_ssm_range(group, groups.len() - 1)
            .remedy(format!("name the source: {source}@{}, or --source", bracketed(group))),
    )
}

/// Groups were joined from sources on an interface that uses an older `version`: `IGMPv2`, `MLDv1`.
pub fn ssm_unsupported(iface: &str, version: &str, joins: SourceJoins) -> Notice {
    shared::ssm_unsupported(iface, version, joins)
        .remedy("have the querier of the network speak IGMPv3 (RFC 3376) or MLDv2 (RFC 3810)")
}

/// The clock of this host was set by `by` seconds during the run.
pub fn clock_set(by: f64) -> Notice {
    let way = if by > 0.0 { "forward" } else { "back" };
    warning(
        Id::ClockSet,
        format!(
            "this host's clock jumped {way} by {:.3} s: it was set, or the host slept; times, \
             delays and rates are off by as much",
            by.abs()
        ),
    )
}

/// There are more measured streams than the `followed` ones.
pub fn too_many_streams(followed: usize) -> Notice {
    let what = format!(
        "too many measured streams: {followed} are followed, and the datagrams of the others are \
         only counted ('untracked')"
    );
    warning(Id::TooManyStreams, what)
        .remedy("name the senders with --source, if these are not the ones you mean")
}

/// The same datagrams arrive on two interfaces.
pub fn arrives_twice(first: &str, second: &str) -> Notice {
    shared::arrives_twice(&[first.to_owned(), second.to_owned()])
        .remedy("name one of them with --iface, if once is enough")
}
