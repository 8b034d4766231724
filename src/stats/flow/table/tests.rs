use proptest::prelude::*;

use super::*;
use crate::stats::stream::{LocalClock, MOST_BYTES as MOST_STREAM_BYTES, Stream};
use crate::units::UnixTime;

const MILLI: i64 = 1_000_000;

/// 2026, which iperf and other formats with a clock need.
const START: i64 = 1_795_000_000_000_000_000;

struct Receiver {
    flows: Flows,
    streams: Streams,
    now: i64,
}

impl Receiver {
    fn new(choice: Choice) -> Self {
        let settings = Settings { choice, ..Settings::default() };
        Receiver {
            flows: Flows::new(1, settings),
            streams: Streams::new(1, true, LocalClock::default()),
            now: START,
        }
    }

    fn take_from(&mut self, source: &str, payload: &[u8]) -> Seen {
        self.now += MILLI;
        let arrival = Arrival {
            source: source.parse().unwrap(),
            zone: None,
            group: "239.1.1.1".parse().unwrap(),
            port: 5004,
            iface: Some((2, "e0")),
            time: UnixTime::from_nanos(self.now),
            read: None,
            ttl: Some(4),
            traffic_class: Some(0),
            len: payload.len(),
            origin: None,
        };
        self.flows.take(payload, &arrival, &mut self.streams)
    }

    fn take(&mut self, payload: &[u8]) -> Seen {
        self.take_from("10.0.0.5:4000", payload)
    }

    fn take_all(&mut self, payloads: impl Iterator<Item = Vec<u8>>) {
        payloads.for_each(|payload| _ = self.take(&payload));
    }

    fn only_stream(&self) -> &Stream {
        let mut streams = self.streams.iter();
        let stream = streams.next().unwrap();
        assert!(streams.next().is_none());
        stream
    }

    fn formats(&self) -> Vec<Option<&'static str>> {
        self.flows.iter().map(|flow| flow.format().map(|(format, _)| format.name())).collect()
    }
}

fn rtp(sequence: u16, ssrc: u32) -> Vec<u8> {
    let mut bytes = vec![0x80, 96];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend((u32::from(sequence) * 48).to_be_bytes());
    bytes.extend(ssrc.to_be_bytes());
    bytes.resize(200, 0x11);
    bytes
}

fn mgen(sequence: u32) -> Vec<u8> {
    let mut bytes = 64_u16.to_be_bytes().to_vec();
    bytes.extend([2, 8]);
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(1_795_000_000_u32.to_be_bytes());
    bytes.extend(0_u32.to_be_bytes());
    bytes.extend([0x13, 0x89, 1, 4, 239, 1, 1, 1]);
    bytes.resize(64, 0);
    bytes
}

#[test]
fn the_datagrams_before_the_decision_count() {
    let mut receiver = Receiver::new(Choice::Auto);
    // A loss among the first datagrams is not forgotten: 2 is missing.
    for sequence in [65_534, 65_535, 0, 1, 3, 4, 5, 6] {
        receiver.take(&rtp(sequence, 7));
    }
    let stream = receiver.only_stream();
    assert_eq!(stream.format(), "rtp");
    assert_eq!((stream.losses(false).expected, stream.losses(false).lost), (9, 1));
    assert_eq!(stream.missed_before(), None);
}

#[test]
fn three_rtp_datagrams_are_no_evidence() {
    let mut receiver = Receiver::new(Choice::Auto);
    for sequence in [1, 2, 3, 9, 10, 11, 20, 21, 22] {
        receiver.take(&rtp(sequence, 7));
    }
    assert_eq!(receiver.formats(), [None]);
    assert_eq!(receiver.streams.iter().count(), 0);
}

#[test]
fn an_earlier_timestamp_is_no_evidence() {
    let mut receiver = Receiver::new(Choice::Auto);
    for sequence in [1, 2, 3, 4_u16] {
        let mut payload = rtp(sequence, 7);
        payload[4..8].copy_from_slice(&(1000 - u32::from(sequence)).to_be_bytes());
        receiver.take(&payload);
    }
    assert_eq!(receiver.formats(), [None]);
}

