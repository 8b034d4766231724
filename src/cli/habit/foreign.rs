//! Targets in the syntax of other tools: URLs of FFmpeg and VLC with options, addresses of socat,
//! and SOURCE,GROUP of mcjoin.

use std::path::Path;

use super::line::Part;
use super::port::with_port;
use crate::target::TargetRange;

/// The equivalent of a target of another tool, and the reason. `None` for other texts.
pub fn foreign_target(command: &str, text: &str) -> Option<(Vec<Part>, &'static str)> {
    let url = || Some((url(command, text)?, "use options instead of URL parameters"));
    let socat = || Some((socat(command, text)?, "write the target without socat keywords"));
    let comma = || Some((comma(text)?, "write the source as SOURCE@GROUP"));
    let scheme = || Some((scheme(text)?, "write '//' after the scheme of a URL, or no scheme"));
    let file = || Some((file(command, text)?, "use --file to send a file or standard input"));
    url().or_else(socat).or_else(comma).or_else(scheme).or_else(file)
}

/// `udp://239.1.1.1:5000?localaddr=10.0.0.1&ttl=4`.
fn url(command: &str, text: &str) -> Option<Vec<Part>> {
    let (target, options) = text.split_once('?').filter(|(target, _)| target.contains("://"))?;
    target.parse::<TargetRange>().ok()?;
    let mut parts = vec![Part::target(target)];
    for option in options.split('&') {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        parts.extend(url_option(command, name, value));
    }
    Some(parts)
}

/// The options for a URL parameter of FFmpeg's protocols `udp` and `rtp`, or of VLC.
fn url_option(command: &str, name: &str, value: &str) -> Vec<Part> {
    let each = |option: &str| value.split(',').map(|value| Part::option(option, value)).collect();
    match (command, name) {
        (_, "localaddr" | "local_addr" | "miface" | "iface" | "interface") => {
            vec![Part::option("--iface", value)]
        }
        ("send", "ttl") => vec![Part::option("--ttl", value)],
        ("send", "localport" | "localrtpport") => vec![Part::option("--source-port", value)],
        ("send", "pkt_size") => vec![Part::flag("--probe"), Part::option("--size", value)],
        ("send", "bitrate") => {
            vec![Part::flag("--probe"), Part::option("--rate", value.to_owned() + "bit")]
        }
        ("send", "dscp") => vec![Part::option("--dscp", value)],
        ("recv", "sources") => each("--source"),
        ("recv", "block") => each("--exclude"),
        ("recv", "buffer_size") => vec![Part::option("--rcvbuf", value)],
        ("recv", "timeout") => vec![Part::option("--timeout", format!("{value}us"))],
        _ => Vec::new(),
    }
}

/// `UDP4-RECVFROM:5000,ip-add-membership=239.1.1.1:eth0`, `UDP4-DATAGRAM:239.1.1.1:5000`.
fn socat(command: &str, text: &str) -> Option<Vec<Part>> {
    let (keyword, rest) = text.split_once(':')?;
    let keyword = keyword.to_ascii_lowercase();
    if !keyword.starts_with("udp") || rest.starts_with("//") {
        return None;
    }
    let mut options = rest.split(',');
    let address = options.next()?;
    let listens = ["-recv", "-l"].iter().any(|part| keyword.contains(part));
    let mut target = if listens { format!(":{address}") } else { address.to_owned() };
    let mut parts = Vec::new();
    for option in options {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match name {
            "ip-add-membership" | "ipv6-add-membership" | "ipv6-join-group" => {
                let end = value.rfind(']').map_or(0, |end| end + 1);
                let colon = value[end..].find(':').map_or(value.len(), |colon| end + colon);
                target = with_port(&value[..colon], address)?;
                let iface = value.get(colon + 1..).filter(|iface| !iface.is_empty());
                parts.extend(iface.map(|iface| Part::option("--iface", iface)));
            }
            "ip-multicast-if" => parts.push(Part::option("--iface", value)),
            "ip-multicast-ttl" | "ttl" if command == "send" => {
                parts.push(Part::option("--ttl", value));
            }
            "ip-multicast-loop" if command == "send" && value == "0" => {
                parts.push(Part::flag("--no-loop"));
            }
            _ => {}
        }
    }
    target.parse::<TargetRange>().ok()?;
    parts.insert(0, Part::target(target));
    Some(parts)
}

