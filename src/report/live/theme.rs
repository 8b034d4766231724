//! The styles of the view.

use ratatui::style::{Color, Modifier, Style};

use super::cell::Tone;
use super::glyphs::Glyphs;

/// How the view looks.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    pub glyphs: Glyphs,
    /// Without colour, weight and inversion remain.
    pub has_colour: bool,
}

impl Theme {
    /// The style of a tone. The colours are those of the text, which are readable on dark and on
    /// light backgrounds.
    pub fn of(&self, tone: Tone) -> Style {
        let plain = Style::new();
        let coloured = |colour: Color| if self.has_colour { plain.fg(colour) } else { plain };
        match tone {
            Tone::Plain => plain,
            Tone::Faint if self.has_colour => plain.add_modifier(Modifier::DIM),
            Tone::Faint => plain,
            Tone::Strong => plain.add_modifier(Modifier::BOLD),
            Tone::Source => coloured(Color::Cyan),
            Tone::Good => coloured(Color::Green),
            Tone::Caution => coloured(Color::Magenta).add_modifier(Modifier::BOLD),
            Tone::Bad => coloured(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// The selected row.
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}
