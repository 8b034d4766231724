//! The columns that fit the screen, and their widths.

use crate::report::live::snapshot::Kind;
use crate::report::live::table_state::TableState;

/// The blanks between two columns.
pub const GAP: usize = 2;

/// The narrowest and the widest spark.
const LEAST_SPARK: usize = 8;
const NARROW_SPARK: usize = 4;
const MOST_SPARK: usize = 60;

/// The narrowest column of text.
const LEAST_TEXT: usize = 7;

/// A column on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The position in the columns of the table.
    pub column: usize,
    /// The position in the cells of a row; `None` for a spark.
    pub cell: Option<usize>,
    pub start: usize,
    pub width: usize,
}

/// The columns that fit `room`, from `start` on. Columns without values are left out, then those of
/// the highest rank.
pub fn place(table: &TableState, start: usize, room: usize) -> Vec<Placed> {
    let mut cells = 0..;
    let mut wanted: Vec<(Placed, u8)> = Vec::new();
    for (column, of) in table.columns.iter().enumerate() {
        if of.kind == Kind::Spark {
            let width = LEAST_SPARK;
            wanted.push((Placed { column, cell: None, start: 0, width }, of.rank));
            continue;
        }
        let cell = cells.next().unwrap_or(0);
        let is_sorted = table.sort.is_some_and(|(by, _)| by == cell);
        let title = of.title.len() + usize::from(is_sorted);
        let width = table.widths.get(cell).copied().unwrap_or(0).max(title);
        if table.has_values(cell) || table.rows.is_empty() && of.rank == 0 {
            wanted.push((Placed { column, cell: Some(cell), start: 0, width }, of.rank));
        }
    }
    let total = |wanted: &[(Placed, u8)]| -> usize {
        wanted.iter().map(|(placed, _)| placed.width + GAP).sum::<usize>().saturating_sub(GAP)
    };
    while total(&wanted) > room {
        let last_rank = wanted.iter().map(|(_, rank)| *rank).max().unwrap_or(0);
        if last_rank == 0 {
            break;
        }
        wanted.retain(|(_, rank)| *rank < last_rank);
    }
    let mut over = total(&wanted).saturating_sub(room);
    shrink(&mut wanted, &mut over, NARROW_SPARK, |placed| placed.cell.is_none());
    let is_text = |placed: &Placed| table.columns[placed.column].kind == Kind::Left;
    shrink(&mut wanted, &mut over, LEAST_TEXT, is_text);
    while over > 0 && wanted.len() > 1 {
        wanted.pop();
        over = total(&wanted).saturating_sub(room);
    }
    let spare = room.saturating_sub(total(&wanted));
    if let Some((spark, _)) = wanted.iter_mut().find(|(placed, _)| placed.cell.is_none()) {
        spark.width = (spark.width + spare).min(MOST_SPARK);
    }
    let mut at = start;
    let placed = wanted.into_iter().map(|(placed, _)| {
        let start = at;
        at += placed.width + GAP;
        Placed { start, ..placed }
    });
    placed.collect()
}

/// Makes the widest of these columns narrower, as far as needed.
fn shrink(
    wanted: &mut [(Placed, u8)],
    over: &mut usize,
    least: usize,
    of: impl Fn(&Placed) -> bool,
) {
    while *over > 0 {
        let widest = wanted.iter_mut().map(|(placed, _)| placed).filter(|placed| of(placed));
        let widest = widest.filter(|placed| placed.width > least).max_by_key(|at| at.width);
        let Some(widest) = widest else { break };
        widest.width -= 1;
        *over -= 1;
    }
}