#[test]
fn a_damaged_datagram_opens_no_stream() {
    let mut receiver = Receiver::new(Choice::Auto);
    for sequence in 0..50 {
        let ssrc = if sequence == 20 { 0x5555 } else { 7 };
        receiver.take(&rtp(sequence, ssrc));
    }
    let losses = receiver.only_stream().losses(false);
    assert_eq!((losses.expected, losses.lost), (50, 1));
}

#[test]
fn a_new_ssrc_is_a_new_stream() {
    let mut receiver = Receiver::new(Choice::Auto);
    receiver.take_all((0..10).map(|sequence| rtp(sequence, 7)));
    receiver.take_all((700..710).map(|sequence| rtp(sequence, 8)));
    let losses: Vec<_> = receiver.streams.iter().map(|stream| stream.losses(false)).collect();
    assert_eq!(losses.iter().map(|losses| losses.expected).collect::<Vec<_>>(), [10, 10]);
    assert!(losses.iter().all(|losses| losses.lost == 0));
    assert_eq!(receiver.streams.restarts(), [0, 1]);
}

#[test]
fn a_restart_is_no_loss() {
    let mut receiver = Receiver::new(Choice::Auto);
    receiver.take_all((100..400).map(mgen));
    receiver.take_all((0..300).map(mgen));
    let streams: Vec<_> = receiver.streams.iter().collect();
    assert_eq!(streams.len(), 2);
    assert_eq!(streams.iter().map(|of| of.losses(false).lost).sum::<u64>(), 0);
    assert_eq!(streams.iter().map(|of| of.losses(false).expected).collect::<Vec<_>>(), [300, 300]);
    assert_eq!(
        streams.iter().map(|of| of.missed_before()).collect::<Vec<_>>(),
        [Some(100), Some(0)]
    );
}

#[test]
fn eight_misfits_reopen_the_decision() {
    let mut receiver = Receiver::new(Choice::Auto);
    receiver.take_all((0..20).map(mgen));
    receiver.take_all((0..7).map(|_| b"something else".to_vec()));
    assert_eq!(receiver.formats(), [Some("mgen")]);
    receiver.take(b"something else");
    assert_eq!(receiver.formats(), [None]);
    // The same stream continues.
    receiver.take_all((20..40).map(mgen));
    assert_eq!(receiver.formats(), [Some("mgen")]);
    assert_eq!(receiver.only_stream().losses(false).expected, 40);
}

#[test]
fn misfits_of_a_measured_flow_are_foreign() {
    let mut receiver = Receiver::new(Choice::Auto);
    receiver.take_all((0..100).map(mgen));
    receiver.take_all((0..8).map(|_| b"something else".to_vec()));
    receiver.take_all((100..120).map(mgen));
    assert_eq!(receiver.flows.foreign(), 8);
    assert_eq!(receiver.only_stream().losses(false).expected, 120);
}

#[test]
fn a_named_format_needs_no_evidence() {
    let mut receiver = Receiver::new(Choice::Only(Format::Mgen));
    receiver.take(&mgen(5));
    let seen = receiver.take(b"something else");
    assert!(seen.corrupt);
    receiver.take(&mgen(7));
    assert_eq!(receiver.flows.corrupt, 1);
    let losses = receiver.only_stream().losses(false);
    assert_eq!((losses.expected, losses.lost), (3, 1));
}

/// RTP whose payload begins with the upper 16 bits of the number.
fn extended(number: u32) -> Vec<u8> {
    let mut bytes = rtp(number as u16, 7);
    bytes[12..14].copy_from_slice(&((number >> 16) as u16).to_be_bytes());
    bytes
}

#[test]
fn st_2110_counts_an_outage_longer_than_16_bits() {
    let mut receiver = Receiver::new(Choice::ExtendedRtp);
    // 100,000 datagrams a second: an outage of 2 s is longer than the lower bits can count.
    let mut take = |number: u32| {
        receiver.now = START + i64::from(number) * 10_000 - MILLI;
        receiver.take(&extended(number));
    };
    (0..100_000).for_each(&mut take);
    (300_000..300_100).for_each(&mut take);
    let stream = receiver.only_stream();
    assert_eq!(stream.losses(false).lost, 200_000);
    assert!(stream.has_exact_losses());
}

