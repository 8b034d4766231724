//! UDP datagrams in IP packets and in frames of each link layer, laid out by their specifications.

use std::net::{IpAddr, SocketAddr};

/// A UDP datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    pub source: SocketAddr,
    /// Of the same family.
    pub destination: SocketAddr,
    pub ttl: u8,
    pub traffic_class: u8,
    pub payload: Vec<u8>,
}

const UDP: u8 = 17;

/// The link types with UDP datagrams.
pub const LINK_TYPES: [u16; 11] = [1, 113, 276, 101, 12, 14, 228, 229, 0, 108, 239];

/// How many variants a frame of Ethernet has.
pub const VARIANTS: u8 = 10;

/// How many kinds of tunnels there are.
pub const TUNNELS: u8 = 10;

impl Datagram {
    pub fn is_ipv4(&self) -> bool {
        self.source.is_ipv4()
    }

    /// The header, with a right checksum, and the payload.
    pub fn udp(&self) -> Vec<u8> {
        let mut udp = Vec::new();
        udp.extend(self.source.port().to_be_bytes());
        udp.extend(self.destination.port().to_be_bytes());
        udp.extend((8 + self.payload.len() as u16).to_be_bytes());
        udp.extend([0, 0]);
        udp.extend(&self.payload);
        let mut summed = octets(self.source.ip());
        summed.extend(octets(self.destination.ip()));
        summed.extend((udp.len() as u32).to_be_bytes());
        summed.extend([0, 0, 0, UDP]);
        summed.extend(&udp);
        // Zero would mean that there is none.
        let checksum = Some(checksum(&summed)).filter(|sum| *sum != 0).unwrap_or(0xffff);
        udp[6..8].copy_from_slice(&checksum.to_be_bytes());
        udp
    }

    /// The packet, with this number of extension headers before the datagram.
    pub fn packet(&self, extensions: u8) -> Vec<u8> {
        let (first, mut content) = extended(self.is_ipv4(), extensions, UDP, self.udp());
        let mut packet = self.header(first, content.len(), 0, 0x4000);
        packet.append(&mut content);
        packet
    }

    /// The packets that carry `size` bytes each, a multiple of 8. IPv6 has extension headers in the
    /// fragments.
    pub fn fragments(&self, id: u16, size: usize, extensions: u8) -> Vec<Vec<u8>> {
        self.fragments_of((UDP, self.udp()), id, size, extensions)
    }

    /// As [`Datagram::fragments`], of a protocol and its content in place of the datagram.
    pub fn fragments_of(
        &self,
        (protocol, content): (u8, Vec<u8>),
        id: u16,
        size: usize,
        extensions: u8,
    ) -> Vec<Vec<u8>> {
        let (first, content) = extended(self.is_ipv4(), extensions, protocol, content);
        let last = content.len().div_ceil(size) - 1;
        let fragment = |(number, piece): (usize, &[u8])| {
            let (more, offset) = (u16::from(number < last), (number * size) as u16);
            let mut packet = if self.is_ipv4() {
                self.header(first, piece.len(), id, (more << 13) | (offset / 8))
            } else {
                let mut header = self.header(44, piece.len() + 8, 0, 0);
                header.extend([first, 0]);
                header.extend((offset | more).to_be_bytes());
                header.extend([0, 0]);
                header.extend(id.to_be_bytes());
                header
            };
            packet.extend(piece);
            packet
        };
        content.chunks(size).enumerate().map(fragment).collect()
    }

    /// The packet that carries a packet through a tunnel of this kind, between the addresses of this
    /// datagram.
    pub fn tunnel(&self, kind: u8, packet: &[u8]) -> Vec<u8> {
        let (protocol, content) = tunnelled(kind, packet);
        let mut outer = self.header(protocol, content.len(), 0, 0x4000);
        outer.extend(content);
        outer
    }

