use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// The same by definition: it remembers and searches everything.
#[derive(Default)]
struct Reference {
    arrivals: Vec<u64>,
    announced: u64,
    mark: u64,
}

impl Reference {
    fn arrive(&mut self, number: u64) -> Order {
        let highest = self.arrivals.iter().max().copied();
        let next = highest.map_or(0, |highest| highest + 1);
        if number >= next {
            self.arrivals.push(number);
            return Order::InOrder;
        }
        if number < next.saturating_sub(WINDOW) {
            return Order::Stale;
        }
        if self.arrivals.contains(&number) {
            return Order::Duplicate;
        }
        self.arrivals.push(number);
        let earliest = self.arrivals.iter().position(|other| *other > number).unwrap();
        Order::Late { extent: (self.arrivals.len() - 1 - earliest) as u64 }
    }

    fn end(&self) -> u64 {
        self.arrivals.iter().map(|number| number + 1).max().unwrap_or(0).max(self.announced)
    }

    fn losses(&self, from: u64) -> Losses {
        let came: BTreeSet<u64> = self
            .arrivals
            .iter()
            .copied()
            .filter(|number| *number >= from)
            .chain([self.end()])
            .collect();
        let mut losses = Losses { expected: self.end() - from, ..Losses::default() };
        let mut wanted = from;
        for number in came {
            let run = number - wanted;
            losses.lost += run;
            losses.runs += u64::from(run > 0);
            losses.longest = losses.longest.max(run);
            wanted = number + 1;
        }
        losses
    }

    fn whole(&self) -> Losses {
        let first = self.arrivals[0];
        let early = self.arrivals.iter().filter(|number| **number < first).count() as u64;
        let losses = self.losses(first);
        Losses { expected: losses.expected + early, ..losses }
    }
}

fn follow(numbers: &[u64]) -> (Sequence, Vec<Order>) {
    let mut sequence = Sequence::starting_with(numbers[0], usize::MAX);
    let orders = numbers[1..].iter().map(|number| sequence.arrive(*number)).collect();
    (sequence, orders)
}

fn extents(numbers: &[u64]) -> Vec<(u64, u64)> {
    let (_, orders) = follow(numbers);
    let late = |(order, number): (Order, &u64)| match order {
        Order::Late { extent } => Some((*number, extent)),
        _ => None,
    };
    orders.into_iter().zip(&numbers[1..]).filter_map(late).collect()
}

#[test]
fn the_example_of_rfc_4737_with_packet_4_reordered() {
    // Section 7.1, table 1: packet 4 arrives eighth, overtaken by the fourth arrival.
    assert_eq!(extents(&[1, 2, 3, 5, 6, 7, 8, 4, 9, 10]), [(4, 4)]);
}

#[test]
fn several_packets_can_be_overtaken_at_once() {
    // The extents of two and of three overtaken packets, by the definition of RFC 4737, 4.2.
    assert_eq!(extents(&[1, 2, 3, 4, 7, 5, 6, 8, 9, 10]), [(5, 1), (6, 2)]);
    assert_eq!(extents(&[1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11]), [(4, 4), (5, 5), (6, 6)]);
}

#[test]
fn an_ordered_stream_needs_no_memory() {
    let mut sequence = Sequence::starting_with(7, usize::MAX);
    for number in 8..200_000 {
        assert_eq!(sequence.arrive(number), Order::InOrder);
    }
    assert_eq!(sequence.losses(), Losses { expected: 199_993, ..Losses::default() });
    assert!(sequence.missing.bits.is_empty() && sequence.jumps.is_empty());
}

#[test]
fn losses_form_runs() {
    let (sequence, _) = follow(&[0, 1, 4, 5, 7, 11]);
    assert_eq!(sequence.losses(), Losses { expected: 12, lost: 6, runs: 3, longest: 3 });
}

#[test]
fn datagrams_before_the_first_received_one_are_not_lost() {
    let (mut sequence, orders) = follow(&[1000, 1001, 998, 998, 1000]);
    assert_eq!(orders[1..], [Order::Late { extent: 2 }, Order::Duplicate, Order::Duplicate]);
    assert_eq!(sequence.losses(), Losses { expected: 3, ..Losses::default() });
    assert_eq!((sequence.received(), sequence.early()), (3, 1));
    sequence.announce(1004);
    assert_eq!(
        sequence.losses(),
        Losses { expected: 5, lost: 2, runs: 1, longest: 2 },
        "the lost tail"
    );
}

