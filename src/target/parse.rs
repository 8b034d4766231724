//! The grammar of a target:
//!
//! ```text
//! TARGET = [ "udp://" | "rtp://" ] [ SOURCE "@" ] GROUPS [ ":" PORTS ] | ANY
//! GROUPS = ADDR | ADDR "+" N | ADDR "-" ADDR | ADDR "/" PREFIXLEN
//! PORTS  = PORT | PORT "-" PORT
//! ANY    = [ "udp://" | "rtp://" ] [ "@" ] [ "*" ] ":" PORTS
//! ```
//!
//! An IPv6 address needs brackets if anything follows it. A URL may have an empty source and end
//! with a slash, as in the URLs of media players. ANY is every address of this host, IPv4 and IPv6;
//! `0.0.0.0` and `[::]` are those of one family.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

use super::range::{MOST_TARGETS, TargetRange, nth};
use super::{DEFAULT_PORT, DEFAULT_TARGET, Zoned, bracketed, is_link_scoped};
use crate::iface::Family;

/// Why a text is not a target: the wrong part, the reason and a correct target.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    /// The text is empty, or begins with the port.
    #[error(
        "a group or an address is missing; for example 224.202.20.30:54321 or [ff15::1234]:5000"
    )]
    NoGroup,
    /// The part before the port is not an address.
    #[error("'{0}' is not an IP address; for example 224.202.20.30:54321 or [ff15::1234]:5000")]
    NotAnAddress(String),
    /// The part before the port may be the name of a host.
    #[error(
        "'{0}' is not an IP address, and mcast does not resolve names; for example \
         239.1.1.1:5000 or [ff15::1234]:5000"
    )]
    Name(String),
    /// A port without a group.
    #[error(
        "'{0}' is a port without a group; try 239.1.1.1:{0}, or udp://:{0} to receive on all \
         addresses of this host"
    )]
    OnlyPort(u16),
    /// 240.0.0.0/4 and 0.0.0.0/8.
    #[error(
        "{0} is in an IANA-reserved range (multicast is 224.0.0.0/4 and ff00::/8); for example \
         239.1.1.1:5000"
    )]
    Reserved(IpAddr),
    /// IPv6 scope 0.
    #[error(
        "{0} has the reserved scope 0: receivers must drop its packets (RFC 4291, 2.7); for example \
         [ff15::1234]:5000"
    )]
    ReservedScope(IpAddr),
    /// `::ffff:0:0/96` (RFC 4291, 2.5.5.2).
    #[error("'::ffff:{0}' is an IPv4-mapped IPv6 address; try {0}:5000")]
    Mapped(Ipv4Addr),
    /// A port that is missing, not a number, 0, or above 65535.
    #[error("'{0}' is not a UDP port (1 to 65535); for example {DEFAULT_TARGET}")]
    BadPort(String),
    /// A range of ports with its end before its beginning.
    #[error("the port range {0}-{1} is reversed; try 239.1.1.1:{1}-{0}")]
    BackwardPorts(u16, u16),
    /// `[` without `]`.
    #[error("the closing bracket is missing; for example [ff15::1234]:5000")]
    OpenBracket,
    /// An IPv6 address without brackets, with a range behind it.
    #[error("an IPv6 address before a range needs brackets; try [{0}]{1}:5000")]
    NoBracket(Ipv6Addr, String),
    /// The same, with a port behind it.
    #[error("an IPv6 address before a port needs brackets; try [{0}]:{1}")]
    PortWithoutBracket(Ipv6Addr, u16),
    /// Neither a range nor a port follows an address.
    #[error(
        "'{0}' after the address is neither a port nor a range; for example [ff15::1234]:5000 or \
         [ff15::1234]+4:5000"
    )]
    AfterAddress(String),
    /// A zone on an IPv4 address, or an empty one.
    #[error(
        "invalid zone '%{0}': a zone is an interface name or index after an IPv6 address; for \
         example [ff02::1%eth0]:5000"
    )]
    BadZone(String),
    /// A zone on a source that exists once.
    #[error("only a link-local source (fe80::/10) has a zone, as in fe80::5%{1}; try {0}")]
    NeedlessZone(IpAddr, String),
    /// The source or the end of a range has another zone than the group.
    #[error("a target has one zone, not both {0} and {1}; try [ff02::1%{0}]:5000")]
    TwoZones(String, String),
    /// A URL of another kind.
    #[error(
        "'{0}://' is not a supported URL scheme; for example udp://239.1.1.1:5000 or \
         rtp://239.1.1.1:5000"
    )]
    BadScheme(String),
    /// A URL with a player's options.
    #[error(
        "'?{0}' is an option of media players; use options of mcast, for example \
         udp://239.1.1.1:5000 --iface eth0"
    )]
    UrlOptions(String),
    /// `@` with nothing before it, outside a URL.
    #[error(
        "the source before '@' is missing; for example 10.0.0.5@232.1.1.1:5000, or leave out the \
         '@'"
    )]
    NoSource,
    /// The source is not an address.
    #[error(
        "the source '{0}' is not an IP address, and mcast does not resolve names; for example \
         10.0.0.5@232.1.1.1:5000"
    )]
    BadSource(String),
    /// The source cannot be the address of a sender.
    #[error("the source cannot be {0}, {1}; for example 10.0.0.5@232.1.1.1:5000")]
    NotASource(IpAddr, &'static str),
    /// The source is of another family than the group.
    #[error("the source {0} is {s}, but {1} is {g}; for example 10.0.0.5@232.1.1.1:5000", s = Family::of(*.0), g = Family::of(*.1))]
    SourceFamily(IpAddr, IpAddr),
    /// A source for a unicast or broadcast address.
    #[error(
        "{0} is not a multicast group, and only a group can be filtered by source; for example \
         10.0.0.5@232.1.1.1:5000"
    )]
    SourceOfUnicast(IpAddr),
    /// `+` without a number.
    #[error("'+{0}' is not a number of groups; for example 239.1.1.1+4:5000")]
    BadCount(String),
    /// `+0`.
    #[error(
        "the number of groups must be greater than zero; for example 239.1.1.1+4:5000 (239.1.1.1 \
         to 239.1.1.4)"
    )]
    NoCount,
    /// `/` without a prefix length.
    #[error("'/{0}' is not an {1} prefix length (0 to {2}); for example 239.1.1.0/28:5000")]
    BadPrefix(String, Family, u32),
    /// A prefix that does not begin at its address.
    #[error("the range {0}/{1} begins at {2}, not at {0}; try {base}/{1}:5000, or {first}+4:5000", base = bracketed(*.2), first = bracketed(*.0))]
    Unaligned(IpAddr, u32, IpAddr),
    /// A range with its end before its beginning.
    #[error("the range {0} to {1} is reversed; try {last}-{first}:5000", first = bracketed(*.0), last = bracketed(*.1))]
    Backwards(IpAddr, IpAddr),
    /// A range from one family to the other.
    #[error("{0} is {f}, but {1} is {l}; for example 239.1.1.1-239.1.1.4:5000", f = Family::of(*.0), l = Family::of(*.1))]
    AcrossFamilies(IpAddr, IpAddr),
    /// A range of addresses that are not groups.
    #[error(
        "{0} is not a multicast group, and only groups can form a range; for example \
         239.1.1.1+4:5000"
    )]
    UnicastRange(IpAddr),
    /// A range that leaves the multicast addresses.
    #[error(
        "the range from {0} extends past the last multicast address; for example 239.1.1.1+4:5000"
    )]
    PastTheEnd(IpAddr),
    /// More targets than a run takes.
    #[error(
        "{0} targets exceed the maximum of {MOST_TARGETS} for one run; for example \
         239.0.0.0+1000:5000"
    )]
    TooMany(u128),
}

