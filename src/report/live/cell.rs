//! The cells of a table: values that are sorted and written.

use std::cmp::Ordering;
use std::time::Duration;

use crate::assertion::Value;
use crate::units::printable::Printable;

/// The meaning of a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Faint,
    Strong,
    Source,
    Good,
    Caution,
    Bad,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub content: Content,
    pub tone: Tone,
}

/// The content of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing was measured.
    Unknown,
    /// Text without control characters.
    Text(String),
    Value(Value),
    /// The time since something happened.
    Ago(Duration),
}

impl Cell {
    /// Text of any origin.
    pub fn text(text: &str) -> Self {
        Content::Text(Printable(text).to_string()).into()
    }

    pub fn maybe_text(text: Option<&str>) -> Self {
        text.map_or(Content::Unknown.into(), Cell::text)
    }

    pub fn count(count: u64) -> Self {
        Content::Value(Value::Count(count)).into()
    }

    pub fn value(value: Option<Value>) -> Self {
        value.map_or(Content::Unknown, Content::Value).into()
    }

    pub fn nanos(nanos: Option<i64>) -> Self {
        Self::value(nanos.map(Value::Nanos))
    }

    pub fn pps(rate: Option<f64>) -> Self {
        Self::value(rate.map(Value::Pps))
    }

    pub fn bps(rate: Option<f64>) -> Self {
        Self::value(rate.map(Value::Bps))
    }

    pub fn ratio(ratio: Option<f64>) -> Self {
        Self::value(ratio.map(Value::Ratio))
    }

    pub fn ago(time: Option<Duration>) -> Self {
        time.map_or(Content::Unknown, Content::Ago).into()
    }

    /// The same cell in this tone.
    pub fn toned(self, tone: Tone) -> Self {
        Cell { tone, ..self }
    }

    /// The same cell in this tone if `is`.
    pub fn toned_if(self, is: bool, tone: Tone) -> Self {
        if is { self.toned(tone) } else { self }
    }

    /// Whether there is anything to see.
    pub fn is_known(&self) -> bool {
        self.content != Content::Unknown
    }

    pub fn shown(&self) -> String {
        match &self.content {
            Content::Unknown => "-".to_owned(),
            Content::Text(text) => text.clone(),
            Content::Value(value) => value.to_string(),
            Content::Ago(time) => ago(*time),
        }
    }

    /// The order of a column. Unknown values come first.
    pub fn order(&self, other: &Cell) -> Ordering {
        match (&self.content, &other.content) {
            (Content::Text(one), Content::Text(other)) => natural(one, other),
            (Content::Ago(one), Content::Ago(other)) => one.cmp(other),
            (Content::Value(one), Content::Value(other)) => number(*one).total_cmp(&number(*other)),
            (one, other) => rank(one).cmp(&rank(other)),
        }
    }
}

impl From<Content> for Cell {
    fn from(content: Content) -> Self {
        Cell { content, tone: Tone::Plain }
    }
}

fn rank(content: &Content) -> u8 {
    match content {
        Content::Unknown => 0,
        Content::Value(_) | Content::Ago(_) => 1,
        Content::Text(_) => 2,
    }
}

fn number(value: Value) -> f64 {
    match value {
        Value::Count(count) | Value::AtLeast(count) => count as f64,
        Value::Nanos(nanos) => nanos as f64,
        Value::Ratio(value)
        | Value::AtLeastRatio(value)
        | Value::Pps(value)
        | Value::Bps(value) => value,
    }
}

/// Orders text by its numbers: 10.0.0.9 is before 10.0.0.10.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.chars().peekable(), other.chars().peekable());
    loop {
        let (Some(&a), Some(&b)) = (one.peek(), other.peek()) else {
            return one.peek().is_some().cmp(&other.peek().is_some());
        };
        if a.is_ascii_digit() && b.is_ascii_digit() {
            let number = |letters: &mut std::iter::Peekable<std::str::Chars>| {
                let mut number = 0_u128;
                while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(digit.into());
                    letters.next();
                }
                number
            };
            match number(&mut one).cmp(&number(&mut other)) {
                Ordering::Equal => continue,
                different => return different,
            }
        }
        match a.cmp(&b) {
            Ordering::Equal => {
                one.next();
                other.next();
            }
            different => return different,
        }
    }
}

/// `0.2 s`, `12 s`, `3:05`, `1:02:03`, `41 d`.
pub fn ago(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        return format!("{:.1} s", time.as_secs_f64());
    }
    clock(time)
}

/// `12 s`, `3:05`, `1:02:03`, `41 d`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes}:{:02}", seconds % 60),
        3600..360_000 => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_ordered_by_its_numbers() {
        let mut names = ["10.0.0.10", "10.0.0.9", "9.0.0.1", "e1", "e0", "", "10.0.0.9:5000"];
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(names, ["", "9.0.0.1", "10.0.0.9", "10.0.0.9:5000", "10.0.0.10", "e0", "e1"]);
    }

    #[test]
    fn unknown_values_come_first() {
        let mut cells = [Cell::ratio(Some(0.5)), Cell::ratio(None), Cell::ratio(Some(0.01))];
        cells.sort_by(Cell::order);
        assert_eq!(cells.map(|cell| cell.shown()), ["-", "1.00 %", "50.0 %"]);
    }

    #[test]
    fn foreign_text_is_escaped() {
        assert_eq!(Cell::text("a\u{1b}[2J\n").shown(), "a\\u{1b}[2J\\n");
    }

    #[test]
    fn a_time_since_has_few_digits() {
        let shown = [0, 1_240, 9_990, 59_000, 185_000, 3_723_000, 3_600_000_000];
        let shown = shown.map(|millis| ago(Duration::from_millis(millis)));
        assert_eq!(shown, ["0.0 s", "1.2 s", "10.0 s", "59 s", "3:05", "1:02:03", "41 d"]);
    }
}
