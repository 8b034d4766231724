//! A table whose rows may have the same labels, which are then merged.

use std::collections::HashMap;

use super::catalogue::Metric;
use super::snapshot::{Labels, Table, Value};

/// A table with one row for each set of labels.
#[derive(Debug)]
pub struct Labelled {
    table: Table,
    rows: HashMap<Labels, usize>,
}

impl Labelled {
    /// An empty table.
    pub fn new(metrics: &'static [Metric]) -> Self {
        Labelled { table: Table::new(metrics), rows: HashMap::new() }
    }

    /// Adds values. Those of counters are added to the row with the same labels, if there is one.
    pub fn add(&mut self, labels: Labels, values: &[Value]) {
        match self.rows.get(&labels) {
            Some(row) => self.table.merge(*row, values, true),
            None => {
                let row = self.table.add(labels.clone(), values);
                self.rows.insert(labels, row);
            }
        }
    }
}

impl From<Labelled> for Table {
    fn from(labelled: Labelled) -> Self {
        labelled.table
    }
}
