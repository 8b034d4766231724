//! SDP (RFC 8866): the few fields of a session's description that say what its RTP streams are.
//! Lines `TYPE=VALUE`; those before the first `m=` apply to all media.
//!
//! The reader skips unknown and wrong lines: the rest still labels a stream. The result is bounded by [`MOST_MEDIA`], [`MOST_FORMATS`] and [`LONGEST`].

use std::net::IpAddr;

/// The most media of a description; further ones are left out.
pub const MOST_MEDIA: usize = 8;

/// The most formats, connections or sources of one medium.
pub const MOST_FORMATS: usize = 16;

/// The longest name in bytes; the rest is cut.
pub const LONGEST: usize = 128;

/// A description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The name as sent, which may contain control characters; `None` if it is `-` or blank.
    pub name: Option<String>,
    /// The identity of the session in all its versions: the originator, its number for the session,
    /// and its address (`o=` without the version).
    pub origin: Option<String>,
    /// The media in their order.
    pub media: Vec<Media>,
}

/// One medium of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video` and others.
    pub kind: String,
    /// The first UDP port.
    pub port: u16,
    /// The groups or addresses, of the session unless the medium has its own.
    pub connections: Vec<Connection>,
    /// The formats, one for each payload type.
    pub formats: Vec<Format>,
    /// The time in a datagram, in ns (`a=ptime`).
    pub packet_time_ns: Option<u64>,
    /// The RTP timestamp at the epoch of the reference clock (`a=mediaclk:direct=`, RFC 7273, 5.2).
    pub media_clock_offset: Option<u32>,
    /// The reference of the media clock (`a=ts-refclk`, RFC 7273, 4).
    pub reference: Option<ReferenceClock>,
    /// The sources that send (`a=source-filter: incl`, RFC 4570).
    pub sources: Vec<IpAddr>,
}

/// The addresses of a medium (`c=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The first address.
    pub address: IpAddr,
    /// The TTL, which only IPv4 has.
    pub ttl: Option<u8>,
    /// The number of consecutive addresses, at least 1.
    pub count: u16,
}

/// The meaning of a payload type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// The payload type.
    pub payload_type: u8,
    /// The encoding as sent; `None` without `a=rtpmap`.
    pub encoding: Option<String>,
    /// The media clock in Hz.
    pub clock_hz: Option<u32>,
    /// The number of audio channels.
    pub channels: Option<u16>,
}

/// The clock that a media clock follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceClock {
    /// IEEE 1588, or 802.1AS.
    Ptp,
    /// An NTP server.
    Ntp,
    /// A satellite system.
    Satellite,
    /// The sender's own clock.
    Local,
}

/// What a session may state for all of its media, and each medium for itself.
#[derive(Clone, Debug, Default)]
struct Attributes {
    connections: Vec<Connection>,
    packet_time_ns: Option<u64>,
    media_clock_offset: Option<u32>,
    reference: Option<ReferenceClock>,
    sources: Vec<IpAddr>,
}

/// Reads a description; `None` if it does not begin with a version.
pub fn read(text: &[u8]) -> Option<Session> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    if lines.next()? != ("v", "0") {
        return None;
    }
    let mut session = Session::default();
    let mut of_session = Attributes::default();
    // Of the current medium; `None` before the first one, and for one that is left out.
    let mut medium: Option<Attributes> = None;
    let mut in_media = false;
    for (kind, value) in lines {
        match kind {
            "m" => {
                close(&mut session, medium.take(), &of_session);
                in_media = true;
                if let Some(media) = media(value).filter(|_| session.media.len() < MOST_MEDIA) {
                    session.media.push(media);
                    medium = Some(Attributes::default());
                }
            }
            "s" if !in_media => session.name = name(value),
            "o" if !in_media => session.origin = origin(value),
            _ if !in_media => of_session.take(kind, value),
            _ => {
                if let (Some(attributes), Some(media)) = (&mut medium, session.media.last_mut()) {
                    attributes.take(kind, value);
                    if let Some(map) = value.strip_prefix("rtpmap:").filter(|_| kind == "a") {
                        media.map(map);
                    }
                }
            }
        }
    }
    close(&mut session, medium, &of_session);
    Some(session)
}

/// Gives the last medium its attributes, and those of the session that it lacks.
fn close(session: &mut Session, attributes: Option<Attributes>, of_session: &Attributes) {
    let (Some(own), Some(media)) = (attributes, session.media.last_mut()) else {
        return;
    };
    media.connections = either(own.connections, &of_session.connections);
    media.sources = either(own.sources, &of_session.sources);
    media.packet_time_ns = own.packet_time_ns.or(of_session.packet_time_ns);
    media.media_clock_offset = own.media_clock_offset.or(of_session.media_clock_offset);
    media.reference = own.reference.or(of_session.reference);
}

/// The items of a medium, or those of the session.
fn either<T: Clone>(own: Vec<T>, of_session: &[T]) -> Vec<T> {
    if own.is_empty() { of_session.to_vec() } else { own }
}

impl Attributes {
    fn take(&mut self, kind: &str, value: &str) {
        match kind {
            "c" => push(&mut self.connections, connection(value)),
            "a" => match value.split_once(':') {
                Some(("ptime", time)) => self.packet_time_ns = milliseconds(time),
                Some(("mediaclk", clock)) => self.media_clock_offset = direct(clock),
                Some(("ts-refclk", clock)) => self.reference = self.reference.or(reference(clock)),
                Some(("source-filter", filter)) => {
                    sources(filter).for_each(|source| push(&mut self.sources, Some(source)));
                }
                _ => {}
            },
            _ => {}
        }
    }
}

