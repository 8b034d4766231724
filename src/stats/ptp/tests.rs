use proptest::prelude::*;

use super::*;
use crate::format::ptp::ClockIdentity;

const SECOND: i64 = 1_000_000_000;

fn port(number: u16) -> PortIdentity {
    PortIdentity { clock: ClockIdentity([number as u8; 8]), number }
}

fn grandmaster(identity: u8) -> Grandmaster {
    Grandmaster {
        identity: ClockIdentity([identity; 8]),
        priority1: 128,
        class: 6,
        accuracy_code: 0x21,
        variance: 0,
        priority2: 128,
        time_source_code: 0x20,
    }
}

fn ptp(message: Message, from: u16, sequence: u16) -> Ptp {
    Ptp {
        message,
        minor_version: 0,
        domain: 0,
        two_step: true,
        alternate_master: false,
        port: port(from),
        sequence,
        log_interval: 0,
    }
}

fn announce(from: u16, of: u8) -> Ptp {
    let announce = Announce { grandmaster: grandmaster(of), steps: 0, utc_offset: None };
    ptp(Message::Announce(announce), from, 0)
}

/// Feeds Announce messages (time in s, port, grandmaster) and returns the changes.
fn changes(sent: &[(i64, u16, u8)]) -> Vec<Change> {
    let mut clocks = Clocks::default();
    sent.iter()
        .filter_map(|(time, from, of)| {
            clocks.add(UnixTime::from_nanos(time * SECOND), &announce(*from, *of), 64)
        })
        .collect()
}

#[test]
fn the_rate_of_a_port_is_compared_with_its_stated_interval() {
    let mut clocks = Clocks::default();
    for step in 0..9_u16 {
        let sync = Ptp { log_interval: -3, ..ptp(Message::Sync, 1, step) };
        clocks.add(UnixTime::from_nanos(i64::from(step) * SECOND / 8), &sync, 44);
    }
    let sync = &clocks.domain(0).unwrap().port(port(1)).unwrap().sync;
    assert_eq!((sync.meter.rate_pps(), sync.stated_pps()), (Some(8.0), Some(8.0)));
    assert_eq!(sync.longest, Duration::from_millis(125));
    assert_eq!(seconds(0x7f), None, "a unicast Delay_Req states no interval");
}

#[test]
fn a_new_grandmaster_after_a_silence_is_a_change() {
    let expected = Change::Grandmaster { domain: 0, from: grandmaster(1), to: grandmaster(2) };
    assert_eq!(changes(&[(0, 1, 1), (1, 1, 1), (5, 2, 2), (6, 2, 2)]), [expected]);
    // A boundary clock announces another grandmaster.
    assert_eq!(changes(&[(0, 1, 1), (1, 1, 2), (2, 1, 2)]), [expected]);
}

#[test]
fn a_takeover_is_no_second_grandmaster() {
    // The better clock announces itself, and the other one stops after its next Announce.
    let sent = [(0, 1, 1), (1, 2, 2), (1, 1, 1), (2, 2, 2), (3, 2, 2), (4, 2, 2), (5, 2, 2)];
    let expected = Change::Grandmaster { domain: 0, from: grandmaster(1), to: grandmaster(2) };
    assert_eq!(changes(&sent), [expected]);
}

#[test]
fn two_grandmasters_in_turns_are_reported_once() {
    let sent: Vec<_> = (0..20).flat_map(|step| [(step, 1, 1), (step, 2, 2)]).collect();
    let grandmasters = [grandmaster(1), grandmaster(2)];
    assert_eq!(changes(&sent), [Change::TwoGrandmasters { domain: 0, grandmasters }]);
    let mut clocks = Clocks::default();
    for (time, from, of) in sent {
        clocks.add(UnixTime::from_nanos(time * SECOND), &announce(from, of), 64);
    }
    let domain = clocks.domain(0).unwrap();
    assert_eq!(domain.master().unwrap().announce.grandmaster, grandmaster(1));
    assert_eq!(domain.second().unwrap().announce.grandmaster, grandmaster(2));
    assert_eq!(domain.changes, 0);
}

