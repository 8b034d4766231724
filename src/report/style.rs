//! Colours and weights of text.

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

/// Whether the terminal has no styles and no movable cursor.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Styles text, or leaves it plain.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Decides for one stream: by option, else by NO_COLOR (<https://no-color.org>), else by
    /// whether the stream is a terminal.
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

    /// Whether text is styled.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// Secondary text.
    pub fn faint<T: Display>(self, text: T) -> impl Display {
        self.with(FAINT, text)
    }

    /// The subject of a line.
    pub fn strong<T: Display>(self, text: T) -> impl Display {
        self.with(STRONG, text)
    }

    /// The source of a datagram.
    pub fn source<T: Display>(self, text: T) -> impl Display {
        self.with(SOURCE, text)
    }

    /// A pass, or a good state.
    pub fn good<T: Display>(self, text: T) -> impl Display {
        self.with(GOOD, text)
    }

    /// A failure, or a bad state.
    pub fn bad<T: Display>(self, text: T) -> impl Display {
        self.with(BAD, text)
    }

    /// A warning.
    pub fn caution<T: Display>(self, text: T) -> impl Display {
        self.with(CAUTION, text)
    }

    fn with<T: Display>(self, mark: char, text: T) -> Painted<T> {
        Painted { mark: self.on.then_some(mark), text }
    }
}

struct Painted<T> {
    mark: Option<char>,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mark {
            Some(mark) => write!(f, "{mark}{}{END}", self.text),
            None => self.text.fmt(f),
        }
    }
}

// Marks stand for styles until text is written, to distinguish them from escape sequences in
// foreign text. They are noncharacters of Unicode, which are reserved for use inside a program.
const END: char = '\u{fdd0}';
const FAINT: char = '\u{fdd1}';
const SOURCE: char = '\u{fdd2}';
const GOOD: char = '\u{fdd3}';
const BAD: char = '\u{fdd4}';
const CAUTION: char = '\u{fdd5}';
const STRONG: char = '\u{fdd6}';

/// Whether a character is a mark, which takes no column.
pub(super) fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{fdd0}'..='\u{fddf}')
}

/// The escape sequence of a mark. The colours are readable on dark and on light backgrounds. That
/// excludes yellow, and a warning is magenta, as in GCC and Clang.
pub(super) fn style_of(mark: char) -> Option<String> {
    let style = match mark {
        END => return Some(Style::new().bold().render_reset().to_string()),
        FAINT => Style::new().dimmed(),
        SOURCE => AnsiColor::Cyan.on_default(),
        GOOD => AnsiColor::Green.on_default().bold(),
        BAD => AnsiColor::Red.on_default().bold(),
        CAUTION => AnsiColor::Magenta.on_default().bold(),
        STRONG => Style::new().bold(),
        _ => return None,
    };
    Some(style.render().to_string())
}
