//! `mcast recv`: joins, receives, reports, leaves.

mod answering;
mod clock;
mod command;
mod count;
mod effort;
mod figures;
mod measurement;
mod once_warnings;
mod querier;
mod read;
mod recording;
mod recv_loop;
mod results;
mod run;
mod silence;
mod silence_explainer;
mod stop_conditions;
mod views;

pub use read::run as read;
pub use run::run;
