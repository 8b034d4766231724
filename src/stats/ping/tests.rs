use std::net::SocketAddr;

use proptest::prelude::*;

use super::{Answer, Receiver, Table, Taken};
use crate::format::exchange::Reply;
use crate::format::probe::{Probe, ProbeKind};
use crate::units::{RandomSequence, UnixTime};

const STREAM: u64 = 7;

/// The time between two requests in ns.
const INTERVAL: i64 = 10_000_000;

/// The start of the sender, by its clock.
const START: i64 = 1_700_000_000_000_000_000;

fn sent_at(number: u64) -> i64 {
    START + number as i64 * INTERVAL
}

/// A receiver, as `recv --reply` counts.
#[derive(Clone, Debug)]
struct Peer {
    id: u64,
    address: SocketAddr,
    /// When it began to listen, by the sender's clock.
    start: i64,
    /// Its clock is ahead by this much.
    ahead: i64,
    received: Vec<u64>,
    duplicates: u32,
    replies: u32,
    /// It answers only this many requests.
    limit: u32,
    withheld: u32,
}

impl Peer {
    fn new(id: u64, address: &str, start: i64) -> Self {
        let address = address.parse().expect("an address");
        Peer {
            id,
            address,
            start,
            ahead: 0,
            received: Vec::new(),
            duplicates: 0,
            replies: 0,
            limit: u32::MAX,
            withheld: 0,
        }
    }

    /// The reply to the request `number` that arrives at `now`, by the sender's clock.
    fn reply(&mut self, number: u64, is_end: bool, now: i64) -> Option<Answer> {
        if now < self.start {
            return None;
        }
        if !is_end {
            if self.received.contains(&number) {
                self.duplicates += 1;
                return None;
            }
            self.received.push(number);
            if self.replies >= self.limit {
                self.withheld += 1;
                return None;
            }
            self.replies += 1;
        }
        let held = 50_000;
        let reply = Reply {
            arrived: (now + self.ahead) as u64,
            replied: (now + self.ahead + held) as u64,
            receiver: self.id,
            first: self.received.first().copied().unwrap_or(number),
            listening: (now - self.start) as u64,
            received: self.received.len() as u32,
            duplicates: self.duplicates,
            replies: self.replies,
            withheld: self.withheld,
            ttl: Some(3),
            reply_ttl: Some(64),
            kernel_time: true,
        };
        Some(answer(STREAM, number, reply, self.address, now + held))
    }
}

fn answer(stream: u64, number: u64, reply: Reply, source: SocketAddr, left: i64) -> Answer {
    let header = Probe {
        kind: ProbeKind::Reply,
        reply_wanted: true,
        report_wanted: false,
        synchronised: false,
        stream,
        sequence: number,
        sent: sent_at(number) as u64,
        ttl: 4,
        traffic_class: 0,
        host: 1,
    };
    Answer {
        header,
        reply,
        source,
        arrived: UnixTime::from_nanos(left),
        since_start: left.saturating_sub(START),
        ttl: Some(62),
    }
}

/// A table after `sent` requests.
fn table(sent: u64) -> Table {
    let mut table = Table::default();
    table.add_target(STREAM);
    (0..sent).for_each(|number| table.sent(0, UnixTime::from_nanos(sent_at(number))));
    table
}

fn only(table: &Table) -> Receiver {
    let receivers = table.receivers();
    assert_eq!(receivers.len(), 1, "{receivers:?}");
    receivers.into_iter().next().expect("one")
}

/// The answer, if it arrives 100 us later.
fn arrives(mut answer: Answer) -> Answer {
    let at = answer.arrived.nanos() + 100_000;
    answer.arrived = UnixTime::from_nanos(at);
    answer.since_start = at - START;
    answer
}

#[test]
fn losses_are_counted_in_their_direction() {
    let mut table = table(10);
    let mut peer = Peer::new(1, "10.0.0.1:4000", START - INTERVAL);
    for number in 0..10 {
        let now = sent_at(number) + 100_000;
        // Requests 3 and 4 are lost, and the replies to 6 and 9.
        let Some(reply) = (![3, 4].contains(&number)).then(|| peer.reply(number, false, now))
        else {
            continue;
        };
        if ![6, 9].contains(&number) {
            table.take(&arrives(reply.unwrap()));
        }
    }
    let figures = only(&table).figures;
    assert_eq!((figures.expected, figures.answered), (10, 6));
    assert_eq!((figures.lost_to, figures.lost_back, figures.unresolved), (2, 1, 1));
    assert!(table.awaits(0));
    table.end(0);
    let end = peer.reply(10, true, sent_at(10)).unwrap();
    assert_eq!(table.take(&arrives(end)), Taken::End);
    let figures = only(&table).figures;
    assert_eq!((figures.lost_to, figures.lost_back, figures.unresolved), (2, 2, 0));
    assert_eq!((figures.lost(), figures.loss()), (4, Some(0.4)));
    assert_eq!((figures.loss_to(), figures.loss_back()), (Some(0.2), Some(0.25)));
    assert!(!table.awaits(0));
}

