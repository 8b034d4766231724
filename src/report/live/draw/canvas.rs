//! Writes text in tones to a part of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::report::live::cell::Tone;
use crate::report::live::fact::Fact;
use crate::report::live::theme::Theme;

/// The screen, and how it looks.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    pub theme: Theme,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Canvas { buffer, theme }
    }

    /// Writes text on a line of `area`, cut at its edge.
    pub fn text(&mut self, area: Rect, line: u16, text: &str, tone: Tone) {
        self.at(area, line, 0, text, self.theme.of(tone));
    }

    /// Writes text in a style from a column of a line of `area` on, cut at its edge. Returns the
    /// column behind it.
    pub fn at(&mut self, area: Rect, line: u16, column: u16, text: &str, style: Style) -> u16 {
        if line >= area.height || column >= area.width {
            return column;
        }
        let room = area.width - column;
        let (x, y) = (area.x + column, area.y + line);
        let text = fitting(text, usize::from(room), self.theme.glyphs.more);
        let (end, _) = self.buffer.set_stringn(x, y, &text, usize::from(room), style);
        end - area.x
    }

    /// Writes text that ends at a column.
    pub fn right(&mut self, area: Rect, line: u16, end: u16, text: &str, style: Style) {
        let width = width(text).min(usize::from(end)) as u16;
        self.at(Rect { width: end.min(area.width), ..area }, line, end - width, text, style);
    }

    /// Writes facts one after the other, as many as fit as a whole. Returns the column behind them.
    pub fn facts(&mut self, area: Rect, line: u16, mut column: u16, facts: &[Fact]) -> u16 {
        for fact in facts {
            let end = usize::from(column) + width(&fact.text);
            if end > usize::from(area.width) {
                break;
            }
            let style = self.theme.of(fact.tone);
            column = self.at(area, line, column, &fact.text, style) + 3;
        }
        column
    }

    /// A rule with a title, and text at its end.
    pub fn rule(&mut self, area: Rect, title: &[Fact], end: &str) {
        let rule = self.theme.glyphs.line.repeat(area.width.into());
        let faint = self.theme.of(Tone::Faint);
        self.at(area, 0, 0, &rule, faint);
        let mut column = 1;
        for fact in title {
            let style = self.theme.of(fact.tone).add_modifier(Modifier::BOLD);
            column = self.at(area, 0, column, &format!(" {} ", fact.text), style) - 1;
        }
        let room = area.width.saturating_sub(column + 4);
        if !end.is_empty() && width(end) <= usize::from(room) {
            self.right(area, 0, area.width - 1, &format!(" {end} "), faint);
        }
    }

    /// Adds a style to a whole line.
    pub fn style_line(&mut self, area: Rect, line: u16, style: Style) {
        let area = Rect { y: area.y + line, height: 1, ..area };
        self.buffer.set_style(area, style);
    }
}

/// The columns of a text.
pub fn width(text: &str) -> usize {
    ratatui::text::Span::raw(text).width()
}

/// The text, cut with a mark if it is wider.
pub fn fitting(text: &str, room: usize, more: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut cut = String::new();
    for letter in text.chars() {
        let mut longer = cut.clone();
        longer.push(letter);
        if width(&longer) + 1 > room {
            break;
        }
        cut = longer;
    }
    if room > 0 {
        cut.push_str(more);
    }
    cut
}
