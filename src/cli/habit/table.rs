//! The options of other tools, and what mcast has in their place.
//!
//! The tools: tcpdump, iperf (2 and 3), mcjoin, msend and mreceive, omping, ping, nc, socat, VLC and
//! ffmpeg, dvblast. A row matches only what mcast does not take itself, so it never changes the
//! meaning of a line.

use super::line::Part;
use crate::cli::values;
use crate::target::TargetRange;
use crate::units::Rate;

/// An option of another tool.
pub struct Habit {
    /// The commands of mcast on which it is typed.
    pub commands: &'static [&'static str],
    /// The option, in each way that it is written.
    pub names: &'static [&'static str],
    /// Whether the word behind it is its value.
    pub takes: Takes,
    /// What mcast has in its place.
    pub place: Place,
    /// The reason, for the tip.
    pub why: &'static str,
    /// A right line, shown if the one that was typed has other faults.
    pub example: &'static str,
}

/// Whether the word behind an option is its value.
#[derive(Clone, Copy)]
pub enum Takes {
    /// Never.
    Nothing,
    /// Always.
    Value,
    /// If the word fits. The row is for no other use of the option.
    If(fn(&str) -> bool),
    /// If the word fits. The row is for the option without a value, too.
    Maybe(fn(&str) -> bool),
}

/// What mcast has in the place of an option.
#[derive(Clone, Copy)]
pub enum Place {
    /// Nothing: mcast does it anyway, or another part of the line says it.
    Nothing,
    /// An option without a value.
    Flag(&'static str),
    /// An option, with the value as it is.
    Option(&'static str),
    /// An option, whose value gets this unit if it is a bare number.
    Time(&'static str, &'static str),
    /// The port of each target that has none.
    Port,
    /// A target.
    Target,
    /// What a function makes of the value. `None` if there is nothing to type.
    Parts(fn(&str) -> Option<Vec<Part>>),
    /// Only the example shows it.
    Example,
}

const SEND: &[&str] = &["send"];
const RECV: &[&str] = &["recv"];
const RECEIVERS: &[&str] = &["recv", "check"];
const CHECK: &[&str] = &["check"];
const GROUPS: &[&str] = &["send", "recv", "check"];
const IFACES: &[&str] = &["ifaces"];

const fn habit(
    commands: &'static [&'static str],
    names: &'static [&'static str],
    takes: Takes,
    place: Place,
    why: &'static str,
    example: &'static str,
) -> Habit {
    Habit { commands, names, takes, place, why, example }
}

use Place::{Example, Flag, Parts, Port, Target};
use Takes::{If, Maybe, Value};

