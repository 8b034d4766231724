//! Which groups to join next, and how many. It never reads a clock.

use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::target::{Endpoint, Listen};

/// The groups of the first batch.
const FIRST_GROUPS: usize = 8;

/// The most targets of a batch: each of them may need a socket.
const MOST_TARGETS_AT_ONCE: usize = 1024;

/// The part of the budget below which the next batch may be larger.
const LIGHT: f64 = 0.5;

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// After the whole time. `peak` is the highest part of the budget that the rate used.
    Complete { peak: f64 },
    /// The rate exceeded the budget.
    OverBudget,
}

/// The targets that are left, and the size of the next batch.
#[derive(Debug)]
pub struct Schedule {
    waiting: VecDeque<Listen>,
    known: HashSet<(IpAddr, u16, u32)>,
    all_groups: HashSet<(IpAddr, u32)>,
    done: HashSet<(IpAddr, u32)>,
    /// The groups of the next batch.
    groups: usize,
    most_groups: usize,
    dwell: Duration,
    over_budget: usize,
}

impl Schedule {
    /// No targets yet. Each batch takes `dwell` and has at most `most_groups` groups.
    pub fn new(most_groups: usize, dwell: Duration) -> Self {
        Schedule {
            waiting: VecDeque::new(),
            known: HashSet::new(),
            all_groups: HashSet::new(),
            done: HashSet::new(),
            groups: FIRST_GROUPS.min(most_groups),
            most_groups,
            dwell,
            over_budget: 0,
        }
    }

    /// Adds a target, unless it was added before. Returns whether it is new.
    pub fn add(&mut self, listen: Listen) -> bool {
        let Endpoint { group, port, via, .. } = &listen.at;
        let is_new = self.known.insert((*group, *port, via.index));
        if is_new {
            self.all_groups.insert((*group, via.index));
            self.waiting.push_back(listen);
        }
        is_new
    }

    /// The targets of the next batch: whole groups, as long as a batch can hold their ports.
    pub fn next(&mut self) -> Option<Vec<Listen>> {
        let (mut batch, mut groups) = (Vec::new(), 0);
        let mut last = None;
        while let Some(next) = self.waiting.front() {
            let group = (next.at.group, next.at.via.index);
            if last != Some(group) {
                let ports = self.waiting.iter().take_while(|other| group_of(other) == group);
                let fits =
                    batch.len() + ports.take(MOST_TARGETS_AT_ONCE).count() <= MOST_TARGETS_AT_ONCE;
                if groups == self.groups || !(fits || batch.is_empty()) {
                    break;
                }
                (last, groups) = (Some(group), groups + 1);
            }
            if batch.len() == MOST_TARGETS_AT_ONCE {
                break;
            }
            batch.extend(self.waiting.pop_front());
        }
        Some(batch).filter(|batch| !batch.is_empty())
    }

    /// Ends a batch. After a batch over budget, the targets that `heard` nothing are scanned again,
    /// fewer at a time. At least one target of it has been received: the scan always ends.
    pub fn finish(
        &mut self,
        batch: Vec<Listen>,
        outcome: Outcome,
        has_data: impl Fn(&Listen) -> bool,
    ) {
        match outcome {
            Outcome::Complete { peak } => {
                self.done.extend(batch.iter().map(group_of));
                if peak < LIGHT {
                    self.groups = (self.groups * 2).min(self.most_groups);
                }
            }
            Outcome::OverBudget => {
                self.over_budget += 1;
                let (mut done, mut silent): (Vec<Listen>, Vec<Listen>) =
                    batch.into_iter().partition(has_data);
                // Without data there is no rate; a batch must not repeat for ever.
                if done.is_empty() {
                    std::mem::swap(&mut done, &mut silent);
                }
                self.done.extend(done.iter().map(group_of));
                silent.into_iter().rev().for_each(|listen| self.waiting.push_front(listen));
                self.groups = (self.groups / 2).max(1);
            }
        }
    }

    /// All groups so far, counted on each interface.
    pub fn groups(&self) -> usize {
        self.all_groups.len()
    }

    /// The groups that were scanned.
    pub fn done(&self) -> usize {
        self.done.len()
    }

    /// How often a batch exceeded the budget.
    pub fn over_budget(&self) -> usize {
        self.over_budget
    }

    /// The time that is left, if no batch exceeds half of the budget.
    pub fn time_left(&self) -> Duration {
        let (mut left, mut last) = (0, None);
        for group in self.waiting.iter().map(group_of) {
            left += usize::from(last.replace(group) != Some(group));
        }
        let (mut batches, mut groups) = (0, self.groups);
        while left > 0 {
            left = left.saturating_sub(groups);
            groups = (groups * 2).min(self.most_groups);
            batches += 1;
        }
        self.dwell.saturating_mul(batches)
    }
}

fn group_of(listen: &Listen) -> (IpAddr, u32) {
    (listen.at.group, listen.at.via.index)
}

#[cfg(test)]
mod tests;
