//! Reads the UDP datagrams of a capture.

use std::io::Read;
use std::net::SocketAddr;
use std::ops::Range;

use super::captured::{Captured, Checksum, Interface};
use super::checksum;
use super::error::ReadError;
use super::ip::{self, Header, Packet, Udp};
use super::link::{self, Flaw, Link};
use super::omitted::{Omitted, Reason};
use super::reassembly::{Added, Reassembly};
use super::records::{Record, Records, Step};
use super::tunnel;
use crate::units::UnixTime;

/// How many checksums are checked. That suffices to detect a capture without right checksums, and
/// costs a few milliseconds.
const MOST_CHECKED: u32 = 4096;

/// After this number of bytes without a datagram, a reader pauses.
const MOST_WITHOUT: u64 = 16 << 20;

/// Reads the UDP datagrams of a capture, from the first to the last.
#[derive(Debug)]
pub struct Reader<R> {
    records: Records<R>,
    reassembly: Reassembly,
    omitted: Omitted,
    /// The number of records.
    count: u64,
    /// The times of the first and the last record.
    times: Option<(UnixTime, UnixTime)>,
    /// How many checksums were checked.
    checked: u32,
}

/// A datagram, before its payload is borrowed.
#[derive(Debug)]
struct Found {
    time: Option<UnixTime>,
    interface: usize,
    link: Link,
    header: Header,
    ports: (u16, u16),
    checksum: Checksum,
    payload: Place,
}

/// The place of a payload.
#[derive(Clone, Debug)]
enum Place {
    /// In the buffer of the records.
    Record(Range<usize>),
    /// In the reassembled packet.
    Reassembled(Range<usize>),
}

impl<R: Read> Reader<R> {
    /// A reader that has read nothing yet.
    pub fn new(input: R) -> Self {
        Reader {
            records: Records::new(input),
            reassembly: Reassembly::default(),
            omitted: Omitted::default(),
            count: 0,
            times: None,
            checked: 0,
        }
    }

    /// The next UDP datagram; `None` at the end, and after an error that is not temporary.
    ///
    /// # Errors
    /// The input is no capture that mcast reads, is damaged, or cannot be read. After a temporary
    /// error ([`ReadError::is_temporary`]) the next call continues.
    pub fn next_datagram(&mut self) -> Result<Option<Captured<'_>>, ReadError> {
        let begun = self.records.position();
        loop {
            if self.records.position() - begun > MOST_WITHOUT {
                return Err(ReadError::Pause);
            }
            match self.records.step()? {
                Step::Record(record) => {
                    self.count(record.time);
                    if let Some(found) = self.datagram(&record) {
                        return Ok(Some(self.captured(found)));
                    }
                }
                Step::Oversized => {
                    self.count(None);
                    self.omitted.add(Reason::Malformed, 1);
                }
                Step::Other => {}
                Step::End => {
                    self.reassembly.end();
                    self.omitted.add(Reason::Fragments, self.reassembly.take_given_up());
                    return Ok(None);
                }
            }
        }
    }

    fn count(&mut self, time: Option<UnixTime>) {
        self.count += 1;
        if let Some(time) = time {
            self.times = Some((self.times.map_or(time, |(first, _)| first), time));
        }
    }

    /// The datagram that a record holds or completes. Counts the other records.
    fn datagram(&mut self, record: &Record) -> Option<Found> {
        let bytes = self.records.bytes(record.data.clone());
        let check = self.checked < MOST_CHECKED;
        let mut link = Link::default();
        let found = found(record, bytes, &mut link, &mut self.reassembly, check);
        self.omitted.add(Reason::Fragments, self.reassembly.take_given_up());
        match found {
            Ok(found) => {
                self.checked += u32::from(found.is_some() && check);
                found
            }
            Err(flaw) => {
                self.omitted.add(reason(flaw, record.cut || link.is_cut), 1);
                None
            }
        }
    }

    fn captured(&self, found: Found) -> Captured<'_> {
        let Found { time, interface, link, header, ports, checksum, payload } = found;
        Captured {
            time,
            interface,
            device: link.device,
            vlan: link.vlan,
            source: SocketAddr::new(header.source, ports.0),
            destination: SocketAddr::new(header.destination, ports.1),
            ttl: header.ttl,
            traffic_class: header.traffic_class,
            payload: match payload {
                Place::Record(place) => self.records.bytes(place),
                Place::Reassembled(place) => {
                    self.reassembly.content().get(place).unwrap_or_default()
                }
            },
            outgoing: link.outgoing,
            checksum,
        }
    }

    /// The interfaces until now. Positions stay valid.
    pub fn interfaces(&self) -> &[Interface] {
        self.records.interfaces()
    }

    /// The records that were left out until now.
    pub fn omitted(&self) -> &Omitted {
        &self.omitted
    }

    /// The number of packet records until now.
    pub fn records(&self) -> u64 {
        self.count
    }

    /// The times of the first and the last record until now.
    pub fn times(&self) -> Option<(UnixTime, UnixTime)> {
        self.times
    }

    /// The number of bytes until now, which is within the length of the input.
    pub fn position(&self) -> u64 {
        self.records.position()
    }

    /// How many packets the capturing system dropped between the records until now, if the records
    /// state that (`epb_dropcount` of pcapng). [`Interface::dropped`] has the totals.
    pub fn dropped(&self) -> u64 {
        self.records.dropped()
    }

    /// The position of the last record, if the input ends within it. The datagrams before it are
    /// whole.
    pub fn cut(&self) -> Option<u64> {
        self.records.cut_at()
    }

    /// The memory that incomplete packets occupy, in bytes. It is limited.
    pub fn fragment_bytes(&self) -> usize {
        self.reassembly.bytes()
    }

    /// The input.
    pub fn input(&self) -> &R {
        self.records.input()
    }

    /// The input, to read it again.
    pub fn into_input(self) -> R {
        self.records.into_input()
    }
}

