//! Parsers of targets and sources.

use std::net::{IpAddr, SocketAddrV4};

use super::habit::with_port;
use crate::target::{TargetError, TargetRange, Zoned, read_source};

/// Reads a target of a receiver or of `check`.
pub fn target(text: &str) -> Result<TargetRange, TargetError> {
    text.parse()
}

/// Reads a target of a sender, which cannot filter by source.
pub fn destination(text: &str) -> Result<TargetRange, String> {
    let range: TargetRange = text.parse().map_err(|error: TargetError| error.to_string())?;
    if range.is_any() {
        return Err(
            "cannot send to all addresses of this host; for example 239.1.1.1:5000".to_owned()
        );
    }
    let Some(source) = range.source() else { return Ok(range) };
    let group = text.rsplit('@').next().unwrap_or(text);
    Err(format!(
        "a sender cannot filter by source; try {group}, with --iface {source} to send from that \
         address"
    ))
}

/// Reads a target of `ping`. The source of an SSM target is an address of this host.
pub fn pinged(text: &str) -> Result<TargetRange, String> {
    let range: TargetRange = text.parse().map_err(|error: TargetError| error.to_string())?;
    if range.is_any() {
        return Err("cannot ping all addresses of this host; for example 239.1.1.1:5000".to_owned());
    }
    Ok(range)
}

/// A target of `scan`.
#[derive(Clone, Debug)]
pub struct ScanTarget {
    /// The groups and ports.
    pub range: TargetRange,
    /// The same groups with an example of a port, if the user named none.
    pub needs_port: Option<String>,
}

/// Reads a target of `scan`: groups, with or without ports.
pub fn scanned(text: &str) -> Result<ScanTarget, String> {
    let range: TargetRange = text.parse().map_err(|error: TargetError| error.to_string())?;
    if !range.first().is_multicast() {
        return Err(format!(
            "{} is not a multicast group; for example 239.1.0.0/24:5000",
            range.first()
        ));
    }
    Ok(ScanTarget { range, needs_port: with_port(text, "5000") })
}

/// Reads the address of a sender, for `--source` and `--exclude`.
pub fn source(text: &str) -> Result<Zoned<IpAddr>, String> {
    // mcast prints the sources of datagrams with a port.
    let (address, port) = match text.strip_prefix('[').map(|rest| rest.split_once("]:")) {
        Some(Some((address, port))) => (address, Some(port)),
        Some(None) => (text, None),
        None => text
            .parse::<SocketAddrV4>()
            .ok()
            .and(text.split_once(':'))
            .map_or((text, None), |(address, port)| (address, Some(port))),
    };
    if let Some(port) = port {
        return Err(format!("a source has no port ({port}); try {address}"));
    }
    read_source(address).map_err(|error| match error {
        TargetError::BadSource(_) => {
            "not an IP address; for example 10.0.0.5, 2001:db8::5 or fe80::5%eth0".to_owned()
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_source_parses() {
        for (text, read) in [
            ("10.0.0.5", "10.0.0.5"),
            ("2001:db8::5", "2001:db8::5"),
            ("[2001:db8::5]", "2001:db8::5"),
            ("fe80::5", "fe80::5"),
            ("fe80::5%eth0", "fe80::5%eth0"),
            ("[fe80::5%eth0.7]", "fe80::5%eth0.7"),
            ("fe80::5%2", "fe80::5%2"),
        ] {
            assert_eq!(source(text).map(|source| source.to_string()), Ok(read.to_owned()));
        }
    }

    #[test]
    fn a_scan_needs_groups() {
        let example = |text| scanned(text).unwrap().needs_port;
        assert_eq!([example("239.1.0.0/24:5000"), example("[ff15::1]:5000-5003")], [None, None]);
        assert_eq!(example("239.1.0.0/24").as_deref(), Some("239.1.0.0/24:5000"));
        assert_eq!(example("ff15::1").as_deref(), Some("[ff15::1]:5000"));
        for (text, part) in [
            ("10.0.0.5:5000", "10.0.0.5 is not a multicast group"),
            (":5000", "not a multicast group"),
        ] {
            let error = scanned(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_refused_source_shows_a_correct_one() {
        for (text, part) in [
            ("[fe80::5%eth0]:4000", "has no port (4000); try fe80::5%eth0"),
            ("10.0.0.5:4000", "try 10.0.0.5"),
            ("fd00::5%eth0", "only a link-local source (fe80::/10) has a zone"),
            ("fd00::5%eth0", "try fd00::5"),
            ("10.0.0.5%eth0", "invalid zone"),
            ("fe80::5%", "invalid zone"),
            ("eth0", "not an IP address; for example 10.0.0.5, 2001:db8::5 or fe80::5%eth0"),
            ("ff02::5", "a multicast group"),
        ] {
            let error = source(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