/// The table.
#[rustfmt::skip]
pub const HABITS: &[Habit] = &[
    // Addresses.
    habit(GROUPS, &["-p", "--port", "--udp-port", "--dport", "--dst-port"], Value, Port, "the port follows the group", "mcast recv 239.1.1.1:5000"),
    habit(GROUPS, &["-g", "-G", "-a", "--group", "--groups", "--mcast", "--multicast", "--address", "--addr", "--host", "--dst", "--dest", "--destination", "--target", "--url", "--uri"], Value, Target, "the group is a word of its own", "mcast recv 239.1.1.1:5000"),
    habit(RECEIVERS, &["-m"], Value, Target, "the group is a word of its own", "mcast recv 239.1.1.1:5000"),
    habit(SEND, &["-c", "-s"], If(is_target), Target, "the group is a word of its own", "mcast send 239.1.1.1:5000"),
    habit(RECV, &["-c"], If(is_target), Target, "the group is a word of its own", "mcast recv 239.1.1.1:5000"),
    habit(GROUPS, &["-d"], If(is_target), Target, "the group is a word of its own", "mcast recv 239.1.1.1:5000"),
    habit(SEND, &["--client"], Value, Target, "the group is a word of its own", "mcast send 239.1.1.1:5000"),
    habit(RECEIVERS, &["-j", "--join", "--subscribe"], Maybe(is_target), Parts(target_or_nothing), "recv joins the groups that are words of their own", "mcast recv 239.1.1.1:5000"),
    habit(GROUPS, &["-B", "--bind"], Value, Parts(bind), "a group is a word of its own, and an address of this host chooses the interface", "mcast recv 239.1.1.1:5000 --iface 10.0.0.1"),
    habit(GROUPS, &["-4", "-6", "-V", "--ipv4", "--ipv6"], Takes::Nothing, Place::Nothing, "the target decides between IPv4 and IPv6", "mcast recv '[ff15::1234]:5000'"),
    habit(RECV, &["--sender", "--from", "--src", "--ssm", "--source-ip", "--include"], Value, Place::Option("--source"), "--source names the sender to receive from", "mcast recv 232.1.1.1:5000 --source 10.0.0.5"),
    habit(RECV, &["--block"], Value, Place::Option("--exclude"), "--exclude names a sender not to receive from", "mcast recv 239.1.1.1:5000 --exclude 10.0.0.5"),
    // Interfaces.
    habit(GROUPS, &["-I", "--if", "--ifname", "--if-name", "--ifaddr", "--intf", "--nic", "--dev", "--device", "--bind-dev", "--netif", "--miface", "--localaddr", "--local-addr", "--local-address", "--bind-address", "--source-address"], Value, Place::Option("--iface"), "--iface chooses the interface", "mcast recv 239.1.1.1:5000 --iface eth0"),
    habit(SEND, &["-i"], If(is_no_time), Parts(interval_or_iface), "-i of send is the interval; --iface chooses the interface", "mcast send 239.1.1.1:5000 --iface eth0"),
    habit(SEND, &["--source", "--src", "--from", "--saddr", "--source-ip"], Value, Place::Option("--iface"), "a sender chooses its address by --iface", "mcast send 239.1.1.1:5000 --iface 10.0.0.1"),
    habit(IFACES, &["-i", "-I", "--iface", "--interface"], Value, Example, "ifaces lists every interface", "mcast ifaces"),
    habit(GROUPS, &["-D", "--list-interfaces"], Takes::Nothing, Example, "ifaces lists the interfaces", "mcast ifaces"),
    habit(SEND, &["--sport", "--src-port", "--local-port", "--bind-port"], Value, Place::Option("--source-port"), "--source-port is the port to send from", "mcast send 239.1.1.1:5000 --source-port 40000"),
    // How often, how long, how much.
    habit(GROUPS, &["-n"], If(is_number), Place::Option("--count"), "--count is the number of datagrams", "mcast recv 239.1.1.1:5000 --count 10"),
    habit(&["send", "recv"], &["--num", "--number", "--packets", "--pkts", "--datagrams"], Value, Place::Option("--count"), "--count is the number of datagrams", "mcast recv 239.1.1.1:5000 --count 10"),
    habit(CHECK, &["-c", "--count"], Value, Example, "check receives for a time, not a number of datagrams", "mcast check 239.1.1.1:5000 --duration 10s"),
    habit(RECV, &["-W", "-T"], Value, Place::Time("--timeout", "s"), "--timeout is the time to wait for a datagram", "mcast recv 239.1.1.1:5000 --timeout 5s"),
    habit(&["send", "check"], &["-W", "--timeout"], Value, Place::Time("--duration", "s"), "--duration ends the run", "mcast send 239.1.1.1:5000 --duration 5s"),
    habit(RECEIVERS, &["-t"], Value, Place::Time("--duration", "s"), "--duration ends the run; the TTL is an option of send", "mcast recv 239.1.1.1:5000 --duration 10s"),
    habit(SEND, &["-t"], If(has_time_unit), Place::Time("--duration", "s"), "-t of send is the TTL; --duration ends the run", "mcast send 239.1.1.1:5000 --duration 10s"),
    habit(GROUPS, &["--time", "--seconds", "--deadline", "--run-time"], Value, Place::Time("--duration", "s"), "--duration ends the run", "mcast recv 239.1.1.1:5000 --duration 10s"),
    habit(RECV, &["--interval"], Value, Place::Time("--stats", "s"), "--stats reports once every interval", "mcast recv 239.1.1.1:5000 --stats 1s"),
    habit(SEND, &["--delay", "--wait", "--sleep", "--period"], Value, Place::Time("--interval", "s"), "--interval is the time between datagrams", "mcast send 239.1.1.1:5000 --interval 100ms"),
    habit(SEND, &["-f"], If(is_number), Place::Time("--interval", "ms"), "--interval is the time between datagrams", "mcast send 239.1.1.1:5000 --interval 100ms"),
    habit(SEND, &["-f"], Takes::Nothing, Flag("--flood"), "--flood sends as fast as possible", "mcast send 239.1.1.1:5000 --flood --count 1000"),
    habit(SEND, &["-P"], Value, Example, "each target is a stream, and --interval is the time between datagrams", "mcast send '239.1.1.1+4:5000' --interval 100ms"),
    habit(SEND, &["-b", "--bandwidth", "--bitrate"], Value, Parts(rate_or_size), "--probe sends a measured stream; --rate is its bit rate, --size its payload", "mcast send 239.1.1.1:5000 --probe --rate 10Mbit"),
    habit(SEND, &["-l", "--length", "--len", "--packet-size", "--pkt-size"], Value, Parts(size), "--size is the payload of a measured stream", "mcast send 239.1.1.1:5000 --probe --size 1316"),
    habit(RECV, &["-R", "--buffer", "--buffer-size", "--recvbuf", "--window"], Value, Place::Option("--rcvbuf"), "--rcvbuf is the receive buffer", "mcast recv 239.1.1.1:5000 --rcvbuf 4MiB"),
    // How far, and how marked.
    habit(SEND, &["-T", "--hops", "--hop-limit", "--hoplimit", "--mttl", "--multicast-ttl"], Value, Place::Option("--ttl"), "--ttl is the TTL or hop limit", "mcast send 239.1.1.1:5000 --ttl 16"),
    habit(RECEIVERS, &["--ttl", "--hops", "--hop-limit", "--mttl"], Value, Place::Nothing, "the sender sets the TTL", "mcast recv 239.1.1.1:5000"),
    habit(SEND, &["-S", "-Q", "--tos", "--tclass"], Value, Parts(dscp), "--dscp is the upper six bits of the traffic class", "mcast send 239.1.1.1:5000 --dscp ef"),
    habit(SEND, &["--loop", "--loopback"], Maybe(is_number), Parts(looped), "receivers on this host get each datagram, unless --no-loop is given", "mcast send 239.1.1.1:5000 --no-loop"),
    habit(RECEIVERS, &["--loop", "--loopback", "--no-loop"], Maybe(is_number), Place::Nothing, "the sender decides with --no-loop whether receivers on its host get its datagrams", "mcast recv 239.1.1.1:5000"),
    habit(SEND, &["-L", "--no-loopback", "--noloop"], Takes::Nothing, Flag("--no-loop"), "--no-loop keeps datagrams from receivers on this host", "mcast send 239.1.1.1:5000 --no-loop"),
    // What is sent, and how it is shown.
    habit(SEND, &["--text", "--payload", "--data", "--msg", "--string"], Value, Place::Option("--message"), "--message is the text to send", "mcast send 239.1.1.1:5000 --message hello"),
    habit(RECV, &["-w", "--write", "--file", "--outfile"], Value, Parts(file_or_buffer), "-o raw writes the payloads to standard output", "mcast recv 239.1.1.1:5000 -o raw > FILE"),
    habit(RECV, &["-o", "--output"], If(is_no_format), Parts(file_or_buffer), "-o raw writes the payloads to standard output", "mcast recv 239.1.1.1:5000 -o raw > FILE"),
    habit(RECV, &["-x", "-X"], Takes::Nothing, Parts(hex), "-o hex shows the bytes", "mcast recv 239.1.1.1:5000 -o hex"),
    habit(RECV, &["-A"], Takes::Nothing, Place::Nothing, "recv shows text unless -o names another format", "mcast recv 239.1.1.1:5000"),
    habit(&["send", "recv", "check", "ifaces"], &["-J", "--json"], Takes::Nothing, Parts(json), "-o json prints JSON", "mcast recv 239.1.1.1:5000 -o json"),
    habit(&["send", "recv", "check", "ifaces"], &["--silent"], Takes::Nothing, Flag("--quiet"), "--quiet prints only the summary", "mcast recv 239.1.1.1:5000 --quiet"),
    habit(&["send", "recv", "check", "ifaces"], &["--debug"], Takes::Nothing, Flag("-vv"), "-vv prints diagnostics", "mcast recv 239.1.1.1:5000 -vv"),
    // What mcast does anyway.
    habit(RECEIVERS, &["-s", "-l"], Maybe(is_number), Place::Nothing, "recv receives; send sends", "mcast recv 239.1.1.1:5000"),
    habit(RECV, &["--server", "--listen"], Takes::Nothing, Place::Nothing, "recv receives; send sends", "mcast recv 239.1.1.1:5000"),
    habit(GROUPS, &["-u", "-U", "--udp"], Takes::Nothing, Place::Nothing, "mcast always uses UDP", "mcast recv 239.1.1.1:5000"),
    habit(GROUPS, &["-n", "--numeric"], Takes::Nothing, Place::Nothing, "mcast does not resolve names", "mcast recv 239.1.1.1:5000"),
    habit(RECV, &["-k", "--keep-open"], Takes::Nothing, Place::Nothing, "recv runs until Ctrl-C", "mcast recv 239.1.1.1:5000"),
    habit(GROUPS, &["--reuse", "--reuseaddr", "--reuse-addr", "--reuseport"], Takes::Nothing, Place::Nothing, "mcast shares the port of a group with other programs", "mcast recv 239.1.1.1:5000"),
    habit(RECV, &["--probe"], Takes::Nothing, Place::Nothing, "recv recognises the streams of send --probe", "mcast recv 239.1.1.1:5000 --once"),
    habit(RECV, &["-e", "--exec", "--sh-exec"], Value, Example, "COMMAND follows --", "mcast recv 239.1.1.1:5000 -- COMMAND"),
];