impl FromStr for TargetRange {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (text, url) = strip_scheme(text)?;
        // A URL encodes the '%' of a zone (RFC 6874).
        let decoded = if url { text.replace("%25", "%") } else { text.to_owned() };
        let text = decoded.as_str();
        let (source, text) = match text.split_once('@') {
            Some(("", _)) if !url => return Err(TargetError::NoSource),
            Some(("", groups)) => (None, groups),
            Some((source, groups)) => (Some(source), groups),
            None => (None, text),
        };
        if let Ok(port @ 1..) = text.parse() {
            return Err(TargetError::OnlyPort(port));
        }
        let ports = text.strip_prefix('*').unwrap_or(text).strip_prefix(':');
        if let (None, Some(ports)) = (source, ports.filter(|ports| !ports.contains(':'))) {
            return Ok(TargetRange::any(parse_ports(ports)?));
        }
        let (first, rest) = Scoped::take(text)?;
        let (groups, rest) = count_groups(&first, rest)?;
        let ports = match rest.strip_prefix(':') {
            Some(ports) => parse_ports(ports)?,
            None if rest.is_empty() => (DEFAULT_PORT, DEFAULT_PORT),
            None => return Err(TargetError::AfterAddress(rest.to_owned())),
        };
        let Scoped { address: first, zone } = first;
        check_address(first)?;
        check_address(nth(first, groups - 1))?;
        let source = source.map(parse_source).transpose()?;
        let zone = one_zone(zone, source.as_ref().and_then(|source| source.zone.clone()))?;
        let source = source.map(|source| source.address);
        if let Some(source) = source {
            fits_group(source, first)?;
        }
        let range = TargetRange { source, first, groups, ports, zone, both: false };
        if range.count() > MOST_TARGETS {
            return Err(TargetError::TooMany(range.count().into()));
        }
        Ok(range)
    }
}

