//! The details of the selected row, with a histogram.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::{Canvas, width};
use crate::report::drawing::{Bar, bars};
use crate::report::live::cell::Tone;
use crate::report::live::detail::DetailLine;
use crate::report::live::fact::Fact;
use crate::report::live::model::Model;

/// The columns of the labels.
const LABELS: u16 = 11;

/// A screen of this width has a histogram beside the details.
const LEAST_WITH_HISTOGRAM: u16 = 72;

/// The most lines of details: the rest of a screen shows rows.
const MOST_LINES: usize = 30;

/// How many lines the details of the selected row take; 0 without a row.
pub fn lines(model: &mut Model, columns: u16) -> u16 {
    if !model.shows_details() {
        return 0;
    }
    let Some(table) = model.shown_table() else { return 0 };
    let Some(row) = table.selected_row() else { return 0 };
    let bars = table.delays(row).and_then(|delays| Some(bars(delays, &delays.quantiles()?)));
    let bars = bars.filter(|_| columns >= LEAST_WITH_HISTOGRAM).unwrap_or_default();
    let room = text_width(columns, bars.is_empty());
    let lines = wrapped(&row.detail.lines(), room).len();
    let histogram = if bars.is_empty() { 0 } else { bars.len() + 1 };
    lines.max(histogram).min(MOST_LINES) as u16
}

fn text_width(columns: u16, alone: bool) -> u16 {
    if alone { columns } else { columns - histogram_width(columns) - 4 }
}

fn histogram_width(columns: u16) -> u16 {
    (columns * 2 / 5).clamp(28, 60)
}

/// Draws the details into `area`, whose first line is a rule.
pub fn draw(canvas: &mut Canvas, area: Rect, model: &mut Model) {
    let is_resetting = model.is_resetting;
    let Some(table) = model.shown_table() else { return };
    let Some(row) = table.selected_row() else { return };
    canvas.rule(area, &[Fact::new(row.name.clone(), Tone::Strong)], "Enter closes");
    if is_resetting {
        return;
    }
    let bars = table.delays(row).and_then(|delays| Some(bars(delays, &delays.quantiles()?)));
    let bars = bars.filter(|_| area.width >= LEAST_WITH_HISTOGRAM).unwrap_or_default();
    let width = text_width(area.width, bars.is_empty());
    let text = Rect { width, ..area };
    let faint = canvas.theme.of(Tone::Faint);
    for (at, line) in wrapped(&row.detail.lines(), width).iter().enumerate() {
        let at = at as u16 + 1;
        canvas.at(text, at, 1, line.label, faint);
        let mut column = line.start;
        for part in &line.parts {
            column = canvas.at(text, at, column, &part.text, canvas.theme.of(part.tone));
        }
    }
    if !bars.is_empty() {
        let wide = histogram_width(area.width);
        let right = Rect { x: area.x + area.width - wide - 1, width: wide, ..area };
        histogram(canvas, right, row.detail.spread_title(), &bars);
    }
}

/// A line on the screen.
struct Line {
    label: &'static str,
    /// The column of the first part.
    start: u16,
    parts: Vec<Fact>,
}

/// The lines, wrapped between parts.
fn wrapped(lines: &[DetailLine], columns: u16) -> Vec<Line> {
    let mut all = Vec::new();
    for line in lines {
        // A line without a label takes the whole width.
        let start = if line.label.is_empty() { 1 } else { LABELS };
        let room = usize::from(columns.saturating_sub(start));
        let mut current = Line { label: line.label, start, parts: Vec::new() };
        let mut taken = 0;
        for (position, part) in line.parts.iter().enumerate() {
            let last = position + 1 == line.parts.len();
            let part = Fact::new(
                if last { part.text.clone() } else { format!("{}, ", part.text) },
                part.tone,
            );
            let wide = width(part.text.trim_end());
            if taken > 0 && taken + wide > room {
                all.push(std::mem::replace(
                    &mut current,
                    Line { label: "", start, parts: Vec::new() },
                ));
                taken = 0;
            }
            taken += width(&part.text);
            current.parts.push(part);
        }
        if !current.parts.is_empty() {
            all.push(current);
        }
    }
    all
}

fn histogram(canvas: &mut Canvas, area: Rect, title: &str, bars: &[Bar]) {
    let strong = canvas.theme.of(Tone::Faint).add_modifier(Modifier::BOLD);
    let (plain, good) = (canvas.theme.of(Tone::Plain), canvas.theme.of(Tone::Good));
    canvas.at(area, 1, 0, title, strong);
    let label = bars.iter().map(|bar| bar.from.len()).max().unwrap_or(0);
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    let counts = bars.iter().map(|bar| bar.count.to_string().len()).max().unwrap_or(0);
    let room = usize::from(area.width).saturating_sub(label + counts + 2);
    let shown = usize::from(area.height).saturating_sub(2);
    // If not all fit, the longest delays matter more than the space between.
    for (line, bar) in bars.iter().take(shown).enumerate() {
        let line = line as u16 + 2;
        canvas.right(area, line, label as u16, &bar.from, plain);
        let length = (bar.count as usize).saturating_mul(room).div_ceil(most as usize).min(room);
        canvas.at(area, line, label as u16 + 1, &canvas.theme.glyphs.bar.repeat(length), good);
        canvas.right(area, line, area.width, &bar.count.to_string(), plain);
    }
}
