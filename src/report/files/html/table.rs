//! Tables.

use maud::{Markup, html};

use super::numbers::dash;
use crate::units::printable::Printable;

/// A column of a table.
pub struct Column<T> {
    /// Its title.
    pub title: &'static str,
    /// Its cells are numbers.
    pub is_number: bool,
    /// The table leaves it out if no row has a value.
    pub is_optional: bool,
    /// The cell of a row; `None` if it was not measured.
    pub cell: fn(&T) -> Option<String>,
}

/// A column of text.
pub const fn text<T>(title: &'static str, cell: fn(&T) -> Option<String>) -> Column<T> {
    Column { title, is_number: false, is_optional: true, cell }
}

/// A column of numbers.
pub const fn number<T>(title: &'static str, cell: fn(&T) -> Option<String>) -> Column<T> {
    Column { title, is_number: true, is_optional: false, cell }
}

/// A column of numbers that appears only if a row has one.
pub const fn rare<T>(title: &'static str, cell: fn(&T) -> Option<String>) -> Column<T> {
    Column { title, is_number: true, is_optional: true, cell }
}

/// A table in a box that scrolls. The first column names the row. Rows that are `bad` are marked.
pub fn table<T>(
    name: &str,
    columns: &[Column<T>],
    rows: &[&T],
    is_bad: impl Fn(&T) -> bool,
) -> Markup {
    let has = |column: &&Column<T>| {
        !column.is_optional || rows.iter().any(|row| (column.cell)(row).is_some())
    };
    let columns: Vec<&Column<T>> = columns.iter().filter(has).collect();
    html! {
        div.scroll role="group" tabindex="0" aria-label=(name) {
            table {
                thead {
                    tr {
                        @for column in &columns {
                            th class=[class(column)] scope="col" { (column.title) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr class=[is_bad(row).then_some("bad")] {
                            @for (position, column) in columns.iter().enumerate() {
                                @let cell = (column.cell)(row).unwrap_or_else(dash);
                                @if position == 0 {
                                    th class=[class(column)] scope="row" { (Printable(&cell)) }
                                } @else {
                                    td class=[class(column)] { (Printable(&cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn class<T>(column: &Column<T>) -> Option<&'static str> {
    column.is_number.then_some("n")
}
