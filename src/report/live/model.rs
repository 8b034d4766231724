//! The state of the view: what it shows, and what the keys change.

use std::collections::VecDeque;
use std::time::Duration;

use super::fact::Fact;
use super::keys::Key;
use super::snapshot::{Message, NoticeLine, Snapshot};
use super::table_state::TableState;
use crate::report::full_screen::RunProgress;

/// The notices that are kept; the summary of the run does not need them.
const MOST_NOTICES: usize = 200;

/// A key that the run must react to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// End the run.
    Quit,
    /// Count from zero.
    Reset,
    /// Draw everything again.
    Redraw,
}

/// What covers the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Tables,
    Help,
    /// All notices; the number of lines that are scrolled up.
    Notices(usize),
}

/// The state of the view.
#[derive(Default)]
pub struct Model {
    /// The command line.
    pub line: String,
    pub state: Fact,
    pub facts: Vec<Fact>,
    pub at: Duration,
    pub tables: Vec<TableState>,
    /// The table on the screen.
    pub table: usize,
    pub notices: VecDeque<NoticeLine>,
    /// How many notices there were.
    pub notices_total: u64,
    pub progress: Option<RunProgress>,
    pub page: Page,
    /// The details of the selected row are shown; `None` means if they fit.
    pub details: Option<bool>,
    pub filter: String,
    /// The filter is being typed.
    pub is_typing: bool,
    /// The state when the display was paused, which newer ones wait behind.
    pub paused: Option<Box<Frozen>>,
    /// The counters are being reset.
    pub is_resetting: bool,
    resets: u64,
    /// The rows that a page has.
    pub page_lines: usize,
    /// The columns with cells that are on the screen.
    pub shown_columns: Vec<usize>,
    /// The end was requested.
    pub is_ending: bool,
}

/// What a paused display shows.
pub struct Frozen {
    pub state: Fact,
    pub facts: Vec<Fact>,
    pub at: Duration,
    pub tables: Vec<TableState>,
}

impl Model {
    pub fn new(line: String) -> Self {
        Model {
            line,
            state: Fact::new("starting", super::cell::Tone::Faint),
            page_lines: 1,
            ..Model::default()
        }
    }

    pub fn take(&mut self, message: Message) {
        match message {
            Message::State(snapshot) => self.take_snapshot(*snapshot),
            Message::Notice(notice) => {
                self.notices.push_back(notice);
                self.notices_total += 1;
                if self.notices.len() > MOST_NOTICES {
                    self.notices.pop_front();
                }
            }
        }
    }

    fn take_snapshot(&mut self, snapshot: Snapshot) {
        let Snapshot { at, state, facts, tables, resets, is_interval } = snapshot;
        (self.at, self.state, self.facts) = (at, state, facts);
        if resets != self.resets {
            self.resets = resets;
            self.is_resetting = false;
            self.tables.iter_mut().for_each(TableState::reset);
        }
        self.tables.resize_with(tables.len().max(self.tables.len()), TableState::default);
        for (table, data) in self.tables.iter_mut().zip(tables) {
            table.take(data, is_interval, &self.filter);
        }
    }

    /// The tables on the screen.
    pub fn shown_tables(&self) -> &[TableState] {
        self.paused.as_ref().map_or(&self.tables, |paused| &paused.tables)
    }

    /// The table on the screen.
    pub fn shown_table(&mut self) -> Option<&mut TableState> {
        let table = self.table;
        self.paused.as_mut().map_or(&mut self.tables, |paused| &mut paused.tables).get_mut(table)
    }

    /// The state, the totals and the age that the screen shows.
    pub fn shown_state(&self) -> (&Fact, &[Fact], Duration) {
        match &self.paused {
            Some(paused) => (&paused.state, &paused.facts, paused.at),
            None => (&self.state, &self.facts, self.at),
        }
    }

    /// Reacts to a key. Returns what the run must do.
    pub fn press(&mut self, key: Key) -> Option<Action> {
        match key {
            Key::Interrupt => return self.quit(),
            Key::Redraw => return Some(Action::Redraw),
            _ if self.is_typing => self.type_filter(key),
            _ if self.page == Page::Help => {
                if key == Key::Letter('q') {
                    return self.quit();
                }
                self.page = Page::Tables;
            }
            _ => return self.command(key),
        }
        None
    }