/// An address with its zone.
struct Scoped {
    address: IpAddr,
    zone: Option<String>,
}

impl Scoped {
    /// Splits off the address at the beginning of `text`; returns it and the rest.
    fn take(text: &str) -> Result<(Scoped, &str), TargetError> {
        if let Some(inner) = text.strip_prefix('[') {
            let (address, rest) = inner.split_once(']').ok_or(TargetError::OpenBracket)?;
            return Ok((Scoped::parse(address)?, rest));
        }
        let end = text.find(['+', '-', '/', ':']).unwrap_or(text.len());
        // More than one colon and no bracket: a bare IPv6 address, which nothing can follow.
        let ipv6 = text[..end].parse::<Ipv4Addr>().is_err()
            && text.bytes().filter(|byte| *byte == b':').count() > 1;
        if !ipv6 {
            let scoped =
                Scoped::parse(&text[..end]).map_err(|error| name(text).unwrap_or(error))?;
            return Ok((scoped, &text[end..]));
        }
        match Scoped::parse(text) {
            Ok(scoped) => Ok((scoped, "")),
            Err(error) => Err(without_bracket(text).unwrap_or(error)),
        }
    }

    /// Reads an address and its zone, without brackets.
    fn parse(text: &str) -> Result<Scoped, TargetError> {
        let (address, zone) = match text.split_once('%') {
            Some((address, zone)) => (address, Some(zone)),
            None => (text, None),
        };
        if address.is_empty() {
            return Err(TargetError::NoGroup);
        }
        let address: IpAddr =
            address.parse().map_err(|_| TargetError::NotAnAddress(address.to_owned()))?;
        if let Some(zone) = zone {
            let unfit = |c: char| {
                c.is_whitespace()
                    || c.is_control()
                    || matches!(c, '%' | '[' | ']' | '/' | '@' | '?')
            };
            if address.is_ipv4() || zone.is_empty() || zone.contains(unfit) {
                return Err(TargetError::BadZone(zone.to_owned()));
            }
        }
        Ok(Scoped { address, zone: zone.map(str::to_owned) })
    }
}

/// The error for `all-systems.mcast.net:5000`, with the whole name: its hyphens do not begin a
/// range. `None` if it has no letters, or is an IPv4 address.
fn name(text: &str) -> Option<TargetError> {
    let name = text.split([':', '/', '+']).next()?;
    let is_address = name.split('%').next()?.parse::<Ipv4Addr>().is_ok();
    let is_name = !is_address && name.contains(char::is_alphabetic);
    is_name.then(|| TargetError::Name(name.to_owned()))
}

