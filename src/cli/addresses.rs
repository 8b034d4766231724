//! Targets and sources as people type them.

use std::net::{IpAddr, SocketAddrV4};

use crate::target::{TargetError, TargetRange, Zoned, read_source};

/// Reads a target for clap.
pub fn target(text: &str) -> Result<TargetRange, TargetError> {
    text.parse()
}

/// Reads a target of a sender, which has no source to choose.
pub fn destination(text: &str) -> Result<TargetRange, String> {
    let range: TargetRange = text.parse().map_err(|error: TargetError| error.to_string())?;
    if range.is_any() {
        return Err(
            "it stands for any address of this host, which is no destination; name a group \
                    or a host, such as 239.1.1.1:5000"
                .to_owned(),
        );
    }
    let Some(source) = range.source() else { return Ok(range) };
    let group = text.rsplit('@').next().unwrap_or(text);
    Err(format!(
        "a sender has no source to choose; try {group}, with --iface {source} if that is the \
         address to send from"
    ))
}

/// Reads the address of a sender, for `--source` and `--exclude`.
pub fn source(text: &str) -> Result<Zoned<IpAddr>, String> {
    // As it is printed beside a datagram.
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
        return Err(format!(
            "'{text}' has port {port}, and a source is heard whatever its port; try {address}"
        ));
    }
    read_source(address).map_err(|error| match error {
        TargetError::BadSource(_) => {
            format!("'{text}' is not an IP address; try 10.0.0.5, 2001:db8::5 or fe80::5%eth0")
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_as_it_is_printed() {
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
    fn a_refused_source_shows_a_right_one() {
        for (text, says) in [
            (
                "[fe80::5%eth0]:4000",
                "has port 4000, and a source is heard whatever its port; try fe80::5%eth0",
            ),
            ("10.0.0.5:4000", "try 10.0.0.5"),
            (
                "fd00::5%eth0",
                "only a link-local source (fe80::/10) has a zone, as in fe80::5%eth0; try fd00::5",
            ),
            ("10.0.0.5%eth0", "not a zone here"),
            ("fe80::5%", "not a zone here"),
            ("eth0", "'eth0' is not an IP address; try 10.0.0.5, 2001:db8::5 or fe80::5%eth0"),
            ("ff02::5", "is a multicast group"),
        ] {
            let error = source(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
