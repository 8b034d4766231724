//! The packets of an input, in order, also after bytes that belong to none.

use super::Framing;
use crate::format::ts::PACKET_LEN;

/// This many packets in a row end a search for the next packet.
const PROOF: usize = 3;

/// Finds the packets in the bytes of an input.
#[derive(Clone, Debug)]
pub struct Aligner {
    framing: Framing,
    /// The beginning of a unit, or the bytes of an unfinished search.
    rest: Vec<u8>,
    /// The place is uncertain: the last bytes belonged to no packet.
    is_searching: bool,
    skipped: u64,
}

impl Aligner {
    /// Packets with this framing, from the first byte on.
    pub fn new(framing: Framing) -> Self {
        Aligner { framing, rest: Vec::new(), is_searching: false, skipped: 0 }
    }

    /// Adds the next bytes, and calls `take` with each packet that is complete.
    pub fn add(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8; PACKET_LEN])) {
        self.rest.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = self.rest.get(at..) {
            if self.is_searching {
                let (found, places) = search(self.framing, rest);
                at += places;
                self.skipped += places as u64;
                self.is_searching = !found;
                if !found {
                    break;
                }
                continue;
            }
            let Some(unit) = rest.get(..self.framing.unit()) else { break };
            match self.framing.packet(unit) {
                Some(packet) => {
                    take(packet);
                    at += unit.len();
                }
                None => self.is_searching = true,
            }
        }
        self.rest.drain(..at);
    }

    /// Ends the input: calls `take` with the packets that were not certain. The next bytes begin
    /// with a packet.
    pub fn finish(&mut self, mut take: impl FnMut(&[u8; PACKET_LEN])) {
        // The parity of the last packet may be missing.
        for unit in self.rest.chunks(self.framing.unit()) {
            match self.framing.packet(unit).filter(|_| !self.is_searching) {
                Some(packet) => take(packet),
                None => self.skipped += unit.len() as u64,
            }
        }
        self.rest.clear();
        self.is_searching = false;
    }

    /// How many bytes belonged to no packet.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Looks for a place from which packets follow in a row. Returns whether one was found, and the
/// bytes before it, or before the first place that is undecided.
fn search(framing: Framing, bytes: &[u8]) -> (bool, usize) {
    let needed = PROOF * framing.unit();
    let places = (bytes.len() + 1).saturating_sub(needed);
    let follows = |at: &usize| bytes.get(*at..).is_some_and(|rest| framing.follow(rest, PROOF));
    match (0..places).find(follows) {
        Some(at) => (true, at),
        None => (false, places),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Packets with their number in the payload.
    fn packets(count: u8) -> Vec<Vec<u8>> {
        let packet = |number| {
            let mut packet = vec![0x47, 0, 0x21, 0x10, number];
            packet.resize(PACKET_LEN, 0x20);
            packet
        };
        (0..count).map(packet).collect()
    }

    fn numbers(aligner: &mut Aligner, pieces: &[&[u8]]) -> Vec<u8> {
        let mut found = Vec::new();
        for piece in pieces {
            aligner.add(piece, |packet| found.push(packet[4]));
        }
        aligner.finish(|packet| found.push(packet[4]));
        found
    }

    #[test]
    fn bytes_between_packets_are_skipped_and_counted() {
        let mut parts = packets(10);
        parts.insert(4, b"lost GGG".to_vec());
        parts.push(vec![0x47; 100]);
        let mut aligner = Aligner::new(Framing::PLAIN);
        assert_eq!(numbers(&mut aligner, &[&parts.concat()]), (0..10).collect::<Vec<_>>());
        assert_eq!(aligner.skipped(), 108);
    }

    #[test]
    fn a_wrong_sync_byte_costs_one_packet() {
        let mut parts = packets(10);
        parts[5][0] = 0x48;
        let mut aligner = Aligner::new(Framing::PLAIN);
        assert_eq!(numbers(&mut aligner, &[&parts.concat()]), [0, 1, 2, 3, 4, 6, 7, 8, 9]);
        assert_eq!(aligner.skipped(), 188);
    }

    #[test]
    fn a_repeated_input_begins_with_a_packet() {
        let (parts, mut aligner) = (packets(6).concat(), Aligner::new(Framing::PLAIN));
        assert_eq!(numbers(&mut aligner, &[&parts[..1000]]), [0, 1, 2, 3, 4]);
        assert_eq!(numbers(&mut aligner, &[&parts]), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn parity_and_timestamps_are_left_out() {
        let (plain, mut parity, mut timed) = (packets(5), packets(5), packets(5));
        parity.iter_mut().for_each(|packet| packet.extend([0x47; 16]));
        timed.iter_mut().for_each(|packet| drop(packet.splice(..0, [0x47; 4])));
        for (framing, units) in
            [(Framing::PLAIN, plain), (Framing::PARITY, parity), (Framing::TIMED, timed)]
        {
            let mut aligner = Aligner::new(framing);
            assert_eq!(numbers(&mut aligner, &[&units.concat()]), [0, 1, 2, 3, 4]);
            assert_eq!(aligner.skipped(), 0);
        }
    }

    proptest! {
        #[test]
        fn any_division_of_the_bytes_gives_the_same_packets(
            cuts in proptest::collection::vec(0..2100_usize, 0..8),
            at in 0..10_usize,
            noise in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut parts = packets(10);
            parts.insert(at, noise);
            let bytes = parts.concat();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|two| &bytes[two[0]..two[1]]).collect();
            let (mut one, mut many) = (Aligner::new(Framing::PLAIN), Aligner::new(Framing::PLAIN));
            prop_assert_eq!(numbers(&mut one, &[&bytes]), numbers(&mut many, &pieces));
            prop_assert_eq!(one.skipped(), many.skipped());
        }
    }
}