/// Other names for the commands, and what is shown for them.
pub const COMMAND_WORDS: &[(&[&str], &str)] = &[
    (&["join", "subscribe", "server", "sniff", "capture", "monitor", "dump", "sub"], "recv"),
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
    values::time(text).is_err()
}

fn has_time_unit(text: &str) -> bool {
    values::time(text).is_ok()
}

fn is_no_format(text: &str) -> bool {
    !["text", "json", "hex", "raw"].contains(&text)
}

fn target_or_nothing(value: &str) -> Option<Vec<Part>> {
    Some(if value.is_empty() { Vec::new() } else { vec![Part::target(value)] })
}

/// `-B` of iperf: the group of a server, or the address of a client.
fn bind(value: &str) -> Option<Vec<Part>> {
    let group = value.parse::<TargetRange>().is_ok_and(|range| range.first().is_multicast());
    Some(vec![if group { Part::target(value) } else { Part::option("--iface", value) }])
}

fn interval_or_iface(value: &str) -> Option<Vec<Part>> {
    let time = is_number(value).then(|| Part::option("--interval", format!("{value}s")));
    Some(vec![time.unwrap_or_else(|| Part::option("--iface", value))])
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

/// `-w FILE` of tcpdump, or `-w 4M` of iperf.
fn file_or_buffer(value: &str) -> Option<Vec<Part>> {
    let is_size =
        value.starts_with(|first: char| first.is_ascii_digit()) && values::size(value).is_ok();
    Some(if is_size {
        vec![Part::option("--rcvbuf", value)]
    } else {
        vec![Part::option("-o", "raw"), Part::Redirect(value.to_owned())]
    })
}

fn hex(_: &str) -> Option<Vec<Part>> {
    Some(vec![Part::option("-o", "hex")])
}

fn json(_: &str) -> Option<Vec<Part>> {
    Some(vec![Part::option("-o", "json")])
}
