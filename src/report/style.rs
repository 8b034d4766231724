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
        self.with(FAINT, text)
    }

    /// Who sent it.
    pub fn source<T: Display>(self, text: T) -> impl Display {
        self.with(SOURCE, text)
    }

    /// What went well.
    pub fn good<T: Display>(self, text: T) -> impl Display {
        self.with(GOOD, text)
    }

    /// What did not.
    pub fn bad<T: Display>(self, text: T) -> impl Display {
        self.with(BAD, text)
    }

    /// What deserves a look.
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

// Until text is written, marks stand for its styles, so that the styles of foreign text can be told
// from them. The marks are noncharacters of Unicode, which are for use inside a program alone.
const END: char = '\u{fdd0}';
const FAINT: char = '\u{fdd1}';
const SOURCE: char = '\u{fdd2}';
const GOOD: char = '\u{fdd3}';
const BAD: char = '\u{fdd4}';
const CAUTION: char = '\u{fdd5}';

/// Whether a character is a mark, which takes no column.
pub(super) fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{fdd0}'..='\u{fddf}')
}

/// What a terminal understands in the place of a mark of style.
pub(super) fn style_of(mark: char) -> Option<String> {
    let style = match mark {
        END => return Some(Style::new().bold().render_reset().to_string()),
        FAINT => Style::new().dimmed(),
        SOURCE => AnsiColor::Cyan.on_default(),
        GOOD => AnsiColor::Green.on_default().bold(),
        BAD => AnsiColor::Red.on_default().bold(),
        CAUTION => AnsiColor::Yellow.on_default().bold(),
        _ => return None,
    };
    Some(style.render().to_string())
}
