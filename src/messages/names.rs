//! The names of protocols that mcast does not measure.

use super::page::Page;
use crate::format::names;

pub fn page() -> Page {
    let rows = names::all().map(|name| {
        let note = name.note.map(|note| format!("\n  {note}")).unwrap_or_default();
        format!("{:<16} {:<9} {}{note}\n", name.id, name.how.name(), name.title)
    });
    Page { title: "names of protocols", samples: vec![rows.collect()] }
}
