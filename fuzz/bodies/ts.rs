//! Arbitrary bytes, read as packets of a transport stream, and as its sections and tables. Nothing
//! panics, and what is read stays within its limits.

use mcast::format::ts::{NULL_PID, PACKET_LEN, PCR_MODULUS, Packet, PacketMut, Section, Sections};
use mcast::format::ts::{packet_len, packets, pes, tables};
use mcast::playout::{Detection, Framing, Player};

/// The longest section that is kept, in bytes, doubled by the growth of a vector.
const MOST_SECTION_BYTES: usize = 8192;

/// Reads the bytes in each way.
///
/// # Panics
/// If something that is read contradicts the bytes.
pub fn run(bytes: &[u8]) {
    datagram(bytes);
    for is_whole in [false, true] {
        if let Detection::Found { skipped, .. } = Framing::detect(bytes, is_whole) {
            assert!(skipped < bytes.len());
        }
    }
    playout(bytes);
    // Packets whose first bytes are right, to get further than chance.
    let mut sections = Sections::default();
    for chunk in bytes.chunks(PACKET_LEN) {
        let mut packet = [0xff; PACKET_LEN];
        packet[..chunk.len()].copy_from_slice(chunk);
        packet[0] = 0x47;
        let read = Packet::read(&packet).expect("a sync byte");
        check_packet(read);
        sections.add(read.payload(), read.starts_unit(), section);
        assert!(sections.bytes() <= MOST_SECTION_BYTES, "{} bytes", sections.bytes());
    }
    section(bytes);
    section(&with_checksum(bytes));
}

/// Plays the bytes as packets twice. The times never decrease, and only null packets are added.
fn playout(bytes: &[u8]) {
    let mut stream = Vec::new();
    for chunk in bytes.chunks(PACKET_LEN - 1) {
        let mut packet = [0xff; PACKET_LEN];
        packet[1..=chunk.len()].copy_from_slice(chunk);
        packet[0] = 0x47;
        stream.extend_from_slice(&packet);
        let header = Packet::read(&packet).expect("a sync byte").header();
        let mut packet_mut = PacketMut::read(&mut packet).expect("a sync byte");
        packet_mut.shift_clock(u64::from(header) * 300);
        assert_eq!(Packet::read(&packet).expect("a sync byte").header(), header);
    }
    let mut player = Player::new(Framing::PLAIN, 7, true).repeating();
    let (mut last, mut sent) = (None, 0);
    for pass in 0..2 {
        player.add(&stream);
        if pass == 0 {
            player.repeat();
        } else {
            player.finish();
        }
        while let Ok(Some(datagram)) = player.next_datagram() {
            assert!(datagram.time >= last && datagram.packets.len() % PACKET_LEN == 0);
            last = datagram.time;
            let packets = packets(datagram.packets).expect("whole packets");
            sent += packets.filter(|packet| packet.pid() != NULL_PID).count();
        }
    }
    assert!(sent <= 2 * stream.len() / PACKET_LEN, "{sent} packets");
    assert_eq!(player.skipped(), 0);
}

fn datagram(bytes: &[u8]) {
    let Some(len) = packet_len(bytes) else {
        assert!(packets(bytes).is_none());
        return;
    };
    assert!(bytes.len() % len == 0 && bytes.iter().step_by(len).all(|byte| *byte == 0x47));
    let count = packets(bytes).expect("whole packets").map(check_packet).count();
    assert_eq!(count, bytes.len() / len);
}

fn check_packet(packet: Packet) {
    assert!(packet.pid() <= NULL_PID && packet.counter() < 16);
    let adaptation = packet.adaptation();
    assert!(adaptation.pcr.is_none_or(|pcr| pcr < PCR_MODULUS), "{adaptation:?}");
    assert!(packet.has_payload() || packet.payload().is_empty());
    assert!(packet.payload().len() <= PACKET_LEN - 4);
    assert!(pes::pts(packet.payload()).is_none_or(|pts| pts < 1 << 33));
}

fn section(bytes: &[u8]) {
    let Ok(section) = Section::read(bytes) else { return };
    assert!(section.body.len() < bytes.len() && section.version < 32);
    for program in tables::programs(&section) {
        assert!(program.program != 0 && program.pid <= NULL_PID);
    }
    if let Some((pcr_pid, streams)) = tables::program_map(&section) {
        assert!(pcr_pid <= NULL_PID);
        for stream in streams {
            assert!(stream.pid <= NULL_PID && !stream.kind.name().is_empty());
        }
    }
    for service in tables::services(&section) {
        assert!(service.name.chars().count() <= 128 && service.provider.chars().count() <= 128);
    }
}

/// The bytes as a section with the long syntax and a right checksum.
fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut section = bytes.to_vec();
    if let Some(flags) = section.get_mut(1) {
        *flags |= 0x80;
    }
    let sum = section.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum >> 31 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 }
        })
    });
    section.extend_from_slice(&sum.to_be_bytes());
    section
}