/// `10.0.0.5,232.1.1.1:5000`.
fn comma(text: &str) -> Option<Vec<Part>> {
    let (source, group) = text.split_once(',')?;
    let target = format!("{source}@{group}");
    target.parse::<TargetRange>().ok()?;
    Some(vec![Part::target(target)])
}

/// A file or standard input: `video.ts`, `FILE:video.ts`, `-`, `STDIN`.
fn file(command: &str, text: &str) -> Option<Vec<Part>> {
    if command != "send" {
        return None;
    }
    let is_standard = ["-", "STDIN", "STDIO"].iter().any(|name| text.eq_ignore_ascii_case(name));
    let keywords = ["FILE:", "OPEN:", "GOPEN:"];
    let path = keywords.iter().find_map(|keyword| {
        let (start, path) = text.split_at_checked(keyword.len())?;
        start.eq_ignore_ascii_case(keyword).then_some(path)
    });
    match path {
        _ if is_standard => Some(vec![Part::option("--file", "-")]),
        Some(path) => Some(vec![Part::option("--file", path.split(',').next()?)]),
        None => Path::new(text).is_file().then(|| vec![Part::option("--file", text)]),
    }
}

/// `udp:239.1.1.1:5000`.
fn scheme(text: &str) -> Option<Vec<Part>> {
    let rest = text.strip_prefix("udp:").or_else(|| text.strip_prefix("rtp:"))?;
    rest.parse::<TargetRange>().ok()?;
    Some(vec![Part::target(rest)])
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    #[test]
    fn a_target_of_another_tool_becomes_a_line() {
        for (command, text, line) in [
            (
                "send",
                "udp://239.1.1.1:5000?localaddr=10.0.0.1&ttl=4&pkt_size=1316",
                "mcast send udp://239.1.1.1:5000 --iface 10.0.0.1 --ttl 4 --probe --size 1316",
            ),
            (
                "recv",
                "rtp://@[ff15::1]:5004?ttl=4&sources=fd00::5,fd00::6&timeout=2000000&reuse=1",
                "mcast recv 'rtp://@[ff15::1]:5004' --source fd00::5 --source fd00::6 --timeout \
                 2000000us",
            ),
            (
                "recv",
                "UDP4-RECVFROM:5000,ip-add-membership=239.1.1.1:eth0,reuseaddr",
                "mcast recv 239.1.1.1:5000 --iface eth0",
            ),
            (
                "recv",
                "UDP6-RECV:5000,ipv6-join-group=[ff15::1]:eth0",
                "mcast recv '[ff15::1]:5000' --iface eth0",
            ),
            ("recv", "udp-listen:5000", "mcast recv :5000"),
            (
                "send",
                "UDP4-DATAGRAM:239.1.1.1:5000,ip-multicast-ttl=4,ip-multicast-loop=0",
                "mcast send 239.1.1.1:5000 --ttl 4 --no-loop",
            ),
            ("send", "-", "mcast send --file -"),
            ("send", "FILE:video.ts,rdonly", "mcast send --file video.ts"),
            ("send", "Cargo.toml", "mcast send --file Cargo.toml"),
            ("recv", "10.0.0.5,232.1.1.1:5000", "mcast recv '10.0.0.5@232.1.1.1:5000'"),
            ("recv", "udp:239.1.1.1:5000", "mcast recv 239.1.1.1:5000"),
        ] {
            let (parts, _) = foreign_target(command, text).expect(text);
            let shown = Line { command: command.to_owned(), parts }.shown();
            assert_eq!(shown, line, "{text}");
        }
        for text in ["239.1.1.1:5000", "hello", "udp://239.1.1.1", "http://a/?b", "1,2", "udp:x"] {
            assert_eq!(foreign_target("recv", text), None, "{text}");
        }
    }
}
