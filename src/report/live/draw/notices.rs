//! Warnings and findings.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::report::live::cell::{Tone, clock};
use crate::report::live::fact::Fact;
use crate::report::live::model::Model;
use crate::report::live::snapshot::NoticeLine;
use crate::report::screen::wrap;

/// A line of a notice.
pub struct Line {
    /// The time and the level; empty on further lines.
    head: Option<(String, &'static str, Tone)>,
    text: String,
}

/// The columns before the text: the time and the level.
const HEAD: usize = 17;

/// The lines of the last notices that fit beside the table, the newest last.
pub fn lines(model: &Model, area: Rect) -> Vec<Line> {
    let most = usize::from(area.height / 6).clamp(1, 6);
    let mut shown: Vec<Line> = Vec::new();
    for notice in model.notices.iter().rev() {
        let mut lines = of(notice, area.width);
        lines.truncate(most - shown.len());
        lines.append(&mut shown);
        shown = lines;
        if shown.len() >= most {
            break;
        }
    }
    shown
}

fn of(notice: &NoticeLine, columns: u16) -> Vec<Line> {
    let room = usize::from(columns).saturating_sub(HEAD + 1);
    let tip = notice.tip.as_ref().map(|tip| format!("tip: {tip}"));
    let texts = [Some(notice.text.clone()), tip];
    let wrapped = texts.into_iter().flatten().flat_map(|text| wrap(&text, room));
    let head = (clock(notice.at), notice.level, notice.tone);
    let mut head = Some(head);
    wrapped.map(|text| Line { head: head.take(), text }).collect()
}

/// Draws the last notices.
pub fn draw(canvas: &mut Canvas, area: Rect, model: &Model, lines: &[Line]) {
    let title = Fact::new(format!("Warnings {}", model.notices_total), Tone::Caution);
    canvas.rule(area, &[title], "w shows all");
    for (at, line) in lines.iter().enumerate() {
        line_at(canvas, area, at as u16 + 1, line);
    }
}

/// Draws all notices, scrolled up by a number of lines. Returns how far that is possible.
pub fn draw_all(canvas: &mut Canvas, area: Rect, model: &Model, scrolled: usize) -> usize {
    let title = Fact::new(format!("Warnings {}", model.notices_total), Tone::Caution);
    canvas.rule(area, &[title], "w closes");
    let lines: Vec<Line> = model.notices.iter().flat_map(|notice| of(notice, area.width)).collect();
    if lines.is_empty() {
        canvas.text(Rect { x: area.x + 2, width: area.width - 2, ..area }, 2, "none", Tone::Faint);
    }
    let room = usize::from(area.height) - 1;
    let most = lines.len().saturating_sub(room);
    let scrolled = scrolled.min(most);
    for (at, line) in lines.iter().skip(most - scrolled).take(room).enumerate() {
        line_at(canvas, area, at as u16 + 1, line);
    }
    scrolled
}

fn line_at(canvas: &mut Canvas, area: Rect, at: u16, line: &Line) {
    if let Some((time, level, tone)) = &line.head {
        canvas.right(area, at, 7, time, canvas.theme.of(Tone::Faint));
        canvas.at(area, at, 9, level, canvas.theme.of(*tone));
    }
    canvas.at(area, at, HEAD as u16, &line.text, canvas.theme.of(Tone::Plain));
}
