//! The HTML report: one page without scripts and without other files.

mod axis;
mod charts;
mod json;
mod layout;
mod model;
mod numbers;
mod observer;
mod output;
mod plot;
mod point;
mod recv;
mod series;
mod streams;
mod table;
mod tracks;

pub use observer::html;
