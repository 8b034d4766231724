//! The keys, one line each.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::report::live::cell::Tone;
use crate::report::live::fact::Fact;
use crate::report::live::model::Model;

const KEYS: &[(&str, &str)] = &[
    ("q, Ctrl-C", "end the run; the summary follows"),
    ("up, down, j, k", "select a row; PgUp, PgDn, Home and End go further"),
    ("Enter", "open and close the details of the row"),
    ("Tab", "switch to the next table"),
    ("s", "sort by the next column"),
    ("S", "sort in the opposite direction"),
    ("/", "show only rows that contain a text; Esc shows all"),
    ("p, Space", "pause the display; the run continues"),
    ("r", "count from zero; the summary still has the whole run"),
    ("w", "show all warnings"),
    ("Ctrl-L", "draw the screen again"),
];

/// Draws the keys.
pub fn draw(canvas: &mut Canvas, area: Rect, _model: &Model) {
    canvas.rule(area, &[Fact::new("Keys", Tone::Strong)], "");
    for (line, (key, action)) in KEYS.iter().enumerate() {
        canvas.at(area, line as u16 + 1, 2, key, canvas.theme.of(Tone::Strong));
        canvas.at(area, line as u16 + 1, 18, action, canvas.theme.of(Tone::Plain));
    }
    let glyphs = canvas.theme.glyphs;
    let legend = format!(
        "{} to {} is the rate of one interval, red with losses; {} is none",
        glyphs.levels[0], glyphs.levels[7], glyphs.zero
    );
    canvas.at(area, KEYS.len() as u16 + 2, 2, &legend, canvas.theme.of(Tone::Faint));
}
