//! The menu of interfaces, on a terminal: arrow keys or a number, and Enter.

use std::io::{self, IsTerminal};
use std::net::IpAddr;
use std::ops::Range;

use console::{Key, Term};
use signal_hook::consts::SIGINT;
use signal_hook::low_level;

use super::keys::Keys;
use crate::iface::{Interface, Row, name_width};

/// The user's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The index of the chosen interface.
    Chosen(u32),
    /// The user closed the menu.
    Closed,
    /// There is no terminal.
    NoTerminal,
}

/// Lets the user choose the interface for `group` on the terminal.
pub fn ask(group: IpAddr, offered: &[&Interface]) -> Answer {
    if offered.is_empty() || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Answer::NoTerminal;
    }
    let width = name_width(offered.iter().copied());
    let rows: Vec<String> = offered.iter().map(|iface| Row { iface, width }.to_string()).collect();
    match show(&question(group), &rows) {
        Ok(Some(row)) => Answer::Chosen(offered[row].index),
        Ok(None) | Err(_) => Answer::Closed,
    }
}

pub(crate) fn question(group: IpAddr) -> String {
    format!("Which interface for {group}?")
}

/// The keys of the menu, printed behind the question.
pub(crate) const KEYS: &str = "(arrow keys or a number, then Enter; Esc cancels)";

/// Shows the menu until a row is chosen or the menu is closed. The choice stays on the terminal as
/// one line.
fn show(question: &str, rows: &[String]) -> io::Result<Option<usize>> {
    let term = Term::stderr();
    let print = |line: String| {
        // A line that wraps would not be cleared.
        let columns = usize::from(term.size().1).saturating_sub(1);
        term.write_line(&line.chars().take(columns).collect::<String>())
    };
    let mut menu = Menu { rows: rows.len(), row: 0, typed: 0 };
    let mut keys = Keys::open()?;
    term.hide_cursor()?;
    print(format!("{question}  {KEYS}"))?;
    let step = loop {
        let shown = menu.window(usize::from(term.size().0).saturating_sub(2));
        for row in shown.clone() {
            let marker = if row == menu.row { '>' } else { ' ' };
            print(format!("{marker} {:>2}  {}", row + 1, rows[row]))?;
        }
        let step = match keys.next() {
            Ok(Ok(key)) => menu.press(&key),
            Ok(Err(signal)) => MenuStep::Signal(signal),
            Err(_) => MenuStep::Close,
        };
        term.clear_last_lines(shown.len())?;
        if step != MenuStep::Stay {
            break step;
        }
    };
    term.clear_last_lines(1)?;
    term.show_cursor()?;
    drop(keys);
    match step {
        MenuStep::Choose => print(format!("{question}  {}", rows[menu.row]))?,
        MenuStep::Signal(signal) => low_level::emulate_default_handler(signal)?,
        MenuStep::Close | MenuStep::Stay => {}
    }
    Ok((step == MenuStep::Choose).then_some(menu.row))
}

/// The marked row, and the number typed so far.
struct Menu {
    rows: usize,
    row: usize,
    typed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MenuStep {
    Stay,
    Choose,
    Close,
    /// End the program by this signal.
    Signal(i32),
}

impl Menu {
    /// The rows that fit a screen of this height, with the marked one in the middle if possible.
    fn window(&self, height: usize) -> Range<usize> {
        let height = height.clamp(1, self.rows);
        let top = self.row.saturating_sub(height / 2).min(self.rows - height);
        top..top + height
    }

    fn press(&mut self, key: &Key) -> MenuStep {
        let typed = std::mem::take(&mut self.typed);
        match key {
            Key::ArrowUp | Key::Char('k') => self.row = (self.row + self.rows - 1) % self.rows,
            Key::ArrowDown | Key::Tab | Key::Char('j') => self.row = (self.row + 1) % self.rows,
            Key::Home => self.row = 0,
            Key::End => self.row = self.rows - 1,
            Key::Char(digit @ '0'..='9') => {
                let digit = *digit as usize - '0' as usize;
                // 1 and then 2 mean row 12, or row 2 if there is no row 12.
                let numbers = [typed * 10 + digit, digit];
                let valid = |number: &usize| (1..=self.rows).contains(number);
                if let Some(number) = numbers.into_iter().find(valid) {
                    (self.typed, self.row) = (number, number - 1);
                }
            }
            Key::Enter => return MenuStep::Choose,
            // Ctrl-D.
            Key::Escape | Key::Char('q' | '\u{4}') => return MenuStep::Close,
            Key::CtrlC => return MenuStep::Signal(SIGINT),
            _ => {}
        }
        MenuStep::Stay
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row_after(rows: usize, keys: &[Key]) -> (usize, MenuStep) {
        let mut menu = Menu { rows, row: 0, typed: 0 };
        let step = keys.iter().fold(MenuStep::Stay, |_, key| menu.press(key));
        (menu.row, step)
    }

    #[test]
    fn enter_chooses_the_marked_row() {
        assert_eq!(row_after(3, &[Key::Enter]), (0, MenuStep::Choose));
        assert_eq!(row_after(3, &[Key::ArrowDown, Key::Enter]), (1, MenuStep::Choose));
        assert_eq!(row_after(3, &[Key::ArrowUp, Key::Enter]), (2, MenuStep::Choose));
        assert_eq!(
            row_after(3, &[Key::ArrowDown, Key::ArrowDown, Key::ArrowDown]),
            (0, MenuStep::Stay)
        );
    }

    #[test]
    fn a_number_marks_its_row() {
        assert_eq!(row_after(3, &[Key::Char('2')]).0, 1);
        assert_eq!(row_after(3, &[Key::Char('9')]).0, 0, "there is no ninth row");
        assert_eq!(row_after(15, &[Key::Char('1'), Key::Char('2')]).0, 11);
        assert_eq!(row_after(5, &[Key::Char('1'), Key::Char('2')]).0, 1, "there is no twelfth row");
        assert_eq!(row_after(15, &[Key::Char('1'), Key::ArrowDown, Key::Char('2')]).0, 1);
    }

    #[test]
    fn escape_closes_the_menu() {
        assert_eq!(row_after(2, &[Key::Escape]).1, MenuStep::Close);
        assert_eq!(row_after(2, &[Key::CtrlC]).1, MenuStep::Signal(SIGINT));
    }

    proptest! {
        #[test]
        fn the_mark_stays_on_a_row(
            rows in 1..200_usize,
            keys in proptest::collection::vec(0..14_u8, 0..30),
        ) {
            let mut menu = Menu { rows, row: 0, typed: 0 };
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
                    prop_assert!(
                        shown.contains(&menu.row)
                            && shown.end <= rows
                            && shown.len() == height.clamp(1, rows)
                    );
                }
            }
        }
    }
}
