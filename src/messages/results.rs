//! What runs print: their start, the datagrams, the summary, the verdict.

use super::page::Page;

pub fn page() -> Page {
    Page { title: "results", samples: Vec::new() }
}
