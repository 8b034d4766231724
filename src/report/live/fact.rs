//! A piece of text with its meaning.

use super::cell::Tone;

/// A piece of text with its meaning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fact {
    pub text: String,
    pub tone: Tone,
}

impl Fact {
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Fact { text: text.into(), tone }
    }

    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }
}
