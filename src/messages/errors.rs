//! Errors: of values, of plans, of the system.

use super::page::Page;

pub fn page() -> Page {
    Page { title: "errors", samples: Vec::new() }
}