#[test]
fn a_late_datagram_differs_from_a_duplicate_up_to_the_end_of_the_window() {
    for distance in [65_536, 65_537, WINDOW - 1] {
        let mut sequence = Sequence::starting_with(0, usize::MAX);
        for number in (1..=distance + 5).filter(|number| *number != 5) {
            sequence.arrive(number);
        }
        assert_eq!(sequence.arrive(5 + 1), Order::Duplicate);
        assert_eq!(sequence.arrive(5), Order::Late { extent: distance }, "{distance}");
        assert_eq!(sequence.arrive(5), Order::Duplicate);
        assert_eq!(sequence.losses().lost, 0);
    }
    let mut sequence = Sequence::starting_with(0, usize::MAX);
    (2..=WINDOW + 1).for_each(|number| _ = sequence.arrive(number));
    assert_eq!((sequence.arrive(1), sequence.arrive(0)), (Order::Stale, Order::Stale));
    assert_eq!(sequence.losses().lost, 1, "it was lost, and too late is lost");
}

#[test]
fn with_forgotten_gaps_the_extent_is_a_lower_bound() {
    let mut sequence = Sequence::starting_with(0, 2);
    [2, 4, 6, 8].iter().for_each(|number| _ = sequence.arrive(*number));
    // The gaps of the third and the fourth arrival are remembered, that of the first is not.
    assert_eq!(
        (sequence.arrive(7), sequence.arrive(1)),
        (Order::Late { extent: 1 }, Order::Late { extent: 3 })
    );
    assert_eq!(sequence.losses().lost, 2, "what is counted stays exact");
}

#[test]
fn memory_is_bounded() {
    let mut sequence = Sequence::starting_with(MOST / 2, usize::MAX);
    for step in 0..WINDOW {
        sequence.arrive(MOST / 2 + 2 * step);
        sequence.arrive(MOST / 2 - step / 2);
    }
    sequence.arrive(MOST - 1);
    sequence.arrive(MOST);
    sequence.announce(MOST);
    let window = WINDOW as usize;
    assert!(sequence.missing.bits.len() * 64 <= window && sequence.early.bits.len() * 64 <= window);
    assert!(sequence.jumps.len() <= window / 2 + 1 && sequence.jumps.capacity() <= window);
    assert!(sequence.losses().lost > MOST / 4);
}

proptest! {
    #[test]
    fn a_window_that_may_not_grow_counts_each_arrival_once(
        numbers in proptest::collection::vec(0..300_000_u64, 1..300),
        grows_until in 0..300_usize,
    ) {
        let mut sequence = Sequence::starting_with(numbers[0], 16);
        let (mut received, mut bytes) = (1, 0);
        for (position, number) in numbers.iter().enumerate().skip(1) {
            let may_grow = position < grows_until;
            if may_grow {
                bytes = sequence.bytes();
            }
            let order = sequence.arrive_within(*number, may_grow);
            received += u64::from(matches!(order, Order::InOrder | Order::Late { .. }));
            if order == Order::Duplicate {
                prop_assert!(numbers[..position].contains(number), "{number}");
            }
            if may_grow {
                bytes = bytes.max(sequence.bytes());
            }
            // The smallest window and one gap.
            prop_assert!(sequence.bytes() <= bytes + 8 + 4 * 16, "{}", sequence.bytes());
        }
        let Losses { expected, lost, .. } = sequence.losses();
        prop_assert_eq!((sequence.received(), expected - lost), (received, received));
    }

    #[test]
    fn received_numbers_are_remembered(
        numbers in proptest::collection::vec(1000..1300_u64, 1..200),
    ) {
        let mut sequence = Sequence::starting_with(numbers[0], 16);
        numbers[1..].iter().for_each(|number| _ = sequence.arrive_within(*number, true));
        for number in 990..1310 {
            prop_assert_eq!(
                sequence.has_received(number),
                numbers.contains(&number),
                "{}",
                number
            );
        }
    }
}

