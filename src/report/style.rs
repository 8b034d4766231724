//! Colour, where it is wanted.

use std::fmt::{self, Display};
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether the terminal, where there is one, says that it can only print.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether to colour, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Decides for one stream: by option, else by NO_COLOR (<https://no-color.org>), else by whether a terminal reads it.
    pub fn new(when: ColorWhen, stream: &impl IsTerminal) -> Self {
        let on = match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !refused && !is_dumb() && stream.is_terminal()
            }
        };
        Paint { on }
    }

    /// Whether there is colour at all.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// What stands around the thing itself.
    pub fn faint<T: Display>(self, text: T) -> impl Display {
        self.with(Style::new().dimmed(), text)
    }

    /// Who sent it.
    pub fn source<T: Display>(self, text: T) -> impl Display {
        self.with(AnsiColor::Cyan.on_default(), text)
    }

    /// What went well.
    pub fn good<T: Display>(self, text: T) -> impl Display {
        self.with(AnsiColor::Green.on_default().bold(), text)
    }

    /// What did not.
    pub fn bad<T: Display>(self, text: T) -> impl Display {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    /// What deserves a look.
    pub fn caution<T: Display>(self, text: T) -> impl Display {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    fn with<T: Display>(self, style: Style, text: T) -> Painted<T> {
        Painted { style: if self.on { style } else { Style::new() }, text }
    }
}

struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.style.render(), self.text, self.style.render_reset())
    }
}