#[test]
fn boundary_clocks_of_one_grandmaster_are_no_conflict() {
    let sent: Vec<_> = (0..20).flat_map(|step| [(step, 1, 1), (step, 2, 1)]).collect();
    assert_eq!(changes(&sent), []);
}

#[test]
fn an_alternate_master_and_another_domain_are_no_conflict() {
    let mut clocks = Clocks::default();
    for step in 0..20 {
        let time = UnixTime::from_nanos(step * SECOND);
        let alternate = Ptp { alternate_master: true, ..announce(2, 2) };
        let other = Ptp { domain: 1, ..announce(3, 3) };
        for message in [announce(1, 1), alternate, other] {
            assert_eq!(clocks.add(time, &message, 64), None);
        }
    }
    assert_eq!(clocks.domains().count(), 2);
}

#[test]
fn a_sync_without_its_follow_up_is_missing() {
    let mut clocks = Clocks::default();
    for number in 0..100_u16 {
        // Around the wrap of the numbers.
        let sequence = number.wrapping_sub(50);
        clocks.add(UnixTime::default(), &ptp(Message::Sync, 1, sequence), 44);
        if number % 10 != 3 {
            clocks.add(UnixTime::default(), &ptp(Message::FollowUp, 1, sequence), 44);
        }
    }
    let port = clocks.domain(0).unwrap().port(port(1)).unwrap();
    // 93 is not yet older than the window.
    assert_eq!(port.missing_follow_ups(), Some(9));
}

#[test]
fn follow_ups_may_be_read_before_their_syncs() {
    let mut pairs = Pairs::default();
    for batch in 0..10_u16 {
        (0..8).for_each(|step| pairs.follow_up(batch * 8 + step));
        (0..8).for_each(|step| pairs.sync(batch * 8 + step));
    }
    assert_eq!(pairs.missing, 0);
}

#[test]
fn a_lost_sync_is_no_missing_follow_up() {
    let mut pairs = Pairs::default();
    (0..100).for_each(|number| pairs.follow_up(number));
    assert_eq!(pairs.missing, 0);
}

#[test]
fn without_any_follow_up_the_number_of_missing_ones_is_unknown() {
    let mut clocks = Clocks::default();
    for number in 0..100 {
        clocks.add(UnixTime::default(), &ptp(Message::Sync, 1, number), 44);
    }
    assert_eq!(clocks.domain(0).unwrap().port(port(1)).unwrap().missing_follow_ups(), None);
}

#[test]
fn the_number_of_ports_is_bounded() {
    let mut clocks = Clocks::default();
    for number in 0..=MAX_PORTS as u16 {
        clocks.add(UnixTime::default(), &ptp(Message::Sync, number, 0), 44);
    }
    let ports: usize = clocks.domains().map(|(_, domain)| domain.ports().count()).sum();
    assert_eq!((ports, clocks.untracked()), (MAX_PORTS, 1));
    // A receiver of the time is no port of interest.
    clocks.add(UnixTime::default(), &Ptp { domain: 9, ..ptp(Message::DelayReq, 1, 0) }, 44);
    assert!(clocks.domain(9).is_none());
}

proptest! {
    #[test]
    fn complete_pairs_are_never_missing(
        first: u16,
        swaps in proptest::collection::vec(any::<bool>(), 1..200),
    ) {
        let mut pairs = Pairs::default();
        for (step, swap) in swaps.into_iter().enumerate() {
            let number = first.wrapping_add(step as u16);
            if swap {
                pairs.follow_up(number);
                pairs.sync(number);
            } else {
                pairs.sync(number);
                pairs.follow_up(number);
            }
        }
        prop_assert_eq!(pairs.missing, 0);
    }

    #[test]
    fn arbitrary_numbers_do_not_panic(
        numbers in proptest::collection::vec((any::<u16>(), any::<bool>()), 0..60),
    ) {
        let mut pairs = Pairs::default();
        for (number, is_sync) in &numbers {
            if *is_sync { pairs.sync(*number) } else { pairs.follow_up(*number) }
        }
        prop_assert!(pairs.missing <= numbers.len() as u64);
    }
}
