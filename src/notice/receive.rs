//! Warnings of a receiver.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::shared::SourceJoins;
use super::{Id, Level, Notice, shared};
use crate::format::ptp::Grandmaster;
use crate::host::MOST_RCVBUF;
use crate::net::{Discards, NetError, describe};
use crate::stats::lighting::Conflict;
use crate::stats::peers::News;
use crate::stats::ptp::Change;
use crate::target::{Filter, Listen, bracketed, is_source_specific};
use crate::units::rcvbuf::{RcvbufRequest, format_duration};
use crate::units::words::{count, plural};
use crate::verdict::RecordingFailure;

fn warning(id: Id, what: impl Into<String>) -> Notice {
    Notice::new(Level::Warning, id, what)
}

/// The system granted only `granted` bytes for the receive buffer. `limit` is the system's limit in
/// bytes, if it shows one.
pub fn rcvbuf_capped(request: RcvbufRequest, granted: usize, limit: Option<u64>) -> Notice {
    let asked = request.bytes();
    let pause = match (request, request.lasts(granted)) {
        (RcvbufRequest::Pause { pause, .. }, Some(lasts)) => {
            format!(
                ": it holds {} of datagrams instead of {}",
                format_duration(lasts),
                format_duration(pause)
            )
        }
        _ => String::new(),
    };
    let what = format!(
        "the system limits the receive buffer to {granted} bytes, less than the requested \
         {asked}{pause}"
    );
    let remedy = match limit {
        Some(limit) if cfg!(any(target_os = "macos", target_os = "freebsd")) => {
            raise_bsd_rcvbuf(limit, asked)
        }
        Some(limit) => format!(
            "raise the limit, now {limit}: sysctl -w {MOST_RCVBUF}={asked}; or run mcast with \
             CAP_NET_ADMIN, which overrides it"
        ),
        None => format!("raise the system's limit for receive buffers (Linux: {MOST_RCVBUF})"),
    };
    warning(Id::RcvbufCapped, what).remedy(remedy)
}

/// The limit of macOS and FreeBSD includes the overhead of the kernel's buffers: 256 bytes for each
/// 2048 (sb_max_adj in kern/uipc_sockbuf.c of FreeBSD, kern/uipc_socket2.c of xnu).
pub fn raise_bsd_rcvbuf(limit: u64, asked: usize) -> String {
    format!(
        "raise the limit, now {limit} with the kernel's overhead: sysctl -w \
         kern.ipc.maxsockbuf={}",
        asked + asked.div_ceil(8)
    )
}

/// The receive buffer overflowed for the first time.
pub fn kernel_drops(discards: &Discards) -> Notice {
    let Discards { drops, unclear, .. } = discards;
    let what = match unclear {
        0 => format!(
            "the kernel dropped {drops} datagram{}: the receive buffer was full",
            plural(drops.count)
        ),
        _ if discards.of_host => format!(
            "the kernel dropped {} because the receive buffer of mcast or of another program was \
             full: it does not count them by socket",
            count(*unclear, "datagram")
        ),
        _ => format!(
            "the kernel dropped {} to {} datagrams because the receive buffer was full; its \
             counters do not separate these from wrong checksums",
            drops.count,
            drops.count + unclear
        ),
    };
    let limit = if discards.of_host { "kern.ipc.maxsockbuf" } else { "net.core.rmem_max" };
    warning(Id::KernelDrops, what).remedy(format!(
        "use a larger buffer (--rcvbuf, limited by {limit}), or print less (-q or --stats)"
    ))
}

/// The kernel dropped datagrams with a wrong checksum for the first time.
pub fn checksum_errors(discards: &Discards) -> Notice {
    let errors = discards.checksum_errors.unwrap_or(0);
    // Short datagrams are verified before the kernel looks for their socket.
    let owner =
        if discards.own_checksum_errors < errors { ", possibly for another program" } else { "" };
    let what = format!(
        "the kernel dropped {} with a wrong UDP checksum{owner}",
        count(errors, "datagram")
    );
    warning(Id::ChecksumErrors, what).remedy(
        "look for a sender or virtual machine with checksum offload (there, 'ethtool -K IFACE tx \
         off' disables it), a replayed capture ('tcprewrite --fixcsum' repairs it), or a device \
         that alters datagrams",
    )
}

/// The condition that a receiver still waits for after its COMMAND has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The rest of the datagrams of `--count`.
    Datagrams {
        /// How many arrived.
        received: u64,
        /// How many are required.
        count: u64,
    },
    /// The first stream of `--once`.
    FirstStream,
    /// The ends of the streams of `--once`.
    Ends {
        /// How many streams have not ended.
        open: usize,
        /// How many streams there are.
        streams: usize,
    },
}

/// COMMAND has ended and the receiver waits, `forever` if it has no time limit.
pub fn still_waiting(waiting: Waiting, forever: bool) -> Notice {
    let waiting = match waiting {
        Waiting::Datagrams { received, count } => {
            format!("{} of {count} datagrams", count - received)
        }
        Waiting::FirstStream => "the first measured stream".to_owned(),
        Waiting::Ends { open, streams } => {
            format!("the end of {open} of {streams} measured streams")
        }
    };
    warning(Id::StillWaiting, format!("COMMAND ended, but mcast still waits for {waiting}"))
        .maybe_remedy(forever.then(|| "limit the wait with --timeout TIME".to_owned()))
}

/// A group could not be left.
pub fn not_left(error: &NetError) -> Notice {
    let what = format!("cannot {}: {}", error.operation, describe(&error.source));
    warning(Id::NotLeft, what).maybe_remedy(error.tip())
}