    /// The IP header. `place` holds the flags and the offset of IPv4.
    fn header(&self, protocol: u8, content: usize, id: u16, place: u16) -> Vec<u8> {
        let mut header = Vec::new();
        if self.is_ipv4() {
            header.extend([0x45, self.traffic_class]);
            header.extend((20 + content as u16).to_be_bytes());
            header.extend(id.to_be_bytes());
            header.extend(place.to_be_bytes());
            header.extend([self.ttl, protocol, 0, 0]);
        } else {
            header.extend([0x60 | self.traffic_class >> 4, self.traffic_class << 4, 0, 0]);
            header.extend((content as u16).to_be_bytes());
            header.extend([protocol, self.ttl]);
        }
        header.extend(octets(self.source.ip()));
        header.extend(octets(self.destination.ip()));
        if self.is_ipv4() {
            let sum = checksum(&header);
            header[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        header
    }
}

/// Puts extension headers before a content: an authentication header (RFC 4302), and those of IPv6
/// (RFC 8200). Returns the protocol of the first.
fn extended(is_ipv4: bool, many: u8, protocol: u8, content: Vec<u8>) -> (u8, Vec<u8>) {
    let kinds: &[u8] = if is_ipv4 { &[51] } else { &[60, 51, 43, 0] };
    let mut result = (protocol, content);
    for kind in kinds.iter().take(many.into()) {
        // The length of authentication headers is in words of 32 bits, without two of them.
        let (words, len) = match (kind, is_ipv4) {
            (51, true) => (1, 12),
            (51, false) => (2, 16),
            _ => (1, 16),
        };
        let mut header = vec![result.0, words];
        header.resize(len, 0);
        header.extend(result.1);
        result = (*kind, header);
    }
    result
}

/// A frame with an IP packet. The variants differ in tags, or in the byte order of a family;
/// `None` if the link type carries only the other version of IP.
pub fn frame(link_type: u16, variant: u8, big_endian: bool, packet: &[u8]) -> Option<Vec<u8>> {
    let is_ipv4 = packet[0] >> 4 == 4;
    let ether_type: [u8; 2] = if is_ipv4 { [8, 0] } else { [0x86, 0xdd] };
    let host = |number: u16| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let header: Vec<u8> = match link_type {
        1 => return Some(ethernet(variant, is_ipv4, ether_type, packet)),
        113 => [&[0, variant % 5, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &ether_type].concat(),
        276 => {
            let header = [0, 0, 0, 0, 0, 3, 0, 1, variant % 5, 6, 2, 0, 0, 0, 0, 1, 0, 0];
            [&ether_type[..], &header].concat()
        }
        12 | 14 | 101 => Vec::new(),
        228 | 229 => return (is_ipv4 == (link_type == 228)).then(|| packet.to_vec()),
        0 | 108 => {
            let family: u32 =
                if is_ipv4 { 2 } else { [10, 23, 24, 28, 30][usize::from(variant % 5)] };
            (if variant & 1 == 0 { family.to_be_bytes() } else { family.to_le_bytes() }).to_vec()
        }
        239 => {
            let mut header = vec![if is_ipv4 { 2 } else { 10 }, 0, 0, 1];
            // The packet header, an attribute of odd length with padding, and the packet.
            for (kind, value) in [(1, &[8, 0, 3, 0][..]), (10, &[b'a'; 5])] {
                header.extend(host(4 + value.len() as u16));
                header.extend(host(kind));
                header.extend(value);
                header.resize(header.len().next_multiple_of(4), 0);
            }
            header.extend(host(4 + packet.len() as u16));
            header.extend(host(9));
            header
        }
        _ => return None,
    };
    Some([&header, packet].concat())
}

/// Ethernet: plain, with tags, with a trailer, in PPPoE, in MPLS, and with SNAP.
fn ethernet(variant: u8, is_ipv4: bool, ether_type: [u8; 2], packet: &[u8]) -> Vec<u8> {
    let between: &[&[u8]] = match variant % VARIANTS {
        0 | 1 => &[],
        2 => &[&[0x81, 0, 0x20, 7]],
        3 => &[&[0x88, 0xa8, 0, 5], &[0x81, 0, 0, 7]],
        4 => &[&[0x91, 0, 0, 9], &[0x81, 0, 0, 0]],
        5 => {
            let len = (2 + packet.len() as u16).to_be_bytes();
            let protocol = [0, if is_ipv4 { 0x21 } else { 0x57 }];
            let session = [&[0x88, 0x64, 0x11, 0, 0, 1][..], &len, &protocol].concat();
            return [&[1; 12][..], &session, packet].concat();
        }
        6 => return [&[1; 12][..], &[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64], packet].concat(),
        7 => {
            // A pseudowire, with a control word.
            let outer = [&[1; 12][..], &[0x88, 0x48, 0, 2, 1, 64, 0, 0, 0, 0]].concat();
            return [&outer, &ethernet(2, is_ipv4, ether_type, packet)[..]].concat();
        }
        8 => {
            let len = (8 + packet.len() as u16).min(1500).to_be_bytes();
            let snap = [&len[..], &[0xaa, 0xaa, 3, 0, 0, 0], &ether_type].concat();
            return [&[1; 12][..], &snap, packet].concat();
        }
        _ => {
            let frame = ethernet(0, is_ipv4, ether_type, packet);
            return [&frame[..], &[0xee; 6]].concat();
        }
    };
    [&[1; 12][..], &between.concat(), &ether_type, packet].concat()
}

/// The protocol and the content of a packet that carries a packet through a tunnel: IP in IP (RFC
/// 2003, 4213), GRE with IP or a frame (RFC 2784, 2890), ERSPAN of each type, and one in another.
pub fn tunnelled(kind: u8, packet: &[u8]) -> (u8, Vec<u8>) {
    const GRE: u8 = 47;
    let is_ipv4 = packet[0] >> 4 == 4;
    let ether_type: [u8; 2] = if is_ipv4 { [8, 0] } else { [0x86, 0xdd] };
    let frame = ethernet(kind % 5, is_ipv4, ether_type, packet);
    // The header, with four bytes for each of checksum, key and number.
    let gre = |flags: u8, kind: [u8; 2], parts: &[&[u8]]| {
        let fields = vec![1; 4 * flags.count_ones() as usize];
        (GRE, [&[flags, 0], &kind[..], &fields, &parts.concat()].concat())
    };
    // The last two bytes: an Ethernet frame (0) or an IP packet (0x0800), and a platform header.
    let third = |last: [u8; 2]| [&[0x20, 7, 0, 1, 0, 0, 0, 9, 0, 0][..], &last].concat();
    match kind % TUNNELS {
        0 => (if is_ipv4 { 4 } else { 41 }, packet.to_vec()),
        1 => gre(0, ether_type, &[packet]),
        2 => gre(0xb0, ether_type, &[packet]),
        3 => gre(0x20, [0x65, 0x58], &[&frame]),
        4 => gre(0, [0x88, 0xbe], &[&frame]),
        5 => gre(0x10, [0x88, 0xbe], &[&[0x10, 7, 0, 1, 0, 0, 0, 9], &frame]),
        6 => gre(0x10, [0x22, 0xeb], &[&third([0, 0]), &frame]),
        7 => gre(0x10, [0x22, 0xeb], &[&third([0, 1]), &[0; 8], &frame]),
        8 => gre(0x10, [0x22, 0xeb], &[&third([8, 0]), packet]),
        _ => {
            let source = "192.0.2.1:1".parse().expect("an address");
            let destination = "192.0.2.2:1".parse().expect("an address");
            let outer =
                Datagram { source, destination, ttl: 1, traffic_class: 0, payload: Vec::new() };
            tunnelled(1, &outer.tunnel(kind % 9, packet))
        }
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = 0;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
