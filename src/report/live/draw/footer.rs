//! The last line: the keys, or the filter that is typed.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::{Canvas, width};
use crate::report::live::cell::Tone;
use crate::report::live::model::{Model, Page};

/// The keys; an empty one stands for the arrows.
const KEYS: &[(&str, &str)] = &[
    ("q", "quit"),
    ("?", "help"),
    ("", "select"),
    ("Enter", "details"),
    ("s", "sort"),
    ("/", "filter"),
    ("p", "pause"),
    ("r", "reset"),
    ("w", "warnings"),
];

/// Draws the line.
pub fn draw(canvas: &mut Canvas, area: Rect, model: &Model) {
    let strong = canvas.theme.of(Tone::Strong);
    let faint = canvas.theme.of(Tone::Faint);
    if model.is_typing {
        let column = canvas.at(area, 0, 1, "filter: ", faint);
        let column = canvas.at(area, 0, column, &model.filter, strong);
        let cursor = strong.add_modifier(Modifier::REVERSED);
        let column = canvas.at(area, 0, column, " ", cursor) + 3;
        canvas.at(area, 0, column, "Enter keeps it, Esc clears it", faint);
        return;
    }
    let keys: &[(&str, &str)] = match model.page {
        Page::Tables => KEYS,
        Page::Help => &[("q", "quit"), ("any other key", "back")],
        Page::Notices(_) => &[("q", "quit"), ("", "scroll"), ("w", "back")],
    };
    let mut column = 1;
    let glyphs = canvas.theme.glyphs;
    for (key, action) in keys {
        let key = if key.is_empty() { glyphs.arrows } else { *key };
        let end = usize::from(column) + width(key) + 1 + width(action);
        if end > usize::from(area.width) {
            break;
        }
        column = canvas.at(area, 0, column, key, strong) + 1;
        column = canvas.at(area, 0, column, action, faint) + 2;
    }
}
