use std::net::IpAddr;

use proptest::prelude::*;

use super::*;

const UDP: u8 = 17;

/// Fragments of packets from one host, which differ by their id.
struct Sender {
    reassembly: Reassembly,
    now: Option<UnixTime>,
}

impl Sender {
    fn new() -> Self {
        Sender { reassembly: Reassembly::default(), now: Some(UnixTime::from_nanos(0)) }
    }

    fn send(&mut self, id: u32, offset: u16, content: &[u8], is_last: bool) -> Added {
        let address = IpAddr::from([10, 0, 0, 1]);
        let header = Header { source: address, destination: address, ttl: 4, traffic_class: 0 };
        let fragment = Fragment { id, offset, is_last };
        let packet =
            Packet { header, protocol: UDP, content, cut: false, fragment: Some(fragment) };
        self.reassembly.add(&packet, fragment, (0, Link::default()), self.now)
    }

    fn pass(&mut self, seconds: i64) {
        let now = self.now.map_or(0, UnixTime::nanos);
        self.now = Some(UnixTime::from_nanos(now + seconds * 1_000_000_000));
    }
}

fn is_complete(added: Added) -> bool {
    matches!(added, Added::Complete(_, UDP))
}

#[test]
fn fragments_complete_in_any_order() {
    let mut sender = Sender::new();
    assert_eq!(sender.send(1, 16, b"last", true), Added::Incomplete);
    assert_eq!(sender.send(1, 0, b"12345678", false), Added::Incomplete);
    assert!(is_complete(sender.send(1, 8, b"abcdefgh", false)));
    assert_eq!(sender.reassembly.content(), b"12345678abcdefghlast");
    assert_eq!((sender.reassembly.bytes(), sender.reassembly.take_given_up()), (0, 0));
}

#[test]
fn a_copy_of_a_fragment_is_harmless() {
    let mut sender = Sender::new();
    for _ in 0..2 {
        assert_eq!(sender.send(1, 0, b"12345678", false), Added::Incomplete);
    }
    assert!(is_complete(sender.send(1, 8, b"last", true)));
}

#[test]
fn fragments_that_contradict_each_other_are_given_up() {
    let last = |sender: &mut Sender| sender.send(1, 16, b"last", true);
    let cases: [(&[u8], u16, bool); 6] = [
        (b"1234567812345678", 8, false),
        (b"123456781234567812345678", 0, false),
        (b"1234567", 0, false),
        (b"", 0, false),
        (b"late", 24, true),
        (b"12345678", 65_528, false),
    ];
    for (content, offset, is_last) in cases {
        let mut sender = Sender::new();
        assert_eq!(last(&mut sender), Added::Incomplete);
        let added = sender.send(1, offset, content, is_last);
        assert_eq!(added, Added::Contradiction, "{content:?} at {offset}");
        assert_eq!(sender.reassembly.bytes(), 0);
    }
}

#[test]
fn a_packet_is_given_up_after_30_s() {
    let mut sender = Sender::new();
    sender.send(1, 0, b"12345678", false);
    sender.pass(29);
    sender.send(2, 0, b"12345678", false);
    sender.pass(2);
    // The id begins a new packet.
    assert_eq!(sender.send(1, 8, b"last", true), Added::Incomplete);
    assert!(is_complete(sender.send(2, 8, b"last", true)));
    assert_eq!(sender.reassembly.take_given_up(), 1);
}

#[test]
fn a_packet_without_time_is_kept() {
    let mut sender = Sender::new();
    sender.now = None;
    sender.send(1, 0, b"12345678", false);
    sender.pass(1_000_000);
    assert!(is_complete(sender.send(1, 8, b"last", true)));
}

#[test]
fn a_clock_that_is_set_back_gives_nothing_up() {
    let mut sender = Sender::new();
    sender.send(1, 0, b"12345678", false);
    sender.pass(-1_000_000);
    assert!(is_complete(sender.send(1, 8, b"last", true)));
}

#[test]
fn memory_is_limited_and_the_oldest_are_given_up() {
    let mut sender = Sender::new();
    let many = 3000;
    for id in 0..many {
        sender.send(id, 65_000, b"12345678", false);
        assert!(sender.reassembly.bytes() <= MOST_BYTES);
    }
    let kept = sender.reassembly.partials.len() as u64;
    assert!(kept > 100, "{kept}");
    assert_eq!(sender.reassembly.take_given_up(), u64::from(many) - kept);
    assert_eq!(sender.send(many - 1, 0, &[0; 64_000], false), Added::Incomplete);
    assert_eq!(sender.reassembly.partials.len() as u64, kept);
    sender.reassembly.end();
    assert_eq!((sender.reassembly.take_given_up(), sender.reassembly.bytes()), (kept, 0));
}

#[test]
fn complete_packets_behind_an_incomplete_one_are_forgotten() {
    let mut sender = Sender::new();
    sender.send(0, 0, b"12345678", false);
    for id in 1..10_000 {
        sender.send(id, 0, b"12345678", false);
        assert!(is_complete(sender.send(id, 8, b"last", true)));
    }
    assert!(sender.reassembly.order.len() <= MOST_COMPLETE + 8);
    assert_eq!(sender.reassembly.partials.len(), 1);
}

proptest! {
    #[test]
    fn shuffled_fragments_give_the_packet(
        content in proptest::collection::vec(any::<u8>(), 9..2000),
        size in 1_usize..40,
        order in any::<[u8; 16]>(),
    ) {
        let pieces: Vec<_> = content.chunks(8 * size).collect();
        let mut numbers: Vec<usize> = (0..pieces.len()).collect();
        numbers.sort_by_key(|number| order[number % 16].wrapping_mul(*number as u8));
        let mut sender = Sender::new();
        let mut completed = 0;
        for number in numbers {
            let offset = (number * 8 * size) as u16;
            let is_last = number + 1 == pieces.len();
            completed += u32::from(is_complete(sender.send(7, offset, pieces[number], is_last)));
        }
        prop_assert_eq!(completed, 1);
        prop_assert_eq!(sender.reassembly.content(), content);
        prop_assert_eq!(sender.reassembly.bytes(), 0);
    }
}
