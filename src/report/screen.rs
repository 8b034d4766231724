//! Prepares text for a terminal: marks become styles, lines are wrapped, and control characters are
//! escaped. Names come from users, programs and the network: all text passes through here.

use console::Term;

use super::style::{is_mark, style_of};
use crate::units::printable::{is_printable, name_of};

/// A line that begins with this mark is not wrapped: a command to copy.
pub const WHOLE: char = '\u{fddf}';

/// The columns of a terminal that does not report them.
const USUAL_COLUMNS: usize = 80;

/// The destination of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Standard output.
    Output,
    /// Standard error.
    Diagnostics,
    /// No terminal. Lines fit this many columns, or have any length.
    Buffer(Option<usize>),
}

impl Screen {
    /// The columns of the terminal; `None` if the destination is no terminal.
    pub fn columns(self) -> Option<usize> {
        let term = match self {
            Screen::Output => Term::stdout(),
            Screen::Diagnostics => Term::stderr(),
            Screen::Buffer(columns) => return columns,
        };
        let columns = || term.size_checked().map_or(USUAL_COLUMNS, |(_, columns)| columns.into());
        term.is_term().then(columns)
    }
}

/// Prepares `text` from `start` on. Lines are wrapped to fit `columns`.
pub fn finish(text: &mut Vec<u8>, start: usize, columns: Option<usize>) {
    let new = &text[start..];
    let fits = columns
        .is_none_or(|columns| new.split(|byte| *byte == b'\n').all(|line| line.len() <= columns));
    if fits && is_plain(new) {
        return;
    }
    let finished = finished(new, columns);
    text.truncate(start);
    text.extend_from_slice(&finished);
}

/// Prepares a whole text.
pub fn finished(text: &[u8], columns: Option<usize>) -> Vec<u8> {
    let mut out = String::with_capacity(text.len() + 16);
    for line in name_of(text).split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let (line, whole) = line.strip_prefix(WHOLE).map_or((line, false), |line| (line, true));
        let line = escaped(line);
        match columns.filter(|columns| !whole && width(&line) > *columns) {
            Some(columns) => broken(&line, columns, &mut out),
            None => out.push_str(&line),
        }
        out.push_str(end);
    }
    coloured(&out).into_bytes()
}

/// Most text has nothing to escape. Each step checks several bytes at once.
fn is_plain(text: &[u8]) -> bool {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n');
    text.chunks(32).all(|bytes| bytes.iter().fold(true, |all, byte| all & plain(*byte)))
}

fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for letter in line.chars() {
        if is_printable(letter) || is_mark(letter) {
            out.push(letter);
        } else {
            out.extend(letter.escape_debug());
        }
    }
    out
}

/// Replaces marks by styles.
fn coloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match style_of(letter) {
            Some(style) => out.push_str(&style),
            None if letter == WHOLE => {}
            None => out.push(letter),
        }
    }
    out
}

/// The width of a text in columns, without marks and styles (`ESC [ ... m`).
pub fn width(text: &str) -> usize {
    let mut in_style = false;
    let takes_column = |letter: char| {
        let styles = in_style || letter == '\u{1b}';
        in_style = styles && letter != 'm';
        !styles && !is_mark(letter)
    };
    text.chars().map(takes_column).filter(|takes| *takes).count()
}

/// Wraps a line between words. Further lines are aligned with the text behind a label (`tip:`), or
/// indented.
fn broken(line: &str, columns: usize, out: &mut String) {
    let margin = line.len() - line.trim_start_matches(' ').len();
    let label = line[margin..].split(' ').next().filter(|word| {
        let word = word.trim_end_matches(is_mark);
        word.ends_with(':') && width(word) < 10
    });
    let indent = (margin + label.map_or(2, |label| width(label) + 1)).min(columns / 2);
    out.push_str(&line[..margin]);
    let lines = lines_of(&line[margin..], columns - margin.min(columns - 1), columns - indent);
    for (position, line) in lines.iter().enumerate() {
        if position > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push_str(line);
    }
}

/// Wraps a styled text, for example of clap, to fit a terminal.
pub fn fit(text: &str, columns: Option<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        match columns.filter(|columns| width(line) > *columns) {
            Some(columns) => broken(line, columns, &mut out),
            None => out.push_str(line),
        }
        out.push_str(end);
    }
    out
}

/// Wraps a text between words into lines of at most `width` columns.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    lines_of(text, width, width)
}

/// Wraps a text with another width for the first line. A word that is too long and a command in
/// single quotes stay whole.
fn lines_of(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut taken = 0;
    for (gap, word) in words(text) {
        let room = if lines.len() == 1 { first } else { rest };
        let last = lines.last_mut().expect("at least one line");
        if last.is_empty() || taken + gap + width(word) <= room {
            let gap = if last.is_empty() { 0 } else { gap };
            last.extend(std::iter::repeat_n(' ', gap));
            last.push_str(word);
            taken += gap + width(word);
        } else {
            lines.push(word.to_owned());
            taken = width(word);
        }
    }
    lines
}