impl Media {
    /// The format of a payload type.
    pub fn format(&self, payload_type: u8) -> Option<&Format> {
        self.formats.iter().find(|format| format.payload_type == payload_type)
    }

    /// Whether the medium is sent to an address and port.
    pub fn is_sent_to(&self, address: IpAddr, port: u16) -> bool {
        self.port == port && self.connections.iter().any(|connection| connection.holds(address))
    }

    /// Notes the meaning of a payload type: `96 L24/48000/2`.
    fn map(&mut self, value: &str) {
        let Some((payload_type, meaning)) = value.trim().split_once(' ') else {
            return;
        };
        let Ok(payload_type) = payload_type.parse() else {
            return;
        };
        let mut parts = meaning.trim().split('/');
        let encoding = parts.next().filter(|name| !name.is_empty()).map(cut);
        let clock_hz = parts.next().and_then(|rate| rate.parse().ok()).filter(|rate| *rate > 0);
        let channels = parts.next().and_then(|channels| channels.parse().ok());
        let described = Format { payload_type, encoding, clock_hz, channels };
        let known = self.formats.iter_mut().find(|format| format.payload_type == payload_type);
        if let Some(known) = known {
            *known = described;
        }
    }
}

impl Connection {
    /// Whether the address is one of the connection's.
    pub fn holds(self, address: IpAddr) -> bool {
        let distance = match (address, self.address) {
            (IpAddr::V4(one), IpAddr::V4(first)) => {
                u128::from(one.to_bits().wrapping_sub(first.to_bits()))
            }
            (IpAddr::V6(one), IpAddr::V6(first)) => one.to_bits().wrapping_sub(first.to_bits()),
            _ => return false,
        };
        distance < self.count.into()
    }
}

/// `audio 5004/2 RTP/AVP 96 97`.
fn media(value: &str) -> Option<Media> {
    let mut words = value.split_ascii_whitespace();
    let kind = cut(words.next()?);
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let is_rtp = words.next()?.contains("RTP/");
    let types = words.filter_map(|word| word.parse().ok()).filter(|number| is_rtp && *number < 128);
    let format = |payload_type| Format { payload_type, ..Format::default() };
    let formats = types.take(MOST_FORMATS).map(format).collect();
    Some(Media { kind, port, formats, ..Media::default() })
}

/// `IN IP4 239.1.1.1/TTL/COUNT` or `IN IP6 ff15::1/COUNT`.
fn connection(value: &str) -> Option<Connection> {
    let mut parts = value.split_ascii_whitespace().nth(2)?.split('/');
    let address: IpAddr = parts.next()?.parse().ok()?;
    let ttl = if address.is_ipv4() { parts.next() } else { None };
    let count = parts.next().and_then(|count| count.parse().ok()).unwrap_or(1);
    Some(Connection { address, ttl: ttl.and_then(|ttl| ttl.parse().ok()), count: count.max(1) })
}

/// The sources of ` incl IN IP4 239.1.1.1 10.0.0.1 10.0.0.2`.
fn sources(value: &str) -> impl Iterator<Item = IpAddr> {
    let mut words = value.split_ascii_whitespace();
    let includes = words.next() == Some("incl");
    words.skip(3).filter(move |_| includes).filter_map(|source| source.parse().ok())
}

/// Milliseconds with up to six decimals, in ns.
fn milliseconds(value: &str) -> Option<u64> {
    let (whole, decimals) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let decimals: String = decimals.chars().chain("000000".chars()).take(6).collect();
    let nanos = whole.parse::<u64>().ok()?.checked_mul(1_000_000)?;
    nanos.checked_add(decimals.parse().ok()?).filter(|nanos| *nanos > 0)
}

/// The offset of `direct=OFFSET rate=NUMERATOR/DENOMINATOR`.
fn direct(value: &str) -> Option<u32> {
    let mut words = value.split_ascii_whitespace();
    words.find_map(|word| word.strip_prefix("direct="))?.parse().ok()
}

fn reference(value: &str) -> Option<ReferenceClock> {
    match value.split(['=', ':']).next()?.trim() {
        "ptp" => Some(ReferenceClock::Ptp),
        "ntp" => Some(ReferenceClock::Ntp),
        "gps" | "gal" | "glonass" => Some(ReferenceClock::Satellite),
        "local" | "localmac" => Some(ReferenceClock::Local),
        _ => None,
    }
}

/// `USER NUMBER VERSION IN IP4 ADDRESS` without the version.
fn origin(value: &str) -> Option<String> {
    let mut words = value.split_ascii_whitespace();
    let (user, number, _version) = (words.next()?, words.next()?, words.next()?);
    Some(cut(&format!("{user} {number} {}", words.nth(2)?)))
}

fn name(value: &str) -> Option<String> {
    Some(value.trim()).filter(|name| !matches!(*name, "" | "-")).map(cut)
}

/// The text, up to [`LONGEST`] bytes.
fn cut(text: &str) -> String {
    let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}

fn push<T>(list: &mut Vec<T>, item: Option<T>) {
    if list.len() < MOST_FORMATS {
        list.extend(item);
    }
}

#[cfg(test)]
mod tests;
