//! Draws the view.

mod canvas;
mod columns;
mod details;
mod footer;
mod header;
mod help;
mod notices;
mod table;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::model::{Model, Page};
use super::theme::Theme;
use canvas::Canvas;

/// The smallest terminal that the view fits.
pub const LEAST_COLUMNS: u16 = 40;
pub const LEAST_LINES: u16 = 10;

/// From this height on the details have space beside a table.
const LINES_WITH_DETAILS: u16 = 18;

/// The lines that a table keeps while the details are open: titles and rows.
const LEAST_TABLE: u16 = 6;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, model: &mut Model, theme: Theme) {
    let area = frame.area();
    let mut canvas = Canvas::new(frame.buffer_mut(), theme);
    if area.width < LEAST_COLUMNS || area.height < LEAST_LINES {
        return too_small(&mut canvas, area);
    }
    let head = header::draw(&mut canvas, area, model);
    let body = Rect { y: area.y + head, height: area.height - head - 1, ..area };
    match model.page {
        Page::Help => help::draw(&mut canvas, body, model),
        Page::Notices(scrolled) => {
            model.page = Page::Notices(notices::draw_all(&mut canvas, body, model, scrolled));
        }
        Page::Tables => tables(&mut canvas, body, model),
    }
    let last = Rect { y: area.bottom() - 1, height: 1, ..area };
    footer::draw(&mut canvas, last, model);
}

/// Draws the table, the details of its selected row, and the last notices.
fn tables(canvas: &mut Canvas, area: Rect, model: &mut Model) {
    let [mut table, mut details, mut last] = [area; 3];
    let notices = notices::lines(model, area);
    last.height = if notices.is_empty() { 0 } else { notices.len() as u16 + 1 };
    last.y = area.bottom() - last.height;
    let rest = area.height - last.height;
    let wanted = details::lines(model, area.width);
    details.height = match wanted {
        0 => 0,
        _ if model.details.is_none() && area.height + 3 < LINES_WITH_DETAILS => 0,
        lines => (lines + 1).min(rest.saturating_sub(LEAST_TABLE)),
    };
    if details.height < 3 {
        details.height = 0;
    }
    details.y = last.y - details.height;
    table.height = rest - details.height;
    table::draw(canvas, table, model);
    if details.height > 0 {
        details::draw(canvas, details, model);
    }
    if last.height > 0 {
        notices::draw(canvas, last, model, &notices);
    }
}

fn too_small(canvas: &mut Canvas, area: Rect) {
    let lines = [
        format!("{} x {} is too small", area.width, area.height),
        format!("{LEAST_COLUMNS} x {LEAST_LINES} needed"),
        "q quit".to_owned(),
    ];
    for (row, line) in lines.iter().enumerate() {
        canvas.text(area, row as u16, line, super::cell::Tone::Plain);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
