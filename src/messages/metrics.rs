//! The names and help of all metrics, and the responses of their server.

use super::page::Page;
use crate::report::metrics::{document, responses};

pub fn page() -> Page {
    let samples = vec![document(), responses()];
    Page { title: "metrics", samples }
}
