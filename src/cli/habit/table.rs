//! Options of other tools, and their equivalents in mcast.
//!
//! The tools: tcpdump, iperf (2 and 3), mcjoin, msend and mreceive, omping, ping, nc, socat, VLC,
//! FFmpeg and dvblast. A row matches only words that mcast refuses: it never changes the meaning of
//! a valid line.

use std::path::Path;

use super::line::Part;
use crate::cli::values;
use crate::format::probe::MIN_LEN;
use crate::target::TargetRange;
use crate::units::Rate;

/// An option of another tool.
pub struct ForeignOption {
    /// The commands of mcast that it is used with.
    pub commands: &'static [&'static str],
    /// All spellings of the option.
    pub names: &'static [&'static str],
    /// Whether the next word is its value.
    pub takes: Takes,
    /// The equivalent in mcast.
    pub place: Place,
    /// The reason, for the tip.
    pub why: &'static str,
    /// A correct line, shown if the user's line has further errors.
    pub example: &'static str,
}

#[cfg(test)]
impl ForeignOption {
    /// A value that the row applies to.
    pub fn sample_value(&self) -> &'static str {
        let values = ["5", "eth0", "239.1.1.1", "5s", "0", "Cargo.toml"];
        match self.takes {
            Takes::Never => "",
            Takes::Value => "5",
            Takes::If(fits) | Takes::Maybe(fits) => {
                values.into_iter().find(|value| fits(value)).expect("a value that fits")
            }
        }
    }
}

/// Whether the word after an option is its value.
#[derive(Clone, Copy)]
pub enum Takes {
    /// Never.
    Never,
    /// Always.
    Value,
    /// If the word fits. Otherwise the row does not apply.
    If(fn(&str) -> bool),
    /// If the word fits. Otherwise the row applies without a value.
    Maybe(fn(&str) -> bool),
}

/// The equivalent of an option in mcast.
#[derive(Clone, Copy)]
pub enum Place {
    /// None: it is the default, or another part of the line has the same effect.
    Nothing,
    /// An option without a value.
    Flag(&'static str),
    /// An option with the unchanged value.
    Option(&'static str),
    /// An option. A bare number gets this unit.
    Time(&'static str, &'static str),
    /// The port of each target without a port.
    Port,
    /// A target.
    Target,
    /// The result of a function of the value; `None` if there is no equivalent.
    Parts(fn(&str) -> Option<Vec<Part>>),
    /// Only the example shows it.
    Example,
}

const SEND: &[&str] = &["send"];
const RECV: &[&str] = &["recv"];
const RECEIVERS: &[&str] = &["recv", "check"];
const CHECK: &[&str] = &["check"];
const GROUPS: &[&str] = &["send", "recv", "scan", "ping", "check"];
const IFACES: &[&str] = &["ifaces"];
const SEND_RECV: &[&str] = &["send", "recv"];
const ALL: &[&str] = &["send", "recv", "scan", "ping", "check", "ifaces"];
const SENDERS: &[&str] = &["send", "ping"];
const PING: &[&str] = &["ping"];

const fn row(
    commands: &'static [&'static str],
    names: &'static [&'static str],
    takes: Takes,
    place: Place,
    why: &'static str,
    example: &'static str,
) -> ForeignOption {
    ForeignOption { commands, names, takes, place, why, example }
}

// Texts of several rows.
const GROUP_ALONE: &str = "write the group without an option";
const RECV_GROUP: &str = "mcast recv 239.1.1.1:5000";
const SEND_GROUP: &str = "mcast send 239.1.1.1:5000";

use Place::{Example, Flag, Nothing, Parts, Port, Target};
use Takes::{If, Maybe, Never, Value};

