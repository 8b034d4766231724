//! The HTML report: one page without scripts and without other files.

mod axis;
mod bench;
mod beside;
mod charts;
mod check;
mod json;
mod layout;
mod model;
mod numbers;
mod observer;
mod ping;
mod plot;
mod point;
mod receivers;
mod recv;
mod replies;
mod scan;
mod send;
mod series;
mod small;
mod streams;
mod table;
mod tracks;

#[cfg(test)]
pub use observer::SamplePages;
pub use observer::html;

#[cfg(test)]
mod tests;
