use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::iface::{Cast, Via};
use crate::target::{Filter, TargetRange};

const DWELL: Duration = Duration::from_secs(2);

fn listens(text: &str, ifaces: u32) -> Vec<Listen> {
    let range: TargetRange = text.parse().unwrap();
    let on = |index: u32| Arc::new(Via { index, ..Via::default() });
    let vias: Vec<Arc<Via>> = (1..=ifaces).map(on).collect();
    let at = |target: crate::target::Target, via: &Arc<Via>| Endpoint {
        group: target.group,
        port: target.port,
        cast: Cast::Multicast,
        via: Arc::clone(via),
    };
    let filter = Arc::new(Filter::Any);
    let each = |target: crate::target::Target| {
        vias.iter()
            .map(|via| Listen { at: at(target.clone(), via), filter: Arc::clone(&filter) })
            .collect::<Vec<_>>()
    };
    range.targets().flat_map(each).collect()
}

fn schedule(text: &str, most: usize) -> Schedule {
    let mut schedule = Schedule::new(most, DWELL);
    listens(text, 1).into_iter().for_each(|listen| assert!(schedule.add(listen)));
    schedule
}

/// The sizes of all batches, if none receives anything.
fn sizes(mut schedule: Schedule) -> Vec<usize> {
    let mut sizes = Vec::new();
    while let Some(batch) = schedule.next() {
        sizes.push(batch.len());
        schedule.finish(batch, Outcome::Complete { peak: 0.0 }, |_| false);
    }
    assert_eq!((schedule.done(), schedule.time_left()), (schedule.groups(), Duration::ZERO));
    sizes
}

#[test]
fn a_thousand_groups_take_less_than_a_minute() {
    let schedule = schedule("239.1.0.0+1024:5000", 64);
    assert_eq!(schedule.time_left(), 19 * DWELL);
    assert!(schedule.time_left() < Duration::from_secs(45));
    let sizes = sizes(schedule);
    assert_eq!(sizes.len(), 19);
    assert_eq!(sizes[..5], [8, 16, 32, 64, 64]);
    assert_eq!(sizes.iter().sum::<usize>(), 1024);
}

#[test]
fn at_once_is_a_limit() {
    assert_eq!(sizes(schedule("239.1.0.0+7:5000", 2)), [2, 2, 2, 1]);
    assert_eq!(sizes(schedule("239.1.0.0+3:5000", 1)), [1; 3]);
    assert_eq!(sizes(schedule("239.1.0.0+3:5000", 64)), [3]);
}

#[test]
fn all_ports_of_a_group_are_joined_together() {
    assert_eq!(sizes(schedule("239.1.0.0+10:5000-5003", 4)), [16, 16, 8]);
    // More ports than a batch holds.
    assert_eq!(sizes(schedule("239.1.0.0+2:5000-6499", 4)), [1024, 476, 1024, 476]);
}

#[test]
fn each_target_is_scanned_once() {
    let mut schedule = schedule("239.1.0.0+4:5000", 64);
    for listen in listens("239.1.0.0+5:5000", 1) {
        schedule.add(listen);
    }
    assert_eq!(schedule.groups(), 5);
    assert_eq!(sizes(schedule), [5]);
}

#[test]
fn a_heavy_batch_is_not_followed_by_a_larger_one() {
    let mut schedule = schedule("239.1.0.0+100:5000", 64);
    for (expected, peak) in [(8, 0.49), (16, 0.5), (16, 0.99), (16, 0.1), (32, 0.0)] {
        let batch = schedule.next().unwrap();
        assert_eq!(batch.len(), expected);
        schedule.finish(batch, Outcome::Complete { peak }, |_| true);
    }
}

#[test]
fn over_budget_only_silent_groups_are_scanned_again() {
    let mut schedule = schedule("239.1.0.0+12:5000", 64);
    let first = schedule.next().unwrap();
    let loud = first[0].clone();
    schedule.finish(first, Outcome::OverBudget, |listen| *listen == loud);
    assert_eq!((schedule.done(), schedule.over_budget()), (1, 1));
    let second = schedule.next().unwrap();
    assert_eq!(second.len(), 4, "half as many");
    assert!(!second.contains(&loud));
    assert_eq!(second[0].at.group.to_string(), "239.1.0.1", "in their order");
    schedule.finish(second, Outcome::Complete { peak: 0.0 }, |_| false);
    assert_eq!(schedule.next().unwrap().len(), 7, "8 are allowed again");
}

#[test]
fn one_group_over_budget_is_done() {
    let mut schedule = schedule("239.1.0.0+2:5000", 1);
    for _ in 0..2 {
        let batch = schedule.next().unwrap();
        schedule.finish(batch, Outcome::OverBudget, |_| true);
    }
    assert_eq!((schedule.done(), schedule.next().is_none()), (2, true));
}

#[test]
fn a_group_on_two_interfaces_is_two_groups() {
    let mut schedule = Schedule::new(3, DWELL);
    listens("239.1.0.0+3:5000", 2).into_iter().for_each(|listen| assert!(schedule.add(listen)));
    assert_eq!(sizes(schedule), [3, 3]);
}

proptest! {
    #[test]
    fn every_target_is_scanned_whatever_exceeds_the_budget(
        groups in 1..80_usize,
        ports in 1..5_u16,
        most in 1..70_usize,
        outcomes in proptest::collection::vec((any::<bool>(), 0..8_usize, 0.0..1.0), 1..50),
    ) {
        let mut schedule =
            schedule(&format!("239.1.0.0+{groups}:5000-{}", 4999 + ports), most);
        let mut batches = 0;
        while let Some(batch) = schedule.next() {
            let (over, loud, peak) = outcomes[batches % outcomes.len()];
            batches += 1;
            let limit = most.min(batch.len());
            prop_assert!(batch.len() <= limit * usize::from(ports));
            let loud = batch[loud % batch.len()].clone();
            let outcome = if over { Outcome::OverBudget } else { Outcome::Complete { peak } };
            schedule.finish(batch, outcome, |listen| *listen == loud);
            prop_assert!(batches <= groups * usize::from(ports) + groups);
        }
        prop_assert_eq!(schedule.done(), groups);
    }
}
