//! `mcast recv`: joins, receives, reports, leaves.

mod clock;
mod command;
mod count;
mod once_warnings;
mod querier;
mod recv_loop;
mod results;
mod run;
mod silence;
mod silence_explainer;
mod stop_conditions;

pub use run::run;
