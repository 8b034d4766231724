//! Series of streams and flows, which come and go.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::catalogue::Metric;
use super::snapshot::{Labels, Table, Value};
use crate::units::UnixTime;

/// After this silence a series is removed.
pub const STALE: Duration = Duration::from_secs(300);

/// A table of series by their positions. `I` is the identity that determines the labels.
#[derive(Debug)]
pub struct Series<I> {
    entries: Vec<Option<Entry<I>>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Entry<I> {
    identity: I,
    labels: Labels,
    hash: u64,
    /// The number of datagrams, and when it changed.
    datagrams: u64,
    changed: Instant,
    last: UnixTime,
    values: Vec<Value>,
}

impl<I> Default for Series<I> {
    fn default() -> Self {
        Series { entries: Vec::new(), hasher: RandomState::new() }
    }
}

/// How the entry at a position changed.
pub struct Change {
    /// How many datagrams arrived so far.
    pub datagrams: u64,
    /// When the last one arrived.
    pub last: UnixTime,
}

impl<I> Series<I> {
    /// Updates the entry at a position. `is_same` compares its identity, and `create` makes it and
    /// its labels if it is new or another one. Returns its values, and those before.
    pub fn update(
        &mut self,
        position: usize,
        change: &Change,
        now: Instant,
        is_same: impl Fn(&I) -> bool,
        create: impl FnOnce() -> (I, Labels),
    ) -> &mut Vec<Value> {
        if self.entries.len() <= position {
            self.entries.resize_with(position + 1, || None);
        }
        let place = &mut self.entries[position];
        let entry = match place.take() {
            Some(entry) if is_same(&entry.identity) => {
                let has_changed = entry.datagrams != change.datagrams;
                Entry { changed: if has_changed { now } else { entry.changed }, ..entry }
            }
            before => {
                let (identity, labels) = create();
                let hash = self.hasher.hash_one(&labels);
                let Change { datagrams, last } = *change;
                // The counters continue with other labels.
                let values = before.map(|before| before.values).unwrap_or_default();
                Entry { identity, labels, hash, datagrams, changed: now, last, values }
            }
        };
        let entry = place.insert(entry);
        (entry.datagrams, entry.last) = (change.datagrams, change.last);
        &mut entry.values
    }

    /// Removes the series at a position; it may return.
    pub fn remove(&mut self, position: usize) {
        if let Some(place) = self.entries.get_mut(position) {
            *place = None;
        }
    }

    /// The series of the entries that are not stale. Entries with the same labels are merged.
    pub fn table(&self, metrics: &'static [Metric], now: Instant) -> Table {
        let mut table = Table::new(metrics);
        let mut rows: HashMap<u64, (usize, UnixTime)> = HashMap::new();
        for entry in self.live(now) {
            let known = rows.get_mut(&entry.hash);
            match known.filter(|(row, _)| *table.labels(*row) == entry.labels) {
                Some((row, last)) => {
                    table.merge(*row, &entry.values, entry.last >= *last);
                    *last = entry.last.max(*last);
                }
                None => {
                    let row = table.add(entry.labels.clone(), &entry.values);
                    rows.insert(entry.hash, (row, entry.last));
                }
            }
        }
        table
    }

    /// The positions of the entries that are not stale.
    pub fn live_positions(&self, now: Instant) -> impl Iterator<Item = usize> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(move |(position, entry)| {
            entry.as_ref().filter(|entry| entry.is_live(now)).map(|_| position)
        })
    }

    fn live(&self, now: Instant) -> impl Iterator<Item = &Entry<I>> {
        self.entries.iter().flatten().filter(move |entry| entry.is_live(now))
    }
}

impl<I> Entry<I> {
    fn is_live(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.changed) < STALE
    }
}