/// The table.
#[rustfmt::skip]
pub const FOREIGN_OPTIONS: &[ForeignOption] = &[
    // tcpdump: files of SIZE million bytes, or of a number of seconds.
    row(RECV, &["-C"], If(is_number), Parts(million_bytes),
        "use --write-limit to start a new file at a size or after a time",
        "mcast recv 239.1.1.1:5000 --write out.pcapng --write-limit 100MB"),
    row(RECV, &["-G"], If(is_number), Place::Time("--write-limit", "s"),
        "use --write-limit to start a new file at a size or after a time",
        "mcast recv 239.1.1.1:5000 --write out.pcapng --write-limit 10m"),
    // Addresses.
    row(GROUPS, &["-p", "--port", "--udp-port", "--dport", "--dst-port"], Value, Port,
        "write the port after the group", RECV_GROUP),
    row(GROUPS, &["-g", "-G", "-a", "--group", "--groups", "--mcast", "--multicast", "--address",
        "--addr", "--host", "--dst", "--dest", "--destination", "--target", "--url", "--uri"],
        Value, Target,
        GROUP_ALONE, RECV_GROUP),
    row(RECEIVERS, &["-m"], Value, Target, GROUP_ALONE, RECV_GROUP),
    row(SEND, &["-c", "-s"], If(is_target), Target, GROUP_ALONE, SEND_GROUP),
    row(RECV, &["-c"], If(is_target), Target, GROUP_ALONE, RECV_GROUP),
    row(GROUPS, &["-d"], If(is_target), Target, GROUP_ALONE, RECV_GROUP),
    row(SEND, &["--client"], Value, Target, GROUP_ALONE, SEND_GROUP),
    row(RECEIVERS, &["-j", "--join", "--subscribe"], Maybe(is_target), Parts(target_or_nothing),
        "write the groups to join without an option", RECV_GROUP),
    row(GROUPS, &["-B", "--bind"], Value, Parts(bind),
        "write a group without an option; use --iface to choose the interface",
        "mcast recv 239.1.1.1:5000 --iface 10.0.0.1"),
    row(GROUPS, &["-4", "-6", "-V", "--ipv4", "--ipv6"], Never, Nothing,
        "the target selects IPv4 or IPv6", "mcast recv '[ff15::1234]:5000'"),
    row(RECV, &["--sender", "--from", "--src", "--ssm", "--source-ip", "--include"], Value,
        Place::Option("--source"),
        "use --source to receive only from one source",
        "mcast recv 232.1.1.1:5000 --source 10.0.0.5"),
    row(RECV, &["--block"], Value, Place::Option("--exclude"),
        "use --exclude to ignore a source", "mcast recv 239.1.1.1:5000 --exclude 10.0.0.5"),
    // Interfaces.
    row(GROUPS, &["-I", "--if", "--ifname", "--if-name", "--ifaddr", "--intf", "--nic", "--dev",
        "--device", "--bind-dev", "--netif", "--miface", "--localaddr", "--local-addr",
        "--local-address", "--bind-address", "--source-address"], Value, Place::Option("--iface"),
        "use --iface to choose the interface", "mcast recv 239.1.1.1:5000 --iface eth0"),
    row(SENDERS, &["-i"], If(is_number), Place::Time("--interval", "s"),
        "write the unit of the interval", "mcast send 239.1.1.1:5000 --interval 1s"),
    row(PING, &["-i"], If(is_no_time), Place::Option("--iface"),
        "-i of ping sets the interval; use --iface to choose the interface",
        "mcast ping 239.1.1.1:5000 --iface eth0"),
    row(PING, &["-W"], If(is_number), Place::Time("--wait", "s"),
        "write the unit of the time", "mcast ping 239.1.1.1:5000 -W 2s"),
    row(PING, &["-w"], Value, Place::Time("--duration", "s"),
        "use --duration to limit the run", "mcast ping 239.1.1.1:5000 --duration 10s"),
    row(SEND, &["-i"], If(is_no_time), Place::Option("--iface"),
        "-i of send sets the interval; use --iface to choose the interface",
        "mcast send 239.1.1.1:5000 --iface eth0"),
    row(SEND, &["--source", "--src", "--from", "--saddr", "--source-ip"], Value,
        Place::Option("--iface"),
        "use --iface to choose the source address", "mcast send 239.1.1.1:5000 --iface 10.0.0.1"),
    row(IFACES, &["-i", "-I", "--iface", "--interface"], Value, Example,
        "ifaces always lists all interfaces", "mcast ifaces"),
    row(GROUPS, &["-D", "--list-interfaces"], Never, Example,
        "use the command ifaces to list the interfaces", "mcast ifaces"),
    row(SENDERS, &["--sport", "--src-port", "--local-port", "--bind-port"], Value,
        Place::Option("--source-port"),
        "use --source-port to choose the source port",
        "mcast send 239.1.1.1:5000 --source-port 40000"),
    // Limits, pace and size.
    row(GROUPS, &["-n"], If(is_number), Place::Option("--count"),
        "use --count to limit the number of datagrams", "mcast recv 239.1.1.1:5000 --count 10"),
    row(SEND_RECV, &["--num", "--number", "--packets", "--pkts", "--datagrams"], Value,
        Place::Option("--count"),
        "use --count to limit the number of datagrams", "mcast recv 239.1.1.1:5000 --count 10"),
    row(CHECK, &["-c", "--count"], Value, Example,
        "check receives for a time, not a number of datagrams; use --duration",
        "mcast check 239.1.1.1:5000 --duration 10s"),
    row(RECV, &["-W", "-T"], Value, Place::Time("--timeout", "s"),
        "use --timeout to limit the wait for datagrams", "mcast recv 239.1.1.1:5000 --timeout 5s"),
    row(&["send", "check"], &["-W", "--timeout"], Value, Place::Time("--duration", "s"),
        "use --duration to limit the run", "mcast send 239.1.1.1:5000 --duration 5s"),
    row(RECEIVERS, &["-t"], Value, Place::Time("--duration", "s"),
        "use --duration to limit the run; only send sets the TTL",
        "mcast recv 239.1.1.1:5000 --duration 10s"),
    row(SEND, &["-t"], If(has_time_unit), Place::Time("--duration", "s"),
        "-t of send sets the TTL; use --duration to limit the run",
        "mcast send 239.1.1.1:5000 --duration 10s"),
    row(GROUPS, &["--time", "--seconds", "--deadline", "--run-time"], Value,
        Place::Time("--duration", "s"),
        "use --duration to limit the run", "mcast recv 239.1.1.1:5000 --duration 10s"),
    row(RECV, &["--interval"], Value, Place::Time("--stats", "s"),
        "use --stats to report at intervals", "mcast recv 239.1.1.1:5000 --stats 1s"),
    row(SEND, &["--delay", "--wait", "--sleep", "--period"], Value, Place::Time("--interval", "s"),
        "use --interval to set the time between datagrams",
        "mcast send 239.1.1.1:5000 --interval 100ms"),
    row(SEND, &["-f"], If(is_number), Place::Time("--interval", "ms"),
        "use --interval to set the time between datagrams",
        "mcast send 239.1.1.1:5000 --interval 100ms"),
    row(SEND, &["-f"], If(is_file), Place::Option("--file"),
        "use --file to send a file", "mcast send 239.1.1.1:5000 --file FILE"),
    row(SEND, &["-f"], Never, Flag("--flood"),
        "use --flood to send as fast as possible",
        "mcast send 239.1.1.1:5000 --flood --count 1000"),
    row(SEND, &["-P"], Value, Example,
        "use one target for each stream, and --interval for the time between datagrams",
        "mcast send '239.1.1.1+4:5000' --interval 100ms"),
    row(SEND, &["-b", "--bandwidth", "--bitrate"], Value, Parts(rate_or_size),
        "use --probe for a measured stream, --rate for its bit rate, --size for its payload size",
        "mcast send 239.1.1.1:5000 --probe --rate 10Mbit"),
    row(SEND, &["-l", "--length", "--len", "--packet-size", "--pkt-size"], Value, Parts(size),
        "use --probe and --size to set the payload size",
        "mcast send 239.1.1.1:5000 --probe --size 1316"),
    row(RECV, &["-R", "--buffer", "--buffer-size", "--recvbuf", "--window"], Value,
        Place::Option("--rcvbuf"),
        "use --rcvbuf to set the receive buffer", "mcast recv 239.1.1.1:5000 --rcvbuf 4MiB"),
    // TTL, traffic class and loopback.
    row(SENDERS, &["-T", "--hops", "--hop-limit", "--hoplimit", "--mttl", "--multicast-ttl"], Value,
        Place::Option("--ttl"),
        "use --ttl to set the TTL or hop limit", "mcast send 239.1.1.1:5000 --ttl 16"),
    row(RECEIVERS, &["--ttl", "--hops", "--hop-limit", "--mttl"], Value, Nothing,
        "only send sets the TTL", RECV_GROUP),
    row(SENDERS, &["-S", "-Q", "--tos", "--tclass"], Value, Parts(dscp),
        "use --dscp to set the upper six bits of the traffic class",
        "mcast send 239.1.1.1:5000 --dscp ef"),
    row(SEND, &["--loopback"], Maybe(is_number), Parts(looped),
        "multicast loopback is on; use --no-loop to turn it off",
        "mcast send 239.1.1.1:5000 --no-loop"),
    row(RECEIVERS, &["--loop", "--loopback", "--no-loop"], Maybe(is_number), Nothing,
        "only send controls multicast loopback", RECV_GROUP),
    row(SEND, &["-L", "--no-loopback", "--noloop"], Never, Flag("--no-loop"),
        "use --no-loop to turn multicast loopback off", "mcast send 239.1.1.1:5000 --no-loop"),
    // Payload and output.
    row(SEND, &["--text", "--payload", "--data", "--msg", "--string"], Value,
        Place::Option("--message"),
        "use --message to set the text", "mcast send 239.1.1.1:5000 --message hello"),
    row(SEND, &["--input", "--infile", "--input-file", "--in", "--filename"], Value,
        Place::Option("--file"),
        "use --file to send a file", "mcast send 239.1.1.1:5000 --file FILE"),
    row(SEND, &["--stdin", "--pipe"], Never, Parts(standard_input),
        "use --file - to send standard input", "mcast send 239.1.1.1:5000 --file -"),
    row(RECV, &["--file", "--outfile"], Value, Parts(payloads_to_file),
        "use -o raw and a redirection to write the payloads to a file",
        "mcast recv 239.1.1.1:5000 -o raw > FILE"),
    row(RECV, &["-o", "--output"], If(is_no_format), Parts(payloads_to_file),
        "use -o raw and a redirection to write the payloads to a file",
        "mcast recv 239.1.1.1:5000 -o raw > FILE"),
    row(RECV, &["-x", "-X"], Never, Parts(hex),
        "use -o hex to print a hex dump", "mcast recv 239.1.1.1:5000 -o hex"),
    row(RECV, &["-A"], Never, Nothing, "recv prints text by default", RECV_GROUP),
    row(ALL, &["-J", "--json"], Never, Parts(json),
        "use -o json to print JSON", "mcast recv 239.1.1.1:5000 -o json"),
    row(ALL, &["--silent"], Never, Flag("--quiet"),
        "use --quiet to print only the summary", "mcast recv 239.1.1.1:5000 --quiet"),
    row(ALL, &["--debug"], Never, Flag("-vv"),
        "use -vv to print diagnostics", "mcast recv 239.1.1.1:5000 -vv"),
    // Defaults of mcast.
    row(RECEIVERS, &["-s", "-l"], Maybe(is_number), Nothing,
        "recv only receives; use the command send to send", RECV_GROUP),
    row(RECV, &["--server", "--listen"], Never, Nothing,
        "recv only receives; use the command send to send", RECV_GROUP),
    row(GROUPS, &["-u", "-U", "--udp"], Never, Nothing, "mcast always uses UDP", RECV_GROUP),
    row(GROUPS, &["-n", "--numeric"], Never, Nothing, "mcast never resolves names", RECV_GROUP),
    row(RECV, &["-k", "--keep-open"], Never, Nothing,
        "recv runs until Ctrl-C by default", RECV_GROUP),
    row(GROUPS, &["--reuse", "--reuseaddr", "--reuse-addr", "--reuseport"], Never, Nothing,
        "mcast always shares the port of a group", RECV_GROUP),
    row(RECV, &["--probe"], Never, Nothing,
        "recv always detects measured streams", "mcast recv 239.1.1.1:5000 --once"),
    row(RECV, &["-e", "--exec", "--sh-exec"], Value, Example,
        "write COMMAND after --", "mcast recv 239.1.1.1:5000 -- COMMAND"),
];