/// The error for `ff15::1+4:5000` and `ff15::1:5000`: only brackets separate the address from the
/// rest.
fn without_bracket(text: &str) -> Option<TargetError> {
    if let Some((address, port)) = text.rsplit_once(':') {
        if let (Ok(address), Ok(port @ 1..)) = (address.parse(), port.parse()) {
            return Some(TargetError::PortWithoutBracket(address, port));
        }
    }
    let end = text.find(['+', '-', '/'])?;
    let address: Ipv6Addr = text[..end].parse().ok()?;
    let rest = &text[end..];
    Some(TargetError::NoBracket(address, rest.split(':').next().unwrap_or(rest).to_owned()))
}

fn strip_scheme(text: &str) -> Result<(&str, bool), TargetError> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok((text, false)) };
    if !["udp", "rtp"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return Err(TargetError::BadScheme(scheme.to_owned()));
    }
    match rest.split_once('?') {
        Some((_, options)) => Err(TargetError::UrlOptions(options.to_owned())),
        None => Ok((rest.strip_suffix('/').unwrap_or(rest), true)),
    }
}

/// Reads the number of addresses, `first` included; returns it and the rest.
fn count_groups<'a>(first: &Scoped, rest: &'a str) -> Result<(u32, &'a str), TargetError> {
    let (count, rest) = if let Some(rest) = rest.strip_prefix('+') {
        let (number, rest) = up_to_port(rest);
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err(TargetError::BadCount(number.to_owned()));
        }
        // A number that does not fit is too large in any case.
        (number.parse().unwrap_or(u128::MAX), rest)
    } else if let Some(rest) = rest.strip_prefix('-') {
        let (last, rest) = Scoped::take(rest)?;
        one_zone(first.zone.clone(), last.zone)?;
        (count_between(first.address, last.address)?, rest)
    } else if let Some(rest) = rest.strip_prefix('/') {
        let (length, rest) = up_to_port(rest);
        (count_in_prefix(first.address, length)?, rest)
    } else {
        return Ok((1, rest));
    };
    match count {
        0 => Err(TargetError::NoCount),
        1 => Ok((1, rest)),
        _ if !first.address.is_multicast() => Err(TargetError::UnicastRange(first.address)),
        _ if count > MOST_TARGETS.into() => Err(TargetError::TooMany(count)),
        _ => {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let inside = nth(first.address, count - 1).is_multicast();
            if inside { Ok((count, rest)) } else { Err(TargetError::PastTheEnd(first.address)) }
        }
    }
}

fn up_to_port(text: &str) -> (&str, &str) {
    text.split_at(text.find(':').unwrap_or(text.len()))
}

fn count_between(first: IpAddr, last: IpAddr) -> Result<u128, TargetError> {
    let (low, high) = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => (first.to_bits().into(), last.to_bits().into()),
        (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits()),
        _ => return Err(TargetError::AcrossFamilies(first, last)),
    };
    match (first.is_multicast(), last.is_multicast(), u128::checked_sub(high, low)) {
        (false, ..) => Err(TargetError::UnicastRange(first)),
        (true, false, None) => Err(TargetError::UnicastRange(last)),
        (true, false, Some(_)) => Err(TargetError::PastTheEnd(first)),
        (true, true, None) => Err(TargetError::Backwards(first, last)),
        (true, true, Some(distance)) => Ok(distance.saturating_add(1)),
    }
}

fn count_in_prefix(first: IpAddr, length: &str) -> Result<u128, TargetError> {
    let bits = if first.is_ipv4() { 32 } else { 128 };
    let number = length.parse().ok().filter(|number| *number <= bits && !length.starts_with('+'));
    let number: u32 =
        number.ok_or_else(|| TargetError::BadPrefix(length.to_owned(), Family::of(first), bits))?;
    let free = bits - number;
    let base: IpAddr = match first {
        IpAddr::V4(first) => {
            Ipv4Addr::from_bits(first.to_bits() & u32::MAX.checked_shl(free).unwrap_or(0)).into()
        }
        IpAddr::V6(first) => {
            Ipv6Addr::from_bits(first.to_bits() & u128::MAX.checked_shl(free).unwrap_or(0)).into()
        }
    };
    if !first.is_multicast() && free > 0 {
        return Err(TargetError::UnicastRange(first));
    }
    // Before the alignment: an aligned prefix would be too large, too.
    match 1_u128.checked_shl(free).unwrap_or(u128::MAX) {
        count if count > MOST_TARGETS.into() => Err(TargetError::TooMany(count)),
        _ if base != first => Err(TargetError::Unaligned(first, number, base)),
        count => Ok(count),
    }
}