#[test]
fn a_restart_of_st_2110_keeps_its_width() {
    let mut receiver = Receiver::new(Choice::ExtendedRtp);
    receiver.take_all((1_000_000..1_001_000).map(extended));
    receiver.take_all((0..140_000).map(extended));
    let losses: Vec<_> = receiver.streams.iter().map(|stream| stream.losses(false)).collect();
    let expected: Vec<_> = losses.iter().map(|losses| losses.expected).collect();
    assert_eq!((expected, losses.iter().map(|of| of.lost).sum::<u64>()), (vec![1000, 140_000], 0));
}

#[test]
fn without_recognition_nothing_is_measured() {
    let mut receiver = Receiver::new(Choice::None);
    receiver.take_all((0..20).map(mgen));
    assert_eq!((receiver.flows.iter().len(), receiver.streams.iter().len()), (0, 0));
}

#[test]
fn a_mixture_is_not_measured() {
    let mut receiver = Receiver::new(Choice::Auto);
    for sequence in 0..100 {
        receiver.take(&rtp(sequence, 7));
        if sequence > 10 && sequence % 3 == 0 {
            receiver.take(b"something else");
        }
    }
    let flow = receiver.flows.iter().next().unwrap();
    assert_eq!(
        (flow.format().map(|(format, _)| format.name()), flow.is_measured()),
        (Some("rtp"), false)
    );
    assert_eq!(receiver.flows.unmeasured_streams().len(), 1);
}

#[test]
fn a_short_run_after_an_end_is_a_stream_of_its_own() {
    let mut receiver = Receiver::new(Choice::Auto);
    for _ in 0..3 {
        receiver.take(b"echo sender equiv cmd: msend\0");
        receiver.take_all((0..5).map(|number| format!("Message {number:x}").into_bytes()));
        receiver.take(b"stat 5");
    }
    let streams: Vec<_> = receiver
        .streams
        .iter()
        .map(|stream| (stream.counters(false).meter.datagrams, stream.ended))
        .collect();
    assert_eq!(streams, [(5, true); 3]);
    assert!(receiver.streams.iter().all(|stream| stream.counters(false).duplicates == 0));
}

#[test]
fn art_net_without_numbers_is_named_and_not_measured() {
    let mut receiver = Receiver::new(Choice::Auto);
    let levels =
        |number| [b"Art-Net\0\x00\x50\x00\x0e", &[number][..], b"\0\x03\0\0\x02\0\0"].concat();
    receiver.take_all((0..20).map(|_| levels(0)));
    assert!(!receiver.flows.iter().next().unwrap().is_measured());
    assert_eq!(receiver.streams.iter().len(), 0);
    receiver.take_all((1..20).map(levels));
    assert!(receiver.flows.iter().next().unwrap().is_measured());
}

#[test]
fn a_forged_flood_stays_within_the_memory_limits() {
    let mut receiver = Receiver::new(Choice::Auto);
    for port in 1024..9000 {
        let source = format!("10.0.{}.5:{port}", port % 7);
        for sequence in 0..5 {
            receiver.take_from(&source, &rtp(sequence, port));
        }
    }
    assert!(receiver.flows.untracked > 0);
    assert!(receiver.flows.bytes() <= MOST_BYTES + (1 << 20));
    assert!(receiver.streams.bytes() <= MOST_STREAM_BYTES);
    assert!(receiver.flows.iter().len() <= FEWEST_FLOWS);
}

proptest! {
    #[test]
    fn nothing_panics(
        datagrams in proptest::collection::vec(
            (0..3_u16, proptest::collection::vec(any::<u8>(), 0..100)),
            0..100,
        ),
    ) {
        let mut receiver = Receiver::new(Choice::Auto);
        for (port, payload) in datagrams {
            receiver.take_from(&format!("10.0.0.5:{}", 4000 + port), &payload);
        }
        prop_assert!(receiver.flows.iter().len() <= 3);
    }

    #[test]
    fn losses_are_exact_from_the_first_datagram(
        first: u16,
        lost in proptest::collection::btree_set(1..500_u16, 0..100),
    ) {
        let mut receiver = Receiver::new(Choice::Only(Format::Rtp));
        for number in (0..=500_u16).filter(|number| !lost.contains(number)) {
            receiver.take(&rtp(first.wrapping_add(number), 7));
        }
        let losses = receiver.only_stream().losses(false);
        prop_assert_eq!((losses.expected, losses.lost), (501, lost.len() as u64));
    }
}