/// Other names for the commands, and the command that the tip shows.
pub const COMMAND_WORDS: &[(&[&str], &str)] = &[
    (&["join", "subscribe", "server", "sniff", "capture", "monitor", "dump", "sub"], "recv"),
    (&["discover", "find", "search", "browse", "survey"], "scan"),
    (&["publish", "client", "transmit", "emit", "pub", "source"], "send"),
    (&["diagnose", "doctor", "debug", "test", "status", "why"], "check"),
    (&["list", "show", "groups", "if", "iface", "interface", "link", "links"], "ifaces"),
];

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_target(text: &str) -> bool {
    text.parse::<TargetRange>().is_ok()
}

fn is_no_time(text: &str) -> bool {
    values::time(text).is_err() && !is_number(text)
}

fn has_time_unit(text: &str) -> bool {
    values::time(text).is_ok()
}

pub fn is_size(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && values::size(text).is_ok()
}

fn is_no_format(text: &str) -> bool {
    !["text", "json", "hex", "raw"].contains(&text)
}

fn is_file(text: &str) -> bool {
    Path::new(text).is_file()
}

fn standard_input(_: &str) -> Option<Vec<Part>> {
    Some(vec![Part::option("--file", "-")])
}

fn target_or_nothing(value: &str) -> Option<Vec<Part>> {
    Some(if value.is_empty() { Vec::new() } else { vec![Part::target(value)] })
}

