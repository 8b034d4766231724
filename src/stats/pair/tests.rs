use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::Side::{A, B};
use super::*;

const MS: i64 = 1_000_000;

fn at(ms: i64) -> UnixTime {
    UnixTime::from_nanos(1_700_000_000_000_000_000 + ms * MS)
}

/// After all numbers are final.
const LATER: i64 = 1_000_000;

fn bits(bits: u32) -> Pair {
    Pair::new(NonZeroU64::new(1 << bits))
}

fn losses(expected: u64, lost_a: u64, lost_b: u64, lost: u64) -> PairLosses {
    PairLosses { expected, lost, lost_a, lost_b }
}

/// Takes the numbers of both sides in order, B after A.
fn take(pair: &mut Pair, a: &[u64], b: &[u64], at_ms: i64) {
    for (step, number) in (at_ms..).zip(a) {
        pair.take(A, *number, 1, at(step));
    }
    for (step, number) in (at_ms..).zip(b) {
        pair.take(B, *number, 1, at(step));
    }
}

#[test]
fn a_loss_on_one_side_is_no_loss_of_the_pair() {
    let mut pair = bits(16);
    take(&mut pair, &[0, 1, 3, 4, 5, 7, 8], &[0, 1, 2, 3, 4, 7, 8], 0);
    assert_eq!(pair.losses(at(LATER)), losses(9, 2, 2, 1));
}

#[test]
fn a_late_join_is_no_loss() {
    let mut pair = bits(16);
    take(&mut pair, &[10, 11, 12, 13, 14], &[13, 14], 0);
    assert_eq!(pair.losses(at(LATER)), losses(2, 0, 0, 0));
    let mut alone = bits(16);
    take(&mut alone, &[10, 11, 20], &[], 0);
    assert_eq!(alone.losses(at(LATER)), PairLosses::default());
    assert!(pair.is_matched() && !alone.is_matched());
}

#[test]
fn a_side_that_stops_loses_all_that_follows() {
    let mut pair = bits(16);
    let numbers: Vec<u64> = (0..1000).collect();
    take(&mut pair, &numbers, &numbers[..100], 0);
    assert_eq!(pair.losses(at(LATER)), losses(1000, 0, 900, 0));
}

#[test]
fn a_number_on_its_way_is_not_lost() {
    let mut pair = bits(16);
    // B is 40 ms behind A.
    for number in 0..100 {
        pair.take(A, number, 1, at(number as i64));
        if let Some(number) = number.checked_sub(40) {
            pair.take(B, number, 1, at(number as i64 + 40));
        }
    }
    assert_eq!(pair.losses(at(99)), losses(60, 0, 0, 0));
    // Twice the skew later, the last ones are lost.
    assert_eq!(pair.losses(at(99 + 80)), losses(100, 0, 40, 0));
}

#[test]
fn the_skew_is_that_of_b() {
    let mut pair = bits(16);
    for number in 0..100 {
        let sent = 10 * number as i64;
        pair.take(B, number, 1, at(sent + if number == 50 { 9 } else { 2 }));
        pair.take(A, number, 1, at(sent + 4));
        pair.take(A, number, 1, at(sent + 5));
    }
    let skew = pair.b_after_a().quantiles().unwrap();
    assert_eq!((skew.min, skew.p50, skew.max), (-2 * MS, -2 * MS, 5 * MS));
    let skew = pair.skew().quantiles().unwrap();
    assert_eq!((skew.min, skew.p50, skew.max), (2 * MS, 2 * MS, 5 * MS));
    assert_eq!(pair.skew().count(), 100);
}

#[test]
fn the_sides_may_start_on_both_sides_of_a_wrap() {
    let base = 1 << 33;
    let mut pair = bits(16);
    pair.take(A, base + 65_535, 1, at(0));
    pair.take(A, base + 65_536, 1, at(1));
    // B starts after the wrap, with the number 0.
    pair.take(B, base, 1, at(1));
    pair.take(B, base + 2, 1, at(2));
    pair.take(A, base + 65_537, 1, at(2));
    assert_eq!(pair.losses(at(LATER)), losses(3, 1, 1, 0));
}

#[test]
fn the_end_reveals_the_lost_tail() {
    let mut pair = Pair::new(None);
    take(&mut pair, &[0, 1, 2], &[0, 1], 0);
    pair.announce(A, 5, true, at(3));
    assert_eq!(pair.losses(at(3)), losses(2, 0, 0, 0));
    pair.announce(B, 5, true, at(3));
    assert_eq!(pair.losses(at(3)), losses(5, 2, 3, 2));
}

