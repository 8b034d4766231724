//! The details of the selected row, which are made only when they are drawn.

use std::fmt;

use super::cell::Tone;
use super::fact::Fact;

/// Makes the details of a row.
pub trait Detail: fmt::Debug + Send + Sync {
    /// Lines with a label and values.
    fn lines(&self) -> Vec<DetailLine>;

    /// What the histogram of the row shows.
    fn spread_title(&self) -> &'static str {
        ""
    }
}

/// A line of the details.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailLine {
    pub label: &'static str,
    pub parts: Vec<Fact>,
}

impl DetailLine {
    /// A line; it is left out if there are no parts.
    pub fn new(label: &'static str) -> Self {
        DetailLine { label, parts: Vec::new() }
    }

    pub fn part(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Fact::plain(text));
        self
    }

    pub fn maybe(self, text: Option<String>) -> Self {
        match text {
            Some(text) => self.part(text),
            None => self,
        }
    }

    /// A count that is left out if it is 0.
    pub fn caution_count(self, count: u64, what: &str) -> Self {
        if count == 0 { self } else { self.toned(format!("{count} {what}"), Tone::Caution) }
    }

    pub fn toned(mut self, text: impl Into<String>, tone: Tone) -> Self {
        self.parts.push(Fact::new(text, tone));
        self
    }
}
