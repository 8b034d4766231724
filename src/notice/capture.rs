//! Warnings about captures.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Id, Level, Notice};
use crate::units::printable::Printable;
use crate::units::words::{and_more, count, list, quote, span};

fn warning(id: Id, what: impl Into<String>) -> Notice {
    Notice::new(Level::Warning, id, what)
}

/// How many destinations a warning names.
const MOST_NAMED: usize = 5;

/// The capture ends within its last record, at this position in bytes.
pub fn cut(place: &str, position: u64) -> Notice {
    let what = format!(
        "{place} ends within a record at byte {position}; mcast read the records before it"
    );
    warning(Id::CaptureCut, what)
        .remedy("stop the capturing program with Ctrl-C before you copy its file")
}

/// Most datagrams are in the capture more than once, captured on these interfaces; without names,
/// on one interface.
pub fn doubled(interfaces: &[String]) -> Notice {
    let names: Vec<String> = interfaces.iter().map(|name| Printable(name).to_string()).collect();
    let (what, remedy) = match names.first() {
        Some(first) => (
            format!(
                "most datagrams are twice in the capture: {} captured the same traffic",
                list(&names)
            ),
            format!("to send one copy, add --drop-copies or --capture-iface {first}"),
        ),
        None => (
            "most datagrams are twice in the capture, for example from a VLAN and its parent"
                .to_owned(),
            "to send one copy, add --drop-copies".to_owned(),
        ),
    };
    Notice::new(Level::Warning, Id::CaptureTwice, what).remedy(remedy)
}

/// This host cannot send to a destination of a capture, for this reason.
pub fn no_way(to: impl std::fmt::Display, reason: &str) -> Notice {
    let reason = reason.lines().next().unwrap_or_default();
    let what = format!("cannot replay the datagrams to {to}: {reason}; mcast leaves them out");
    Notice::new(Level::Warning, Id::ReplayLeftOut, what)
}

/// More datagrams than every host can be expected to process.
pub fn flood_limited(to: impl std::fmt::Display) -> Notice {
    let what = format!(
        "more than 1000 datagrams a second to {to}, which every host on the network must process; \
         mcast leaves out the rest"
    );
    Notice::new(Level::Warning, Id::ReplayLeftOut, what).remedy("to send all of them, add --force")
}

/// Datagrams are older than one before them, by `longest` at most.
pub fn steps_back(number: u64, longest: Duration) -> Notice {
    let verb = if number == 1 { "is" } else { "are" };
    let what = format!(
        "{} {verb} older than one before, by up to {}: the capture is not in the order of time",
        count(number, "datagram"),
        span(longest)
    );
    warning(Id::CaptureOrder, what)
        .remedy("sort the capture with Wireshark's reordercap: reordercap FILE NEW.pcapng")
}

/// Datagrams have no time.
pub fn untimed(number: u64) -> Notice {
    let verb = if number == 1 { "has" } else { "have" };
    let what = format!(
        "{} {verb} no time in the capture: rates, gaps and delays are wrong",
        count(number, "datagram")
    );
    warning(Id::CaptureUntimed, what)
}

/// The same datagrams are there from two interfaces.
pub fn twice(first: &str, second: &str) -> Notice {
    let what = format!(
        "the capture has the same datagrams from {first} and {second}: all totals count them twice"
    );
    warning(Id::CaptureTwice, what)
        .remedy(format!("to count each datagram once, select one interface: --iface {second}"))
}

/// Nearly each datagram is there more than once on the same interface.
pub fn repeated() -> Notice {
    let what = "the capture has nearly each datagram more than once: all totals count the copies";
    warning(Id::CaptureTwice, what).remedy(
        "capture on one interface instead of 'any', or on one direction of a mirror port; \
         Wireshark's 'editcap -d' removes copies",
    )
}

/// Of the `checked` datagrams, `wrong` have a wrong UDP checksum.
pub fn wrong_checksums(wrong: u64, checked: u64) -> Notice {
    let what = format!(
        "{wrong} of {checked} checked datagrams have a wrong UDP checksum; mcast counts them all"
    );
    Notice::new(Level::Note, Id::CaptureChecksums, what).remedy(
        "in a capture on the sender this is usual: its network card adds the checksum later; \
         elsewhere, a receiver drops these datagrams",
    )
}

/// The capturing system dropped packets.
pub fn dropped(number: u64) -> Notice {
    let what = format!(
        "the capturing program missed {}: a loss may not be one of the network",
        count(number, "packet")
    );
    warning(Id::CaptureDrops, what)
        .remedy("capture with a larger buffer (tcpdump -B 65536), or filter: udp and dst net 224/4")
}

/// The capture has ended, or the user ended it, before its first packet.
pub fn no_packets(place: &str) -> Notice {
    warning(Id::NothingSelected, format!("no packets were read from {place}"))
}

/// No datagram was selected: all to the targets are from other sources. `source` sent the first one.
pub fn other_sources(number: u64, source: SocketAddr, to: SocketAddr) -> Notice {
    let what = format!(
        "no datagrams were selected: {} to the targets {} from other sources, for example from \
         {source} to {to}",
        count(number, "datagram"),
        if number == 1 { "is" } else { "are" }
    );
    let ip = source.ip();
    warning(Id::NothingSelected, what)
        .remedy(format!("select this source (--source {ip}), or do not filter by source"))
}

/// No datagram was selected. `left` has the destinations of the capture and their numbers of
/// datagrams; `command` reads the capture without targets; `interfaces` are its interfaces if
/// `--iface` selects none of them; `was_cut` is whether a snap length cut datagrams.
pub fn nothing_selected(
    left: &[(SocketAddr, u64)],
    command: &str,
    interfaces: Option<&[String]>,
    was_cut: bool,
) -> Notice {
    let notice = |what: String| warning(Id::NothingSelected, what);
    if let Some(interfaces) = interfaces {
        let what = match interfaces {
            [] => "the capture does not name its interfaces".to_owned(),
            _ => format!("the interfaces of the capture are {}", list(interfaces)),
        };
        let example = interfaces.first().map_or("0", String::as_str);
        return notice(format!("no datagrams are on the selected interface; {what}"))
            .remedy(format!("select an interface of the capture: --iface {example}"));
    }
    if left.is_empty() {
        let remedy = was_cut.then(|| "record whole packets: tcpdump -s 0 -w FILE".to_owned());
        return notice("the capture has no whole UDP datagrams".to_owned()).maybe_remedy(remedy);
    }
    let named: Vec<String> = left
        .iter()
        .take(MOST_NAMED)
        .map(|(to, number)| format!("{to} ({})", count(*number, "datagram")))
        .collect();
    let more = left.len() - named.len();
    let named = and_more(named.join(", "), more, "destination");
    // Port 0 is reserved, and no target.
    let example = left.iter().map(|(to, _)| *to).find(|to| to.port() != 0);
    let tip = |to: SocketAddr| {
        let target = quote(&to.to_string());
        format!("select some of them, for example: {command} {target}")
    };
    notice(format!("no datagrams were selected; the capture has datagrams to {named}"))
        .maybe_remedy(example.map(tip))
}
