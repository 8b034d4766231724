//! RTP streams with RTCP and SAP.

use crate::format::kind::{Choice, Format};
use crate::stats::flow::{Flows, Settings};
use crate::stats::rtp::RtpDetail;
use crate::stats::stream::{Arrival, Clock, Detail, LocalClock, Stream, Streams};
use crate::units::UnixTime;

const MILLI: i64 = 1_000_000;
const START: i64 = 1_795_000_000_000_000_000;
const SENDER: &str = "10.0.0.5:4000";

struct Receiver {
    flows: Flows,
    streams: Streams,
    now: i64,
    step: i64,
}

impl Receiver {
    fn new(settings: Settings) -> Self {
        Receiver {
            flows: Flows::new(1, settings),
            streams: Streams::new(1, true, LocalClock::default()),
            now: START,
            step: MILLI,
        }
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_nanos(self.now)
    }

    fn take_at(&mut self, source: &str, port: u16, payload: &[u8]) {
        self.now += self.step;
        let arrival = Arrival {
            source: source.parse().unwrap(),
            zone: None,
            group: "239.1.1.1".parse().unwrap(),
            port,
            iface: Some((2, "e0")),
            time: self.now(),
            read: None,
            ttl: None,
            traffic_class: None,
            len: payload.len(),
            origin: None,
        };
        self.flows.take(payload, &arrival, &mut self.streams);
    }

    fn take(&mut self, payload: &[u8]) {
        self.take_at(SENDER, 5004, payload);
    }

    fn settle(&mut self) {
        self.now += 1000 * MILLI;
        self.flows.settle(self.now(), &mut self.streams);
    }

    fn stream(&self, at: usize) -> &Stream {
        self.streams.iter().nth(at).unwrap()
    }

    fn detail(&self, at: usize) -> &RtpDetail {
        match &self.stream(at).foreign().unwrap().detail {
            Detail::Rtp(detail) => detail,
            other => panic!("not RTP: {other:?}"),
        }
    }
}

/// A datagram of audio with 1 ms; the payload begins with `first`.
fn rtp(ssrc: u32, number: u32, first: u16) -> Vec<u8> {
    let mut bytes = vec![0x80, 97];
    bytes.extend((number as u16).to_be_bytes());
    bytes.extend((number.wrapping_mul(48)).to_be_bytes());
    bytes.extend(ssrc.to_be_bytes());
    bytes.extend(first.to_be_bytes());
    bytes
}

fn report(ssrc: u32, sent: u32, time: i64, timestamp: u32) -> Vec<u8> {
    let seconds = (time / 1_000_000_000 + 2_208_988_800) as u32;
    let fraction = ((time % 1_000_000_000) << 32) / 1_000_000_000;
    let mut bytes = vec![0x80, 200, 0, 6];
    let words = [ssrc, seconds, fraction as u32, timestamp, sent, 0];
    words.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
    bytes
}

fn bye(ssrc: u32) -> Vec<u8> {
    let mut bytes = vec![0x81, 203, 0, 1];
    bytes.extend(ssrc.to_be_bytes());
    bytes
}

#[test]
fn sender_reports_reveal_losses_at_the_end() {
    let mut receiver = Receiver::new(Settings::default());
    (0..50).for_each(|number| receiver.take(&rtp(6, number, 0)));
    receiver.take_at("10.0.0.5:4001", 5005, &report(6, 150, START, 0));
    (50..90).for_each(|number| receiver.take(&rtp(6, number, 0)));
    receiver.take_at("10.0.0.5:4001", 5005, &report(6, 200, START, 0));
    assert_eq!(receiver.stream(0).losses(false).lost, 0, "some may be on the way");
    receiver.settle();
    let losses = receiver.stream(0).losses(false);
    assert_eq!((losses.lost, losses.expected), (10, 100));
    assert_eq!(receiver.detail(0).meter.reports().sent(), Some(200));
}

#[test]
fn a_report_before_the_first_datagram_counts() {
    let mut receiver = Receiver::new(Settings::default());
    receiver.take_at("10.0.0.5:4001", 5005, &report(6, 0, START, 0));
    (2..50).for_each(|number| receiver.take(&rtp(6, number, 0)));
    receiver.take_at("10.0.0.5:4001", 5005, &report(6, 50, START, 0));
    receiver.settle();
    let losses = receiver.stream(0).losses(false);
    assert_eq!((losses.expected, losses.lost), (50, 2), "two of fifty");
    assert_eq!(receiver.detail(0).meter.reports().count(), 2);
}

