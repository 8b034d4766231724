//! The table: titles, rows and sparks.

use std::collections::VecDeque;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::{Canvas, fitting};
use super::columns::{Placed, place};
use crate::report::live::cell::Tone;
use crate::report::live::fact::Fact;
use crate::report::live::model::Model;
use crate::report::live::snapshot::{Kind, Row, Sample};
use crate::report::live::table_state::TableState;

/// The columns of the mark of the selected row.
const MARK: usize = 2;

/// Draws the table into `area`, whose first line is a rule.
pub fn draw(canvas: &mut Canvas, area: Rect, model: &mut Model) {
    rule(canvas, area, model);
    let lines = area.height.saturating_sub(2);
    model.page_lines = usize::from(lines).saturating_sub(1).max(1);
    let is_resetting = model.is_resetting;
    let filter = model.filter.clone();
    let Some(table) = model.shown_table() else { return };
    table.scroll(usize::from(lines));
    let placed = place(table, MARK, usize::from(area.width).saturating_sub(MARK));
    titles(canvas, area, table, &placed);
    let selected = table.selected_position();
    let shown = table.order.iter().enumerate().skip(table.top).take(lines.into());
    for (line, (position, row)) in shown.enumerate() {
        let row = &table.rows[*row];
        let is_selected = selected == Some(position);
        let samples = table.samples(row);
        row_on(
            canvas,
            area,
            line as u16 + 2,
            &placed,
            table,
            row,
            samples,
            is_selected,
            is_resetting,
        );
    }
    if table.order.is_empty() {
        let text = match (table.rows.len(), filter.is_empty()) {
            (0, _) => table.empty.clone(),
            (rows, _) => format!("none of {rows} matches the filter \"{filter}\""),
        };
        canvas.text(Rect { x: area.x + 2, width: area.width - 2, ..area }, 3, &text, Tone::Faint);
    }
    let cells = placed.iter().filter_map(|placed| placed.cell).collect();
    model.shown_columns = cells;
}

fn rule(canvas: &mut Canvas, area: Rect, model: &Model) {
    let tables = model.shown_tables();
    let mut title = Vec::new();
    for (position, table) in tables.iter().enumerate() {
        if position > 0 && table.rows.is_empty() {
            continue;
        }
        let tone = if position == model.table { Tone::Strong } else { Tone::Faint };
        let count = match (table.order.len(), table.rows.len()) {
            (shown, all) if shown == all => all.to_string(),
            (shown, all) => format!("{shown} of {all}"),
        };
        let text = format!("{} {count}", table.title);
        let is_marked =
            position == model.table && tables.iter().skip(1).any(|at| !at.rows.is_empty());
        title.push(Fact::new(if is_marked { format!("[{text}]") } else { text }, tone));
    }
    let mut end = Vec::new();
    if !model.filter.is_empty() {
        end.push(format!("filter \"{}\"", model.filter));
    }
    if let Some(table) = tables.get(model.table) {
        let below = table.order.len().saturating_sub(table.top + usize::from(area.height) - 2);
        if table.top + below > 0 && area.height > 2 {
            let last = table.order.len() - below;
            end.push(format!("{} to {last}", table.top + 1));
        }
    }
    if title.len() > 1 {
        end.push("Tab switches".to_owned());
    }
    canvas.rule(area, &title, &end.join(", "));
}

fn titles(canvas: &mut Canvas, area: Rect, table: &TableState, placed: &[Placed]) {
    let glyphs = canvas.theme.glyphs;
    let style = canvas.theme.of(Tone::Faint).add_modifier(Modifier::BOLD);
    for placed in placed {
        let column = &table.columns[placed.column];
        let mark = match table.sort {
            Some((by, falls)) if placed.cell == Some(by) => {
                if falls {
                    glyphs.down
                } else {
                    glyphs.up
                }
            }
            _ => "",
        };
        cell(canvas, area, 1, placed, column.kind, &format!("{}{mark}", column.title), style);
    }
}

#[expect(clippy::too_many_arguments, reason = "a row has this many aspects")]
fn row_on(
    canvas: &mut Canvas,
    area: Rect,
    line: u16,
    placed: &[Placed],
    table: &TableState,
    row: &Row,
    samples: Option<&VecDeque<Sample>>,
    is_selected: bool,
    is_resetting: bool,
) {
    let theme = canvas.theme;
    if is_selected {
        canvas.at(area, line, 0, theme.glyphs.selected, theme.of(Tone::Strong));
        canvas.style_line(area, line, theme.selected());
    }
    for placed in placed {
        let kind = table.columns[placed.column].kind;
        match placed.cell.and_then(|cell| row.cells.get(cell)) {
            Some(of) => {
                let text = match of.content {
                    _ if !is_resetting || kind == Kind::Left => of.shown(),
                    _ => "-".to_owned(),
                };
                cell(
                    canvas,
                    area,
                    line,
                    placed,
                    kind,
                    &text,
                    theme.of(tone_on(of.tone, is_selected)),
                );
            }
            None if placed.cell.is_none() => spark(canvas, area, line, placed, samples),
            None => {}
        }
    }
}

/// The colour of a cell would be the background of a selected row: only problems keep it.
fn tone_on(tone: Tone, is_selected: bool) -> Tone {
    match tone {
        Tone::Bad | Tone::Caution => tone,
        _ if is_selected => Tone::Plain,
        _ => tone,
    }
}

fn cell(
    canvas: &mut Canvas,
    area: Rect,
    line: u16,
    placed: &Placed,
    kind: Kind,
    text: &str,
    style: Style,
) {
    let (start, end) = (placed.start as u16, (placed.start + placed.width) as u16);
    let text = fitting(text, placed.width, canvas.theme.glyphs.more);
    match kind {
        Kind::Right => canvas.right(area, line, end, &text, style),
        Kind::Left | Kind::Spark => {
            canvas.at(area, line, start, &text, style);
        }
    }
}

/// The last samples, the newest at the right.
fn spark(
    canvas: &mut Canvas,
    area: Rect,
    line: u16,
    placed: &Placed,
    samples: Option<&VecDeque<Sample>>,
) {
    // Inverted bars would stand on their heads.
    let upright = Style::new().remove_modifier(Modifier::REVERSED);
    canvas.at(area, line, placed.start as u16, &" ".repeat(placed.width), upright);
    let Some(samples) = samples else { return };
    let shown = samples.len().min(placed.width);
    let highest = samples.iter().filter_map(|sample| sample.value).fold(0.0, f32::max);
    let start = placed.start + placed.width - shown;
    for (offset, sample) in samples.iter().skip(samples.len() - shown).enumerate() {
        let Some(value) = sample.value else { continue };
        let glyph = canvas.theme.glyphs.level(value, highest);
        let style = canvas.theme.of(sample.tone).remove_modifier(Modifier::BOLD);
        canvas.at(area, line, (start + offset) as u16, glyph, style);
    }
}