#[test]
fn the_round_trip_needs_no_common_clock() {
    for ahead in [0, 3_600_000_000_000, -86_400_000_000_000] {
        let mut table = table(1);
        let mut peer = Peer { ahead, ..Peer::new(1, "10.0.0.1:4000", START - INTERVAL) };
        let reply = peer.reply(0, false, sent_at(0) + 100_000).unwrap();
        table.take(&arrives(reply));
        let receiver = only(&table);
        let rtt = receiver.figures.rtt.quantiles().unwrap();
        assert_eq!((rtt.min, rtt.max), (200_000, 200_000), "100 us each way");
        let hops = (receiver.figures.hops_to.unwrap(), receiver.figures.hops_back.unwrap());
        assert_eq!((hops.0.min, hops.1.max), (1, 2));
    }
}

#[test]
fn a_late_receiver_misses_nothing_before_its_start() {
    let mut table = table(10);
    // It begins between requests 4 and 5, and the request 5 is lost.
    let mut peer = Peer::new(1, "10.0.0.1:4000", sent_at(4) + INTERVAL / 2);
    for number in (0..10).filter(|number| *number != 5) {
        let reply = peer.reply(number, false, sent_at(number) + 100_000);
        if let Some(reply) = reply {
            table.take(&arrives(reply));
        }
    }
    let figures = only(&table).figures;
    assert_eq!((figures.expected, figures.answered, figures.lost_to), (5, 4, 1));
}

#[test]
fn a_restart_is_one_receiver() {
    let mut table = table(12);
    let mut first = Peer::new(1, "10.0.0.1:4000", START - INTERVAL);
    let mut second = Peer::new(2, "10.0.0.1:4001", sent_at(7) + INTERVAL / 2);
    for number in 0..12 {
        let now = sent_at(number) + 100_000;
        // The first run ends before the request 5.
        let reply = if number < 5 {
            first.reply(number, false, now)
        } else {
            second.reply(number, false, now)
        };
        if let Some(reply) = reply {
            table.take(&arrives(reply));
        }
    }
    let receiver = only(&table);
    assert_eq!((receiver.ids.as_slice(), receiver.source.port()), (&[1, 2][..], 4001));
    let figures = receiver.figures;
    assert_eq!((figures.answered, figures.unresolved, figures.lost_to), (9, 3, 0));
    assert_eq!((figures.expected, figures.lost()), (12, 3));
    assert!(!table.awaits(0), "the first run is over");
}

#[test]
fn two_receivers_of_one_host_are_two() {
    let mut table = table(3);
    let mut peers = [Peer::new(1, "10.0.0.1:4000", START), Peer::new(2, "10.0.0.1:4001", START)];
    for number in 0..3 {
        for peer in &mut peers {
            table.take(&arrives(peer.reply(number, false, sent_at(number) + 1000).unwrap()));
        }
    }
    let receivers = table.receivers();
    assert_eq!(receivers.len(), 2);
    assert!(receivers.iter().all(|receiver| receiver.figures.answered == 3));
}

#[test]
fn a_receiver_that_is_asked_later_is_no_restart() {
    let mut table = table(6);
    let mut peers = [Peer::new(1, "10.0.0.1:4000", START), Peer::new(2, "10.0.0.1:4001", START)];
    for number in 0..6 {
        // The first three requests ask the first receiver, and the others the second one.
        for (position, peer) in peers.iter_mut().enumerate() {
            let is_asked = (number < 3) == (position == 0);
            peer.limit = if is_asked { u32::MAX } else { 0 };
            if let Some(reply) = peer.reply(number, false, sent_at(number) + 1000) {
                table.take(&arrives(reply));
            }
        }
    }
    let receivers = table.receivers();
    assert_eq!(receivers.len(), 2, "{receivers:?}");
    let second = &receivers[1].figures;
    assert_eq!((second.expected, second.answered, second.withheld), (6, 3, 3));
    assert!(receivers.iter().all(|receiver| receiver.figures.lost_to == 0));
}

