//! Shows events: a file for each format, and a reporter that writes the wanted events.

mod annotations;
mod answers;
mod bench;
mod capture;
mod changes;
mod check;
mod columns;
mod drawing;
mod effort;
#[cfg_attr(not(feature = "report"), path = "files_absent.rs")]
mod files;
mod flows;
mod format;
#[cfg_attr(not(feature = "live"), expect(dead_code, reason = "there is no view"))]
mod full_screen;
mod hex;
mod human;
mod ifaces;
mod impaired;
mod interval;
mod json;
#[cfg_attr(not(feature = "live"), path = "live_absent.rs")]
pub(crate) mod live;
mod log_filter;
mod market;
mod measured;
#[cfg_attr(not(feature = "metrics"), path = "metrics_absent.rs")]
pub mod metrics;
mod notes;
mod notice;
pub mod observe;
mod out;
mod output;
#[cfg(any(feature = "metrics", feature = "report"))]
mod output_file;
mod pairs;
mod ping;
mod playout;
mod progress;
mod raw;
mod ready_writer;
mod receivers;
mod recording;
mod replay;
mod reporter;
mod rtp;
mod scan;
mod screen;
mod senders;
#[cfg_attr(not(target_os = "linux"), path = "service_absent.rs")]
mod service;
#[cfg(any(target_os = "linux", test))]
mod service_status;
mod stream_blocks;
mod stream_table;
mod style;
mod text;
mod traffic;
mod ts;
mod workflow_commands;

pub use annotations::annotate;
#[cfg(all(test, feature = "report"))]
pub(crate) use files::SamplePages;
pub use json::write_pretty as write_pretty_json;
pub use log_filter::log_filter;
#[cfg(test)]
pub(crate) use measured::samples;
pub use notes::Notes;
#[cfg(test)]
pub(crate) use notice::output_lost;
pub use out::{PATIENCE, write_most};
pub use output::{Lines, Output};
#[cfg(test)]
pub(crate) use progress::tests::sample as progress_sample;
pub use progress::{Goal, Progress};
pub use ready_writer::ReadyWriter;
pub use reporter::{Display, Reporter};
pub use screen::{Screen, finished, fit};
pub use service::HIDDEN as HIDDEN_FROM_CHILDREN;
#[cfg(test)]
pub(crate) use service_status::Status as ServiceStatus;
pub use style::{ColorWhen, Paint};
