//! The first lines: the command line, the state of the run and its totals.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::{Canvas, width};
use crate::report::live::cell::{Tone, clock};
use crate::report::live::fact::Fact;
use crate::report::live::model::Model;

/// Draws the lines and returns their number.
pub fn draw(canvas: &mut Canvas, area: Rect, model: &Model) -> u16 {
    let (state, facts, at) = model.shown_state();
    let clock = match model.paused {
        Some(_) => format!("PAUSED at {} ", clock(at)),
        None => format!("{} ", clock(at)),
    };
    canvas.style_line(area, 0, canvas.theme.selected());
    let bold = canvas.theme.selected().add_modifier(Modifier::BOLD);
    let left = Rect { width: area.width.saturating_sub(width(&clock) as u16 + 1), ..area };
    canvas.at(left, 0, 1, &model.line, bold);
    canvas.right(area, 0, area.width, &clock, bold);

    let state = match (model.is_ending, model.is_resetting) {
        (true, _) => Fact::new("ending", Tone::Strong),
        (_, true) => Fact::new("resetting", Tone::Strong),
        _ => Fact::new(state.text.clone(), state.tone),
    };
    let style = canvas.theme.of(state.tone).add_modifier(Modifier::BOLD);
    let column = canvas.at(area, 1, 1, &state.text, style) + 3;
    if !model.is_resetting {
        canvas.facts(area, 1, column, facts);
    }
    match model.progress {
        Some(progress) => {
            let rest = progress.left.map_or_else(String::new, |left| {
                format!("{} left", crate::report::live::cell::clock(left))
            });
            let room = usize::from(area.width).saturating_sub(width(&rest) + 4);
            let fraction = progress.fraction.unwrap_or(0.0);
            let full = (fraction * room as f64) as usize;
            let glyphs = canvas.theme.glyphs;
            let good = canvas.theme.of(Tone::Good);
            let faint = canvas.theme.of(Tone::Faint);
            let column = canvas.at(area, 2, 1, &glyphs.bar.repeat(full), good);
            canvas.at(area, 2, column, &glyphs.rest.repeat(room - full), faint);
            canvas.right(area, 2, area.width - 1, &rest, canvas.theme.of(Tone::Plain));
            3
        }
        None => 2,
    }
}