#[test]
fn messages_count_by_number() {
    let mut pair = bits(32);
    pair.take(A, 100, 10, at(0));
    pair.take(B, 100, 10, at(1));
    pair.take(A, 110, 5, at(2));
    pair.take(B, 115, 20, at(3));
    assert_eq!(pair.losses(at(LATER)), losses(35, 20, 5, 0));
    assert_eq!(pair.skew().count(), 1, "one for each datagram");
}

#[test]
fn a_restart_of_both_sides_is_no_loss() {
    let mut pair = bits(16);
    let numbers: Vec<u64> = (1000..1100).collect();
    take(&mut pair, &numbers[..99], &numbers[..90], 0);
    pair.restart(A, 50_000, at(100));
    pair.take(A, 50_000, 1, at(100));
    // B is behind: it has not restarted.
    take(&mut pair, &[50_001], &numbers[90..], 101);
    pair.restart(B, 50_000, at(103));
    take(&mut pair, &[50_002, 50_004], &[50_000, 50_001, 50_002, 50_003, 50_004], 104);
    assert_eq!(pair.losses(at(LATER)), losses(105, 2, 0, 0));
}

#[test]
fn a_restart_before_the_other_side_starts_is_forgotten() {
    let mut pair = bits(16);
    take(&mut pair, &[10, 11, 12], &[], 0);
    pair.restart(A, 500, at(10));
    take(&mut pair, &[500, 501, 503], &[500, 501, 502, 503], 10);
    assert_eq!(pair.losses(at(LATER)), losses(4, 1, 0, 0));
}

#[test]
fn after_a_long_outage_a_side_continues_the_run() {
    let mut pair = bits(16);
    let numbers: Vec<u64> = (0..20_000).collect();
    take(&mut pair, &numbers[..100], &numbers[..100], 0);
    take(&mut pair, &numbers[100..], &[], 100);
    // The extension took the outage for a restart.
    pair.restart(B, 20_000, at(20_000));
    take(&mut pair, &[20_000, 20_001], &[20_000, 20_001], 20_000);
    assert_eq!(pair.losses(at(LATER)), losses(20_002, 0, 19_900, 0));
}

#[test]
fn a_restart_that_one_side_does_not_follow_ends() {
    let mut pair = bits(16);
    take(&mut pair, &[0, 1, 2], &[0, 1, 2], 0);
    pair.restart(A, 40_000, at(3));
    take(&mut pair, &[40_000, 40_001], &[3, 4], 3);
    // Both are in one run again, with the numbers of B.
    for number in 0..100 {
        pair.take(A, 5 + number, 1, at(4_000));
        pair.take(B, 5 + number, 1, at(4_000));
    }
    assert!(pair.losses(at(LATER)).expected >= 3);
    assert!(pair.old.is_none() && pair.behind.is_none());
}

#[test]
fn memory_is_bounded() {
    let mut pair = Pair::new(None);
    pair.take(A, 0, 1, at(0));
    pair.take(B, 0, 1, at(0));
    for number in [1, WINDOW, 10 * WINDOW, MOST / 2, MOST - 70_000, MOST, u64::MAX] {
        pair.take(A, number, 65_535, at(1));
    }
    let ring = 9 * WINDOW as usize;
    assert!(pair.bytes() <= ring + 1024, "{}", pair.bytes());
    let all = MOST - 70_000 + 65_535;
    let a = 1 + 5 * 65_535;
    assert_eq!(pair.losses(at(LATER)), losses(all, all - a, all - 1, all - a));
}

#[test]
fn an_aligned_pair_needs_little_memory() {
    let mut pair = bits(16);
    for number in 0..100_000 {
        for side in [A, B] {
            // B loses one in ten.
            if side == A || number % 10 > 0 {
                pair.take(side, number, 1, at(number as i64));
            }
        }
    }
    assert_eq!(pair.losses(at(LATER)), losses(99_999, 0, 9_999, 0));
    assert!(pair.bytes() < 200_000, "{}", pair.bytes());
}

/// The same by definition: it remembers everything.
#[derive(Default)]
struct Model {
    arrivals: BTreeMap<u64, [Option<i64>; 2]>,
    firsts: [Option<u64>; 2],
    start: u64,
    skews: Vec<i64>,
}

