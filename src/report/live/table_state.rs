//! A table on the screen: its rows with their history, their order, and the selected one.

use std::collections::{HashMap, VecDeque};

use super::cell::Cell;
use super::snapshot::{Column, Kind, Row, Sample, TableData};
use crate::stats::delay::Delays;
use crate::units::order::sort_by;

/// The samples of a row that are kept: more than fit a line.
const MOST_SAMPLES: usize = 160;

/// A table on the screen.
#[derive(Clone, Default)]
pub struct TableState {
    pub title: &'static str,
    pub empty: String,
    pub columns: &'static [Column],
    pub rows: Vec<Row>,
    kept: HashMap<String, Kept>,
    /// The column that orders the rows, and whether the highest value is first.
    pub sort: Option<(usize, bool)>,
    /// The key of the selected row.
    selected: Option<String>,
    /// The widest cell of each column until now: columns do not jump.
    pub widths: Vec<usize>,
    /// The shown rows, by position: filtered and sorted.
    pub order: Vec<usize>,
    /// The first row on the screen.
    pub top: usize,
}

/// What is kept of a row from one snapshot to the next.
#[derive(Clone, Default)]
struct Kept {
    samples: VecDeque<Sample>,
    delays: Option<Delays>,
    is_current: bool,
}

impl TableState {
    /// Takes the rows of a snapshot.
    pub fn take(&mut self, data: TableData, is_interval: bool, filter: &str) {
        let TableData { title, empty, columns, rows } = data;
        (self.title, self.empty, self.columns, self.rows) = (title, empty, columns, rows);
        self.kept.values_mut().for_each(|kept| kept.is_current = false);
        for row in &self.rows {
            let kept = self.kept.entry(row.key.clone()).or_default();
            kept.is_current = true;
            if is_interval {
                kept.add(row);
            }
        }
        self.kept.retain(|_, kept| kept.is_current);
        self.measure();
        self.arrange(filter);
    }

    /// Forgets the delays, as the counters are forgotten.
    pub fn reset(&mut self) {
        self.kept.values_mut().for_each(|kept| kept.delays = None);
        self.widths.clear();
    }

    fn measure(&mut self) {
        self.widths.resize(self.cell_columns().count(), 0);
        for row in &self.rows {
            for (width, cell) in self.widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(cell.shown().chars().count());
            }
        }
    }

    /// The columns that have cells.
    pub fn cell_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|column| column.kind != Kind::Spark)
    }

    /// Filters and sorts the rows.
    pub fn arrange(&mut self, filter: &str) {
        let wanted = filter.to_lowercase();
        let rows = &self.rows;
        self.order = (0..rows.len()).filter(|at| matches(&rows[*at], &wanted)).collect();
        if let Some((column, falls)) = self.sort {
            sort_by(&mut self.order, |one, other| {
                let cells = [*one, *other].map(|at| rows[at].cells.get(column));
                let [Some(one), Some(other)] = cells else { return std::cmp::Ordering::Equal };
                if falls { other.order(one) } else { one.order(other) }
            });
        }
        if self.selected_position().is_none() {
            let first = self.order.get(self.top).or(self.order.first());
            self.selected = first.map(|at| self.rows[*at].key.clone());
        }
    }

    /// Sorts by the next column; after the last one, in the order of the run.
    pub fn sort_next(&mut self, shown: &[usize], filter: &str) {
        let next = match self.sort {
            None => shown.first().copied(),
            Some((column, _)) => shown.iter().copied().find(|next| *next > column),
        };
        self.sort = next.map(|column| (column, self.falls(column)));
        self.arrange(filter);
    }

    pub fn reverse(&mut self, filter: &str) {
        match &mut self.sort {
            Some((_, falls)) => *falls = !*falls,
            None => self.rows.reverse(),
        }
        self.arrange(filter);
    }

    /// Numbers begin with the highest, text with the lowest.
    fn falls(&self, column: usize) -> bool {
        self.cell_columns().nth(column).is_some_and(|column| column.kind == Kind::Right)
    }

    /// The position of the selected row on the screen.
    pub fn selected_position(&self) -> Option<usize> {
        let key = self.selected.as_deref()?;
        self.order.iter().position(|at| self.rows[*at].key == key)
    }

    pub fn selected_row(&self) -> Option<&Row> {
        let position = self.selected_position()?;
        self.order.get(position).and_then(|at| self.rows.get(*at))
    }

    /// Moves the selection by a number of rows.
    pub fn move_by(&mut self, rows: isize) {
        let last = self.order.len().saturating_sub(1);
        let position = self.selected_position().unwrap_or(0).saturating_add_signed(rows).min(last);
        self.selected = self.order.get(position).map(|at| self.rows[*at].key.clone());
    }

    /// Makes the selected row visible on `lines` lines.
    pub fn scroll(&mut self, lines: usize) {
        let lines = lines.max(1);
        let position = self.selected_position().unwrap_or(0);
        self.top = self.top.min(self.order.len().saturating_sub(lines));
        self.top = self.top.clamp(position.saturating_sub(lines - 1), position);
    }

    pub fn samples(&self, row: &Row) -> Option<&VecDeque<Sample>> {
        self.kept.get(&row.key).map(|kept| &kept.samples)
    }

    pub fn delays(&self, row: &Row) -> Option<&Delays> {
        self.kept.get(&row.key)?.delays.as_ref()
    }

    /// Whether any row has a value in a column.
    pub fn has_values(&self, column: usize) -> bool {
        self.rows.iter().any(|row| row.cells.get(column).is_some_and(Cell::is_known))
    }
}

impl Kept {
    fn add(&mut self, row: &Row) {
        if let Some(sample) = row.sample {
            self.samples.push_back(sample);
            if self.samples.len() > MOST_SAMPLES {
                self.samples.pop_front();
            }
        }
        if let Some(spread) = &row.spread {
            match &mut self.delays {
                Some(delays) => delays.merge(spread),
                None => self.delays = Some((**spread).clone()),
            }
        }
    }
}

/// Whether any text of a row contains `wanted`, which is in small letters.
fn matches(row: &Row, wanted: &str) -> bool {
    wanted.is_empty()
        || row.name.to_lowercase().contains(wanted)
        || row.cells.iter().any(|cell| cell.shown().to_lowercase().contains(wanted))
}