/// The words of a text, each with the number of blanks before it. Text in single quotes is one
/// word. A number with its unit is one word, too.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        if trimmed.is_empty() {
            return words;
        }
        let gap = rest.len() - trimmed.len();
        let end = quoted(trimmed).unwrap_or_else(|| unit_end(trimmed));
        words.push((gap, &trimmed[..end]));
        rest = &trimmed[end..];
    }
}

/// The end of the first word, or of the second one if the first is a number and one blank follows.
fn unit_end(text: &str) -> usize {
    let Some((first, rest)) = text.split_once(' ') else { return text.len() };
    let number = first.trim_start_matches(is_mark);
    let is_number =
        !number.is_empty() && number.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    match rest.find(' ') {
        _ if !is_number || rest.is_empty() || rest.starts_with('\'') => first.len(),
        Some(0) => first.len(),
        Some(unit) => first.len() + 1 + unit,
        None => text.len(),
    }
}

/// The end of a word that begins with a single quote: behind the closing quote.
fn quoted(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let closes = |at: &usize| {
        let next = inside[at + 1..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric() && next != '\'')
    };
    let close = inside.match_indices('\'').map(|(at, _)| at).find(closes)?;
    let behind = &inside[close + 1..];
    Some(2 + close + behind.find(' ').unwrap_or(behind.len()))
}

#[cfg(test)]
mod tests {
    use std::io;

    use proptest::prelude::*;

    use super::*;
    use crate::report::{ColorWhen, Paint};

    fn shown(text: &str, columns: Option<usize>) -> String {
        String::from_utf8(finished(text.as_bytes(), columns)).unwrap()
    }

    #[test]
    fn foreign_styles_are_escaped() {
        let [plain, colour] =
            [ColorWhen::Never, ColorWhen::Always].map(|when| Paint::new(when, &io::stderr()));
        let name = "\u{1b}[31mX\u{202e}\u{9b}\r";
        let text = |paint: Paint| format!("{} {name}\n", paint.bad(name));
        let safe = "\\u{1b}[31mX\\u{202e}\\u{9b}\\r";
        assert_eq!(shown(&text(plain), None), format!("{safe} {safe}\n"));
        assert_eq!(
            shown(&text(colour), None),
            format!("\u{1b}[1m\u{1b}[31m{safe}\u{1b}[0m {safe}\n")
        );
        assert_eq!(finished(b"a\xff\n", None), b"a\\xff\n");
    }

    #[test]
    fn lines_are_wrapped_between_words_behind_their_label() {
        assert_eq!(
            shown("warning: one two three four\nreceived 1 datagram from 1 source\n", Some(18)),
            "warning: one two\n         three\n         four\nreceived\n  1 datagram from\n  1 source\n"
        );
        assert_eq!(shown("  tip: a b c d e f\n", Some(11)), "  tip: a b\n     c d e\n     f\n");
        assert_eq!(shown("short\n", Some(18)), "short\n");
        assert_eq!(
            shown("no terminal is as wide as that\n", None),
            "no terminal is as wide as that\n"
        );
    }

    #[test]
    fn commands_and_long_words_are_not_wrapped() {
        assert_eq!(
            shown("tip: type 'mcast check -v', and 239.239.239.239:50000, host's\n", Some(16)),
            "tip: type\n     'mcast check -v',\n     and\n     239.239.239.239:50000,\n     host's\n"
        );
        assert_eq!(
            shown(&format!("{WHOLE}  ip link set e0 up\n"), Some(8)),
            "  ip link set e0 up\n"
        );
        assert_eq!(wrap("a bbbbbbbb c", 4), ["a", "bbbbbbbb", "c"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn colour_takes_no_columns() {
        let colour = Paint::new(ColorWhen::Always, &io::stderr());
        let line = format!("{} three\n", colour.good("one two"));
        assert!(!shown(&line, Some(13)).trim_end().contains('\n'));
        assert!(fit("\u{1b}[1mone\u{1b}[0m two three\n", Some(13)).lines().count() == 1);
        assert_eq!(fit("one two three\n", Some(8)), "one two\n  three\n");
    }

    proptest! {
        #[test]
        fn only_printable_characters_are_left(text: String, columns in proptest::option::of(1..90_usize)) {
            let text: String = text.chars().filter(|letter| !is_mark(*letter)).collect();
            let shown = shown(&text, columns);
            prop_assert!(shown.chars().all(|letter| letter == '\n' || is_printable(letter)), "{shown:?}");
        }

        #[test]
        fn no_line_is_wider_than_the_terminal_unless_a_word_is(
            text in "([a-z:']{1,9} {1,3}){0,30}",
            columns in 20..90_usize,
        ) {
            let text = text.replace('\'', "");
            for line in shown(text.trim(), Some(columns)).lines() {
                prop_assert!(line.len() <= columns, "{line:?}");
            }
        }

        #[test]
        fn no_word_is_lost(text in "[ -~]{0,200}", columns in 1..90_usize) {
            let shown = shown(&text, Some(columns));
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&shown), words(&text));
        }

        #[test]
        fn plain_text_needs_no_escape(text in "[ -~\n]{0,100}[\t\u{7f}é]?[ -~]{0,40}") {
            let mut finished_text = text.clone().into_bytes();
            finish(&mut finished_text, 0, None);
            prop_assert_eq!(finished_text, finished(text.as_bytes(), None));
        }
    }
}