/// `-B` of iperf: the group of a server, or the address of a client.
fn bind(value: &str) -> Option<Vec<Part>> {
    let group = value.parse::<TargetRange>().is_ok_and(|range| range.first().is_multicast());
    Some(vec![if group { Part::target(value) } else { Part::option("--iface", value) }])
}

/// `-b 10M` of iperf, in bits per second; `-b 100` of mcjoin, in bytes.
fn rate_or_size(value: &str) -> Option<Vec<Part>> {
    let number = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &value[number.len()..] {
        "" if number.parse::<u32>().is_ok_and(|bytes| bytes <= 9000) => return size(number),
        "" => "bit",
        "k" | "K" | "kbit" => "kbit",
        "m" | "M" | "Mbit" => "Mbit",
        "g" | "G" | "Gbit" => "Gbit",
        _ => return None,
    };
    let rate = format!("{number}{unit}");
    rate.parse::<Rate>().ok()?;
    Some(vec![Part::flag("--probe"), Part::option("--rate", rate)])
}

fn size(value: &str) -> Option<Vec<Part>> {
    values::payload_size(value).ok().filter(|size| usize::from(*size) >= MIN_LEN)?;
    Some(vec![Part::flag("--probe"), Part::option("--size", value)])
}

/// A traffic class, of which the DSCP is the upper six bits.
fn dscp(value: &str) -> Option<Vec<Part>> {
    let hex = value.strip_prefix("0x").and_then(|hex| u8::from_str_radix(hex, 16).ok());
    let class = hex.or_else(|| value.parse().ok())?;
    Some(vec![Part::option("--dscp", (class >> 2).to_string())])
}

fn looped(value: &str) -> Option<Vec<Part>> {
    Some(if value == "0" { vec![Part::flag("--no-loop")] } else { Vec::new() })
}

/// `-C 100` of tcpdump.
fn million_bytes(value: &str) -> Option<Vec<Part>> {
    Some(vec![Part::option("--write-limit", format!("{value}MB"))])
}

fn payloads_to_file(value: &str) -> Option<Vec<Part>> {
    Some(vec![Part::option("-o", "raw"), Part::Redirect(value.to_owned())])
}

fn hex(_: &str) -> Option<Vec<Part>> {
    Some(vec![Part::option("-o", "hex")])
}

fn json(_: &str) -> Option<Vec<Part>> {
    Some(vec![Part::option("-o", "json")])
}
