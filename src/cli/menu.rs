//! The menu of interfaces, on a terminal: arrow keys or a number, and Enter.

use std::io::{self, IsTerminal, Write};
use std::net::IpAddr;
use std::ops::Range;

use console::{Key, Term};
use signal_hook::consts::SIGINT;
use signal_hook::low_level;

use super::keys::Keys;
use crate::iface::{Interface, Row};

/// What became of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The index of the interface that was chosen.
    Chosen(u32),
    /// The menu was closed.
    Closed,
    /// There is nobody to ask.
    Nobody,
}

/// Asks on the terminal which interface should carry `group`. Without a terminal there is nobody to
/// ask.
pub fn ask(group: IpAddr, offered: &[&Interface]) -> Answer {
    if offered.is_empty() || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Answer::Nobody;
    }
    let width = offered.iter().map(|iface| iface.name.len()).max().unwrap_or(0);
    let rows: Vec<String> = offered.iter().map(|iface| Row { iface, width }.to_string()).collect();
    let chosen = show(&format!("Which interface for {group}?"), &rows).unwrap_or(None);
    chosen.map_or(Answer::Closed, |row| Answer::Chosen(offered[row].index))
}

/// Shows the menu until a row is chosen or it is closed; then one line is left of it.
fn show(question: &str, rows: &[String]) -> io::Result<Option<usize>> {
    let mut term = Term::stderr();
    let mut menu = Menu::new(rows.len());
    let mut keys = Keys::open()?;
    term.hide_cursor()?;
    let columns = |term: &Term| usize::from(term.size().1);
    writeln!(
        term,
        "{}",
        fitting(&format!("{question}  (arrows or a number, Enter; Esc: none)"), columns(&term))
    )?;
    let step = loop {
        let shown = menu.window(usize::from(term.size().0).saturating_sub(2));
        for position in shown.clone() {
            let marker = if position == menu.row { '>' } else { ' ' };
            let line = format!("{marker} {:>2}  {}", position + 1, rows[position]);
            writeln!(term, "{}", fitting(&line, columns(&term)))?;
        }
        let step = keys
            .next()
            .map_or(Step::Close, |key| key.map_or_else(Step::Signal, |key| menu.press(&key)));
        term.clear_last_lines(shown.len())?;
        if step != Step::Stay {
            break step;
        }
    };
    term.clear_last_lines(1)?;
    term.show_cursor()?;
    drop(keys);
    match step {
        Step::Choose => {
            writeln!(
                term,
                "{}",
                fitting(&format!("{question}  {}", rows[menu.row]), columns(&term))
            )?;
            Ok(Some(menu.row))
        }
        Step::Signal(signal) => {
            low_level::emulate_default_handler(signal)?;
            Ok(None)
        }
        Step::Close | Step::Stay => Ok(None),
    }
}

/// As much of a line as fits the terminal: one that wrapped would not be cleared.
fn fitting(line: &str, columns: usize) -> String {
    line.chars().take(columns.saturating_sub(1)).collect()
}

/// Which row is marked, and what was typed of a number.
struct Menu {
    rows: usize,
    row: usize,
    typed: usize,
}

/// What a key comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Stay,
    Choose,
    Close,
    /// To end as this signal ends a program.
    Signal(i32),
}

impl Menu {
    fn new(rows: usize) -> Self {
        Menu { rows, row: 0, typed: 0 }
    }

    /// The rows that a screen of this height shows: the marked one among them, in the middle where
    /// it can be.
    fn window(&self, height: usize) -> Range<usize> {
        let height = height.clamp(1, self.rows);
        let top = self.row.saturating_sub(height / 2).min(self.rows - height);
        top..top + height
    }

    fn press(&mut self, key: &Key) -> Step {
        let typed = std::mem::take(&mut self.typed);
        match key {
            Key::ArrowUp | Key::Char('k') => {
                self.row = self.row.checked_sub(1).unwrap_or(self.rows - 1)
            }
            Key::ArrowDown | Key::Tab | Key::Char('j') => self.row = (self.row + 1) % self.rows,
            Key::Home => self.row = 0,
            Key::End => self.row = self.rows - 1,
            Key::Char(digit @ '0'..='9') => {
                let digit = digit.to_digit(10).unwrap_or(0) as usize;
                // 12 is 1 and then 2; where there are no twelve rows, it is 1 and then 2 instead.
                let number = [typed * 10 + digit, digit]
                    .into_iter()
                    .find(|number| (1..=self.rows).contains(number));
                if let Some(number) = number {
                    (self.typed, self.row) = (number, number - 1);
                }
            }
            Key::Enter => return Step::Choose,
            Key::Escape | Key::Char('q') => return Step::Close,
            Key::CtrlC => return Step::Signal(SIGINT),
            Key::Char('\u{4}') => return Step::Close,
            _ => {}
        }
        Step::Stay
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row_after(rows: usize, keys: &[Key]) -> (usize, Step) {
        let mut menu = Menu::new(rows);
        let step = keys.iter().fold(Step::Stay, |_, key| menu.press(key));
        (menu.row, step)
    }

    #[test]
    fn enter_takes_the_first_row_unless_another_is_marked() {
        assert_eq!(row_after(3, &[Key::Enter]), (0, Step::Choose));
        assert_eq!(row_after(3, &[Key::ArrowDown, Key::Enter]), (1, Step::Choose));
        assert_eq!(row_after(3, &[Key::ArrowUp, Key::Enter]), (2, Step::Choose));
        assert_eq!(
            row_after(3, &[Key::ArrowDown, Key::ArrowDown, Key::ArrowDown]),
            (0, Step::Stay)
        );
    }

    #[test]
    fn a_number_marks_its_row() {
        assert_eq!(row_after(3, &[Key::Char('2')]).0, 1);
        assert_eq!(row_after(3, &[Key::Char('9')]).0, 0, "there is no ninth");
        assert_eq!(row_after(15, &[Key::Char('1'), Key::Char('2')]).0, 11);
        assert_eq!(row_after(5, &[Key::Char('1'), Key::Char('2')]).0, 1, "a second thought");
        assert_eq!(row_after(15, &[Key::Char('1'), Key::ArrowDown, Key::Char('2')]).0, 1);
    }

    #[test]
    fn it_can_be_closed() {
        assert_eq!(row_after(2, &[Key::Escape]).1, Step::Close);
        assert_eq!(row_after(2, &[Key::CtrlC]).1, Step::Signal(SIGINT));
    }

    proptest! {
        #[test]
        fn the_mark_stays_on_a_row(rows in 1..200_usize, keys in proptest::collection::vec(0..14_u8, 0..30)) {
            let mut menu = Menu::new(rows);
            for key in keys {
                menu.press(&match key {
                    0 => Key::ArrowUp,
                    1 => Key::ArrowDown,
                    2 => Key::Home,
                    3 => Key::End,
                    digit => Key::Char(char::from(b'0' + digit - 4)),
                });
                prop_assert!(menu.row < rows);
                for height in [0, 1, 2, 5, 300] {
                    let shown = menu.window(height);
                    prop_assert!(shown.contains(&menu.row) && shown.end <= rows && shown.len() == height.clamp(1, rows));
                }
            }
        }
    }
}