#[test]
fn a_receiver_that_forgot_the_sender_counts_again() {
    let mut table = table(8);
    let mut peer = Peer::new(1, "10.0.0.1:4000", START - INTERVAL);
    for number in 0..8 {
        if number == 4 {
            // Its table was full, and the counts of this sender had to leave.
            peer = Peer::new(1, "10.0.0.1:4000", START - INTERVAL);
        }
        table.take(&arrives(peer.reply(number, false, sent_at(number) + 1000).unwrap()));
    }
    let receiver = only(&table);
    assert_eq!((receiver.ids.len(), receiver.figures.answered), (1, 8));
    assert_eq!((receiver.figures.lost_to, receiver.figures.lost()), (0, 0));
}

#[test]
fn answers_to_another_sender_are_foreign() {
    let mut table = table(2);
    let mut peer = Peer::new(1, "10.0.0.1:4000", START);
    let reply = peer.reply(0, false, sent_at(0)).unwrap();
    let mut other = reply;
    other.header.stream = STREAM + 1;
    assert_eq!(table.take(&other), Taken::Foreign);
    let mut unsent = reply;
    unsent.header.sequence = 2;
    assert_eq!(table.take(&unsent), Taken::Foreign);
    assert_eq!((table.foreign(), table.receivers().len()), (2, 0));
}

#[test]
fn copies_of_a_reply_are_duplicates() {
    let mut table = table(3);
    let mut peer = Peer::new(1, "10.0.0.1:4000", START);
    for number in 0..3 {
        let reply = arrives(peer.reply(number, false, sent_at(number) + 1000).unwrap());
        for copy in 0..=number {
            let is_duplicate = copy > 0;
            let taken = Taken::Reply { target: 0, is_first: number + copy == 0, is_duplicate };
            assert_eq!(table.take(&reply), taken);
        }
    }
    let figures = only(&table).figures;
    assert_eq!((figures.answered, figures.duplicates, figures.lost_back), (3, 3, 0));
    assert_eq!((table.replies(0), figures.rtt.count()), (3, 3));
}

#[test]
fn withheld_replies_are_not_lost() {
    let mut table = table(10);
    let mut peer = Peer { limit: 4, ..Peer::new(1, "10.0.0.1:4000", START) };
    for number in 0..10 {
        let reply = peer.reply(number, false, sent_at(number) + 1000);
        if let Some(reply) = reply {
            table.take(&arrives(reply));
        }
    }
    table.end(0);
    table.take(&arrives(peer.reply(10, true, sent_at(10)).unwrap()));
    let figures = only(&table).figures;
    assert_eq!((figures.answered, figures.withheld), (4, 6));
    assert_eq!((figures.lost(), figures.lost_back, figures.loss()), (0, 0, Some(0.0)));
}

#[test]
fn many_receivers_are_bounded() {
    let mut table = table(1);
    for id in 0..6000 {
        let mut peer = Peer::new(id, "10.0.0.1:4000", START);
        table.take(&arrives(peer.reply(0, false, sent_at(0) + 1000).unwrap()));
    }
    assert_eq!((table.replies(0), table.untracked()), (6000, 6000 - 4096));
}

/// A network that loses, duplicates and delays datagrams in one direction.
#[derive(Clone, Copy, Debug)]
struct Way {
    loss: f64,
    copies: f64,
    /// The longest delay in ns.
    longest: i64,
}

impl Way {
    /// The delays of the copies that arrive.
    fn delays(&self, random: &mut RandomSequence) -> Vec<i64> {
        let mut delays = Vec::new();
        if !random.occurs(self.loss) {
            delays.push((random.fraction() * self.longest as f64) as i64);
            if random.occurs(self.copies) {
                delays.push((random.fraction() * self.longest as f64) as i64);
            }
        }
        delays
    }
}

/// The truth about a run: requests that did not reach the receiver since its start, and replies
/// that did not arrive.
#[derive(Debug, Default, PartialEq)]
struct Truth {
    expected: u64,
    answered: u64,
    lost_to: u64,
    lost_back: u64,
    request_duplicates: u64,
    duplicates: u64,
}