#[test]
fn a_goodbye_ends_the_stream() {
    let mut receiver = Receiver::new(Settings::default());
    (0..50).for_each(|number| receiver.take(&rtp(6, number, 0)));
    receiver.take(&report(6, 50, START, 0));
    receiver.take_at("10.0.0.9:4001", 5005, &bye(6));
    receiver.take_at("10.0.0.5:4001", 5007, &bye(6));
    receiver.take_at("10.0.0.5:4001", 5005, &bye(7));
    assert!(!receiver.streams.all_ended(), "of another address, port or SSRC");
    receiver.take_at("10.0.0.5:4001", 5005, &[report(6, 53, START, 0), bye(6)].concat());
    assert!(receiver.streams.all_ended());
    assert_eq!(receiver.stream(0).losses(false).lost, 3);
}

#[test]
fn sender_reports_date_datagrams_if_the_clocks_agree() {
    let settings = Settings { rtp_clock: Some(48_000), trust_clock: true, ..Settings::default() };
    let mut receiver = Receiver::new(settings);
    (0..50).for_each(|number| receiver.take(&rtp(6, number, 0)));
    // The datagram with the number 0 was sampled 5 ms before it arrived.
    receiver.take_at("10.0.0.5:4001", 5005, &report(6, 50, START - 4 * MILLI, 0));
    receiver.now -= MILLI;
    (50..90).for_each(|number| receiver.take(&rtp(6, number, 0)));
    let stream = receiver.stream(0);
    let delays = stream.counters(false).delays.quantiles().unwrap();
    assert!((delays.min - 5 * MILLI).abs() < 1000, "{delays:?}");
    assert!((delays.max - 5 * MILLI).abs() < 1000, "{delays:?}");
    assert_eq!(stream.clock(), Clock::Asserted);
    assert!(stream.jitter().is_some_and(|jitter| jitter < 1000.0));
}

#[test]
fn a_new_ssrc_is_a_change() {
    let mut receiver = Receiver::new(Settings::default());
    (0..50).for_each(|number| receiver.take(&rtp(6, number, 0)));
    (0..50).for_each(|number| receiver.take(&rtp(100, number, 0)));
    let changes = [0, 1].map(|at| receiver.detail(at).ssrc_changes);
    assert_eq!((receiver.streams.iter().len(), changes), (2, [1, 1]));
}

#[test]
fn a_retransmission_counts_apart() {
    let mut receiver = Receiver::new(Settings::default());
    for number in 0..50 {
        receiver.take(&rtp(6, number, 0));
        if number % 10 == 5 {
            receiver.take(&rtp(7, number - 2, 0));
        }
    }
    assert_eq!(receiver.streams.iter().len(), 1);
    assert_eq!(receiver.detail(0).retransmissions, 5);
    let losses = receiver.stream(0).losses(false);
    assert_eq!((losses.expected, losses.lost), (50, 0));
}

#[test]
fn extended_numbers_survive_a_long_outage() {
    let settings = Settings { choice: Choice::Only(Format::Rtp), ..Settings::default() };
    let mut receiver = Receiver::new(settings);
    // 100,000 datagrams a second, as ST 2110-20 sends them.
    receiver.step = MILLI / 100;
    let datagram = |number: u32| rtp(6, number, (number >> 16) as u16);
    (60_000..200_000).for_each(|number| receiver.take(&datagram(number)));
    assert!(receiver.detail(0).extended.is_extended());
    receiver.now += 700 * MILLI;
    (270_000..280_000).for_each(|number| receiver.take(&datagram(number)));
    let stream = receiver.stream(0);
    assert_eq!((stream.losses(false).lost, stream.has_exact_losses()), (70_000, true));
}

#[test]
fn an_announcement_labels_known_and_new_streams() {
    let sap = |name: &str, hash: u8| {
        let sdp = format!(
            "v=0\no=- {hash} 1 IN IP4 10.0.0.5\ns={name}\nc=IN IP4 239.1.1.1/4\n\
             m=audio 5004 RTP/AVP 97\na=rtpmap:97 L24/48000/2\n"
        );
        [&[0x20, 0, 0, hash, 10, 0, 0, 5], sdp.as_bytes()].concat()
    };
    let mut receiver = Receiver::new(Settings::default());
    (0..50).for_each(|number| receiver.take(&rtp(6, number, 0)));
    assert_eq!(receiver.detail(0).encoding(), None);
    receiver.take_at("10.0.0.5:9000", 9875, &sap("one", 1));
    (0..50).for_each(|number| receiver.take(&rtp(100, number, 0)));
    for at in [0, 1] {
        let detail = receiver.detail(at);
        let clock = detail.meter.clock().map(|(clock, origin)| (clock.hz(), origin.name()));
        assert_eq!((detail.encoding(), clock), (Some("L24"), Some((48_000, "sap"))));
    }
    let name =
        |receiver: &Receiver| receiver.detail(0).label().and_then(|label| label.name.clone());
    receiver.take_at("10.0.0.5:9000", 9875, &sap("two", 1 << 1));
    assert_eq!(name(&receiver).as_deref(), Some("one"), "the search follows later");
    receiver.settle();
    assert_eq!(name(&receiver).as_deref(), Some("two"));
    assert_eq!(receiver.flows.sessions().iter().len(), 2);
}