fn parse_ports(text: &str) -> Result<(u16, u16), TargetError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (parse_port(first)?, parse_port(last)?);
    if first > last { Err(TargetError::BackwardPorts(first, last)) } else { Ok((first, last)) }
}

fn parse_port(text: &str) -> Result<u16, TargetError> {
    match text.parse::<u16>() {
        Ok(port) if port != 0 && !text.starts_with('+') => Ok(port),
        _ => Err(TargetError::BadPort(text.to_owned())),
    }
}

/// Reads a source for a filter, with or without brackets: `10.0.0.5`, `2001:db8::5`,
/// `fe80::5%eth0`.
///
/// # Errors
/// It cannot be the address of a sender, or it has a needless zone.
pub fn read_source(text: &str) -> Result<Zoned<IpAddr>, TargetError> {
    let Scoped { address, zone } = parse_source(text)?;
    match zone {
        Some(zone) if !is_link_scoped(address) => Err(TargetError::NeedlessZone(address, zone)),
        zone => Ok(Zoned::ip(address, zone)),
    }
}

/// Reads a source, with or without brackets.
fn parse_source(text: &str) -> Result<Scoped, TargetError> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let source = Scoped::parse(inner).map_err(|error| match error {
        TargetError::NoGroup | TargetError::NotAnAddress(_) | TargetError::Name(_) => {
            TargetError::BadSource(text.to_owned())
        }
        other => other,
    })?;
    check_source(source.address)?;
    Ok(source)
}

/// Checks that an address can be that of a sender.
///
/// # Errors
/// [`TargetError::NotASource`].
pub fn check_source(source: IpAddr) -> Result<(), TargetError> {
    let wrong = |what| Err(TargetError::NotASource(source, what));
    match source {
        _ if source.is_multicast() => wrong("a multicast group"),
        _ if source.is_unspecified() => wrong("the unspecified address"),
        IpAddr::V4(Ipv4Addr::BROADCAST) => wrong("the broadcast address"),
        IpAddr::V4(source) if matches!(source.octets()[0], 0 | 240..) => {
            wrong("an IANA-reserved address")
        }
        IpAddr::V6(source) if source.to_ipv4_mapped().is_some() => {
            wrong("an IPv4-mapped IPv6 address")
        }
        _ => Ok(()),
    }
}

/// Checks that a group can be joined from a source.
fn fits_group(source: IpAddr, group: IpAddr) -> Result<(), TargetError> {
    match (source.is_ipv4() == group.is_ipv4(), group.is_multicast()) {
        (false, _) => Err(TargetError::SourceFamily(source, group)),
        (true, false) => Err(TargetError::SourceOfUnicast(group)),
        (true, true) => Ok(()),
    }
}

/// Checks that an address can be a destination, or is the unspecified one.
fn check_address(address: IpAddr) -> Result<(), TargetError> {
    match address {
        _ if address.is_unspecified() => Ok(()),
        IpAddr::V4(address) => match address.octets()[0] {
            0 => Err(TargetError::Reserved(address.into())),
            240.. if !address.is_broadcast() => Err(TargetError::Reserved(address.into())),
            _ => Ok(()),
        },
        IpAddr::V6(address) => match (address.to_ipv4_mapped(), address.octets()) {
            (Some(mapped), _) => Err(TargetError::Mapped(mapped)),
            (None, [0xff, flags, ..]) if flags & 0x0f == 0 => {
                Err(TargetError::ReservedScope(address.into()))
            }
            _ => Ok(()),
        },
    }
}

fn one_zone(one: Option<String>, other: Option<String>) -> Result<Option<String>, TargetError> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(TargetError::TwoZones(one, other)),
        (one, other) => Ok(one.or(other)),
    }
}

#[cfg(test)]
mod tests;