/// Runs `requests` over both ways. The end marker is never lost. Returns the truth and the account.
fn run(requests: u64, start: i64, ways: [Way; 2], seed: u64) -> (Truth, Option<Receiver>) {
    let mut random = RandomSequence::new(seed, 0);
    let mut peer = Peer::new(1, "10.0.0.1:4000", start);
    let mut arrivals: Vec<(i64, u64)> = Vec::new();
    let mut truth = Truth::default();
    for number in 0..requests {
        let copies = ways[0].delays(&mut random);
        let times: Vec<i64> = copies.iter().map(|delay| sent_at(number) + delay).collect();
        let reached = times.iter().any(|time| *time >= start);
        if sent_at(number) >= start || reached {
            truth.expected += 1;
            truth.lost_to += u64::from(!reached);
        }
        arrivals.extend(times.into_iter().map(|time| (time, number)));
    }
    arrivals.sort_unstable();
    let mut table = table(requests);
    let mut replies: Vec<Answer> = Vec::new();
    for (time, number) in arrivals {
        let Some(reply) = peer.reply(number, false, time) else { continue };
        let delays = ways[1].delays(&mut random);
        truth.lost_back += u64::from(delays.is_empty());
        truth.answered += u64::from(!delays.is_empty());
        truth.duplicates += delays.len().saturating_sub(1) as u64;
        replies.extend(delays.into_iter().map(|delay| {
            let at = UnixTime::from_nanos(reply.arrived.nanos() + delay);
            Answer { arrived: at, since_start: at.nanos() - START, ..reply }
        }));
    }
    truth.request_duplicates = peer.duplicates.into();
    replies.sort_unstable_by_key(|reply| reply.arrived);
    for reply in &replies {
        table.take(reply);
    }
    table.end(0);
    let last = sent_at(requests) + ways[0].longest;
    if let Some(end) = peer.reply(requests, true, last) {
        table.take(&arrives(end));
    }
    (truth, table.receivers().into_iter().next())
}

fn accounted(receiver: &Receiver) -> Truth {
    let figures = &receiver.figures;
    Truth {
        expected: figures.expected,
        answered: figures.answered,
        lost_to: figures.lost_to,
        lost_back: figures.lost_back,
        request_duplicates: figures.request_duplicates,
        duplicates: figures.duplicates,
    }
}

fn way(longest: i64) -> impl Strategy<Value = Way> {
    (0.0..0.9_f64, 0.0..0.3_f64, 1..longest).prop_map(|(loss, copies, longest)| Way {
        loss,
        copies,
        longest,
    })
}

proptest! {
    /// Delays of up to five intervals reorder requests and replies.
    #[test]
    fn losses_agree_with_the_truth(
        requests in 1..80_u64,
        to in way(5 * INTERVAL),
        back in way(5 * INTERVAL),
        seed: u64,
    ) {
        let (truth, receiver) = run(requests, START - 100 * INTERVAL, [to, back], seed);
        let Some(receiver) = receiver else {
            prop_assert_eq!((truth.answered, truth.lost_back), (0, 0), "nothing arrived");
            return Ok(());
        };
        prop_assert_eq!(accounted(&receiver), truth);
        prop_assert_eq!(receiver.figures.unresolved, 0);
    }

    /// A receiver that starts in the middle of an interval, with delays below a quarter of it.
    #[test]
    fn late_joiners_agree_with_the_truth(
        requests in 10..80_u64,
        joins in 0..9_i64,
        to in way(INTERVAL / 4),
        back in way(INTERVAL / 4),
        seed: u64,
    ) {
        let start = START + joins * INTERVAL + INTERVAL / 2;
        let (truth, receiver) = run(requests, start, [to, back], seed);
        if let Some(receiver) = receiver {
            prop_assert_eq!(accounted(&receiver), truth);
        }
    }

    /// With any start, nothing that arrived counts as lost, and no request is lost that the receiver
    /// could not receive.
    #[test]
    fn nothing_is_lost_without_a_loss(
        requests in 1..80_u64,
        joins in -10..80_i64,
        longest in 1..INTERVAL,
        seed: u64,
    ) {
        let way = Way { loss: 0.0, copies: 0.2, longest };
        let (truth, receiver) = run(requests, START + joins * INTERVAL / 3, [way, way], seed);
        if let Some(receiver) = receiver {
            let account = accounted(&receiver);
            prop_assert_eq!((account.lost_to, account.lost_back), (0, 0));
            prop_assert_eq!(account.answered, truth.answered);
        }
    }

    /// Whatever arrives, the counts stay consistent and nothing panics.
    #[test]
    fn any_replies_are_taken(
        replies in proptest::collection::vec(
            (0..12_u64, any::<[u64; 5]>(), any::<[u32; 4]>(), 0..3_u64, any::<i64>()),
            0..40,
        ),
        ended: bool,
    ) {
        let mut table = table(10);
        if ended {
            table.end(0);
        }
        for (number, [arrived, replied, _, first, listening], counts, receiver, time) in replies {
            let [received, duplicates, sent, withheld] = counts;
            let reply = Reply {
                arrived,
                replied,
                receiver,
                first,
                listening,
                received,
                duplicates,
                replies: sent,
                withheld,
                ..Reply::default()
            };
            let source = "10.0.0.1:9".parse().unwrap();
            table.take(&answer(STREAM, number, reply, source, time));
        }
        for receiver in table.receivers() {
            let figures = &receiver.figures;
            for ratio in [figures.loss(), figures.loss_to(), figures.loss_back()] {
                prop_assert!(ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio)), "{figures:?}");
            }
        }
    }
}
