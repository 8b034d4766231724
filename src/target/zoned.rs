//! An address with the interface of its zone (RFC 4007, 11).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Serialize, Serializer};

use super::is_link_scoped;

/// An address with the name of its interface, if it is link-scoped: `fe80::1%e0`,
/// `[fe80::1%e0]:4000`. Other addresses have no zone.
///
/// JSON has the unchanged name. `Display` escapes control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zoned<A, N = String> {
    address: A,
    zone: Option<N>,
}

impl<N> Zoned<SocketAddr, N> {
    /// An address and port on the interface of this name. Without a name, the zone is the scope id
    /// of the address.
    pub fn socket(address: SocketAddr, iface: Option<N>) -> Self {
        let zone = iface.filter(|_| is_link_scoped(address.ip()));
        Zoned { address: if zone.is_some() { without_zone(address) } else { address }, zone }
    }

    /// The address and port alone.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address without its port.
    pub fn host(&self) -> Zoned<IpAddr, &N> {
        Zoned { address: self.address.ip(), zone: self.zone.as_ref() }
    }
}

impl<N> Zoned<IpAddr, N> {
    /// An address on the interface of this name.
    pub fn ip(address: IpAddr, iface: Option<N>) -> Self {
        Zoned { address, zone: iface.filter(|_| is_link_scoped(address)) }
    }

    /// The address alone.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The zone, as the user typed it.
    pub fn zone(&self) -> Option<&N> {
        self.zone.as_ref()
    }
}

/// The same address and port without its scope id: copies of one datagram arrive with the scope id
/// of each interface.
pub fn without_zone(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(mut v6) if v6.scope_id() != 0 => {
            v6.set_scope_id(0);
            v6.into()
        }
        other => other,
    }
}

impl<N: AsRef<str>> fmt::Display for Zoned<SocketAddr, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.zone {
            None => self.address.fmt(f),
            Some(zone) => write_socket(self.address, zone.as_ref().escape_debug(), f),
        }
    }
}

impl<N: AsRef<str>> fmt::Display for Zoned<IpAddr, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.zone {
            None => self.address.fmt(f),
            Some(zone) => write!(f, "{}%{}", self.address, zone.as_ref().escape_debug()),
        }
    }
}

impl<N: AsRef<str>> Serialize for Zoned<SocketAddr, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.zone {
            None => self.address.serialize(serializer),
            Some(zone) => serializer.collect_str(&Raw(self.address, zone.as_ref())),
        }
    }
}

impl<N: AsRef<str>> Serialize for Zoned<IpAddr, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.zone {
            None => self.address.serialize(serializer),
            Some(zone) => {
                serializer.collect_str(&format_args!("{}%{}", self.address, zone.as_ref()))
            }
        }
    }
}

/// The unescaped form for JSON.
struct Raw<'a>(SocketAddr, &'a str);

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_socket(self.0, self.1, f)
    }
}

fn write_socket(
    address: SocketAddr,
    zone: impl fmt::Display,
    f: &mut fmt::Formatter,
) -> fmt::Result {
    write!(f, "[{}%{zone}]:{}", address.ip(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(text: &str, iface: Option<&str>) -> String {
        Zoned::socket(text.parse().unwrap(), iface).to_string()
    }

    #[test]
    fn only_a_link_scoped_address_has_a_zone() {
        for (address, printed) in [
            ("[fe80::1]:4000", "[fe80::1%e0]:4000"),
            ("[fe80::1%7]:4000", "[fe80::1%e0]:4000"),
            ("[fd00::1]:4000", "[fd00::1]:4000"),
            ("10.0.0.1:4000", "10.0.0.1:4000"),
        ] {
            assert_eq!(socket(address, Some("e0")), printed);
        }
        let ip = |text: &str| Zoned::ip(text.parse().unwrap(), Some("e0")).to_string();
        assert_eq!((ip("fe80::1"), ip("fd00::1")), ("fe80::1%e0".into(), "fd00::1".into()));
    }

    #[test]
    fn an_interface_without_a_name_is_an_index() {
        assert_eq!(socket("[fe80::1%7]:4000", None), "[fe80::1%7]:4000");
        assert_eq!(socket("[fe80::1]:4000", None), "[fe80::1]:4000");
    }

    #[test]
    fn json_has_the_name_and_display_escapes_it() {
        let odd = Zoned::socket("[fe80::1]:9".parse().unwrap(), Some("e\u{1b}0"));
        assert_eq!(odd.to_string(), "[fe80::1%e\\u{1b}0]:9");
        assert_eq!(serde_json::to_string(&odd).unwrap(), "\"[fe80::1%e\\u001b0]:9\"");
        let ip = Zoned::ip("fe80::1".parse().unwrap(), Some("e0"));
        assert_eq!(serde_json::to_string(&ip).unwrap(), "\"fe80::1%e0\"");
    }

    #[test]
    fn only_the_zone_is_removed() {
        for (before, after) in [
            ("[fe80::1%7]:9", "[fe80::1]:9"),
            ("[fd00::1]:9", "[fd00::1]:9"),
            ("10.0.0.1:9", "10.0.0.1:9"),
        ] {
            let before: SocketAddr = before.parse().unwrap();
            assert_eq!(without_zone(before).to_string(), after);
        }
    }
}