impl Model {
    fn take(&mut self, side: Side, number: u64, time: i64, window: u64) {
        let lowest = *self.arrivals.keys().next().unwrap_or(&number);
        let next = self.arrivals.keys().next_back().map_or(0, |highest| highest + 1);
        if self.firsts[side.index()].is_none() {
            self.firsts[side.index()] = Some(number);
            self.start = number.max(lowest).max(next.saturating_sub(window));
        }
        if number < lowest || number + window < next.max(number + 1) {
            return;
        }
        let arrival = self.arrivals.entry(number).or_default();
        if arrival[side.index()].is_none() {
            arrival[side.index()] = Some(time);
            if let [Some(a), Some(b)] = arrival {
                self.skews.push(*b - *a);
            }
        }
    }

    fn losses(&self) -> PairLosses {
        let mut losses = PairLosses::default();
        if self.firsts.contains(&None) {
            return losses;
        }
        let end = *self.arrivals.keys().next_back().unwrap() + 1;
        for number in self.start..end {
            let [a, b] = self.arrivals.get(&number).copied().unwrap_or_default();
            losses.add(a.is_some(), b.is_some(), 1);
        }
        losses
    }
}

proptest! {
    #[test]
    fn the_result_matches_the_definition(
        bits in prop::sample::select(vec![12, 16, 32, 64]),
        start in 1000..1_000_000_u64,
        b_wraps in 0..3_u64,
        window in prop::sample::select(vec![64, 256, 1024]),
        steps in vec((any::<bool>(), 0..8_u8, 0..400_u64), 1..400),
    ) {
        let modulus = (bits < 64).then(|| NonZeroU64::new(1 << bits)).flatten();
        let mut pair = Pair::with_window(modulus, window);
        let mut model = Model::default();
        let mut next = [start, start];
        for (step, (is_a, what, by)) in (0..).zip(steps) {
            let side = if is_a { A } else { B };
            let highest = next[0].max(next[1]);
            let own = next[side.index()];
            let number = match what {
                0..4 => own,
                4 => own + by / 20,
                5 => own.saturating_sub(by / 10),
                6 => own.saturating_sub(by),
                _ if highest - own < by => highest,
                _ => own + by / 4,
            };
            // The sides are aligned by the closest distance.
            let number = number.max(highest.saturating_sub(700));
            next[side.index()] = own.max(number + 1);
            let time = at(step + by as i64 % 7).nanos();
            model.take(side, number, time, window);
            let shift = if is_a { 0 } else { modulus.map_or(0, |modulus| modulus.get() * b_wraps) };
            pair.take(side, number + shift, 1, UnixTime::from_nanos(time));
            prop_assert_eq!(pair.losses(at(LATER)), model.losses());
        }
        prop_assert_eq!(pair.b_after_a().count(), model.skews.len() as u64);
        let quantiles = pair.b_after_a().quantiles();
        prop_assert_eq!(quantiles.map(|skew| skew.min), model.skews.iter().copied().min());
        prop_assert_eq!(quantiles.map(|skew| skew.max), model.skews.iter().copied().max());
    }

    #[test]
    fn any_calls_are_safe(
        modulus in prop_oneof![
            Just(None),
            any::<u64>().prop_map(NonZeroU64::new),
            (0..400_u64).prop_map(NonZeroU64::new),
        ],
        calls in vec(
            (any::<bool>(), 0..5_u8, any::<u64>(), any::<u64>(), any::<i64>()),
            1..60,
        ),
    ) {
        let mut pair = Pair::with_window(modulus, 1024);
        let mut last = 0_u64;
        for (is_a, what, number, count, time) in calls {
            let side = if is_a { A } else { B };
            let time = UnixTime::from_nanos(time);
            let number = if what < 3 { last.wrapping_add(number % 3000) } else { number };
            last = number;
            match what {
                0 | 3 => pair.take(side, number, count % 3000, time),
                1 | 4 => pair.restart(side, number, time),
                _ => pair.announce(side, number, count % 2 == 0, time),
            }
            let PairLosses { expected, lost, lost_a, lost_b } = pair.losses(time);
            prop_assert!(lost <= lost_a.min(lost_b) && lost_a.max(lost_b) <= expected);
            prop_assert!(pair.bytes() < 200_000);
        }
    }
}