    fn quit(&mut self) -> Option<Action> {
        self.is_ending = true;
        Some(Action::Quit)
    }

    fn type_filter(&mut self, key: Key) {
        match key {
            Key::Letter(letter) => self.filter.push(letter),
            Key::Backspace => {
                // Nothing left to erase: the user does not want a filter.
                self.is_typing = self.filter.pop().is_some();
            }
            Key::Enter | Key::Up | Key::Down | Key::Tab => self.is_typing = false,
            Key::Escape => {
                self.is_typing = false;
                self.filter.clear();
            }
            _ => {}
        }
        self.arrange();
    }

    fn arrange(&mut self) {
        let filter = std::mem::take(&mut self.filter);
        let paused = self.paused.iter_mut().flat_map(|paused| paused.tables.iter_mut());
        self.tables.iter_mut().chain(paused).for_each(|table| table.arrange(&filter));
        self.filter = filter;
    }

    fn command(&mut self, key: Key) -> Option<Action> {
        match key {
            Key::Letter('q') => return self.quit(),
            Key::Letter('?' | 'h') => self.page = Page::Help,
            Key::Letter('w') => {
                self.page = match self.page {
                    Page::Notices(_) => Page::Tables,
                    _ => Page::Notices(0),
                };
            }
            Key::Letter('p' | ' ') => self.pause(),
            Key::Letter('r') => {
                self.is_resetting = true;
                return Some(Action::Reset);
            }
            Key::Letter('/') => {
                self.is_typing = true;
                self.page = Page::Tables;
            }
            Key::Letter('s') => self.sort(TableState::sort_next),
            Key::Letter('S') => self.sort(|table, _, filter| table.reverse(filter)),
            Key::Tab => self.next_table(),
            Key::Enter => self.details = Some(!self.shows_details()),
            Key::Escape => self.escape(),
            _ => self.scroll(key),
        }
        None
    }

    /// Whether the details are open, before their space is known.
    pub fn shows_details(&self) -> bool {
        self.details.unwrap_or(true)
    }

    fn escape(&mut self) {
        if self.page != Page::Tables {
            self.page = Page::Tables;
        } else if !self.filter.is_empty() {
            self.filter.clear();
            self.arrange();
        } else {
            self.details = Some(false);
        }
    }

    fn sort(&mut self, act: fn(&mut TableState, &[usize], &str)) {
        let (shown, filter) = (self.shown_columns.clone(), self.filter.clone());
        let table = self.table;
        let paused = self.paused.iter_mut().filter_map(|paused| paused.tables.get_mut(table));
        let current = self.tables.get_mut(table);
        current.into_iter().chain(paused).for_each(|table| act(table, &shown, &filter));
    }

    fn next_table(&mut self) {
        let tables = self.shown_tables();
        let used = |at: &usize| *at == 0 || !tables[*at].rows.is_empty();
        let next = (self.table + 1..tables.len()).find(used);
        self.table = next.unwrap_or(0);
    }

    fn scroll(&mut self, key: Key) {
        let lines = isize::try_from(self.page_lines.max(1)).unwrap_or(1);
        let rows = match key {
            Key::Up | Key::Letter('k') => -1,
            Key::Down | Key::Letter('j') => 1,
            Key::PageUp => -lines,
            Key::PageDown => lines,
            Key::Home | Key::Letter('g') => isize::MIN / 2,
            Key::End | Key::Letter('G') => isize::MAX / 2,
            _ => return,
        };
        match self.page {
            Page::Notices(top) => {
                self.page = Page::Notices(top.saturating_add_signed(-rows));
            }
            _ => {
                if let Some(table) = self.shown_table() {
                    table.move_by(rows);
                }
            }
        }
    }

    fn pause(&mut self) {
        self.paused = match self.paused.take() {
            Some(_) => None,
            None => Some(Box::new(Frozen {
                state: self.state.clone(),
                facts: self.facts.clone(),
                at: self.at,
                tables: self.tables.clone(),
            })),
        };
    }
}