/// No datagrams arrived for `targets`. `check` is the command that finds the reason; `None` if no
/// target is a group.
pub fn nothing_received(targets: &str, check: Option<&str>) -> Notice {
    warning(Id::NothingReceived, format!("no datagrams arrived for {targets}")).remedy(
        match check {
            Some(check) => format!("run '{check}' to find the reason"),
            None => "check that the sender uses the right interface, and that no firewall drops \
                 incoming UDP"
                .to_owned(),
        },
    )
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
            .remedy(format!("name the source, for example {source}@{}", bracketed(group))),
    )
}

/// Groups were joined from sources on an interface that uses an older `version`: `IGMPv2`, `MLDv1`.
pub fn ssm_unsupported(iface: &str, version: &str, joins: SourceJoins) -> Notice {
    let newer = if version.starts_with("MLD") { "MLDv2 (RFC 3810)" } else { "IGMPv3 (RFC 3376)" };
    shared::ssm_unsupported(iface, version, joins)
        .remedy(format!("set the querier of this network to {newer}"))
}

/// A recording ended before the run.
pub fn recording_ended(failure: &RecordingFailure) -> Notice {
    let remedy = failure.needs_space().then(|| {
        "free some space, or limit the files: --write out.pcapng --write-limit 100MB --write-keep 10"
            .to_owned()
    });
    warning(Id::RecordingEnded, format!("{failure}; mcast continues to receive"))
        .maybe_remedy(remedy)
}

/// This host's clock was set during the run, forward by `by` seconds.
pub fn clock_set(by: f64) -> Notice {
    let way = if by > 0.0 { "forward" } else { "back" };
    warning(
        Id::ClockSet,
        format!(
            "this host's clock jumped {way} by {:.3} s (it was set, or the host slept): \
             timestamps, delays and rates may be wrong",
            by.abs()
        ),
    )
}

/// There are more measured streams than `followed`, the number that mcast tracks.
pub fn too_many_streams(followed: usize) -> Notice {
    let what = format!(
        "too many measured streams: mcast tracks {followed} and only counts the datagrams of \
         further streams ('untracked')"
    );
    warning(Id::TooManyStreams, what)
        .remedy("if mcast tracks the wrong streams, select their senders with --source")
}

/// Senders share a lighting universe or a PTP domain.
pub fn news_of_peers(news: &News) -> Notice {
    match news {
        News::Universe(conflict) => shared_universe(conflict),
        News::Clock(Change::Grandmaster { domain, from, to }) => {
            grandmaster_changed(*domain, from, to)
        }
        News::Clock(Change::TwoGrandmasters { domain, grandmasters }) => {
            two_grandmasters(*domain, grandmasters)
        }
    }
}

/// Two sources send the levels of one universe at the same time.
pub fn shared_universe(conflict: &Conflict) -> Notice {
    let [first, second] = conflict.sources.map(|(source, priority)| match priority {
        Some(priority) => format!("{source} (priority {priority})"),
        None => source.to_string(),
    });
    let [one, other] = conflict.sources.map(|(_, priority)| priority);
    let effect = match one.cmp(&other) {
        Ordering::Equal => "fixtures mix the levels of both",
        _ => "fixtures follow the higher priority",
    };
    let universe = conflict.universe;
    warning(
        Id::SharedUniverse,
        format!("two sources send universe {universe}, {first} and {second}: {effect}"),
    )
    .remedy("stop one source, or give it another universe; a backup needs a lower priority")
}

/// Two grandmasters of a PTP domain announce themselves at the same time.
pub fn two_grandmasters(domain: u8, grandmasters: &[Grandmaster; 2]) -> Notice {
    let [first, second] = grandmasters.map(|grandmaster| clock(&grandmaster));
    let what = format!(
        "PTP domain {domain} has two grandmasters, {first} and {second}: its clocks may not agree"
    );
    warning(Id::TwoGrandmasters, what).remedy(
        "find the reason why one clock does not receive the other's Announce messages: a VLAN, a \
         firewall or IGMP snooping; or give each its own domain",
    )
}

/// Another grandmaster took over a PTP domain.
pub fn grandmaster_changed(domain: u8, from: &Grandmaster, to: &Grandmaster) -> Notice {
    let (from, to) = (clock(from), clock(to));
    warning(
        Id::GrandmasterChanged,
        format!("the grandmaster of PTP domain {domain} changed from {from} to {to}"),
    )
}

fn clock(grandmaster: &Grandmaster) -> String {
    let Grandmaster { identity, priority1, class, .. } = grandmaster;
    format!("{identity} (priority {priority1}, class {class})")
}

/// The same datagrams arrive on two interfaces.
pub fn arrives_twice(first: &str, second: &str) -> Notice {
    shared::arrives_twice(&[first.to_owned(), second.to_owned()])
        .remedy("to receive each datagram once, select one interface with --iface")
}

/// A limit withheld answers: `limit` is that of all answers in a second, `None` that of one
/// address.
pub fn answers_withheld(limit: Option<u64>) -> Notice {
    let Some(limit) = limit else {
        let what = "one address asks for more than 20 answers a second: mcast withholds the others";
        return warning(Id::AnswersWithheld, what).remedy("increase the interval of the sender");
    };
    let what = format!(
        "senders ask for more than {} a second: mcast withholds the others",
        count(limit, "answer")
    );
    warning(Id::AnswersWithheld, what)
        .remedy("if all senders are known, raise the limit with --reply-limit")
}