/// The datagram that a record holds or completes; `None` if it is a fragment of an incomplete one.
/// `link` has the facts of the record.
fn found(
    record: &Record,
    bytes: &[u8],
    link: &mut Link,
    reassembly: &mut Reassembly,
    check: bool,
) -> Result<Option<Found>, Flaw> {
    let network = link::ip_packet(record.link_type, record.order, bytes, link)?;
    link.outgoing |= record.outgoing;
    let packet = tunnel::innermost(ip::packet(network)?, link)?;
    let found = |header: Header, udp: Udp, link: &Link, payload: Place| Found {
        time: record.time,
        interface: record.interface,
        link: *link,
        header,
        ports: (udp.source_port, udp.port),
        checksum: checksum::check(&header, &udp, check),
        payload,
    };
    let Some(fragment) = packet.fragment else {
        let udp = packet.udp()?;
        let Range { start, end } = place_in(bytes, udp.payload());
        let start_of_data = record.data.start;
        let payload = Place::Record(start_of_data + start..start_of_data + end);
        return Ok(Some(found(packet.header, udp, link, payload)));
    };
    if !packet.may_be_udp() && !tunnel::is_tunnel(packet.protocol) {
        return Err(Flaw::Omit(Reason::NotUdp));
    }
    if packet.cut {
        return Err(Flaw::Short);
    }
    match reassembly.add(&packet, fragment, (record.interface, *link), record.time) {
        Added::Incomplete => Ok(None),
        Added::Contradiction => Err(Flaw::Omit(Reason::Malformed)),
        Added::Complete(header, protocol) => {
            let content = reassembly.content();
            let whole = Packet { header, protocol, content, cut: false, fragment: None };
            let packet = tunnel::innermost(whole.below_extensions()?, link)?;
            if packet.fragment.is_some() {
                // A fragment in a tunnel in fragments.
                return Err(Flaw::Omit(Reason::Fragments));
            }
            let udp = packet.udp()?;
            let payload = Place::Reassembled(place_in(content, udp.payload()));
            Ok(Some(found(packet.header, udp, link, payload)))
        }
    }
}

/// Why a record has no datagram. `is_cut` is whether the captured bytes are not the whole packet.
fn reason(flaw: Flaw, is_cut: bool) -> Reason {
    match flaw {
        Flaw::Omit(reason) => reason,
        Flaw::Short if is_cut => Reason::Cut,
        Flaw::Short => Reason::Malformed,
    }
}

/// The place of a part.
fn place_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start + part.len()
}