proptest! {
    #[test]
    fn a_range_counts_as_its_numbers_one_by_one(
        first in 0..400_000_u64,
        steps in proptest::collection::vec((0..8_u8, 0..400_u64, 0..70_u64), 1..80),
        marks in proptest::collection::vec(0..80_usize, 0..4),
    ) {
        let mut sequence = Sequence::starting_with(first, 5);
        let mut reference = sequence.clone();
        for (position, (what, by, count)) in steps.into_iter().enumerate() {
            let next = sequence.next();
            let start = match what {
                0..3 => next,
                3 => next + by / 10,
                4 => next.saturating_sub(by),
                5 => first.saturating_sub(by),
                6 => next + if by % 20 == 0 { WINDOW + by } else { 0 },
                _ => next.saturating_sub(WINDOW + by / 4),
            };
            let count = if by % 50 == 0 { count * 936 } else { count };
            let mut one_by_one = RangeOrder::default();
            for number in start..start + count {
                match reference.arrive(number) {
                    Order::InOrder => one_by_one.new += 1,
                    Order::Late { extent } => {
                        one_by_one.late += 1;
                        one_by_one.extent = one_by_one.extent.max(extent);
                    }
                    Order::Duplicate => one_by_one.duplicate += 1,
                    Order::Stale => one_by_one.stale += 1,
                }
            }
            prop_assert_eq!(sequence.arrive_range(start, count, true), one_by_one);
            if marks.contains(&position) {
                sequence.mark();
                reference.mark();
            }
            prop_assert_eq!(sequence.losses(), reference.losses());
            prop_assert_eq!(sequence.losses_since_mark(), reference.losses_since_mark());
            let counts = |of: &Sequence| (of.next(), of.received(), of.early());
            prop_assert_eq!(counts(&sequence), counts(&reference));
        }
    }

    #[test]
    fn a_range_that_may_not_grow_the_window_counts_each_number_once(
        ranges in proptest::collection::vec((0..300_000_u64, 0..3_000_u64), 1..60),
        grows_until in 0..60_usize,
    ) {
        let mut sequence = Sequence::starting_with(150_000, 16);
        let (mut received, mut bytes) = (1, 0);
        for (position, (first, count)) in ranges.into_iter().enumerate() {
            let may_grow = position < grows_until;
            let RangeOrder { new, duplicate, late, stale, .. } =
                sequence.arrive_range(first, count, may_grow);
            prop_assert_eq!(new + duplicate + late + stale, count);
            received += new + late;
            if may_grow {
                bytes = sequence.bytes();
            }
            // The smallest window and one gap.
            prop_assert!(sequence.bytes() <= bytes + 8 + 4 * 16, "{}", sequence.bytes());
            let Losses { expected, lost, .. } = sequence.losses();
            prop_assert_eq!((sequence.received(), expected - lost), (received, received));
        }
    }

    #[test]
    fn the_result_matches_the_definition(
        first in 0..200_000_u64,
        steps in proptest::collection::vec((0..6_u8, 0..300_u64), 1..120),
        marks in proptest::collection::vec(0..120_usize, 0..4),
    ) {
        let mut sequence = Sequence::starting_with(first, usize::MAX);
        let mut reference = Reference { mark: first, ..Reference::default() };
        reference.arrive(first);
        for (position, (what, by)) in steps.into_iter().enumerate() {
            let next = reference.end();
            let number = match what {
                0 | 1 => next,
                2 => next + by / 10,
                3 => next.saturating_sub(by),
                // Near the end of the window, and far beyond it.
                4 => next + if by % 7 == 0 { WINDOW + by } else { by },
                _ if by % 10 == 0 => {
                    sequence.announce(next + by / 10);
                    reference.announced = next + by / 10;
                    continue;
                }
                _ => next.saturating_sub(WINDOW + 3 - by % 7),
            };
            prop_assert_eq!(
                sequence.arrive(number),
                reference.arrive(number),
                "{} after {:?}",
                number,
                &reference.arrivals
            );
            if marks.contains(&position) {
                sequence.mark();
                reference.mark = reference.end();
            }
            if position % 16 == 0 {
                prop_assert_eq!(sequence.losses(), reference.whole());
                prop_assert_eq!(sequence.losses_since_mark(), reference.losses(reference.mark));
            }
        }
        prop_assert_eq!(sequence.losses(), reference.whole());
        prop_assert_eq!(sequence.losses_since_mark(), reference.losses(reference.mark));
    }

    #[test]
    fn a_shuffled_stream_has_no_losses(block in 1..5000_usize, seed: u64) {
        let mut numbers: Vec<u64> = (0..10_000).collect();
        let mut state = seed | 1;
        for chunk in numbers[1..].chunks_mut(block) {
            for position in (1..chunk.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                chunk.swap(position, (state >> 33) as usize % (position + 1));
            }
        }
        let (sequence, orders) = follow(&numbers);
        prop_assert_eq!(sequence.losses(), Losses { expected: 10_000, ..Losses::default() });
        prop_assert!(!orders.iter().any(|order| matches!(order, Order::Duplicate | Order::Stale)));
    }
}
